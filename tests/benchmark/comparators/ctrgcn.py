"""CTR-GCN on clips of two bodies each, ``[N, C, T, V, M]``; zeros stand for an absent one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import MSTCN, SubsetGraphs
from tests.benchmark.comparators.frame import WIDTHS, Frame, blocks_of
from tg_skeleton.topology import Topology


class Subset(nn.Module):
    """One subset of the neighbors: a graph for every channel, ``[N, C', V, V]``."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        width = max(in_channels // 8, 8)
        self.lin_query = nn.Conv2d(in_channels, width, 1)
        self.lin_key = nn.Conv2d(in_channels, width, 1)
        self.lin_value = nn.Conv2d(in_channels, out_channels, 1)
        self.lin_refine = nn.Conv2d(width, out_channels, 1)

    def forward(self, x: Tensor, shared: Tensor, alpha: Tensor) -> Tensor:
        query, key, value = self.lin_query(x).mean(2), self.lin_key(x).mean(2), self.lin_value(x)  # means over frames
        differences = (query.unsqueeze(-1) - key.unsqueeze(-2)).tanh()
        graph = self.lin_refine(differences) * alpha + shared
        return torch.einsum("ncuv,nctv->nctu", graph, value)


class CTRGCN(Frame):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__(topology, in_channels, widths[-1], num_classes)

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            branches = MSTCN(c_out, c_out, stride, dilations=(1, 2), kernel_size=5, residual=False, activation=False)
            return SubsetGraphs(Subset, c_in, c_out, topology.num_joints), branches

        self.blocks = blocks_of(in_channels, widths, parts)
