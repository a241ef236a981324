"""Batch norm of channels-last features."""

from __future__ import annotations

from torch import Tensor, nn


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
