"""AAGCN on ``[N, C, T, V, M]``: one subset of the graph after another, and three gates."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tests.benchmark.comparators.blocks import SubsetGraphs
from tests.benchmark.comparators.frame import WIDTHS, Frame, blocks_of, convolved
from tg_skeleton.topology import Topology


class Subset(nn.Module):
    """A graph of each clip, added to the learned one, and a 1×1 convolution behind it."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.lin_query = nn.Conv2d(in_channels, out_channels // 4, 1)
        self.lin_key = nn.Conv2d(in_channels, out_channels // 4, 1)
        self.lin_value = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor, learned: Tensor, alpha: Tensor) -> Tensor:
        query = self.lin_query(x).permute(0, 3, 1, 2).flatten(2)  # [N, V, C_e T]
        key = self.lin_key(x).flatten(1, 2)  # [N, C_e T, V]
        graph = learned + alpha * (query @ key / query.size(-1)).tanh()  # [N, V, V]
        mixed = (x.flatten(1, 2) @ graph.mT).view(x.shape)
        return self.lin_value(mixed)


class Gates(nn.Module):
    """Over joints, frames and channels."""

    def __init__(self, channels: int, joints: int) -> None:
        super().__init__()
        width = joints - (joints + 1) % 2
        self.joints = nn.Conv1d(channels, 1, width, padding=width // 2)
        self.frames = nn.Conv1d(channels, 1, 9, padding=4)
        self.lin_in = nn.Linear(channels, channels // 2)
        self.lin_out = nn.Linear(channels // 2, channels)

    def forward(self, x: Tensor) -> Tensor:
        joint = self.joints(x.mean(2)).sigmoid()  # [N, 1, V]
        x = x * joint.unsqueeze(2) + x
        frame = self.frames(x.mean(3)).sigmoid()  # [N, 1, T]
        x = x * frame.unsqueeze(3) + x
        channel = self.lin_out(self.lin_in(x.mean(dim=(2, 3))).relu()).sigmoid()  # [N, C]
        return x * channel[:, :, None, None] + x


class AAGCN(Frame):
    """The network, whose input norm tells two persons apart."""

    def __init__(
        self, topology: Topology, in_channels: int, num_classes: int, *, widths: Sequence[int] = WIDTHS
    ) -> None:
        super().__init__(topology, in_channels, widths[-1], num_classes)
        joints = topology.num_joints

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            return nn.Sequential(SubsetGraphs(Subset, c_in, c_out, joints), Gates(c_out, joints)), convolved(
                c_out, c_out, stride
            )

        self.blocks = blocks_of(in_channels, widths, parts)
