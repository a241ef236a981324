"""The spatial part of ST-GCN's block."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.conv import SpatialGraphConv
from tg_skeleton.nn.functional import constant
from tg_skeleton.nn.partition import Partition, check_adjacencies


class SpatialGCN(nn.Module):
    r"""Graph convolution over the subsets of every joint's neighborhood, in each frame.

    .. math:: y_t = \mathrm{ReLU}\left(\mathrm{BN}\left(
        \sum\nolimits_k (A_k \odot M_k)\,(x_t W_k + b_k)\right)\right)

    Args:
        in_channels: C.
        out_channels: C'.
        adjacency: The A_k, as `nn.partition.partition_adjacencies` makes them.
        partition: The partition that they are of.
        edge_importance: M is learnable and starts at one; else there is none.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **adjacency** ``[K, V, V]`` floats (target, source)
        - **output** ``[P, T, V, out_channels]``

    Raises:
        ValueError: The partition is unknown, the adjacencies are not its, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn.blocks import SpatialGCN
    >>> from tg_skeleton.nn.partition import partition_adjacencies
    >>> adjacency = partition_adjacencies(NTU25.edge_index, 25, root=20)
    >>> SpatialGCN(3, 64, adjacency)(torch.randn(2, 20, 25, 3)).shape
    torch.Size([2, 20, 25, 64])

    Source: Yan et al. 2018 (ST-GCN), sections 3.3 to 3.6.
    """

    adjacency: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        adjacency: Tensor,
        *,
        partition: Partition = "spatial",
        edge_importance: bool = True,
    ) -> None:
        super().__init__()
        joints = adjacency.size(-1)
        self.conv = SpatialGraphConv(
            in_channels, out_channels, partition, num_nodes=joints if edge_importance else None
        )
        adjacency = check_adjacencies(adjacency, partition)
        self.register_buffer("adjacency", constant(adjacency), persistent=False)
        self.norm = ChannelNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        return finished(self.conv(x, self.adjacency), self.norm, relu=True)
