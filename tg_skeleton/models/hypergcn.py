"""Hyper-GCN."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.absent import of_each_body
from tg_skeleton.models.input_norm import InputNorm
from tg_skeleton.models.persons import clips_in, mean_over_body, mean_over_persons, to_persons
from tg_skeleton.nn.blocks import MSTCN, ResidualGCN, Shortcut, SpatioTemporalBlock
from tg_skeleton.nn.conv import HyperGraphConv
from tg_skeleton.topology import Topology

WIDTHS = (128, 128, 128, 256, 256, 256, 256, 256, 256)
"""Channels of the blocks."""

HALVING = (3, 6)
"""The blocks, counted from 0, that halve the frames."""

SKIPS = {2: 0, 5: 3, 8: 6}
"""Blocks whose input has the output of an earlier block added to it."""


class HyperGCN(nn.Module):
    r"""The adaptive hyper-graph network: joints that are alike in a clip hear one another, and learned extra joints.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{MSTCN}(h) + \mathrm{res}(x)\right), \qquad
        h = \mathrm{ReLU}\left(\mathrm{BN}\left(\mathrm{HyperGraphConv}(x)\right) + \mathrm{res}'(x)\right)

    In front stand a linear map of each joint, to which a learned vector of the joint is added, tanh, and a batch norm
    of every channel of every joint of every person; behind, the mean over frames, joints and persons, and a linear
    classifier. Of nine blocks the fourth and the seventh halve the frames, and the outputs of the first, fourth and
    seventh are added to the input of the second block behind them. The paper fuses four such networks: joints, bones,
    and the motion of either.

    The training loss is the cross-entropy and the divergence of the hyper joints, the mean of the squared cosines
    between any two of a block: `loss`, which `training.Recognizer` calls.

    Assumption: the form of the divergence, which the paper's facts at hand only name, and its weight of 0.1; the norm's
    gain in a block starts at 1e-6, as in CTR-GCN; of the readings of the paper that give its number of parameters, this
    is the plainest (see `HyperGraphConv`).

    Args:
        topology: The skeleton; gives V and the bones.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        widths: Channels of the blocks, multiples of the heads and of 4. Default: those of the paper.
        heads: Heads of the graph convolutions.
        num_hyper_joints: Number of hyper joints in every block.
        divergence: Weight of the divergence in the loss.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: Widths can't be divided among heads or branches, ``num_persons`` is below 1, or ``x`` or ``batch``
            does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import HyperGCN
    >>> model = HyperGCN(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    1041677
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Zhou et al. 2024, "Adaptive hyper-graph convolution network for skeleton-based human action recognition with
    virtual connections".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        widths: Sequence[int] = WIDTHS,
        heads: int = 8,
        num_hyper_joints: int = 3,
        divergence: float = 0.1,
        num_persons: int = 2,
    ) -> None:
        super().__init__()
        joints, channels = topology.num_joints, widths[0]
        self.num_joints = joints
        self.in_channels = in_channels
        self.divergence_weight = divergence
        self.embedding = nn.Linear(in_channels, channels)
        self.joint_embedding = nn.Parameter(torch.zeros(joints, channels))
        self.input_norm = InputNorm(joints, channels, num_persons)
        adjacency = (topology.hops == 1).to(torch.get_default_dtype())
        blocks = []
        for place, width in enumerate(widths):
            stride = 2 if place in HALVING else 1
            conv = HyperGraphConv(channels, width, num_nodes=joints, heads=heads, num_hyper_nodes=num_hyper_joints)
            temporal = MSTCN(
                width,
                width,
                stride=stride,
                dilations=(1, 2),
                kernel_size=5,
                residual=False,
                activation=False,
                padding_mode="replicate",
            )
            residual = Shortcut(channels, width, stride=stride)
            blocks.append(SpatioTemporalBlock(ResidualGCN(conv, adjacency), temporal, residual))
            channels = width
        self.blocks = nn.ModuleList(blocks)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]`` or in the ``x`` of a PyG batch."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        bodies = to_persons(x, self.num_joints, self.in_channels)  # [P, T, V, C]
        normed = self.input_norm((self.embedding(bodies) + self.joint_embedding).tanh(), batch, batch_size)
        found = of_each_body(self, self.features, bodies, normed, num_persons=self.input_norm.num_persons)
        return self.classifier(mean_over_persons(found, self.num_joints, batch, batch_size))

    def features(self, x: Tensor) -> Tensor:
        """Features ``[P, C']`` of the normed persons ``[P, T, V, C]``."""
        outputs: list[Tensor] = []
        for place, block in enumerate(self.blocks):
            x = block(x + outputs[SKIPS[place]] if place in SKIPS else x)
            outputs.append(x)
        return mean_over_body(x)

    def divergence(self) -> Tensor:
        """The mean squared cosine between any two hyper joints of a block, over all blocks; zero for fewer than two."""
        parts = [part.hyper_nodes for part in self.modules() if isinstance(part, HyperGraphConv)]
        count = parts[0].size(0)
        if count < 2:
            return parts[0].new_zeros(())
        units = [F.normalize(part, dim=-1) for part in parts]
        cosines = torch.stack([unit @ unit.mT for unit in units])  # [blocks, count, count], ones on the diagonal
        return (cosines.square().sum() / len(parts) - count) / (count * (count - 1))

    def loss(
        self,
        criterion: Callable[[Tensor], Tensor],
        x: Tensor,
        batch: Tensor | None = None,
        batch_size: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The loss of the logits plus the weighted divergence, and the logits ``[B, num_classes]``."""
        logits = self(x, batch, batch_size)
        return criterion(logits) + self.divergence_weight * self.divergence(), logits
