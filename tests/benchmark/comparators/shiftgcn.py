"""Shift-GCN on ``[N, C, T, V, M]``: gathers along joints and channels, and along frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tests.benchmark.comparators.blocks import Shortcut
from tests.benchmark.comparators.frame import WIDTHS, Frame, blocks_of
from tg_skeleton.topology import Topology


def shifted_places(joints: int, channels: int, way: int) -> Tensor:
    """Of each joint's each channel the place that it is read from, ``[V C]``."""
    channel = torch.arange(channels)
    return ((torch.arange(joints)[:, None] + way * channel) % joints * channels + channel).flatten()


class ShiftGraph(nn.Module):
    """A linear map between two shifts along the joints."""

    there: Tensor
    back: Tensor

    def __init__(self, in_channels: int, out_channels: int, joints: int) -> None:
        super().__init__()
        self.lin = nn.Linear(in_channels, out_channels)
        self.mask = nn.Parameter(torch.zeros(joints, in_channels))
        self.register_buffer("there", shifted_places(joints, in_channels, 1), persistent=False)
        self.register_buffer("back", shifted_places(joints, out_channels, -1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """``[N T, V, C]`` to ``[N T, V C']``."""
        x = x.flatten(1).index_select(1, self.there).view_as(x)
        x = self.lin(x * (self.mask.tanh() + 1))
        return x.flatten(1).index_select(1, self.back)


class ResidualShift(nn.Module):
    """The shift, a norm of every channel of every joint, and the residual."""

    def __init__(self, in_channels: int, out_channels: int, joints: int) -> None:
        super().__init__()
        self.conv = ShiftGraph(in_channels, out_channels, joints)
        self.norm = nn.BatchNorm1d(joints * out_channels)
        self.residual = Shortcut(in_channels, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        clips, _, frames, joints = x.shape
        y = x.permute(0, 2, 3, 1).contiguous().flatten(0, 1)  # [N T, V, C]
        y = self.norm(self.conv(y)).view(clips, frames, joints, -1).permute(0, 3, 1, 2)  # [N, C', T, V]
        return (y + self.residual(x)).relu()


class TemporalShift(nn.Module):
    """Every channel moved in time: two frames are gathered and interpolated, those that are not there are zeros."""

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.offset = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        frames = x.size(2)
        time = torch.arange(0, frames, self.stride, device=x.device)
        position = (self.offset + (self.stride - 1) / 2)[:, None] + time  # [C, T']
        before = position.detach().floor()
        late = position - before
        return self._frames(x, before.long(), 1 - late) + self._frames(x, before.long() + 1, late)

    def _frames(self, x: Tensor, frame: Tensor, weight: Tensor) -> Tensor:
        there = (frame >= 0) & (frame < x.size(2))
        at = frame.clamp(0, x.size(2) - 1)[None, :, :, None].expand(x.size(0), -1, -1, x.size(3))
        return x.gather(2, at) * (weight * there).unsqueeze(-1)


class ShiftGCN(Frame):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__(topology, in_channels, widths[-1], num_classes)

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            temporal = nn.Sequential(
                nn.BatchNorm2d(c_out),
                TemporalShift(c_out),
                nn.Conv2d(c_out, c_out, 1),
                nn.ReLU(),
                TemporalShift(c_out, stride),
                nn.BatchNorm2d(c_out),
            )
            return ResidualShift(c_in, c_out, topology.num_joints), temporal

        self.blocks = blocks_of(in_channels, widths, parts)
