"""2s-AGCN, one stream of it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, center_joint, gcn_blocks
from tg_skeleton.nn.blocks import ChannelNorm, ResidualGCN, TemporalConv
from tg_skeleton.nn.conv import AdaptiveGraphConv
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology


class AGCN(BodyNetwork):
    r"""The adaptive graph convolutional network: ST-GCN's frame, with graphs that are learned and inferred.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{BN}(\Gamma * h) + \mathrm{res}(x)\right), \qquad
        h = \mathrm{ReLU}\left(\mathrm{BN}\left(\sum\nolimits_k (A_k + B_k + C_k)\, x W_k\right)
        + \mathrm{res}'(x)\right)

    It begins with a batch norm of every channel of every joint of every person, and ends with the mean over frames,
    joints and persons, and a linear classifier. The first block has no outer residual; later blocks that widen halve
    the frames. The paper's second stream is a second network that reads bones; scores are added.

    Assumption: the center, whose neighbors lie towards or away from it, is a joint, not the mean of the joints.

    Args:
        topology: The skeleton; gives V and the bones.
        in_channels: Channels of ``x``.
        num_classes: Classes to tell apart.
        center: The joint from which the spatial partition counts Default: the one from which the farthest joint is
            nearest; joint 20 of NTU RGB+D.
        widths: Channels of the blocks.
        kernel_size: Frames in the kernel of a temporal convolution.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (None: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The center is not a joint, the kernel is even, ``num_persons`` is below 1, or ``x`` or ``batch``
            does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import AGCN
    >>> model = AGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    3469510
    >>> model(torch.randn(30, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Shi et al. 2019, "Two-stream adaptive graph convolutional networks for skeleton-based action recognition".
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
        root = center_joint(topology, center)
        adjacency = partition_adjacencies(topology.edge_index, topology.num_joints, root=root)

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            temporal = nn.Sequential(TemporalConv(c_out, c_out, kernel_size, stride=stride), ChannelNorm(c_out))
            return self._spatial(c_in, c_out, adjacency), temporal

        self.blocks = gcn_blocks(in_channels, widths, parts)
        self.classifier = nn.Linear(widths[-1], num_classes)

    def _spatial(self, c_in: int, c_out: int, adjacency: Tensor) -> nn.Module:
        """The spatial part of a block."""
        return ResidualGCN(AdaptiveGraphConv(c_in, c_out, num_nodes=self.num_joints), adjacency)
