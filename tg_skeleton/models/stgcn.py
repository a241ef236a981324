"""ST-GCN, the first network of its kind."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, center_joint, gcn_blocks
from tg_skeleton.nn.blocks import ChannelNorm, SpatialGCN, TemporalConv
from tg_skeleton.nn.partition import Partition, partition_adjacencies
from tg_skeleton.topology import Joint, Topology


class STGCN(BodyNetwork):
    r"""The spatial temporal graph convolutional network: ten blocks of a graph and a temporal convolution.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{Dropout}\left(\mathrm{BN}\left(\Gamma * \mathrm{ReLU}\left(
        \mathrm{BN}\left(\sum\nolimits_k (A_k \odot M_k)\,(x W_k + b_k)\right)\right)\right)\right)
        + \mathrm{res}(x)\right)

    It begins with a batch norm of every channel of every joint, and ends with the mean over frames, joints and persons,
    and a linear classifier. The first block has no residual; later blocks that widen halve the frames.

    Differs from the paper: absent persons take no part; there, zeros stand for them (`PadPersons` brings them back).
    Subsets are normalized by their size, see `SpatialGraphConv`.
    Assumption: a body's center is a joint, not the mean of its joints, and distances from it are counted in bones.

    Args:
        topology: The skeleton; gives V and the bones.
        in_channels: Channels of ``x``.
        num_classes: Classes to tell apart.
        center: The joint from which the spatial partition counts Default: the one from which the farthest joint is
            nearest; joint 20 of NTU RGB+D.
        partition: The subsets of a neighborhood.
        widths: Channels of the blocks.
        kernel_size: Frames in the kernel of a temporal convolution.
        dropout: Dropout after every temporal convolution.
        edge_importance: Every block learns how much each edge counts.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The center is not a joint, the partition is unknown, the kernel is even, or ``x`` or ``batch`` does
            not fit the topology and the channels.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import STGCN
    >>> model = STGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    3098832
    >>> model(torch.randn(30, 50, 3), batch=torch.arange(2).repeat_interleave(25), batch_size=2).shape
    torch.Size([2, 60])

    Source: Yan et al. 2018, "Spatial temporal graph convolutional networks for skeleton-based action recognition".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        center: Joint | None = None,
        partition: Partition = "spatial",
        widths: Sequence[int] = WIDTHS,
        kernel_size: int = 9,
        dropout: float = 0.5,
        edge_importance: bool = True,
    ) -> None:
        super().__init__(topology, in_channels, num_persons=1)
        adjacency = partition_adjacencies(
            topology.edge_index, topology.num_joints, partition, root=center_joint(topology, center)
        )

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            temporal = nn.Sequential(
                TemporalConv(c_out, c_out, kernel_size, stride=stride), ChannelNorm(c_out), nn.Dropout(dropout)
            )
            return SpatialGCN(c_in, c_out, adjacency, partition=partition, edge_importance=edge_importance), temporal

        self.blocks = gcn_blocks(in_channels, widths, parts)
        self.classifier = nn.Linear(widths[-1], num_classes)
