"""MST-GCN."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import center_joint
from tg_skeleton.nn.blocks import HierarchicalGCN, HierarchicalTCN
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology

WIDTHS = (112, 112, 112, 112, 224, 224, 224, 448, 448, 448)
"""Channels of the blocks."""


class MSTGCN(BodyNetwork):
    r"""The multi-scale spatial temporal graph convolutional network: channels in groups that read one another.

    .. math:: x \leftarrow \mathrm{HierarchicalTCN}(\mathrm{HierarchicalGCN}(x))

    In front stands a batch norm of every channel of every joint of every person, behind the mean over frames, joints
    and persons, and a linear classifier. In the first block all channels are one group, without residuals; one that
    widens behind it halves the frames. The paper's second stream is a second network that reads bones; scores are
    added.

    Differs from the published network: 2,896,055 parameters there include 4,704 of norms that it declares and does
    not use; such are not made, for they never learn and distributed training stops at them.

    Args:
        topology: The skeleton; gives V and the bones.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        center: The joint from which the spatial partition counts. Default: the one from which the farthest joint is
            nearest (joint 20 of NTU RGB+D).
        widths: Channels of the blocks, multiples of the groups.
        kernel_size: Frames that a temporal convolution sees.
        num_groups: Groups of channels, from the second block on.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The center is no joint, the kernel is even, widths can't be divided among the groups,
            ``num_persons`` is below 1, or ``x`` or ``batch`` does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import MSTGCN
    >>> model = MSTGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    2891351
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Chen et al. 2021, "Multi-scale spatial temporal graph convolutional network for skeleton-based action
    recognition".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        center: Joint | None = None,
        widths: Sequence[int] = WIDTHS,
        kernel_size: int = 9,
        num_groups: int = 4,
        num_persons: int = 2,
    ) -> None:
        super().__init__(topology, in_channels, num_persons=num_persons)
        adjacency = partition_adjacencies(topology.edge_index, topology.num_joints, root=center_joint(topology, center))
        blocks, channels = [], in_channels
        for place, width in enumerate(widths):
            first, stride = place == 0, 2 if place and width > channels else 1
            groups = 1 if first else num_groups
            spatial = HierarchicalGCN(channels, width, adjacency, num_groups=groups, plain=first)
            temporal = HierarchicalTCN(width, kernel_size, stride=stride, num_groups=groups, plain=first)
            blocks.append(nn.Sequential(spatial, temporal))
            channels = width
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(channels, num_classes)
