from __future__ import annotations

import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks import Shortcut, SpatioTemporalBlock, TemporalConv


class Scale(nn.Module):
    """Times a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


X = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1)


def test_hand_typed() -> None:
    block = SpatioTemporalBlock(Scale(2.0), Scale(10.0), Scale(-30.0))
    assert block(X).flatten().tolist() == [0.0, 10.0]


def test_without_a_residual() -> None:
    block = SpatioTemporalBlock(Scale(2.0), Scale(10.0), None)
    assert block(X).flatten().tolist() == [20.0, 0.0]


def test_the_temporal_part_comes_second() -> None:
    block = SpatioTemporalBlock(nn.Threshold(0.5, 0.0), Scale(-1.0), None)  # a negative input never leaves the first
    assert block(X).flatten().tolist() == [0.0, 0.0]


def test_a_stride_is_that_of_both_ways() -> None:
    block = SpatioTemporalBlock(nn.Linear(3, 8), TemporalConv(8, 8, 9, stride=2), Shortcut(3, 8, stride=2))
    assert block(torch.randn(2, 7, 5, 3)).shape == (2, 4, 5, 8)
