"""What the doctor prints, and when it fails."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import tg_skeleton
from tg_skeleton import NTU25
from tg_skeleton.__main__ import main
from tg_skeleton.commands import self_test
from tg_skeleton.commands.doctor import extras, version_of
from tg_skeleton.datasets import ArrayDataset


def test_it_tells_what_is_here_and_computes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ArrayDataset.from_arrays("datasets/mine", [np.random.default_rng(0).random((8, 25, 3))], [0], NTU25)
    monkeypatch.setenv("MALLOC_TOP_PAD_", "1")
    capsys.readouterr()
    assert main(["doctor"]) == 0
    rows = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    said = dict(rows)
    assert said["tg_skeleton"].startswith(f"{tg_skeleton.__version__}, ")
    assert said["torch"] == version_of("torch")
    assert said["device"].startswith(("cpu: ", "cuda:", "mps"))
    assert said["allocator"].endswith(", MALLOC_TOP_PAD_=1")
    assert said["data set"[:4]] == f"set         own: prepared in {Path('datasets/mine')}"
    assert f"{len(self_test.CHECKS)} of {len(self_test.CHECKS)} good" in said["self-test"]


def test_what_fails_is_named_and_the_status_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def the_weather_is_good(device: str) -> None:
        raise RuntimeError(f"expected sun, got rain on {device}")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(self_test, "CHECKS", (the_weather_is_good,))
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "cpu: the weather is good FAILED: RuntimeError: expected sun, got rain on cpu" in said
    assert "cpu: 0 of 1 good" in said
    assert f"none in {tmp_path / 'datasets'}" in said


def test_a_torch_that_can_not_be_imported_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "torch can't be imported: import of torch halted" in said and "numpy" in said


def test_every_device_is_tested(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []
    monkeypatch.setattr(self_test, "CHECKS", (asked.append,))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda number: SimpleNamespace(name="GPU", total_memory=80 * 2**30)
    )
    assert main(["doctor"]) == 0
    assert asked[:3] == ["cpu", "cuda:0", "cuda:1"]
    assert "cuda:1: GPU, 80 GiB, CUDA" in capsys.readouterr().out


def test_extras_are_those_of_this_python() -> None:
    lines = [
        "torch>=2.6",
        'a<2,>=1; python_version < "3.13" and extra == "video"',
        'b; python_version >= "3.13" and extra == "video"',
        'c-d; extra == "video"',
        'tg_skeleton[x]; extra == "all"',
        'tg_skeleton[x]; extra == "video"',
        'pytest>=8; extra == "test"',
    ]
    assert extras(lines, (3, 12)) == {"video": ["a", "c-d"]}
    assert extras(lines, (3, 13)) == {"video": ["b", "c-d"]}


def test_a_package_that_is_not_there_has_no_version() -> None:
    assert version_of("no-such-package-of-this-name") is None


@pytest.mark.parametrize("check", self_test.CHECKS)
def test_each_check_passes_by_itself(check) -> None:
    check("cpu")


def test_a_difference_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="expected the same values, got a difference of 1.0"):
        self_test._near(torch.ones(2), torch.zeros(2))
