"""The temporal part of MST-GCN's block."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.hierarchical_gcn import split_channels
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.fuse import Fusible, fold


class HierarchicalTCN(Fusible):
    r"""Temporal convolutions of groups of channels, each group also reading the previous group's output.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{Concat}(h_1, \ldots, h_G) + \mathrm{res}(x)\right), \qquad
        h_g = \mathrm{BN}\left(\Theta_g * (x_g + h_{g - 1})\right)

    x_g are the channels of group g. The term h_{g-1}, which widens the view in time, is there where the stride is 1;
    h_0 is zero.

    Args:
        channels: C, a multiple of the groups.
        kernel_size: Frames that a convolution sees.
        stride: Frames per frame of the output.
        num_groups: G.
        plain: No res. The first block of the network is such, of one group.

    Shapes:
        - **x** ``[P, T, V, channels]``
        - **output** ``[P, ceil(T / stride), V, channels]``

    Raises:
        ValueError: Channels can't be divided among the groups, or the kernel is even.

    >>> import torch
    >>> from tg_skeleton.nn import HierarchicalTCN
    >>> HierarchicalTCN(16, stride=2)(torch.randn(2, 21, 25, 16)).shape
    torch.Size([2, 11, 25, 16])

    Source: Chen et al. 2021 (MST-GCN), section 3.3.
    """

    def __init__(
        self, channels: int, kernel_size: int = 9, *, stride: int = 1, num_groups: int = 4, plain: bool = False
    ) -> None:
        super().__init__()
        self.stride = stride
        self.width = split_channels(channels, num_groups, "channels")
        self.convs = nn.ModuleList(
            TemporalConv(self.width, self.width, kernel_size, stride=stride) for _ in range(num_groups)
        )
        self.norms = nn.ModuleList(ChannelNorm(self.width) for _ in range(num_groups))
        self.residual = None if plain else Shortcut(channels, channels, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, channels]``."""
        outputs: list[Tensor] = []
        for z, conv, norm in zip(x.split(self.width, dim=-1), self.convs, self.norms, strict=True):
            z = z + outputs[-1] if outputs and self.stride == 1 else z.contiguous()
            outputs.append(norm(conv(z)))
        y = torch.cat(outputs, dim=-1)
        return (y if self.residual is None else y.add_(self.residual(x))).relu_()

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        self.norms = nn.ModuleList(fold(norm, conv) for norm, conv in zip(self.norms, self.convs, strict=True))
