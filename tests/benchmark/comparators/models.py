"""Both networks on clips of two bodies each, ``[N, C, T, V, M]``; zeros stand for an absent one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import FF, JF, MSTCN, SFEM, STFEM, VBlock
from tests.benchmark.comparators.frame import fold_persons
from tg_skeleton.topology import Topology


class FoldPersons(nn.Module):
    """``[N, C, T, V, M]`` to a normalized ``[N M, C, T, V]``."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(features)

    def forward(self, x: Tensor) -> Tensor:
        return fold_persons(x, self.norm)


def embedding(in_channels: int, hidden: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(in_channels, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, out_channels, 1), nn.ReLU())


class ESAN(nn.Module):
    """Paper A's network with block V."""

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        num_frames: int = 20,
        widths: Sequence[int] = (64, 128, 256, 512),
        directed: bool = False,
    ) -> None:
        super().__init__()
        joints = topology.num_joints
        self.input_norm = nn.BatchNorm1d(joints * in_channels)
        self.velocity_norm = nn.BatchNorm1d(joints * in_channels)
        self.input_embedding = embedding(in_channels, 64, 64)
        self.velocity_embedding = embedding(in_channels, 64, 64)
        self.joint_embedding = embedding(joints, 64, 64)
        self.frame_embedding = embedding(num_frames, 128, 128)
        channels = (128, *widths)
        self.blocks = nn.Sequential(*(VBlock(c_in, c_out, directed=directed) for c_in, c_out in pairwise(channels)))
        self.classifier = nn.Linear(channels[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        clips, _, frames, joints, persons = x.shape
        velocity = torch.cat([torch.zeros_like(x[:, :, :1]), x[:, :, 1:] - x[:, :, :-1]], dim=2)
        position = self.input_embedding(fold_persons(x, self.input_norm))  # [N M, 64, T, V]
        z = position + self.velocity_embedding(fold_persons(velocity, self.velocity_norm))
        one_hot = torch.eye(joints, dtype=x.dtype, device=x.device).view(1, joints, 1, joints)
        joint = self.joint_embedding(one_hot).expand(clips * persons, -1, frames, -1)
        frame = self.frame_embedding(torch.eye(frames, dtype=x.dtype, device=x.device).view(1, frames, frames, 1))
        z = self.blocks(torch.cat([z, joint], dim=1) + frame)  # [N M, C, T, V]
        return self.classifier(z.unflatten(0, (clips, persons)).mean(dim=(1, 3, 4)))


class AMANet(nn.Module):
    """Paper B's network."""

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = (96, 192, 384),
        windows: tuple[int, ...] = (3,),
    ) -> None:
        super().__init__()
        joints, adjacency = topology.num_joints, topology.normalized_adjacency
        self.preprocessing = FoldPersons(joints * in_channels)
        blocks, channels = [], in_channels
        for place, width in enumerate(widths):
            stride, middle = (2, channels) if place else (1, width)
            factorised = nn.Sequential(SFEM(channels, middle, adjacency), TFEM(middle, width, joints, stride))
            both = STFEM(channels, width, adjacency, windows=windows, stride=stride, activation=False)
            blocks.append(TwoPaths(factorised, both, MSTCN(width, width)))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        clips, persons = x.size(0), x.size(4)
        z = self.blocks(self.preprocessing(x))  # [N M, C, T / 4, V]
        return self.classifier(z.unflatten(0, (clips, persons)).mean(dim=(1, 3, 4)))


class TFEM(nn.Module):
    """FF, JF and MS-TCN."""

    def __init__(self, in_channels: int, out_channels: int, num_joints: int, stride: int) -> None:
        super().__init__()
        self.frame_features = FF(in_channels, num_joints)
        self.joint_features = JF(in_channels, out_channels, stride)
        self.tcn = MSTCN(out_channels, out_channels, activation=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.tcn(self.joint_features(self.frame_features(x)))


class TwoPaths(nn.Module):
    """The frame of MS-G3D's block."""

    def __init__(self, factorised: nn.Module, spatio_temporal: nn.Module, tcn: nn.Module) -> None:
        super().__init__()
        self.factorised = factorised
        self.spatio_temporal = spatio_temporal
        self.tcn = tcn

    def forward(self, x: Tensor) -> Tensor:
        return self.tcn((self.factorised(x) + self.spatio_temporal(x)).relu())
