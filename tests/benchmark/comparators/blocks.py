"""The blocks of both papers on channels-first tensors ``[N, C, T, V]``."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, cat, nn

from tests.benchmark.comparators.operators import (
    Projections,
    attend_frames,
    attend_groups,
    attend_joints,
    attend_windows,
)


def temporal_conv(
    in_channels: int, out_channels: int, kernel_size: int, stride: int = 1, dilation: int = 1
) -> nn.Conv2d:
    padding = dilation * (kernel_size - 1) // 2
    return nn.Conv2d(in_channels, out_channels, (kernel_size, 1), (stride, 1), (padding, 0), (dilation, 1))


class Shortcut(nn.Module):
    """The input, or a 1×1 convolution with the stride, and batch norm."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        same = in_channels == out_channels and stride == 1
        self.lin = nn.Identity() if same else temporal_conv(in_channels, out_channels, 1, stride)
        self.norm = nn.Identity() if same else nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.lin(x))


class VBlock(nn.Module):
    """Paper A's block V."""

    def __init__(self, in_channels: int, out_channels: int, *, directed: bool = False) -> None:
        super().__init__()
        self.attention = Projections(in_channels, out_channels, directed=directed)
        self.residual = temporal_conv(in_channels, out_channels, 3)
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.attention(x)
        y = attend_joints(query, key, value, None, 1.0)
        return self.norm(y + self.residual(x)).relu()


class SFEM(nn.Module):
    """Paper B's spatial module."""

    adjacency: Tensor

    def __init__(self, in_channels: int, out_channels: int, adjacency: Tensor, alpha: float = 0.8) -> None:
        super().__init__()
        self.alpha = alpha
        self.scale = 1 / math.sqrt(in_channels)
        self.register_buffer("adjacency", adjacency, persistent=False)
        self.attention = Projections(in_channels, in_channels)
        self.lin_out = nn.Conv2d(in_channels, out_channels, 1)
        self.norm = nn.BatchNorm2d(out_channels)
        self.residual = Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.attention(x)
        y = attend_joints(query, key, value, self.alpha * self.adjacency, self.scale)
        return (self.norm(self.lin_out(y)) + self.residual(value)).relu()


class FF(nn.Module):
    """Paper B's frame features."""

    def __init__(self, channels: int, num_joints: int, group: int = 5, kernel_size: int = 5) -> None:
        super().__init__()
        self.group = group
        self.scale = 1 / math.sqrt(num_joints * channels)
        self.attention = Projections(channels, channels)
        self.conv = temporal_conv(channels, channels, kernel_size)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.attention(x)
        y = attend_groups(query, key, value, self.scale, self.group)
        return (self.norm(self.conv(y)) + x).relu()


class JF(nn.Module):
    """Paper B's joint features."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(in_channels)
        self.attention = Projections(in_channels, in_channels)
        self.lin_out = temporal_conv(in_channels, out_channels, 1, stride)
        self.norm = nn.BatchNorm2d(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.attention(x)
        y = attend_frames(query, key, value, self.scale)
        return (self.norm(self.lin_out(y)) + self.residual(x)).relu()


class MSTCN(nn.Module):
    """MS-G3D's temporal module: branches, each with norms of its own."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int = 1,
        *,
        dilations: tuple[int, ...] = (1, 2, 3, 4),
        kernel_size: int = 3,
        residual: bool = True,
        activation: bool = True,
    ) -> None:
        super().__init__()
        self.activation = activation
        width = out_channels // (len(dilations) + 2)
        first = width + out_channels % (len(dilations) + 2)  # the first branch takes the remainder

        def reduced(*layers: nn.Module, width: int = width) -> nn.Sequential:
            front = nn.Conv2d(in_channels, width, 1), nn.BatchNorm2d(width), nn.ReLU()
            return nn.Sequential(*front, *layers, nn.BatchNorm2d(width))

        convolved = [
            reduced(temporal_conv(c, c, kernel_size, stride, dilation), width=c)
            for c, dilation in zip([first, *[width] * (len(dilations) - 1)], dilations, strict=True)
        ]
        pooled = reduced(nn.MaxPool2d((3, 1), (stride, 1), (1, 0)))
        plain = nn.Sequential(temporal_conv(in_channels, width, 1, stride), nn.BatchNorm2d(width))
        self.branches = nn.ModuleList([*convolved, pooled, plain])
        self.residual = Shortcut(in_channels, out_channels, stride) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        y = cat([branch(x) for branch in self.branches], dim=1)
        y = y if self.residual is None else y + self.residual(x)
        return y.relu() if self.activation else y


class STFEM(nn.Module):
    """Paper B's spatio-temporal module."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        adjacency: Tensor,
        *,
        windows: tuple[int, ...] = (3,),
        stride: int = 1,
        activation: bool = True,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.paths = nn.ModuleList(_Path(in_channels, out_channels, adjacency, window, stride) for window in windows)

    def forward(self, x: Tensor) -> Tensor:
        y = sum(path(x) for path in self.paths)
        return y.relu() if self.activation else y


class _Path(nn.Module):
    """One length of the window."""

    adjacency: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, adjacency: Tensor, window: int, stride: int, beta: float = 0.8
    ) -> None:
        super().__init__()
        self.beta = beta
        self.window = window
        self.stride = stride
        self.scale = 1 / math.sqrt(in_channels)
        self.register_buffer("adjacency", adjacency.repeat(window, window), persistent=False)
        self.attention = Projections(in_channels, in_channels)
        self.collapse = nn.Conv3d(in_channels, out_channels, (1, window, 1))
        self.norm = nn.BatchNorm2d(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.attention(x)
        bias = self.beta * self.adjacency
        y = attend_windows(query, key, value, bias, self.scale, self.window, self.stride)  # [N, C, T / s, τ, V]
        return self.norm(self.collapse(y).squeeze(3)) + self.residual(x)


class SubsetGraphs(nn.Module):
    """The sum over subsets, each with a graph of its own, its norm and the residual.

    Args:
        subset: Makes the module of a subset, ``module(x, graph, alpha)``.
    """

    def __init__(
        self,
        subset: Callable[[int, int], nn.Module],
        in_channels: int,
        out_channels: int,
        joints: int,
        subsets: int = 3,
    ) -> None:
        super().__init__()
        self.topology = nn.Parameter(torch.zeros(subsets, joints, joints))
        self.alpha = nn.Parameter(torch.zeros(1))
        self.subsets = nn.ModuleList(subset(in_channels, out_channels) for _ in range(subsets))
        self.norm = nn.BatchNorm2d(out_channels)
        self.residual = Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.subsets[0](x, self.topology[0], self.alpha)
        for k in range(1, len(self.subsets)):
            y = y + self.subsets[k](x, self.topology[k], self.alpha)
        return (self.norm(y) + self.residual(x)).relu()
