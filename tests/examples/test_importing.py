"""Each line of ``examples/importing.md`` on generated files of its form."""

from __future__ import annotations

import json
import pickle
import re
import shlex
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.io.test_mocap import BVH
from tg_skeleton import NTU25, Topology
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import ArrayDataset, simulate
from tg_skeleton.datasets.simulated_export import to_ntu_bodies
from tg_skeleton.io import write_ntu_skeleton
from tg_skeleton.topologies import COCO17

PAGE = (Path(__file__).resolve().parents[2] / "examples" / "importing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
LINES = [line for _, text in BLOCKS for line in text.splitlines()]
IMPORTS = {
    words[words.index("--to") + 1].removeprefix("datasets/"): words[1:]
    for words in map(shlex.split, LINES)
    if words[3:5] == ["data", "import"]
}
"""The arguments of Python by the name of the data set."""

PEOPLE = ("anna", "ben", "chloe", "deniz", "emma")
RNG = np.random.default_rng(0)


def bodies(action: str, row: int = 0) -> np.ndarray:
    """A generated recording, ``[T, 25, 3]``."""
    return simulate(action, subject=row + 1, noise=False).pos[:, 0]


def each(root: Path, suffix: str) -> list[tuple[Path, np.ndarray]]:
    """Files of five people in folders of two classes, and their recordings."""
    made = []
    for action in ("wave", "kick"):
        (root / action).mkdir(parents=True)
        made += [(root / action / f"{who}_{action}{suffix}", bodies(action, row)) for row, who in enumerate(PEOPLE)]
    return made


def pixels(joints: int, frames: int = 12) -> np.ndarray:
    """Somebody in a picture of 640 by 480, ``[T, V, 2]``."""
    return RNG.uniform((250, 100), (350, 400), (frames, joints, 2)).round(2)


def padded(count: int) -> tuple[np.ndarray, list[int]]:
    """Recordings ``[N, C, T, V, M]`` that are padded with zeros, and their classes."""
    data = np.zeros((count, 3, 120, 25, 2), np.float32)
    for row in range(count):
        one = bodies(("wave", "kick")[row % 2], row)[:120]
        data[row, :, : len(one), :, 0] = one.transpose(2, 0, 1)
    return data, [row % 2 for row in range(count)]


def stgcn(root: Path) -> None:
    (root / "stgcn").mkdir()
    for split, count in (("train", 4), ("val", 2)):
        data, labels = padded(count)
        np.save(root / f"stgcn/{split}_data.npy", data)
        names = [f"{split}{row}.skeleton" for row in range(count)]
        (root / f"stgcn/{split}_label.pkl").write_bytes(pickle.dumps((names, labels)))


def ctrgcn(root: Path) -> None:
    arrays = {}
    for split, count in (("train", 4), ("test", 2)):
        data, labels = padded(count)
        arrays |= {f"x_{split}": data.transpose(0, 2, 4, 3, 1).reshape(count, 120, -1), f"y_{split}": np.eye(2)[labels]}
    np.savez(root / "NTU60_CS.npz", **arrays)


def pyskl(root: Path) -> None:
    annotations = [
        {
            "frame_dir": f"clip{row}",
            "label": row % 2,
            "total_frames": 12,
            "img_shape": (480, 640),
            "keypoint": pixels(17)[None].astype(np.float16),
            "keypoint_score": np.full((1, 12, 17), 0.5, np.float16),
        }
        for row in range(6)
    ]
    split = {"mine_train": [f"clip{row}" for row in range(4)], "mine_val": ["clip4", "clip5"]}
    (root / "mine.pkl").write_bytes(pickle.dumps({"split": split, "annotations": annotations}))


def arrays(root: Path) -> None:
    for path, pos in each(root / "recordings", ".npy"):
        np.save(path, pos)
    for split, who in (("train", 0), ("test", 1)):
        for path, pos in each(root / "split_recordings" / split, ".npy")[who::5]:
            np.save(path, pos)
    for path, pos in each(root / "channels_first", ".npy"):
        np.save(path, pos.transpose(2, 0, 1)[..., None])
    (root / "labeled").mkdir()
    for action in ("wave", "kick"):
        np.savez(root / "labeled" / f"{action}.npz", pos=bodies(action), label=action, fps=30)


def pictures(root: Path) -> None:
    for path, _ in each(root / "pixels", ".npy"):
        np.save(path, np.concatenate([pixels(17), np.full((12, 17, 1), 0.5)], -1))
    for path, _ in each(root / "landmarks", ".npy"):
        np.save(path, RNG.random((12, 33, 5)))
    for action in ("walk", "sit"):
        folder = root / "openpose" / action / f"{action}1"
        folder.mkdir(parents=True)
        for frame in (0, 1, 4):
            person = {"pose_keypoints_2d": [960.0, 400.0 + frame, 0.5] * 25}
            (folder / f"{action}1_{frame:012}_keypoints.json").write_text(json.dumps({"people": [person]}))


def tables(root: Path) -> None:
    head = ",".join(f"{joint}_{axis}" for joint in COCO17.joints for axis in "xy")
    for path, _ in each(root / "tables", ".csv"):
        np.savetxt(path, pixels(17).reshape(12, -1), delimiter=",", header=head, comments="")
    for path, pos in each(root / "long_tables", ".csv"):
        rows = [
            f"{frame},{NTU25.joints[joint]},{','.join(f'{value:.4f}' for value in pos[frame, joint])}"
            for frame in range(5)
            for joint in range(25)
        ]
        path.write_text("\n".join(["frame,joint,x,y,z", *rows]))


def skeletons(root: Path) -> None:
    (root / "skeletons").mkdir()
    for action in ("handshake", "push"):
        recording = simulate(action, subject=3, camera=1)
        path = root / "skeletons" / f"{recording.name}.skeleton"
        path.write_bytes(write_ntu_skeleton(to_ntu_bodies(recording)))


def matlab(root: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io", reason="scipy is not installed")
    for path, pos in each(root / "matlab", ".mat"):
        scipy_io.savemat(path, {"skeleton": pos.transpose(1, 2, 0), "fps": 30})


def markers(root: Path) -> None:
    ezc3d = pytest.importorskip("ezc3d", reason="ezc3d is not installed")
    body = Topology("markers", ("HIP", "KNEE", "ANKLE"), ("HIP", "HIP", "KNEE"))
    (root / "markers.json").write_text(body.to_json())
    for action in ("walk", "sit"):
        (root / "markers" / action).mkdir(parents=True)
        content = ezc3d.c3d()
        content["parameters"]["POINT"]["RATE"]["value"] = [100]
        content["parameters"]["POINT"]["LABELS"]["value"] = list(body.joints)
        content["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
        points = np.ones((4, 3, 8))
        points[:3] = RNG.normal(900, 100, (3, 3, 8))
        content["data"]["points"] = points
        content.write(str(root / "markers" / action / "one.c3d"))


def motions(root: Path) -> None:
    pytest.importorskip("pybvh", reason="pybvh is not installed")
    for action in ("walk", "sit"):
        (root / "motions" / action).mkdir(parents=True)
        (root / "motions" / action / f"{action}1.bvh").write_text(BVH)


FORMS: dict[str, tuple[Callable[[Path], None], int, tuple[str, ...], tuple[str, ...]]] = {
    "stgcn": (stgcn, 6, ("0", "1"), ("train", "test")),
    "ctrgcn": (ctrgcn, 6, ("0", "1"), ("train", "test")),
    "pyskl": (pyskl, 6, ("fall", "walk"), ("train", "test")),
    "arrays": (arrays, 10, ("kick", "wave"), ("train", "test")),
    "arrays_by_name": (arrays, 10, ("kick", "wave"), ("train", "test")),
    "arrays_by_folder": (arrays, 4, ("kick", "wave"), ("train", "test")),
    "channels_first": (arrays, 10, ("kick", "wave"), ()),
    "pixels": (pictures, 10, ("kick", "wave"), ()),
    "labeled": (arrays, 2, ("kick", "wave"), ()),
    "skeletons": (skeletons, 2, ("tear up paper", "wear jacket"), ()),
    "openpose": (pictures, 2, ("sit", "walk"), ()),
    "landmarks": (pictures, 10, ("kick", "wave"), ()),
    "tables": (tables, 10, ("kick", "wave"), ()),
    "long_tables": (tables, 10, ("kick", "wave"), ()),
    "matlab": (matlab, 10, ("kick", "wave"), ()),
    "markers": (markers, 2, ("sit", "walk"), ()),
    "motions": (motions, 2, ("sit", "walk"), ()),
}
"""What makes the files of a line, and what comes of them: recordings, classes, splits."""


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Types a command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(words: list[str]) -> int:
        assert words[:2] == ["-m", "tg_skeleton"], words
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return main(words[2:])

    return run


def test_every_line_of_the_page_is_typed_here() -> None:
    assert {language for language, _ in BLOCKS} == {"bash"}
    assert len(LINES) == len(IMPORTS) + 3 and IMPORTS.keys() == FORMS.keys()


@pytest.mark.parametrize("name", FORMS)
def test_a_line_makes_a_data_set_of_its_form(name: str, typed: Callable[..., int], tmp_path: Path) -> None:
    make, count, classes, splits = FORMS[name]
    make(tmp_path)
    assert typed(IMPORTS[name]) == 0
    dataset = ArrayDataset(tmp_path / "datasets" / name)
    assert (len(dataset), sorted(dataset.class_names), dataset.given_splits) == (count, sorted(classes), splits)
    assert [issue for issue in dataset.issues if issue.level == "error"] == []
    assert all(bool(one.pos.any()) for one in dataset)


def test_what_comes_out_is_what_went_in(typed: Callable[..., int], tmp_path: Path) -> None:
    for make, name in ((arrays, "channels_first"), (arrays, "arrays_by_name"), (tables, "long_tables")):
        if not (tmp_path / "recordings").exists() or make is tables:
            make(tmp_path)
        assert typed(IMPORTS[name]) == 0
        dataset = ArrayDataset(tmp_path / "datasets" / name)
        anna = dataset[dataset.names.index("anna_wave")]
        np.testing.assert_allclose(anna.pos, bodies("wave")[: anna.num_frames], atol=1e-4)
    tested = ArrayDataset(tmp_path / "datasets/arrays_by_name", "test")
    assert sorted(tested.names) == ["anna_kick", "anna_wave", "ben_kick", "ben_wave"]


def test_then_it_is_described_checked_and_trained_on(
    typed: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays(tmp_path)
    assert typed(IMPORTS["arrays"]) == 0
    for line in LINES[-3:]:
        assert typed(shlex.split(line)[1:]) == 0
    assert "num_frames" in capsys.readouterr().out
    assert len(ArrayDataset(tmp_path / "datasets/arrays", "test")) == 2


def test_what_can_t_be_tested_is_one_line(
    typed: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arrays(tmp_path)
    words = ["-m", "tg_skeleton", "data", "import", "--to", "made", "--skeleton", "NTU25"]
    for source, test, message in (
        ("recordings", "zoe*", "hold_out: expected patterns of names, such as 'anna_kick', got 'zoe*'"),
        ("recordings", "*", "hold_out: expected some recordings left to train on, got ['*'], which are all of them"),
        ("recordings", "1.5", "fraction: expected a number between 0 and 1 to hold out, got 1.5"),
        ("split_recordings", "0.2", "hold_out: expected none, because the sources have splits of their own, got 0.2"),
    ):
        assert typed([*words, source, "--hold-out", test]) == 1
        assert message in capsys.readouterr().err
    assert typed([*words, "recordings"]) == 0
    with pytest.raises(ValueError, match="the recordings have no splits, got 'train'; use 'all', or write them with"):
        ArrayDataset("made", "train")


def test_the_page_is_linked() -> None:
    tutorial = (Path(__file__).resolve().parents[2] / "examples" / "own_data.md").read_text(encoding="utf-8")
    assert "(importing.md)" in tutorial
