"""CTR-GCN."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, center_joint, gcn_blocks
from tg_skeleton.nn.blocks import MSTCN, ResidualGCN
from tg_skeleton.nn.conv import ChannelTopologyConv
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology


class CTRGCN(BodyNetwork):
    r"""The channel-wise topology refinement network: a graph for every channel, and a small multi-scale convolution.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{MSTCN}(h) + \mathrm{res}(x)\right), \qquad
        h = \mathrm{ReLU}\left(\mathrm{BN}\left(\mathrm{CTRGC}(x)\right) + \mathrm{res}'(x)\right)

    It begins with a batch norm of every channel of every joint of every person, and ends with the mean over frames,
    joints and persons, and a linear classifier. The first block has no outer residual; later blocks that widen halve
    the frames. The paper fuses four such networks: joints, bones, and the motion of either.

    Assumption: the center, whose neighbors lie towards or away from it, is a joint; each joint starts with the
    mean of a subset of its neighbors.

    Args:
        topology: The skeleton; gives V and the bones with which the learnable graphs start.
        in_channels: Channels of ``x``.
        num_classes: Classes to tell apart.
        center: The joint from which the spatial partition counts Default: the one from which the farthest joint is
            nearest; joint 20 of NTU RGB+D.
        widths: Channels of the blocks, multiples of the temporal branches, which are the dilations and two more.
        kernel_size: Frames in the kernel of a temporal convolution.
        dilations: Of the temporal convolutions.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The center is not a joint, the kernel is even, widths can't be divided among the branches,
            ``num_persons`` is below 1, or ``x`` or ``batch`` does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import CTRGCN
    >>> model = CTRGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    1446672
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Chen et al. 2021, "Channel-wise topology refinement graph convolution for skeleton-based action
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
        kernel_size: int = 5,
        dilations: Sequence[int] = (1, 2),
        num_persons: int = 2,
    ) -> None:
        super().__init__(topology, in_channels, num_persons=num_persons)
        joints = topology.num_joints
        adjacency = partition_adjacencies(topology.edge_index, joints, root=center_joint(topology, center))

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            temporal = MSTCN(
                c_out,
                c_out,
                stride=stride,
                dilations=dilations,
                kernel_size=kernel_size,
                residual=False,
                activation=False,
            )
            return ResidualGCN(ChannelTopologyConv(c_in, c_out, topology=adjacency)), temporal

        self.blocks = gcn_blocks(in_channels, widths, parts)
        self.classifier = nn.Linear(widths[-1], num_classes)
