"""DGNN on ``[N, C, T, V, M]``: two incidence matrices, and concatenation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.frame import WIDTHS, Frame, blocks_of, convolved
from tg_skeleton.topology import Topology


class DirectedGraph(nn.Module):
    """Joints and their edges, bones and their ends: 1×1 convolutions of three features."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.lin_node = nn.Conv2d(3 * in_channels, out_channels, 1)
        self.lin_edge = nn.Conv2d(3 * in_channels, out_channels, 1)

    def forward(self, joints: Tensor, bones: Tensor, incidence: Tensor) -> tuple[Tensor, Tensor]:
        source, target = incidence  # [V, E] each
        edges = torch.cat([joints, bones @ source.T, bones @ target.T], dim=1)
        ends = torch.cat([bones, joints @ source, joints @ target], dim=1)
        return self.lin_node(edges), self.lin_edge(ends)


class DirectedGCN(nn.Module):
    """The graph is learned; joints and then bones along the batch."""

    def __init__(self, in_channels: int, out_channels: int, joints: int) -> None:
        super().__init__()
        self.conv = DirectedGraph(in_channels, out_channels)
        self.incidence = nn.Parameter(torch.zeros(2, joints, joints))
        self.norm_joints = nn.BatchNorm2d(out_channels)
        self.norm_bones = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        joints, bones = self.conv(*x.chunk(2), self.incidence)
        return torch.cat([self.norm_joints(joints).relu(), self.norm_bones(bones).relu()])


def residual(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    same = in_channels == out_channels and stride == 1
    return nn.Identity() if same else convolved(in_channels, out_channels, stride)


class DGNN(Frame):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__(topology, in_channels, 2 * widths[-1], num_classes)

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            return DirectedGCN(c_in, c_out, topology.num_joints), convolved(c_out, c_out, stride)

        self.blocks = blocks_of(in_channels // 2, widths, parts, residual)

    def features(self, x: Tensor) -> Tensor:
        joints, bones = super().features(torch.cat(x.chunk(2, dim=1))).chunk(2)
        return torch.cat([joints, bones], dim=1)
