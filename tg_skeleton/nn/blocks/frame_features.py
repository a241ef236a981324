"""Paper B's frame features (FF)."""

from __future__ import annotations

from typing import Literal, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.folding import finished, folded
from tg_skeleton.nn.blocks.options import Value, check_input, value_channels
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.conv import TemporalSelfAttention

FrameScale = Literal["features", "channels"]
"""What the square root of the logits' scale counts: all features of a frame, V·C, or its channels, C."""


class FrameFeatures(nn.Module):
    r"""Attention among the whole frames of a group, then a convolution over time.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}\left(\Theta * \mathrm{Concat}_i(A_i V_i)\right) + x\right), \qquad
        A_i = \mathrm{softmax}\left(Q_i K_i^\top / \sqrt{J C}\right)

    Group i holds g frames, each seen as one vector of all its joints; a last group that is shorter attends within
    itself. Θ is a convolution over R frames, which crosses the groups' borders.

    Differs from the paper: the scale is 1/√(J·C), one over the square root of the length of the dot product, as in its
    Eq. 2; ``scale="channels"`` is its Eq. 12 by the letter, 1/√C.
    Assumption: one batch norm behind Θ; V is the input itself.

    Args:
        channels: C, of the input and the output.
        num_joints: J.
        group: g, frames per group.
        kernel_size: R, odd; the paper takes g = R = 5.
        value: V is the input, or a linear map of it.
        scale: What the logits' scale counts.

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
        self.attention = TemporalSelfAttention(
            channels,
            value_channels(value, channels),
            per_joint=False,
            group=group,
            scale=True if scale == "features" else channels**-0.5,
        )
        self.conv = TemporalConv(channels, channels, kernel_size)
        self.norm = ChannelNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, J, channels]``."""
        operator = self.attention
        check_input(x, operator.in_channels, self.num_joints)
        query, key = operator.queries_and_keys(x)
        y = operator.attend_bodies(query, key, x)  # A x, [P, T, J, C]
        kernel, bias = folded(self.norm, *self._kernel(x.size(1)))
        y = self.conv.convolve(y, kernel, None) + bias[:, None]
        return finished(y, self.norm, x, relu=True)

    def _kernel(self, frames: int) -> tuple[Tensor, Tensor]:
        """Θ behind the values' projection as one kernel, and its bias at every frame, ``[T, C]``.

        Θ * (A (x W + b)) is (Θ W) * (A x) and what Θ makes of b, for weights of a query sum to one: as much as Θ sees
        of the clip at its ends.
        """
        value, weight, bias = self.attention.lin_value, self.conv.weight, self.conv.bias
        assert bias is not None
        if not isinstance(value, nn.Linear):
            return weight, bias.expand(frames, -1)
        taps = weight.squeeze(-1).transpose(1, 2)  # [C, R, C]
        size = taps.size(1)
        seen = F.pad(weight.new_ones(frames), (size // 2, size // 2)).unfold(0, size, 1)  # [T, R]
        return (taps @ value.weight).transpose(1, 2).unsqueeze(-1).contiguous(), bias + seen @ (taps @ value.bias).T
