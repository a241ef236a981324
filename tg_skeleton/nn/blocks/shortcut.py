"""The way around a block."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.folding import finished, folded


class Shortcut(nn.Module):
    r"""A block's residual: its input, or where the shape changes a 1×1 convolution with the stride, and batch norm.

    .. math:: \mathrm{res}(x) = x \quad\text{or}\quad \mathrm{BN}(W x_{0, s, 2s, \ldots} + b)

    Args:
        in_channels: C of the block's input.
        out_channels: C of the block's output.
        stride: The block's stride in time.

    Shapes:
        - **x** ``[P, T, V, in_channels]``
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    >>> import torch
    >>> from tg_skeleton.nn.blocks import Shortcut
    >>> Shortcut(16, 32, stride=2)(torch.randn(2, 21, 25, 16)).shape
    torch.Size([2, 11, 25, 32])
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        same = in_channels == out_channels and stride == 1
        self.lin = nn.Identity() if same else nn.Linear(in_channels, out_channels)
        self.norm = nn.Identity() if same else ChannelNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The residual of ``x [P, T, V, in_channels]``."""
        return self.project(x[:, :: self.stride])

    def project(self, kept: Tensor) -> Tensor:
        """The residual of those frames of ``x`` that the stride keeps."""
        if not isinstance(self.lin, nn.Linear) or not isinstance(self.norm, ChannelNorm):
            return kept
        return finished(F.linear(kept, *folded(self.norm, self.lin.weight, self.lin.bias)), self.norm)
