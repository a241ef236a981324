"""Paper B's frame features (FF)."""

from __future__ import annotations

from typing import Literal, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.blocks.drop_path import DropPath
from tg_skeleton.nn.blocks.options import Value, check_input, value_map
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.conv import TemporalSelfAttention
from tg_skeleton.nn.fuse import Fusible, fold

FrameScale = Literal["features", "channels"]
"""The number under the root in the logits' scale: all features of a frame, V·C, or its channels, C."""


class FrameFeatures(Fusible):
    r"""Attention among the whole frames of a group, then a convolution over time.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}\left(\Theta * \mathrm{Concat}_i(A_i V_i)\right) + x\right), \qquad
        A_i = \mathrm{softmax}\left(Q_i K_i^\top / \sqrt{J C}\right)

    Group i holds g frames, each seen as one vector of all its joints; a last group that is shorter attends within
    itself. Θ is a convolution over R frames, which crosses the groups' borders.

    Differs from the paper: the scale is 1/√(J·C), one over the square root of the length of the dot product, as in its
    Eq. 2; ``scale="channels"`` is its Eq. 12 by the letter, 1/√C.
    Assumption: one batch norm after Θ; V is the input itself.

    Args:
        channels: C, of the input and the output.
        num_joints: J.
        group: g, frames per group.
        kernel_size: R, odd; the paper takes g = R = 5.
        value: V is the input, or a linear map of it.
        scale: The number under the root in the logits' scale.

    Shapes:
        - **x** ``[P, T, J, channels]``
        - **output** ``[P, T, J, channels]``

    Raises:
        ValueError: ``scale`` or ``value`` is unknown, the kernel is even, the group is empty, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton.nn import FrameFeatures
    >>> FrameFeatures(16, 25)(torch.randn(2, 22, 25, 16)).shape
    torch.Size([2, 22, 25, 16])

    Source: paper B (AMANet, 2023), Eq. 12, Fig. 5b.
    """

    def __init__(
        self,
        channels: int,
        num_joints: int,
        *,
        group: int = 5,
        kernel_size: int = 5,
        value: Value = "input",
        scale: FrameScale = "features",
    ) -> None:
        super().__init__()
        if scale not in get_args(FrameScale):
            raise ValueError(f"scale: expected one of {get_args(FrameScale)}, got {scale!r}")
        self.num_joints = num_joints
        self.attention: nn.Module = TemporalSelfAttention(
            channels,
            None,
            per_joint=False,
            group=group,
            scale=True if scale == "features" else channels**-0.5,
        )
        self.lin_value = value_map(self, value, channels)
        self.conv = TemporalConv(channels, channels, kernel_size)
        self.norm: nn.Module = ChannelNorm(channels)
        self.drop_path = DropPath()

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, J, channels]``."""
        check_input(x, self.conv.in_channels, self.num_joints)
        return finished(self._convolved(self.attention(x)), self.norm, x, relu=True, drop=self.drop_path)

    def _convolved(self, mixed: Tensor) -> Tensor:
        """Θ after the values' map, as one convolution.

        Θ * (A (x W + b)) is (Θ W) * (A x) plus Θ * b, which is another bias at the ends of a clip, where Θ has fewer
        frames.
        """
        value, weight, bias = self.lin_value, self.conv.weight, self.conv.bias
        if not isinstance(value, nn.Linear):
            return self.conv(mixed)
        assert bias is not None
        taps, frames = weight.squeeze(-1).transpose(1, 2), mixed.size(1)  # [C, R, C]
        size = taps.size(1)
        seen = F.pad(weight.new_ones(frames), (size // 2, size // 2)).unfold(0, size, 1)  # [T, R]
        bias = bias + seen @ (taps @ value.bias).T  # [T, C]
        kernel = (taps @ value.weight).transpose(1, 2).unsqueeze(-1).contiguous()
        return self.conv.convolve(mixed, kernel, None) + bias[:, None]

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        self.norm = fold(self.norm, self.conv)
