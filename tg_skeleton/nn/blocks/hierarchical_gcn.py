"""The spatial part of MST-GCN's block."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.conv import SpatialGraphConv
from tg_skeleton.nn.functional import constant
from tg_skeleton.nn.partition import check_adjacencies


class HierarchicalGCN(nn.Module):
    r"""Graph convolutions of groups of channels in each frame, each group also reading the previous group's output.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{Concat}(h_1, \ldots, h_G) + \mathrm{res}(x)\right), \qquad
        h_g = \mathrm{BN}\left(\sum\nolimits_k (A_k + B_{gk})\,\left((z_g + h_{g - 1}) W_{gk} + b_{gk}\right)\right),
        \qquad z = \mathrm{BN}(x)

    z_g are the channels of group g. B is learnable and starts at A. The term h_{g-1}, which lets a joint hear joints
    g bones away, is there where the block keeps its channels; h_0 is zero.

    Assumption: res reads x, not z.

    Args:
        in_channels: C, a multiple of the groups.
        out_channels: C', a multiple of the groups.
        adjacency: The A_k, as `nn.partition.partition_adjacencies` makes them.
        num_groups: G.
        plain: Neither the norm of the input nor res: z is x, and y is ReLU(h). The first block of the network is such,
            of one group.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **adjacency** ``[3, V, V]`` floats (target, source)
        - **output** ``[P, T, V, out_channels]``

    Raises:
        ValueError: Channels can't be divided among the groups, the adjacencies are not those of the spatial partition,
            or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import HierarchicalGCN
    >>> from tg_skeleton.nn.partition import partition_adjacencies
    >>> adjacency = partition_adjacencies(NTU25.edge_index, 25, root=20)
    >>> HierarchicalGCN(16, 32, adjacency)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 32])

    Source: Chen et al. 2021 (MST-GCN), section 3.2.
    """

    adjacency: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, adjacency: Tensor, *, num_groups: int = 4, plain: bool = False
    ) -> None:
        super().__init__()
        self.group_channels = split_channels(in_channels, num_groups, "in_channels")
        width = split_channels(out_channels, num_groups, "out_channels")
        self.convs = nn.ModuleList(SpatialGraphConv(self.group_channels, width) for _ in range(num_groups))
        self.norms = nn.ModuleList(ChannelNorm(width) for _ in range(num_groups))
        adjacency = check_adjacencies(adjacency).detach().clone()
        self.register_buffer("adjacency", constant(adjacency), persistent=False)
        self.learned = Parameter(adjacency.repeat(num_groups, 1, 1, 1).to(torch.get_default_device()))  # [G, K, V, V]
        self.norm_in = nn.Identity() if plain else ChannelNorm(in_channels)
        self.residual = None if plain else Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        groups = self.norm_in(x).split(self.group_channels, dim=-1)
        outputs: list[Tensor] = []
        for z, conv, norm, graph in zip(groups, self.convs, self.norms, self.adjacency + self.learned, strict=True):
            z = z + outputs[-1] if outputs and z.size(-1) == outputs[-1].size(-1) else z
            outputs.append(norm(conv(z, graph)))
        y = torch.cat(outputs, dim=-1)
        return (y if self.residual is None else y.add_(self.residual(x))).relu_()


def split_channels(channels: int, num_groups: int, name: str) -> int:
    """The channels of each of ``num_groups`` equal groups.

    Raises:
        ValueError: ``channels`` is no positive multiple of the groups; ``name`` is the argument to quote.

    >>> split_channels(12, 4, "in_channels")
    3
    """
    if num_groups < 1:
        raise ValueError(f"num_groups: expected at least 1, got {num_groups}")
    if channels < 1 or channels % num_groups:
        raise ValueError(f"{name}: expected a positive multiple of num_groups = {num_groups}, got {channels}")
    return channels // num_groups
