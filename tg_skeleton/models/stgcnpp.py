"""STGCN++."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, center_joint, gcn_blocks
from tg_skeleton.nn.blocks import MSTCN, ChannelNorm, ResidualGCN
from tg_skeleton.nn.conv import SpatialGraphConv
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology


class STGCNPP(BodyNetwork):
    r"""STGCN++: ST-GCN with learnable adjacencies and a multi-scale temporal convolution.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{BN}\left(W\, \mathrm{MSTCN}(h)\right) + \mathrm{res}(x)\right),
        \qquad h = \mathrm{ReLU}\left(\mathrm{BN}\left(\sum\nolimits_k A_k\, (x W_k + b_k)\right)
        + \mathrm{res}'(x)\right)

    In front stands a batch norm of every channel of every joint, behind the mean over frames, joints and persons, and a
    linear classifier. Each block learns its A from the subsets of ST-GCN's spatial partition on. MSTCN concatenates six
    branches, then batch norm and ReLU. The first block has no outer residual; one that widens behind it halves the
    frames. The report fuses four such networks: joints, bones, and the motion of either.

    Differs from the report: absent persons take no part; there, zeros stand for them (`PadPersons` brings them back).
    Assumption: the center, whose neighbors lie towards or away from it, is a joint.

    Args:
        topology: The skeleton; gives V and the bones with which the learnable graphs start.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        center: The joint from which the spatial partition counts (default: the one from which the farthest joint is
            nearest; joint 20 of NTU RGB+D).
        widths: Channels of the blocks.
        kernel_size: Frames that a temporal convolution sees.
        dilations: Of the temporal convolutions.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The center is no joint, the kernel is even, a width is below the number of branches, or ``x`` or
            ``batch`` does not fit the topology and the channels.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import STGCNPP
    >>> model = STGCNPP(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    1403144
    >>> model(torch.randn(20, 75, 3), batch=torch.tensor([0] * 50 + [1] * 25), batch_size=2).shape
    torch.Size([2, 60])

    Source: Duan et al. 2022, "PYSKL: Towards good practices for skeleton action recognition".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        center: Joint | None = None,
        widths: Sequence[int] = WIDTHS,
        kernel_size: int = 3,
        dilations: Sequence[int] = (1, 2, 3, 4),
    ) -> None:
        super().__init__(topology, in_channels, num_persons=1)
        joints = topology.num_joints
        adjacency = partition_adjacencies(topology.edge_index, joints, root=center_joint(topology, center))

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            branches = MSTCN(
                c_out,
                c_out,
                stride=stride,
                dilations=dilations,
                kernel_size=kernel_size,
                residual=False,
                uneven=True,
            )
            spatial = ResidualGCN(SpatialGraphConv(c_in, c_out, topology=adjacency), gain=1.0)
            return spatial, nn.Sequential(branches, nn.Linear(c_out, c_out), ChannelNorm(c_out))

        self.blocks = gcn_blocks(in_channels, widths, parts)
        self.classifier = nn.Linear(widths[-1], num_classes)
