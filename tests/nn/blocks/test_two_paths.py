from __future__ import annotations

import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks import TwoPaths


class Scale(nn.Module):
    """Times a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


def test_hand_typed() -> None:
    block = TwoPaths(Scale(2.0), Scale(-3.0), Scale(-10.0))
    assert block(torch.tensor([1.0, -1.0]).view(1, 2, 1, 1)).flatten().tolist() == [0.0, -10.0]  # a ReLU in between
