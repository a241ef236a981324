from __future__ import annotations

import json
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.datasets import export_ntu
from tg_skeleton.evaluation import Scores

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def run(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_quickstart_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "quickstart.py", "--root", tmp_path / "data", "--out", tmp_path / "out", "--fast-dev-run")
    assert "test accuracy: " in capsys.readouterr().out
    assert Scores.load(tmp_path / "out" / "scores.npz").num_classes >= 12
    assert (tmp_path / "out" / "confusion.png").read_bytes().startswith(b"\x89PNG")


def test_nw_ucla_runs(
    monkeypatch: pytest.MonkeyPatch, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        monkeypatch,
        "nw_ucla_esan.py",
        *("--raw", shared_data / "all_sqe.zip", "--root", tmp_path / "data", "--out", tmp_path / "out"),
        *("--seeds", 3, "--device", "cpu", "--epochs", 2, "--fast-dev-run"),
    )
    assert "seed  top-1 (%)\n   3  " in capsys.readouterr().out
    assert Scores.load(tmp_path / "out" / "seed3" / "scores.npz").num_classes == 10
    assert (tmp_path / "out" / "seed3" / "confusion.png").is_file()


def test_nw_ucla_says_mean_and_spread() -> None:
    table = runpy.run_path(str(EXAMPLES / "nw_ucla_esan.py"), run_name="imported")["table"]
    assert table({0: 92.0, 1: 94.0, 7: 96.0}).splitlines() == [
        "seed  top-1 (%)",
        "   0      92.00",
        "   1      94.00",
        "   7      96.00",
        "mean      94.00 +- 2.00 (standard deviation of 3 seeds)",
    ]


def test_sbu_runs_with_either_attention(
    monkeypatch: pytest.MonkeyPatch, shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(
        monkeypatch,
        "sbu_esan.py",
        *("--raw", shared_data / "sbu.zip", "--root", tmp_path / "data", "--out", tmp_path / "out"),
        *("--folds", 2, "--device", "cpu", "--epochs", 1, "--fast-dev-run"),
    )
    assert "fold   within   across\n   2  " in capsys.readouterr().out
    for attention in ("within", "across"):
        assert Scores.load(tmp_path / "out" / attention / "fold2" / "scores.npz").num_classes == 8


def amanet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *arguments: object) -> Path:
    folders = ("--root", tmp_path / "data", "--out", tmp_path / "out", "--device", "cpu")
    run(monkeypatch, "ntu_amanet.py", *folders, *arguments)
    return tmp_path / "out"


def test_amanet_trains_four_streams_and_fuses_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    choice = ("--validation", "--weights", "tuned")
    out = amanet(monkeypatch, tmp_path, "--dataset", "simulated", "--fast-dev-run", *choice)
    said = capsys.readouterr().out
    assert "AMANet on simulated xsub, weights: tuned\n32 recordings, 16 classes" in said
    for name in ("joint", "bone", "joint-barycenter", "bone-barycenter"):
        assert [Scores.load(out / name / f"{split}.npz").num_classes for split in ("val", "test")] == [16, 16]
        assert (out / name / "attention.png").read_bytes().startswith(b"\x89PNG")
        assert (out / name / "model.safetensors").is_file()
    assert len(Scores.load(out / "fused.npz")) == 32
    assert (out / "confusion.png").is_file() and (out / "top_k.png").is_file()
    assert re.search("stream +top-1 +top-2 +top-3 +top-4 +top-5\n", said)
    assert "Differs from the paper: SGD has Nesterov momentum" in said
    assert said.splitlines()[-3:] == [
        f"python -m tg_skeleton predict {out / 'fusion.json'} PATH",
        f"python -m tg_skeleton report {out / 'joint'}",
        f"python -m tg_skeleton play PATH --checkpoint {out / 'joint' / 'model.safetensors'}",
    ]
    recording = tmp_path / "a.npy"
    np.save(recording, np.random.default_rng(0).normal(size=(30, 25, 3)))
    assert main(["predict", str(out / "fusion.json"), str(recording), "--device", "cpu"]) == 0
    assert main(["report", str(out / "joint"), "--root", str(tmp_path / "data"), "--pairs", "0"]) == 0
    player = ("--checkpoint", str(out / "joint" / "model.safetensors"), "--out", str(tmp_path / "player.html"))
    assert main(["play", str(recording), *player]) == 0


