"""MST-GCN on ``[N, C, T, V, M]``: groups of channels, each behind the other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import Shortcut, temporal_conv
from tests.benchmark.comparators.frame import Frame, GraphConv
from tg_skeleton.models.gcn_blocks import center_joint
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Topology

WIDTHS = (112, 112, 112, 112, 224, 224, 224, 448, 448, 448)


class HierarchicalGCN(nn.Module):
    """Graph convolutions of the groups."""

    adjacency: Tensor

    def __init__(self, in_channels: int, out_channels: int, adjacency: Tensor, groups: int, *, plain: bool) -> None:
        super().__init__()
        c_in, c_out = in_channels // groups, out_channels // groups
        self.sums = c_in == c_out
        self.convs = nn.ModuleList(GraphConv(c_in, c_out) for _ in range(groups))
        self.norms = nn.ModuleList(nn.BatchNorm2d(c_out) for _ in range(groups))
        self.register_buffer("adjacency", adjacency, persistent=False)
        self.learned = nn.Parameter(adjacency.repeat(groups, 1, 1, 1))
        self.norm_in = nn.Identity() if plain else nn.BatchNorm2d(in_channels)
        self.residual = None if plain else Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        outputs: list[Tensor] = []
        for group, z in enumerate(self.norm_in(x).chunk(len(self.convs), dim=1)):
            z = z + outputs[-1] if outputs and self.sums else z
            outputs.append(self.norms[group](self.convs[group](z, self.adjacency + self.learned[group])))
        y = torch.cat(outputs, dim=1)
        return (y if self.residual is None else y + self.residual(x)).relu()


class HierarchicalTCN(nn.Module):
    """Temporal convolutions of the groups."""

    def __init__(self, channels: int, stride: int, groups: int, *, plain: bool) -> None:
        super().__init__()
        width = channels // groups
        self.sums = stride == 1
        self.convs = nn.ModuleList(temporal_conv(width, width, 9, stride) for _ in range(groups))
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(groups))
        self.residual = None if plain else Shortcut(channels, channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        outputs: list[Tensor] = []
        for group, z in enumerate(x.chunk(len(self.convs), dim=1)):
            z = z + outputs[-1] if outputs and self.sums else z
            outputs.append(self.norms[group](self.convs[group](z)))
        y = torch.cat(outputs, dim=1)
        return (y if self.residual is None else y + self.residual(x)).relu()


class MSTGCN(Frame):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__(topology, in_channels, widths[-1], num_classes)
        adjacency = partition_adjacencies(topology.edge_index, topology.num_joints, root=center_joint(topology))
        blocks, channels = [], in_channels
        for place, width in enumerate(widths):
            first, stride = place == 0, 2 if place and width > channels else 1
            groups = 1 if first else 4
            spatial = HierarchicalGCN(channels, width, adjacency, groups, plain=first)
            blocks.append(nn.Sequential(spatial, HierarchicalTCN(width, stride, groups, plain=first)))
            channels = width
        self.blocks = nn.Sequential(*blocks)
