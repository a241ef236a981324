"""Batch norm of channels-last features."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def scale_and_shift(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """What a batch norm is in a test: ``x * scale + shift``, ``[C]`` each, to be folded into the weights before it.

    >>> import torch
    >>> from tg_skeleton.nn.blocks.channel_norm import scale_and_shift
    >>> norm = torch.nn.BatchNorm1d(3).eval()
    >>> norm.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    tensor([1., 2., 3.])
    >>> scale, shift = scale_and_shift(norm)
    >>> torch.allclose(torch.ones(2, 3) * scale + shift, norm(torch.ones(2, 3)))
    True
    """
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


class ChannelNorm(nn.BatchNorm2d):
    """Batch norm over the last axis of ``[P, T, V, C]``, which is channels-last memory: no axis moves.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** ``[P, T, V, C]``

    >>> import torch
    >>> from tg_skeleton.nn.blocks import ChannelNorm
    >>> ChannelNorm(16)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 16])
    """

    def forward(self, x: Tensor) -> Tensor:
        """The norm of ``x [P, T, V, C]``."""
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
