"""Paper B's joint features (JF)."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished, joined
from tg_skeleton.nn.blocks.drop_path import DropPath
from tg_skeleton.nn.blocks.options import Value, check_input, check_stride, value_map
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.conv import TemporalSelfAttention
from tg_skeleton.nn.fuse import Fusible, fold, join


class JointFeatures(Fusible):
    r"""Attention among all frames, for each joint.

    .. math:: y_j = \mathrm{ReLU}\left(\mathrm{BN}(A_j V_j \Theta) + \mathrm{res}(x_j)\right), \qquad
        A_j = \mathrm{softmax}\left(Q_j K_j^\top / \sqrt C\right)

    Θ is the paper's r×1 convolution with its r = 1. With a stride s, only the frames 0, s, 2s, ... attend and have a
    residual.

    Assumption: one batch norm after Θ; V is the input itself; a residual whose shape changes does so by a 1×1
    convolution with the stride, and batch norm.

    Args:
        in_channels: C.
        out_channels: C'.
        stride: s, frames per frame of the output.
        value: V is the input, or a linear map of it.

    Shapes:
        - **x** ``[P, T, V, in_channels]``
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    Raises:
        ValueError: The stride is below 1, ``value`` is unknown, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton.nn import JointFeatures
    >>> JointFeatures(16, 32, stride=2)(torch.randn(2, 21, 25, 16)).shape
    torch.Size([2, 11, 25, 32])

    Source: paper B (AMANet, 2023), Eq. 11, Fig. 5c.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1, value: Value = "input") -> None:
        super().__init__()
        self.in_channels = in_channels
        self.attention: nn.Module = TemporalSelfAttention(in_channels, None, group=(None, check_stride(stride)))
        self.lin_value = value_map(self, value, in_channels)
        self.lin_out = nn.Linear(in_channels, out_channels)
        self.norm: nn.Module = ChannelNorm(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride=stride)
        self.drop_path = DropPath()

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        check_input(x, self.in_channels)
        y = joined(self.lin_out, self.lin_value, self.attention(x))
        return finished(y, self.norm, self.residual(x), relu=True, drop=self.drop_path)

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        self.lin_out = join(self.lin_out, self.lin_value)
        self.lin_value = nn.Identity()
        self.norm = fold(self.norm, self.lin_out)
