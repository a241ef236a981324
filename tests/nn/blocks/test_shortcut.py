from __future__ import annotations

import pytest
import torch
from torch import nn

from tg_skeleton.nn.blocks import Shortcut


def test_same_shape_is_the_input_itself() -> None:
    shortcut = Shortcut(8, 8)
    x = torch.randn(2, 5, 4, 8)
    assert torch.equal(shortcut(x), x)
    assert list(shortcut.parameters()) == []


@pytest.mark.parametrize(("out_channels", "stride"), [(6, 1), (8, 2), (6, 2)])
def test_another_shape_is_projected_and_normalized(out_channels: int, stride: int) -> None:
    torch.manual_seed(0)
    shortcut = Shortcut(8, out_channels, stride=stride).double()
    x = torch.randn(2, 5, 4, 8, dtype=torch.double)
    rows = nn.BatchNorm1d(out_channels).double()
    expected = rows(shortcut.lin(x[:, ::stride]).flatten(0, 2)).view(2, len(range(0, 5, stride)), 4, out_channels)
    torch.testing.assert_close(shortcut(x), expected, rtol=0, atol=1e-12)


def test_parameters() -> None:
    assert sum(p.numel() for p in Shortcut(96, 192, stride=2).parameters()) == 96 * 192 + 192 + 2 * 192
