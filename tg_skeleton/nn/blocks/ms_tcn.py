"""The multi-scale temporal convolution of MS-G3D, which paper B keeps and CTR-GCN makes smaller."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.folding import finished, folded, normed
from tg_skeleton.nn.blocks.options import check_stride
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.blocks.temporal_conv import PaddingMode, TemporalConv


class MSTCN(nn.Module):
    r"""Convolutions over a few frames at several dilations, a maximum over three frames and a 1×1 convolution.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}\left(\mathrm{Concat}(\Theta_{d_1} * h_1, \ldots, \Theta_{d_n} * h_n,
        \max\nolimits_{t - 1}^{t + 1} h_{n + 1}, \Theta_0 x)\right) + \mathrm{res}(x)\right), \qquad
        h_i = \mathrm{ReLU}(\mathrm{BN}(W_i x))

    Every branch has C' / (n + 2) channels. A batch norm of a channel knows no other channel: what are six norms in
    the source is one over the concatenation, and the 1×1 convolutions W_i are one linear map.

    Args:
        in_channels: C.
        out_channels: C', a multiple of the number of branches, n + 2.
        stride: s, frames per frame of the output.
        dilations: The dilations of the n convolutions.
        kernel_size: Their frames; 5 in CTR-GCN.
        residual: The block has res; without it (CTR-GCN), what is around the block is the caller's.
        activation: The last ReLU; without it, the output is the sum.
        padding_mode: What the convolutions pad a clip with: zeros, or copies of its first and last frame (Hyper-GCN).

    Shapes:
        - **x** ``[P, T, V, in_channels]``
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    Raises:
        ValueError: The channels can't be divided among the branches, there is no dilation or one below 1, the kernel is
            even, or the stride is below 1.

    >>> import torch
    >>> from tg_skeleton.nn import MSTCN
    >>> MSTCN(16, 24, stride=2)(torch.randn(2, 21, 25, 16)).shape
    torch.Size([2, 11, 25, 24])

    Source: Liu et al. 2020 (MS-G3D); paper B (AMANet, 2023), Fig. 5a; Chen et al. 2021 (CTR-GCN), Fig. 4.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        dilations: Sequence[int] = (1, 2, 3, 4),
        kernel_size: int = 3,
        residual: bool = True,
        activation: bool = True,
        padding_mode: PaddingMode = "zeros",
    ) -> None:
        super().__init__()
        branches = len(dilations) + 2
        if not dilations or min(dilations) < 1:
            raise ValueError(f"dilations: expected at least one, each at least 1, got {tuple(dilations)}")
        if out_channels < 1 or out_channels % branches:
            raise ValueError(
                f"out_channels: expected a positive multiple of {branches}, the dilations {tuple(dilations)} and two "
                f"branches more, got {out_channels}"
            )
        self.stride = check_stride(stride)
        self.activation = activation
        width = out_channels // branches
        self.width = width
        self.lin_in = nn.Linear(in_channels, width * (branches - 1))
        self.norm_in = ChannelNorm(width * (branches - 1))
        self.convs = nn.ModuleList(
            TemporalConv(width, width, kernel_size, stride=stride, dilation=d, padding_mode=padding_mode)
            for d in dilations
        )
        self.lin_skip = nn.Linear(in_channels, width)
        self.norm = ChannelNorm(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride=stride) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        h = F.linear(x, *folded(self.norm_in, self.lin_in.weight, self.lin_in.bias))
        h = finished(h, self.norm_in, relu=True)  # [P, T, V, (n + 1) C' / (n + 2)]
        *convolved, pooled = h.split(self.width, dim=-1)
        branches = [conv(part) for conv, part in zip(self.convs, convolved, strict=True)]
        pooled = F.max_pool2d(pooled.permute(0, 3, 1, 2), (3, 1), (self.stride, 1), (1, 0)).permute(0, 2, 3, 1)
        y = torch.cat([*branches, pooled, self.lin_skip(x[:, :: self.stride])], dim=-1)  # [P, T / s, V, C']
        return normed(y, self.norm, None if self.residual is None else self.residual(x), relu=self.activation)
