"""The spatial part of DGNN's block."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import Parameter

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.conv import DirectedGraphConv
from tg_skeleton.nn.fuse import Fusible, fold


class DirectedGCN(Fusible):
    r"""Directed graph convolution of joints and bones in each frame, whose graph is learned.

    .. math:: (x', a') = \mathrm{conv}(x, B, a), \qquad y = \mathrm{ReLU}(\mathrm{BN}_x(x')), \quad
        \mathrm{ReLU}(\mathrm{BN}_a(a'))

    Joints and bones are as many, and are one tensor: the joints of all persons, then the bones of all persons. B, the
    incidence matrices, starts at ``incidence``.

    Args:
        in_channels: C.
        out_channels: C'.
        incidence: Where B starts.

    Shapes:
        - **x** ``[2 P, T, V, in_channels]``, **incidence** ``[2, V, V]`` floats: which joint is the source of each
          bone, and which its target
        - **output** ``[2 P, T, V, out_channels]``

    Raises:
        ValueError: ``incidence`` has another shape, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton.nn import DirectedGCN
    >>> line = torch.stack([torch.eye(4).roll(-1, dims=0), torch.eye(4)])
    >>> DirectedGCN(3, 8, line)(torch.randn(2, 20, 4, 3)).shape
    torch.Size([2, 20, 4, 8])

    Source: Shi et al. 2019 (DGNN), sections 3.2 and 3.3.
    """

    def __init__(self, in_channels: int, out_channels: int, incidence: Tensor) -> None:
        super().__init__()
        joints = incidence.size(-1)
        if tuple(incidence.shape) != (2, joints, joints) or not incidence.is_floating_point():
            raise ValueError(
                f"incidence: expected [2, V, V] floats, sources and targets of as many bones as joints, got "
                f"{incidence.dtype} {list(incidence.shape)}; give the root a bone without ends, a column of zeros"
            )
        self.conv = DirectedGraphConv(in_channels, out_channels)
        self.incidence = Parameter(incidence.detach().clone().to(torch.get_default_device()))
        self.norm_joints: nn.Module = ChannelNorm(out_channels)
        self.norm_bones: nn.Module = ChannelNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [2 P, T, V, in_channels]``."""
        joints, bones = x.unflatten(0, (2, -1)).unbind()  # an exporter can't follow chunk(2)
        joints, bones = self.conv(joints, self.incidence, bones)
        return torch.cat([self.norm_joints(joints), self.norm_bones(bones)]).relu_()

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        self.norm_joints = fold(self.norm_joints, self.conv.lin_node)
        self.norm_bones = fold(self.norm_bones, self.conv.lin_edge)
