from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest
import torch

from tg_skeleton import NTU25
from tg_skeleton.evaluation import Scores
from tg_skeleton.nn import StaticGraph

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "any_conv.py"
CONVS = ("GCNConv", "GATv2Conv", "SpatialSelfAttention")


def test_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = ["--root", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(sys, "argv", ["any_conv.py", *folders, "--fast-dev-run"])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    said = capsys.readouterr().out
    for conv in CONVS:
        assert f"\n{conv:20}  " in said
        assert Scores.load(tmp_path / "out" / conv / "scores.npz").num_classes == 16


@pytest.mark.parametrize("conv", CONVS)
def test_the_convolution_is_the_only_difference(conv: str) -> None:
    network = runpy.run_path(str(EXAMPLE), run_name="imported")["Network"]
    torch.manual_seed(0)
    model = network(conv, NTU25, in_channels=6, num_classes=16).eval()
    parts = [block.spatial[0] for block in model.blocks]
    assert [(type(part), type(part.conv).__name__) for part in parts] == [(StaticGraph, conv)] * 3
    others = sum(p.numel() for p in model.parameters()) - sum(p.numel() for part in parts for p in part.parameters())
    assert others == 122_108
    batch = torch.arange(2).repeat_interleave(torch.tensor([25, 50]))  # one person, two persons
    x = torch.randn(20, 75, 6)
    out = model(x, batch, 2)
    assert out.shape == (2, 16)
    torch.testing.assert_close(model(x[:, :25]), out[:1])


def test_table() -> None:
    table = runpy.run_path(str(EXAMPLE), run_name="imported")["table"]
    assert table({"GCNConv": (0.5, 1234, 2.0), "SpatialSelfAttention": (1.0, 1_234_567, 12.5)}).splitlines() == [
        "                      top-1 (%)  parameters  s/epoch",
        "GCNConv                   50.00       1,234     2.00",
        "SpatialSelfAttention     100.00   1,234,567    12.50",
    ]
