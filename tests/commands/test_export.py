from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.datasets import NWUCLA
from tg_skeleton.topologies import NWUCLA20

pytest.importorskip("onnxruntime", reason="pip install 'tg_skeleton[export]'")


def rows(said: str) -> dict[str, list[str]]:
    """The table by its rows' names."""
    lines = [line.split() for line in said.splitlines()]
    return {
        line[0]: line[1:] for line in lines if line and line[0] in ("eager", "onnx", "torch-export", "int8", "fp16")
    }


def test_onnx_and_int8_with_the_accuracy_on_a_test_split(
    save_checkpoint: Callable[..., Path], prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: dict[str, Any] = {"in_channels": 3, "num_classes": 10, "num_frames": 8, "widths": (8, 8)}
    names = NWUCLA.class_names
    checkpoint = save_checkpoint(
        tmp_path / "model.safetensors", topology=NWUCLA20, class_names=names, arguments=arguments
    )
    given = ["--quantize", "int8", "--dataset", "nw_ucla", "--root", str(prepared), "--threads", "1"]
    assert main(["export", str(checkpoint), *given]) == 0
    said = capsys.readouterr().out
    assert f"onnx: {tmp_path}/model.onnx\nint8: {tmp_path}/model.int8.onnx\n" in said
    assert "takes pos [persons, frames, 20, 3], recording [persons], length [recordings]; gives logits" in said
    assert said.endswith("top-1 of 40 recordings\n")
    table = rows(said.partition("\n\n")[2])
    assert list(table) == ["eager", "onnx", "int8"]
    assert [len(row) for row in table.values()] == [4, 5, 5]  # without a difference to itself
    assert table["onnx"][-1] == table["eager"][-1] and float(table["int8"][0]) < float(table["onnx"][0])
    assert float(table["onnx"][3]) <= 1e-4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.int8.onnx", "model.onnx", "model.safetensors"]


def test_a_program_of_torch_with_the_accuracy_on_files(
    checkpoint: Path, arrays: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "network.pt2"
    given = ["--format", "torch-export", "--input", "x", "--out", str(out), "--test", str(arrays), "--threads", "1"]
    assert main(["export", str(checkpoint), *given]) == 0
    said = capsys.readouterr().out
    assert "takes x [persons, 8, 25, 3], clip [persons]" in said and said.endswith("top-1 of 1 recordings\n")
    assert out.is_file() and list(rows(said.partition("\n\n")[2])) == ["eager", "torch-export"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (["--format", "torch-export", "--quantize", "fp16"], "--quantize: only ONNX files are quantized, got --format"),
        (["--test", "a.npy", "--dataset", "nw_ucla"], "--test: expected files or --dataset, got both (a.npy, nw_ucla)"),
        (["--threads", "0"], "--threads: expected 1 or more, got 0"),
    ],
)
def test_says_what_does_not_go_together(
    checkpoint: Path, given: list[str], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(checkpoint), *given]) == 1
    assert f"export: {error}" in capsys.readouterr().err


def test_says_which_recordings_do_not_fit(
    checkpoint: Path, arrays: Path, prepared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(checkpoint), "--dataset", "nw_ucla", "--root", str(prepared)]) == 1
    assert "--dataset: expected the network's 3 classes, 'sit' first, got 10" in capsys.readouterr().err
    assert main(["export", str(checkpoint), "--test", str(arrays / "a.npy")]) == 1
    assert "--test: none of 1 recordings states a class of the network" in capsys.readouterr().err
