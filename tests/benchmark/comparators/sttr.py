"""ST-TR on ``[N, C, T, V, M]``: frames or joints are moved to the batch for the attention."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import Shortcut
from tests.benchmark.comparators.frame import Block, Frame, GraphConv, convolved
from tg_skeleton.models.gcn_blocks import center_joint
from tg_skeleton.models.sttr import Attention
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Topology

WIDTHS = (128, 128, 128, 128, 256, 256, 256, 512, 512, 512)


class SpatialGCN(nn.Module):
    """A graph convolution with an importance of each edge, and its norm."""

    adjacency: Tensor

    def __init__(self, in_channels: int, out_channels: int, adjacency: Tensor) -> None:
        super().__init__()
        self.conv = GraphConv(in_channels, out_channels)
        self.importance = nn.Parameter(torch.ones_like(adjacency))
        self.register_buffer("adjacency", adjacency, persistent=False)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x, self.adjacency * self.importance)).relu()


class MultiHead(nn.Module):
    """Queries, keys and values by one convolution, whose kernel is as long as its stride."""

    def __init__(self, in_channels: int, out_channels: int, heads: int, stride: int, key_dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.widths = (out_channels // 4, out_channels // 4, out_channels)
        self.key_dropout = key_dropout
        self.lin_all = nn.Conv2d(in_channels, sum(self.widths), (stride, 1), (stride, 1))

    def forward(self, x: Tensor, *, of_joints: bool) -> Tensor:
        y = self.lin_all(x)
        y = y.permute(0, 2, 1, 3) if of_joints else y.permute(0, 3, 1, 2)  # [N, T or V, C, V or T]
        clips, maps = y.shape[:2]
        parts = y.reshape(clips * maps, *y.shape[2:]).split(self.widths, dim=1)
        query, key, value = (part.unflatten(1, (self.heads, -1)) for part in parts)  # [N T, H, D, V]
        weights = ((query * query.size(2) ** -0.5).mT @ key).softmax(-1)  # [N T, H, V, V]
        if self.training and self.key_dropout:
            stays = torch.rand(weights.size(0), self.heads, 1, weights.size(-1), device=x.device) >= self.key_dropout
            weights = weights * stays
            weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-8)
        mixed = (weights @ value.mT).mT.reshape(clips, maps, -1, y.size(3))  # [N, T, C', V]
        return (mixed.permute(0, 2, 1, 3) if of_joints else mixed.permute(0, 2, 3, 1)).contiguous()


class ResidualAttention(nn.Module):
    """Attention between a norm of every channel of every joint and a 1×1 convolution, with a residual."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        joints: int,
        *,
        of_joints: bool,
        stride: int,
        heads: int,
        key_dropout: float,
    ) -> None:
        super().__init__()
        self.of_joints = of_joints
        self.stride = stride
        self.norm_in = nn.BatchNorm1d(joints * in_channels)
        self.conv = MultiHead(in_channels, out_channels, heads, stride, key_dropout)
        self.lin_out = nn.Conv2d(out_channels, out_channels, 1)
        self.residual = Shortcut(in_channels, out_channels, stride) if in_channels == out_channels else None
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        clips, channels, frames, joints = x.shape
        y = self.norm_in(x.permute(0, 3, 1, 2).reshape(clips, joints * channels, frames))
        y = y.view(clips, joints, channels, frames).permute(0, 2, 3, 1).contiguous()
        y = F.pad(y, (0, 0, 0, -frames % self.stride))
        y = self.lin_out(self.conv(y, of_joints=self.of_joints))
        return self.norm(y if self.residual is None else y + self.residual(x)).relu()


class STTR(Frame):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        attention: Attention = "spatial",
        widths: Sequence[int] = WIDTHS,
        heads: int = 8,
        dropout: float = 0.5,
        key_dropout: float = 0.5,
    ) -> None:
        super().__init__(topology, in_channels, widths[-1], num_classes)
        joints, of_joints = topology.num_joints, attention == "spatial"
        adjacency = partition_adjacencies(topology.edge_index, joints, root=center_joint(topology))

        def attend(c_in: int, c_out: int, stride: int) -> nn.Module:
            settings = {"heads": heads, "key_dropout": key_dropout}
            return ResidualAttention(c_in, c_out, joints, of_joints=of_joints, stride=stride, **settings)

        blocks, channels = [], in_channels
        self.joined = next((place for place, width in enumerate(widths) if width > widths[0]), len(widths))
        for place, width in enumerate(widths):
            stride = 2 if place and width > widths[place - 1] else 1
            channels += in_channels if place == self.joined else 0
            attends = place >= self.joined
            spatial = attend(channels, width, 1) if attends and of_joints else SpatialGCN(channels, width, adjacency)
            temporal = (
                attend(width, width, stride)
                if attends and not of_joints
                else nn.Sequential(*convolved(width, width, stride), nn.Dropout(dropout))
            )
            blocks.append(Block(spatial, temporal, Shortcut(channels, width, stride) if place else None))
            channels = width
        self.blocks: nn.ModuleList = nn.ModuleList(blocks)
        self.norm = nn.BatchNorm2d(channels)

    def features(self, x: Tensor) -> Tensor:
        start = x
        for place, block in enumerate(self.blocks):
            x = block(torch.cat([x, start], dim=1) if place == self.joined else x)
        return self.norm(x).mean(dim=(2, 3))
