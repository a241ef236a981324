"""Every network trained and tested on every large data set, in miniature: one batch of archives that are made here."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.commands.run_record import read_record
from tg_skeleton.datasets import NTURGBD, KineticsSkeleton, simulate
from tg_skeleton.datasets.simulated_export import to_ntu_bodies
from tg_skeleton.io import write_ntu_skeleton
from tg_skeleton.training.recipes import NETWORKS

SMALL: dict[str, dict[str, object]] = {
    "hcn": {},
    "sgn": {},
    "esan": {"widths": (8, 12)},
    "stgcn": {"widths": (6, 12)},
    "agcn": {"widths": (8, 12)},
    "aagcn": {"widths": (8, 12)},
    "shiftgcn": {"widths": (8, 12)},
    "stgcnpp": {"widths": (6, 12)},
    "dgnn": {"widths": (8,)},
    "mstgcn": {"widths": (8, 12)},
    "hypergcn": {"widths": (32, 32)},
    "ctrgcn": {"widths": (8, 12)},
    "msg3d": {"widths": (12,)},
    "dual_head_net": {"width": 6},
    "sttr": {"widths": (8, 16), "heads": 2},
    "amanet": {"widths": (6, 12)},
}
"""Arguments by which networks are small; `tests/training/test_network.py` has their published sizes."""

FRAMES = "32"
"""Frames of a clip, in place of up to 300."""

NTU = {
    "nturgbd_skeletons_s001_to_s017.zip": ("S001C001P001R001A001", "S001C001P003R001A050"),
    "nturgbd_skeletons_s018_to_s032.zip": ("S018C001P008R001A061", "S018C001P007R001A120"),
}
"""Recordings of a subject who trains and of one who tests, in each archive."""


def write_ntu(root: Path) -> None:
    content = write_ntu_skeleton(to_ntu_bodies(simulate("handshake")))
    for archive, names in NTU.items():
        with zipfile.ZipFile(root / "raw" / archive, "w") as file:
            for name in names:
                file.writestr(f"nturgb+d_skeletons/{name}.skeleton", content)


def write_kinetics(root: Path) -> None:
    draw = np.random.default_rng(0)

    def clip(label: int) -> str:
        frames = [
            {
                "frame_index": frame,
                "skeleton": [
                    {"pose": draw.uniform(0.2, 0.8, 36).tolist(), "score": draw.uniform(0.2, 1.0, 18).tolist()}
                    for _ in range(3)
                ],
            }
            for frame in range(1, 11)
        ]
        return json.dumps({"data": frames, "label": "?", "label_index": label})

    with zipfile.ZipFile(root / "raw" / "kinetics-skeleton.zip", "w") as file:
        for part, label in (("train", 3), ("val", 399)):
            entry = {f"{part}0": {"has_skeleton": True, "label": "?", "label_index": label}}
            file.writestr(f"kinetics-skeleton/kinetics_{part}_label.json", json.dumps(entry))
            file.writestr(f"kinetics-skeleton/kinetics_{part}/{part}0.json", clip(label))


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of the data sets, processed already."""
    roots = {name: tmp_path_factory.mktemp(name) for name in ("ntu", "kinetics")}
    for root in roots.values():
        (root / "raw").mkdir()
    write_ntu(roots["ntu"])
    write_kinetics(roots["kinetics"])
    for subset in ("60", "120"):
        NTURGBD(roots["ntu"], subset, split="trainval")  # type: ignore[arg-type]
    KineticsSkeleton(roots["kinetics"], "trainval")
    return {"ntu60": roots["ntu"], "ntu120": roots["ntu"], "kinetics": roots["kinetics"]}


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A confusion matrix of 400 classes takes longer than the training."""
    monkeypatch.setattr("tg_skeleton.visualization.save_figure", lambda figure, path: path)
    monkeypatch.setattr("tg_skeleton.visualization.plot_confusion", lambda matrix, names, title: None)


@pytest.mark.parametrize("dataset", ["ntu60", "ntu120", "kinetics"])
@pytest.mark.parametrize("model", NETWORKS)
def test_a_network_trains_on_a_data_set(
    model: str,
    dataset: str,
    roots: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = NETWORKS[model]
    monkeypatch.setitem(NETWORKS, model, replace(row, arguments={**row.arguments, **SMALL[model]}))  # type: ignore[arg-type]
    where = ("--dataset", dataset, "--root", str(roots[dataset]), "--out", str(tmp_path), "--device", "cpu")
    assert main(["train", "--model", model, *where, "--fast-dev-run", "--trainval", "--frames", FRAMES]) == 0
    classes = {"ntu60": 60, "ntu120": 120, "kinetics": 400}[dataset]
    assert f", {classes} classes, " in capsys.readouterr().out
    (run,) = tmp_path.glob("fast_dev_run/*/*/seed0")
    assert read_record(run)["finished"] and (run / "model.safetensors").is_file()
