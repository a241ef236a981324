"""The spatial part of the blocks of 2s-AGCN, AAGCN, CTR-GCN, Hyper-GCN, Shift-GCN and STGCN++."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.blocks.joint_norm import JointNorm
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.conv import (
    AdaptiveGraphConv,
    ChannelTopologyConv,
    HyperGraphConv,
    ShiftGraphConv,
    SpatialGraphConv,
)
from tg_skeleton.nn.functional import constant
from tg_skeleton.nn.fuse import Fusible


class ResidualGCN(Fusible):
    r"""A graph convolution that learns its graph, with a residual of its own.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{BN}(\mathrm{conv}(x)) + \mathrm{res}(x)\right)

    res is x, or where the channels change a 1×1 convolution and batch norm.

    Assumption: the norm's gain starts at 1e-6, so that a block starts as its residual; the papers do not say it, the
    training of 2s-AGCN, AAGCN and CTR-GCN does it, and those of Shift-GCN and STGCN++ start at 1.

    Args:
        conv: The operator.
        adjacency: The graph that it is called with; None: it has one of its own.
        gain: The initial gain of the norm.
        norm: BN (default: a `ChannelNorm`).

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **adjacency** floats ``[K, V, V]``, or ``[V, V]`` for `HyperGraphConv`
          (target, source)
        - **output** ``[P, T, V, out_channels]``

    Raises:
        ValueError: ``x`` or ``adjacency`` does not fit the operator.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import AdaptiveGraphConv, ResidualGCN
    >>> from tg_skeleton.nn.partition import partition_adjacencies
    >>> adjacency = partition_adjacencies(NTU25.edge_index, 25, root=20)
    >>> ResidualGCN(AdaptiveGraphConv(3, 64, num_nodes=25), adjacency)(torch.randn(2, 20, 25, 3)).shape
    torch.Size([2, 20, 25, 64])

    Source: Shi et al. 2019 (2s-AGCN), Fig. 2; Chen et al. 2021 (CTR-GCN), Fig. 4; Duan et al. 2022 (STGCN++).
    """

    adjacency: Tensor | None

    def __init__(
        self,
        conv: AdaptiveGraphConv | ChannelTopologyConv | HyperGraphConv | ShiftGraphConv | SpatialGraphConv,
        adjacency: Tensor | None = None,
        *,
        gain: float = 1e-6,
        norm: ChannelNorm | JointNorm | None = None,
    ) -> None:
        super().__init__()
        self.conv = conv
        adjacency = None if adjacency is None else constant(adjacency)
        self.register_buffer("adjacency", adjacency, persistent=False)
        self.norm: nn.Module = ChannelNorm(conv.out_channels) if norm is None else norm
        self.residual = Shortcut(conv.in_channels, conv.out_channels)
        nn.init.constant_(self.norm.weight, gain)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        y, residual = self.conv(x, self.adjacency), self.residual(x)
        if isinstance(self.norm, JointNorm):
            return (self.norm(y) + residual).relu_()
        return finished(y, self.norm, residual, relu=True)

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        if isinstance(self.conv, AdaptiveGraphConv) and isinstance(self.norm, ChannelNorm):
            self.conv.fold_(self.norm)
            self.norm = nn.Identity()
