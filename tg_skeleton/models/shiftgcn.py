"""Shift-GCN, one stream of it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, gcn_blocks
from tg_skeleton.nn.blocks import ChannelNorm, JointNorm, ResidualGCN
from tg_skeleton.nn.conv import ShiftGraphConv, TemporalShift
from tg_skeleton.topology import Topology


class ShiftGCN(BodyNetwork):
    r"""The shift graph convolutional network: linear maps between shifts along joints and in time.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{BN}\left(S'\, \mathrm{ReLU}\left(W\, S\, \mathrm{BN}(h)\right)
        \right) + \mathrm{res}(x)\right), \qquad
        h = \mathrm{ReLU}\left(\mathrm{BN}\left(\mathrm{shift}(x)\right) + \mathrm{res}'(x)\right)

    shift is `nn.ShiftGraphConv`, behind which every channel of every joint has a norm of its own, and S and S' are
    `nn.TemporalShift`. In front stands a batch norm of every channel of every joint of every person, behind the mean
    over frames, joints and persons, and a linear classifier. The first block has no outer residual; one that widens
    behind it halves the frames. The paper adds the scores of four such networks: joints, bones, and the motion of
    either.

    The bones play no part: all joints meet all others, in an order that the topology's list of joints gives.

    Differs from the authors' code: that has 2,816 more parameters, offsets along the joints that nothing uses.

    Args:
        topology: The skeleton; gives V.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        widths: Channels of the blocks.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: ``num_persons`` is below 1, or ``x`` or ``batch`` does not fit the topology, the channels and the
            persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import ShiftGCN
    >>> model = ShiftGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    690291
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Cheng et al. 2020, "Skeleton-based action recognition with shift graph convolutional network".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = WIDTHS,
        num_persons: int = 2,
    ) -> None:
        super().__init__(topology, in_channels, num_persons=num_persons)
        joints = topology.num_joints

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            temporal = nn.Sequential(
                ChannelNorm(c_out),
                TemporalShift(c_out),
                nn.Linear(c_out, c_out),
                nn.ReLU(),
                TemporalShift(c_out, stride=stride),
                ChannelNorm(c_out),
            )
            conv = ShiftGraphConv(c_in, c_out, num_nodes=joints)
            return ResidualGCN(conv, norm=JointNorm(joints, c_out), gain=1.0), temporal

        self.blocks = gcn_blocks(in_channels, widths, parts)
        self.classifier = nn.Linear(widths[-1], num_classes)
