"""STGCN++ on ``[N, C, T, V, M]``."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import MSTCN, Shortcut
from tests.benchmark.comparators.frame import WIDTHS, Frame, GraphConv, blocks_of
from tg_skeleton.topology import Topology


class ResidualGraph(nn.Module):
    """A graph convolution that learns its graph, its norm and the residual."""

    def __init__(self, in_channels: int, out_channels: int, joints: int) -> None:
        super().__init__()
        self.conv = GraphConv(in_channels, out_channels)
        self.topology = nn.Parameter(torch.zeros(3, joints, joints))
        self.norm = nn.BatchNorm2d(out_channels)
        self.residual = Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return (self.norm(self.conv(x, self.topology)) + self.residual(x)).relu()


class STGCNPP(Frame):
    """The network, whose persons share the input norm."""

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__(topology, in_channels, widths[-1], num_classes, persons=1)

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            branches = MSTCN(c_out, c_out, stride, residual=False)
            temporal = nn.Sequential(branches, nn.Conv2d(c_out, c_out, 1), nn.BatchNorm2d(c_out))
            return ResidualGraph(c_in, c_out, topology.num_joints), temporal

        self.blocks = blocks_of(in_channels, widths, parts)
