from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.inference import ActionRecognizer, ModelCard
from tg_skeleton.topologies import NWUCLA20
from tg_skeleton.transforms import SampleSegments, Streams


@pytest.fixture
def json_file(tmp_path: Path) -> Path:
    """A recording of NW-UCLA."""
    body = np.random.default_rng(0).normal(size=(6, 20, 3)).tolist()
    path = tmp_path / "a01_s01_e00_v01.json"
    path.write_text(json.dumps({"file_name": path.stem, "skeletons": body, "label": 1}))
    return path


def play(out: Path, *arguments: str) -> dict:
    assert main(["play", *arguments, "--out", str(out / "player.html")]) == 0
    page = (out / "player.html").read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json">(.*?)</script>', page)
    assert found is not None
    return json.loads(found[1])


def test_a_file_says_its_own_skeleton(json_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = play(tmp_path, str(json_file))
    assert (found["joints"], found["recordings"][0]["frames"]) == (list(NWUCLA20.joints), 6)
    assert found["recordings"][0]["saliency"] is None
    assert capsys.readouterr().out.startswith(f"{tmp_path}/player.html  1 recording, 0.1 MB")


def test_interactions_of_sbu_have_two_persons(tmp_path: Path) -> None:
    folder = tmp_path / "s01s02" / "03" / "001"
    folder.mkdir(parents=True)
    rows = [f"{frame}," + ",".join(["0.25", "0.5", "1.5"] * 30) for frame in range(1, 4)]
    (folder / "skeleton_pos.txt").write_text("\n".join(rows))
    found = play(tmp_path, str(folder / "skeleton_pos.txt"), "--fps", "15", "--beside")
    assert (found["recordings"][0]["fps"], found["beside"], found["recordings"][0]["persons"]) == (15.0, True, 2)


def test_a_recording_plays_at_the_rate_of_its_file(tmp_path: Path) -> None:
    for name, rate in (("slow.npz", {"fps": 12.5}), ("unknown.npz", {})):
        np.savez(tmp_path / name, pos=np.ones((5, 17, 2)), **rate)
    found = play(tmp_path, str(tmp_path / "slow.npz"), str(tmp_path / "unknown.npz"), "--skeleton", "COCO17")
    assert [entry["fps"] for entry in found["recordings"]] == [12.5, 30.0]


def test_arrays_need_a_skeleton_to_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.npy", tmp_path / "two.npz"
    pos = np.ones((5, 1, 17, 2))
    np.save(one, pos)
    np.savez(two, pos=pos, score=np.full((5, 1, 17), 0.5))
    found = play(tmp_path, str(one), str(two), "--skeleton", "COCO17", "--y-down")
    assert [entry["title"] for entry in found["recordings"]] == ["one", "two"]
    assert found["recordings"][0]["flip"] == [1, -1, 0]
    assert [entry["shown"] is None for entry in found["recordings"]] == [True, False]
    assert main(["play", str(one)]) == 1
    assert "one.npy': an array does not say its joints; name them with --skeleton" in capsys.readouterr().err


def test_with_a_checkpoint_the_network_s_answer_and_its_reasons_are_shown(json_file: Path, tmp_path: Path) -> None:
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "num_frames": 4, "widths": (8, 8)},
        topology=NWUCLA20,
        class_names=("sit", "stand"),
        num_frames=4,
        transform=SampleSegments(4, mode="center"),
        batch_transform=Streams("joint"),
    )
    ActionRecognizer(card.build(), card).save(tmp_path / "model.safetensors")
    entry = play(tmp_path, str(json_file), "--checkpoint", str(tmp_path / "model.safetensors"))["recordings"][0]
    assert re.fullmatch(r"(sit|stand), \d\d %", entry["note"])
    assert entry["saliency"]["frames"] == 4
    assert entry["saliency"]["top"] > 0


ROBOT = Topology("robot", ("base", "arm", "elbow", "grip"), (0, 0, 1, 2))


def test_skeletons_of_ones_own_come_from_a_file_a_checkpoint_or_a_data_set(tmp_path: Path) -> None:
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 3, "num_classes": 2, "num_frames": 4, "widths": (8, 8)},
        topology=ROBOT,
        class_names=("pick", "place"),
        num_frames=4,
        transform=SampleSegments(4, mode="center"),
        batch_transform=Streams("joint"),
    )
    checkpoint = str(ActionRecognizer(card.build(), card).save(tmp_path / "model.safetensors"))
    arrays = [np.random.default_rng(0).normal(size=(6, 4, 3))] * 2
    ArrayDataset.from_arrays(tmp_path / "robots", arrays, [0, 1], ROBOT)
    (tmp_path / "robot.json").write_text(ROBOT.to_json())
    np.save(tmp_path / "one.npy", arrays[0])
    for skeleton in (checkpoint, str(tmp_path / "robots"), str(tmp_path / "robot.json")):
        assert play(tmp_path, str(tmp_path / "one.npy"), "--skeleton", skeleton)["joints"] == list(ROBOT.joints)
    for named in ((), ("--skeleton", "robot"), ("--skeleton", checkpoint)):
        found = play(tmp_path, str(tmp_path / "one.npy"), "--checkpoint", checkpoint, *named)
        assert found["joints"] == list(ROBOT.joints) and found["recordings"][0]["note"]
    for origin in ("robot", checkpoint, str(tmp_path / "robots"), str(tmp_path / "robot.json")):
        assert main(["predict", checkpoint, str(tmp_path / "one.npy"), "--from", origin]) == 0


def test_a_skeleton_that_is_not_there_is_named(
    json_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, message in (
        ("robot", "topology: there is no 'robot'; expected NTU25"),
        (str(tmp_path), "from_arrays"),
        (str(json_file.with_suffix(".safetensors")), "a01_s01_e00_v01.safetensors"),
    ):
        assert main(["play", str(json_file), "--skeleton", name]) == 1
        assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "x.mp4",
            b"",
            "x.mp4': expected skeletons, got a video, whose persons a pose estimator finds",
        ),
        ("x.npy", b"no array", "x.npy': expected numbers as np.save or np.savez writes them, got something else: "),
        (
            "a01_s01_e00_v01.json",
            b"{}",
            "a01_s01_e00_v01.json': expected the JSON of NW-UCLA ('skeletons'",
        ),
    ],
)
def test_what_is_no_recording_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["play", str(tmp_path / name), "--skeleton", "NTU25", "--out", str(tmp_path / "p.html")]) == 1
    assert message in capsys.readouterr().err
