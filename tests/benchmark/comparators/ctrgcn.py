"""CTR-GCN on clips of two bodies each, ``[N, C, T, V, M]``; zeros stand for an absent one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import MSTCN, Shortcut
from tg_skeleton.topology import Topology

PERSONS = 2


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


class ChannelTopology(nn.Module):
    """The sum over the subsets, its norm and the residual."""

    def __init__(self, in_channels: int, out_channels: int, joints: int, subsets: int) -> None:
        super().__init__()
        self.topology = nn.Parameter(torch.zeros(subsets, joints, joints))
        self.alpha = nn.Parameter(torch.zeros(1))
        self.subsets = nn.ModuleList(Subset(in_channels, out_channels) for _ in range(subsets))
        self.norm = nn.BatchNorm2d(out_channels)
        self.residual = Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.subsets[0](x, self.topology[0], self.alpha)
        for k in range(1, len(self.subsets)):
            y = y + self.subsets[k](x, self.topology[k], self.alpha)
        return (self.norm(y) + self.residual(x)).relu()


class Block(nn.Module):
    """Graph convolution, temporal convolution, residual."""

    def __init__(self, in_channels: int, out_channels: int, joints: int, stride: int, *, first: bool) -> None:
        super().__init__()
        self.spatial = ChannelTopology(in_channels, out_channels, joints, subsets=3)
        self.temporal = MSTCN(
            out_channels, out_channels, stride, dilations=(1, 2), kernel_size=5, residual=False, activation=False
        )
        self.residual = None if first else Shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.temporal(self.spatial(x))
        return (y if self.residual is None else y + self.residual(x)).relu()


class CTRGCN(nn.Module):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256),
    ) -> None:
        super().__init__()
        joints = topology.num_joints
        self.input_norm = nn.ModuleDict({"norm": nn.BatchNorm1d(PERSONS * joints * in_channels)})
        blocks, channels = [], in_channels
        for place, width in enumerate(widths):
            stride = 2 if place and width > channels else 1
            blocks.append(Block(channels, width, joints, stride, first=not place))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        clips, channels, frames, joints, persons = x.shape
        x = x.permute(0, 4, 3, 1, 2).reshape(clips, persons * joints * channels, frames)
        x = self.input_norm["norm"](x).view(clips * persons, joints, channels, frames).permute(0, 2, 3, 1).contiguous()
        z = self.blocks(x)  # [N M, C, T / 4, V]
        return self.classifier(z.unflatten(0, (clips, persons)).mean(dim=(1, 3, 4)))
