"""The frame of the published networks: input norm, blocks of a spatial and a temporal part, means, classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import Shortcut, temporal_conv
from tg_skeleton.topology import Topology

PERSONS = 2

WIDTHS = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)

Parts = Callable[[int, int, int], tuple[nn.Module, nn.Module]]
"""Channels in, channels out and stride to the spatial and the temporal part of a block."""

Residual = Callable[[int, int, int], nn.Module]


def fold_persons(x: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    """``[N, C, T, V, M]`` to a normed ``[N M, C, T, V]``; the norm is of ``V C`` features, or of ``M V C``."""
    clips, channels, frames, joints, persons = x.shape
    x = norm(x.permute(0, 4, 3, 1, 2).reshape(-1, norm.num_features, frames))
    return x.view(clips * persons, joints, channels, frames).permute(0, 2, 3, 1).contiguous()


class Frame(nn.Module):
    """Base class: a subclass sets ``blocks``."""

    blocks: nn.Module

    def __init__(
        self, topology: Topology, in_channels: int, features: int, num_classes: int, *, persons: int = PERSONS
    ) -> None:
        super().__init__()
        self.input_norm = nn.ModuleDict({"norm": nn.BatchNorm1d(persons * topology.num_joints * in_channels)})
        self.classifier = nn.Linear(features, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """``[N M, C, T, V]`` to ``[N M, C']``."""
        return self.blocks(x).mean(dim=(2, 3))

    def forward(self, x: Tensor) -> Tensor:
        norm = self.input_norm["norm"]
        assert isinstance(norm, nn.BatchNorm1d)
        z = self.features(fold_persons(x, norm))
        return self.classifier(z.unflatten(0, (x.size(0), x.size(4))).mean(dim=1))


class Block(nn.Module):
    """Graph convolution, temporal convolution, residual."""

    def __init__(self, spatial: nn.Module, temporal: nn.Module, residual: nn.Module | None) -> None:
        super().__init__()
        self.spatial = spatial
        self.temporal = temporal
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.temporal(self.spatial(x))
        return (y if self.residual is None else y + self.residual(x)).relu()


def blocks_of(in_channels: int, widths: Sequence[int], parts: Parts, residual: Residual = Shortcut) -> nn.Sequential:
    """The first block has no residual; later ones that widen halve the frames."""
    blocks, channels = [], in_channels
    for place, width in enumerate(widths):
        stride = 2 if place and width > channels else 1
        blocks.append(Block(*parts(channels, width, stride), residual(channels, width, stride) if place else None))
        channels = width
    return nn.Sequential(*blocks)


def convolved(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    """A convolution over nine frames, and its norm."""
    return nn.Sequential(temporal_conv(in_channels, out_channels, 9, stride), nn.BatchNorm2d(out_channels))


class GraphConv(nn.Module):
    """One 1×1 convolution for all subsets, then their graphs ``[K, V, V]`` (target, source)."""

    def __init__(self, in_channels: int, out_channels: int, subsets: int = 3) -> None:
        super().__init__()
        self.subsets = subsets
        self.lin = nn.Conv2d(in_channels, subsets * out_channels, 1)

    def forward(self, x: Tensor, graph: Tensor) -> Tensor:
        values = self.lin(x).unflatten(1, (self.subsets, -1))  # [N, K, C', T, V]
        return torch.einsum("nkctv,kwv->nctw", values, graph)
