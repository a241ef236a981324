from __future__ import annotations

import torch
from torch import nn

from tg_skeleton.nn.blocks import ChannelNorm


def test_normalizes_every_channel_and_remembers() -> None:
    norm = ChannelNorm(2)
    norm.eps = 1e-12
    x = torch.tensor([[0.0, 1.0], [2.0, 1.0], [4.0, 7.0], [6.0, 7.0]]).view(1, 2, 2, 2)
    expected = torch.tensor([[-3.0, -1.0], [-1.0, -1.0], [1.0, 1.0], [3.0, 1.0]]) / torch.tensor([5**0.5, 1.0])
    torch.testing.assert_close(norm(x), expected.view(1, 2, 2, 2))
    torch.testing.assert_close(norm.running_mean, torch.tensor([0.3, 0.4]))
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * torch.tensor([20 / 3, 12.0]))


def test_equals_a_norm_of_rows_and_needs_no_copy() -> None:
    torch.manual_seed(0)
    norm, rows = ChannelNorm(6).double(), nn.BatchNorm1d(6).double()
    x = torch.randn(3, 4, 5, 6, dtype=torch.double)
    out = norm(x)
    torch.testing.assert_close(out.flatten(0, 2), rows(x.flatten(0, 2)), rtol=0, atol=1e-12)
    assert out.is_contiguous()
    rows.load_state_dict(norm.state_dict())
