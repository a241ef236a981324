"""AAGCN, one stream of MS-AAGCN."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, center_joint, gcn_blocks
from tg_skeleton.nn.blocks import AttentionGates, ChannelNorm, ResidualGCN, TemporalConv
from tg_skeleton.nn.conv import AdaptiveGraphConv
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology


class AAGCN(BodyNetwork):
    r"""The attention-enhanced adaptive graph convolutional network: 2s-AGCN with free graphs, and gates.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{BN}(\Gamma * \mathrm{gates}(h)) + \mathrm{res}(x)\right), \qquad
        h = \mathrm{ReLU}\left(\mathrm{BN}\left(\sum\nolimits_k (A_k + \alpha C_k)\, x W_k\right)
        + \mathrm{res}'(x)\right)

    Each block learns its A from the skeleton on, C is inferred from the clip, and α, one number a block, starts at
    zero. In front stands a batch norm of every channel of every joint of every person, behind the mean over frames,
    joints and persons, and a linear classifier. The first block has no outer residual; one that widens behind it halves
    the frames. The paper adds the scores of four such networks: joints, bones, and the motion of either.

    Assumption: the center, whose neighbors lie towards or away from it, is a joint, not the mean of the joints.

    Args:
        topology: The skeleton; gives V and the bones.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        center: The joint from which the spatial partition counts (default: the one from which the farthest joint is
            nearest; joint 20 of NTU RGB+D).
        widths: Channels of the blocks.
        kernel_size: Frames that a temporal convolution sees.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The center is no joint, the kernel is even, ``num_persons`` is below 1, or ``x`` or ``batch`` does
            not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import AAGCN
    >>> model = AAGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    3781668
    >>> model(torch.randn(30, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Shi et al. 2020, "Skeleton-based action recognition with multi-stream adaptive graph convolutional
    networks" (MS-AAGCN).
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
        num_persons: int = 2,
    ) -> None:
        super().__init__(topology, in_channels, num_persons=num_persons)
        joints = topology.num_joints
        adjacency = partition_adjacencies(topology.edge_index, joints, root=center_joint(topology, center))

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            temporal = nn.Sequential(TemporalConv(c_out, c_out, kernel_size, stride=stride), ChannelNorm(c_out))
            conv = AdaptiveGraphConv(c_in, c_out, topology=adjacency, normalize="tanh")
            return nn.Sequential(ResidualGCN(conv), AttentionGates(c_out, joints)), temporal

        self.blocks = gcn_blocks(in_channels, widths, parts)
        self.classifier = nn.Linear(widths[-1], num_classes)
