"""The multi-scale temporal convolution of MS-G3D, which paper B and STGCN++ keep and CTR-GCN makes smaller."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.blocks.options import check_stride
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.blocks.temporal_conv import PaddingMode, TemporalConv
from tg_skeleton.nn.fuse import Fusible, fold


class MSTCN(Fusible):
    r"""Convolutions over a few frames at several dilations, a maximum over three frames and a 1×1 convolution.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}\left(\mathrm{Concat}(\Theta_{d_1} * h_1, \ldots, \Theta_{d_n} * h_n,
        \max\nolimits_{t - 1}^{t + 1} h_{n + 1}, \Theta_0 x)\right) + \mathrm{res}(x)\right), \qquad
        h_i = \mathrm{ReLU}(\mathrm{BN}(W_i x))

    Every branch has C' / (n + 2) channels; where the branches are ``uneven``, the first also has the remainder. A batch
    norm treats every channel separately, so the source's norms of the branches are one norm of the concatenation, and
    the 1×1 convolutions W_i are one linear map.

    Args:
        in_channels: C.
        out_channels: C', a multiple of the number of branches, n + 2, unless they are ``uneven``.
        stride: s, frames per frame of the output.
        dilations: The dilations of the n convolutions.
        kernel_size: Their frames; 5 in CTR-GCN.
        residual: Whether the block has res; CTR-GCN has none.
        activation: Whether the block ends with the ReLU; else the output is the sum.
        uneven: Whether C' may be any number from n + 2 up (STGCN++).
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

    Source: Liu et al. 2020 (MS-G3D); paper B (AMANet, 2023), Fig. 5a; Chen et al. 2021 (CTR-GCN), Fig. 4; Duan
    et al. 2022 (STGCN++).
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
        uneven: bool = False,
        padding_mode: PaddingMode = "zeros",
    ) -> None:
        super().__init__()
        branches = len(dilations) + 2
        if not dilations or min(dilations) < 1:
            raise ValueError(f"dilations: expected at least one, each at least 1, got {tuple(dilations)}")
        if uneven and out_channels < branches:
            raise ValueError(f"out_channels: expected at least one for each of {branches} branches, got {out_channels}")
        if out_channels < 1 or (out_channels % branches and not uneven):
            raise ValueError(
                f"out_channels: expected a positive multiple of {branches}, the dilations {tuple(dilations)} and two "
                f"branches more, got {out_channels}"
            )
        self.stride = check_stride(stride)
        self.activation = activation
        width = out_channels // branches
        self.widths = [width + out_channels % branches, *[width] * (branches - 2)]  # of all but the 1x1 convolution
        self.lin_in = nn.Linear(in_channels, sum(self.widths))
        self.norm_in: nn.Module = ChannelNorm(sum(self.widths))
        self.convs = nn.ModuleList(
            TemporalConv(c, c, kernel_size, stride=stride, dilation=d, padding_mode=padding_mode)
            for c, d in zip(self.widths[:-1], dilations, strict=True)
        )
        self.lin_skip = nn.Linear(in_channels, width)
        self.norm: nn.Module = ChannelNorm(out_channels)
        self.norm_pooled: nn.Module = nn.Identity()  # the maximum's part of the norm, in a fused network
        self.residual = Shortcut(in_channels, out_channels, stride=stride) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        h = finished(self.lin_in(x), self.norm_in, relu=True)  # [P, T, V, (n + 1) C' / (n + 2)]
        *convolved, pooled = h.split(self.widths, dim=-1)
        branches = [conv(part) for conv, part in zip(self.convs, convolved, strict=True)]
        pooled = F.max_pool2d(pooled.permute(0, 3, 1, 2), (3, 1), (self.stride, 1), (1, 0)).permute(0, 2, 3, 1)
        y = torch.cat([*branches, self.norm_pooled(pooled), self.lin_skip(x[:, :: self.stride])], dim=-1)
        return finished(y, self.norm, None if self.residual is None else self.residual(x), relu=self.activation)

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        assert isinstance(self.norm, ChannelNorm)
        self.norm_in = fold(self.norm_in, self.lin_in)
        *convolved, pooled, skipped = self.norm.split([*self.widths, self.lin_skip.out_features])
        for norm, layer in zip([*convolved, skipped], [*self.convs, self.lin_skip], strict=True):
            fold(norm, layer)
        self.norm, self.norm_pooled = nn.Identity(), pooled