def test_amanet_reads_ntu_s_own_format(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "data" / "raw" / "nturgbd_skeletons_s001_to_s017.zip"
    archive.parent.mkdir(parents=True)
    export_ntu(archive, subjects=3, repetitions=1)
    out = amanet(monkeypatch, tmp_path, "--fast-dev-run", "--batch-size", 2, "--stream", "bone-barycenter")
    assert Scores.load(out / "fused.npz").num_classes == 60
    said = capsys.readouterr().out
    assert not (out / "bone-barycenter" / "val.npz").exists(), "all training recordings are trained on"
    assert "recordings, 60 classes, 5" in said and "of them without a recording and left out" in said
    assert "\nclapping " not in said
    facts = json.loads((out / "bone-barycenter" / "run.json").read_text())
    assert facts["trainval"] is True and "learning rate 0.003125" in facts["step"]


def test_amanet_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--dataset", "simulated", "--fast-dev-run", "--stream")
    out = amanet(monkeypatch, tmp_path, *arguments, "bone")
    before = (out / "bone" / "test.npz").stat().st_mtime_ns
    capsys.readouterr()
    amanet(monkeypatch, tmp_path, *arguments, "bone", "bone-barycenter", "--resume")
    assert (out / "bone" / "test.npz").stat().st_mtime_ns == before
    assert (out / "bone-barycenter" / "test.npz").is_file()


@pytest.mark.parametrize(("dataset", "archive"), [("nw_ucla", "all_sqe.zip"), ("sbu", "sbu.zip")])
def test_amanet_runs_on_real_recordings(
    monkeypatch: pytest.MonkeyPatch, shared_data: Path, tmp_path: Path, dataset: str, archive: str
) -> None:
    arguments = ("--dataset", dataset, "--raw", shared_data / archive, "--fast-dev-run")
    out = amanet(monkeypatch, tmp_path, *arguments, "--stream", "joint-barycenter")
    assert len(Scores.load(out / "fused.npz")) > 0
    assert not (out / "joint-barycenter" / "val.npz").exists()


def test_amanet_without_data_says_where_they_go(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arguments = ("--dataset", "kinetics", "--raw", tmp_path / "gone")
    with pytest.raises(SystemExit) as error:
        amanet(monkeypatch, tmp_path, *arguments)
    said = str(error.value)
    assert str(tmp_path / "data" / "raw") in said
    assert "http" in said
    assert said.endswith("Without the data, everything runs with: --dataset simulated")


def test_amanet_refuses_a_protocol_of_another_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        amanet(monkeypatch, tmp_path, "--protocol", "xset")
    assert "--protocol: ntu60 has xsub, xview, got xset" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        amanet(monkeypatch, tmp_path, "--dataset", "sbu", "--weights", "tuned")
    assert "--weights tuned: expected --validation, whose recordings they are tuned on" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        amanet(monkeypatch, tmp_path, "--dataset", "sbu", "--validation")
    assert "--validation: sbu has no validation split that can select an epoch" in capsys.readouterr().err


def test_sbu_says_means() -> None:
    table = runpy.run_path(str(EXAMPLES / "sbu_esan.py"), run_name="imported")["table"]
    assert table({"within": [90.0, 92.0], "across": [94.0, 93.0]}, [1, 3]).splitlines() == [
        "fold   within   across",
        "   1    90.00    94.00",
        "   3    92.00    93.00",
        "mean    91.00    93.50",
    ]
