"""The attention of ST-TR's block."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.joint_norm import JointNorm
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.conv import SpatialSelfAttention, TemporalSelfAttention


class ResidualAttention(nn.Module):
    r"""Self-attention between a norm of every channel of every joint and a linear map, with a residual of its own.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}\left(W\, \mathrm{conv}(\mathrm{BN}(x)) + \mathrm{res}(x)\right)\right)

    With a stride s the operator reads s successive frames as one, of s times as many channels. res is x, behind a 1×1
    convolution with the stride and batch norm where there is one; there is none where the channels change.

    Args:
        conv: The operator, for s times the channels of ``x``.
        num_joints: V.
        stride: s, frames per frame of the output; the last ones are filled up with zeros.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** ``[P, ceil(T / stride), V, conv.out_channels]``

    Raises:
        ValueError: The stride is below 1 or the operator's channels are no multiple of it.

    >>> import torch
    >>> from tg_skeleton.nn import ResidualAttention, SpatialSelfAttention
    >>> conv = SpatialSelfAttention(16, 32, attn_channels=8, heads=4, alpha=0.0)
    >>> ResidualAttention(conv, num_joints=25)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 32])

    Source: Plizzari et al. 2021 (ST-TR), section 4, Fig. 2.
    """

    def __init__(self, conv: SpatialSelfAttention | TemporalSelfAttention, num_joints: int, *, stride: int = 1) -> None:
        super().__init__()
        if stride < 1 or conv.in_channels % stride:
            raise ValueError(
                f"stride: expected at least 1 and a divisor of the operator's {conv.in_channels} channels, got {stride}"
            )
        channels = conv.in_channels // stride
        self.stride = stride
        self.norm_in = JointNorm(num_joints, channels)
        self.conv = conv
        self.lin_out = nn.Linear(conv.out_channels, conv.out_channels)
        same = channels == conv.out_channels
        self.residual = Shortcut(channels, conv.out_channels, stride=stride) if same else None
        self.norm = ChannelNorm(conv.out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, C]``."""
        y = self.lin_out(self.conv(self._merged(self.norm_in(x))))  # [P, T / s, V, C']
        return self.norm(y if self.residual is None else y + self.residual(x)).relu()

    def _merged(self, x: Tensor) -> Tensor:
        """s frames as one: ``[P, T, V, C]`` to ``[P, ceil(T / s), V, s C]``."""
        if self.stride == 1:
            return x
        missing = -x.size(1) % self.stride
        x = F.pad(x, (0, 0, 0, 0, 0, missing)) if missing else x
        return x.unflatten(1, (-1, self.stride)).transpose(2, 3).flatten(3)
