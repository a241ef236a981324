"""The residual connection of a block."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.fuse import Fusible, fold


class Shortcut(Fusible):
    r"""A block's residual: its input, or if the shape changes a 1×1 convolution with the stride, and batch norm.

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
        self.norm: nn.Module = nn.Identity() if same else ChannelNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The residual of ``x [P, T, V, in_channels]``."""
        return self.norm(self.lin(x[:, :: self.stride]))

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        self.norm = fold(self.norm, self.lin)
