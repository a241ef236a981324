"""DGNN."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import WIDTHS, gcn_blocks
from tg_skeleton.models.persons import mean_over_body
from tg_skeleton.nn.blocks import ChannelNorm, DirectedGCN, TemporalConv
from tg_skeleton.topology import Topology


def bone_incidence(topology: Topology) -> Tensor:
    """Which joint is the source and which the target of each bone, ``[2, V, V]`` (end, joint, bone).

    Bone i points from the parent of joint i to joint i; that of the root has no ends.

    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.models.dgnn import bone_incidence
    >>> bone_incidence(Topology("stick", ("a", "b"), ("a", "a")))
    tensor([[[0., 1.],
             [0., 0.]],
    <BLANKLINE>
            [[0., 0.],
             [0., 1.]]])
    """
    joints = range(topology.num_joints)
    bones = dict(topology.bones)
    ends = [[[float(bones.get(e) == i) for e in joints] for i in joints]]
    ends += [[[float(e in bones and e == i) for e in joints] for i in joints]]
    return torch.tensor(ends, dtype=torch.get_default_dtype(), device="cpu")


class DGNN(BodyNetwork):
    r"""The directed graph neural network: joints and bones have features of their own and update each other.

    .. math:: z \leftarrow \mathrm{ReLU}\left(\mathrm{BN}(\Theta * \mathrm{DirectedGCN}(z)) + \mathrm{res}(z)\right)

    z is the features of all joints and those of all bones, which share the convolution Θ over time, its norm and res.
    A bone points from the parent to its child; the root has an empty one. In front stands a batch norm of every channel
    of every joint, and of every bone, of every person; behind, the means over frames and joints and over frames and
    bones are concatenated, averaged over persons and classified. The first block has no residual; one that widens
    behind it halves the frames, and its res is a temporal convolution and batch norm.

    The paper fuses two such networks, whose scores are added: one reads joints and bones, ``Streams("joint", "bone")``,
    the other their motion, ``Streams("joint_velocity", "bone_velocity")``. The incidence matrices of every block are
    parameters, `incidences`, and are held fixed during the first epochs (`training.dgnn_recipe.HoldIncidences`).

    Assumption: a norm that joints and bones share has the statistics of both together.

    Args:
        topology: The skeleton; gives V and the bones with which the learnable graphs start.
        in_channels: Channels of ``x``: those of the joints, then as many of the bones.
        num_classes: Number of classes.
        widths: Channels of the blocks.
        kernel_size: Frames that a temporal convolution sees.
        num_persons: M: each of M persons of a clip has input norms of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: ``in_channels`` is odd, the kernel is even, ``num_persons`` is below 1, or ``x`` or ``batch`` does
            not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import DGNN
    >>> model = DGNN(NTU25, in_channels=6, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    4089320
    >>> model(torch.randn(16, 100, 6), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Shi et al. 2019, "Skeleton-based action recognition with directed graph neural networks".
    """

    tiles = 2

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = WIDTHS,
        kernel_size: int = 9,
        num_persons: int = 2,
    ) -> None:
        if in_channels < 2 or in_channels % 2:
            raise ValueError(
                f"in_channels: expected an even number, of joints and then as many of bones, got {in_channels}; "
                "write x with Streams('joint', 'bone')"
            )
        super().__init__(topology, in_channels, num_persons=num_persons)
        incidence = bone_incidence(topology)

        def temporal(c_in: int, c_out: int, stride: int) -> nn.Module:
            return nn.Sequential(TemporalConv(c_in, c_out, kernel_size, stride=stride), ChannelNorm(c_out))

        def parts(c_in: int, c_out: int, stride: int) -> tuple[nn.Module, nn.Module]:
            return DirectedGCN(c_in, c_out, incidence), temporal(c_out, c_out, stride)

        def residual(c_in: int, c_out: int, stride: int) -> nn.Module:
            return nn.Identity() if c_in == c_out and stride == 1 else temporal(c_in, c_out, stride)

        self.blocks = gcn_blocks(in_channels // 2, widths, parts, residual=residual)
        self.classifier = nn.Linear(2 * widths[-1], num_classes)

    def features(self, x: Tensor) -> Tensor:
        """Features ``[P, 2 C']`` of the normed persons ``[P, T, V, in_channels]``."""
        z = torch.cat(x.chunk(2, dim=-1))  # [2 P, T, V, C / 2], the joints of all persons and then their bones
        z = mean_over_body(self.blocks(z))  # [2 P, C']
        return torch.cat(z.unflatten(0, (2, -1)).unbind(), dim=-1)  # [P, 2 C']; an exporter can't follow chunk(2)

    @property
    def incidences(self) -> list[nn.Parameter]:
        """The learnable incidence matrices of every block, ``[2, V, V]`` each."""
        return [part.incidence for part in self.modules() if isinstance(part, DirectedGCN)]
