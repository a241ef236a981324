from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

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
        *("--seeds", 3, "--accelerator", "cpu", "--epochs", 2, "--fast-dev-run"),
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
        *("--folds", 2, "--accelerator", "cpu", "--epochs", 1, "--fast-dev-run"),
    )
    assert "fold   within   across\n   2  " in capsys.readouterr().out
    for attention in ("within", "across"):
        assert Scores.load(tmp_path / "out" / attention / "fold2" / "scores.npz").num_classes == 8


def test_sbu_says_means() -> None:
    table = runpy.run_path(str(EXAMPLES / "sbu_esan.py"), run_name="imported")["table"]
    assert table({"within": [90.0, 92.0], "across": [94.0, 93.0]}, [1, 3]).splitlines() == [
        "fold   within   across",
        "   1    90.00    94.00",
        "   3    92.00    93.00",
        "mean    91.00    93.50",
    ]
