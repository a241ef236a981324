"""The fusion of runs of several networks and seeds, on scores that are written here; of streams: test_train.py."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.datasets import NWUCLA
from tg_skeleton.evaluation import Scores, ensemble, tune_weights


def scores(prepared: Path, split: str, seed: int) -> Scores:
    """Logits that are drawn."""
    recordings = NWUCLA(prepared, split)
    logits = np.random.default_rng(seed).normal(size=(len(recordings), 10)) + 2 * np.eye(10)[recordings.labels]
    return Scores(recordings.names, logits, recordings.labels)


@pytest.fixture
def runs(prepared: Path, tmp_path: Path) -> list[Path]:
    """Runs of ESAN with two seeds, and one of SGN."""
    folders = []
    for number, (name, seed) in enumerate((("esan joint+bone", 0), ("esan joint+bone", 1), ("sgn joint", 0))):
        folder = tmp_path / name.replace(" ", "/") / f"seed{seed}"
        for split in ("test", "val"):
            scores(prepared, split, 10 * number).save(folder / f"{split}.npz")
        (folder / "run.json").write_text(json.dumps({"name": name, "seed": seed, "finished": True}))
        folders.append(folder)
    return folders


def fuse(prepared: Path, out: Path, *arguments: object) -> int:
    where = ("--dataset", "nw_ucla", "--root", prepared, "--out", out)
    return main(["fuse", *map(str, arguments), *map(str, where)])


def test_runs_of_several_networks_and_seeds_are_fused(
    runs: list[Path], prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fuse(prepared, tmp_path, *runs, "--weights", 1, 1, 2) == 0
    parts = [Scores.load(folder / "test.npz") for folder in runs]
    fused = Scores.load(tmp_path / "fused_nw_ucla" / "test.npz")
    np.testing.assert_array_equal(fused.logits, ensemble(parts, [1, 1, 2]).logits)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "3 runs on nw_ucla, weights: 1 1 2"
    assert [line for line in said if line.startswith("esan joint+bone, seed 1 ")]
    assert [line for line in said if line.startswith("sgn joint, seed 0 ")]
    assert not (tmp_path / "fused_nw_ucla" / "fusion.json").exists()  # no checkpoints here


def test_weights_are_tuned_on_validation_scores(runs: list[Path], prepared: Path, tmp_path: Path) -> None:
    assert fuse(prepared, tmp_path, *runs, "--weights", "tuned") == 0
    weights = tune_weights([Scores.load(folder / "val.npz") for folder in runs])
    expected = ensemble([Scores.load(folder / "test.npz") for folder in runs], weights)
    np.testing.assert_array_equal(Scores.load(tmp_path / "fused_nw_ucla" / "test.npz").logits, expected.logits)


def test_test_recordings_tune_no_weights(
    runs: list[Path], prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in runs:
        scores(prepared, "test", 3).save(folder / "val.npz")
    assert fuse(prepared, tmp_path, *runs, "--weights", "tuned") == 1
    said = capsys.readouterr().err
    assert f"--weights tuned: '{runs[0] / 'val.npz'}' has the test recording 'a01_s01_e00_v03' in it" in said


def test_runs_with_checkpoints_are_one_file_for_predict(
    runs: list[Path], prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in runs:
        (folder / "model.safetensors").write_bytes(b"")
    assert fuse(prepared, tmp_path, *runs[:2]) == 0
    written = tmp_path / "fused_nw_ucla" / "fusion.json"
    assert f"for predict: {written}" in capsys.readouterr().out
    assert json.loads(written.read_text())["checkpoints"] == [
        f"../esan/joint+bone/seed{seed}/model.safetensors" for seed in (0, 1)
    ]


def test_what_cannot_be_fused_says_why(
    runs: list[Path], prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores(prepared, "val", 0).save(tmp_path / "left_out" / "test.npz")
    for arguments, message in (
        ((), "expected --model, whose streams are fused, or folders of runs, got neither"),
        ((runs[0], "--model", "esan"), f"or folders of runs, got --model esan and {runs[0]}"),
        ((runs[0], "--stream", "joint"), "--stream: expected none with folders of runs, got joint"),
        ((runs[0], runs[0]), f"RUN: expected each folder once, got '{runs[0]}' twice"),
        ((runs[0], tmp_path / "none"), f"'{tmp_path / 'none' / 'test.npz'}': no such file; name the folder of a"),
        ((tmp_path / "left_out",), "recordings, which are not the 40 of the test split of nw_ucla"),
        ((*runs, "--weights", "published"), "--weights published: runs have no published weights; use equal or"),
        (
            (*runs, "--weights", 1, 2),
            "--weights: expected equal, published, tuned, or 3 numbers (esan joint+bone, seed 0",
        ),
    ):
        assert fuse(prepared, tmp_path, *arguments) == 1
        assert message in capsys.readouterr().err


def test_published_weights_are_not_those_of_motions(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for stream in ("joint", "joint_velocity"):
        scores(prepared, "test", 0).save(tmp_path / "amanet_nw_ucla" / stream / "seed0" / "test.npz")
    assert fuse(prepared, tmp_path, "--model", "amanet", "--stream", "joint", "joint_velocity", "--weights", 2, 1) == 0
    capsys.readouterr()
    assert fuse(prepared, tmp_path, "--model", "amanet", "--stream", "joint_velocity", "--weights", "published") == 1
    assert "--weights published: amanet has no published weights" in capsys.readouterr().err
