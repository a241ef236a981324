"""DualHead-Net."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch_geometric.data import Data

from tg_skeleton.models.absent import of_each_body
from tg_skeleton.models.input_norm import InputNorm
from tg_skeleton.models.msg3d import ms_g3d_block
from tg_skeleton.models.persons import clips_in, mean_over_body, mean_over_persons, to_persons
from tg_skeleton.nn.blocks import AxisGate
from tg_skeleton.topology import Topology


class DualHeadNet(nn.Module):
    r"""The dual-head network: motion at full and at half rate, in two branches that amplify each other.

    .. math:: c_k \leftarrow \mathrm{coarse}_k\left(c_{k-1}\,(1 + \sigma(g(f_k)))\right), \qquad
        f_k \leftarrow f_k\,(1 + \sigma(h(c_k))), \qquad f_k = \mathrm{fine}_k(f_{k-1}), \qquad k = 1, 2

    A block of MS-G3D stands in front of both branches. f₀ is a linear map of its output to half of the channels, c₀ is
    every second frame of it; blocks of either branch are those of MS-G3D, the coarse ones with a window of 3 frames and
    dilations 1 and 2 only. g has a value for each frame, h one for each joint. Each branch ends with the mean over
    frames, joints and persons, and a linear classifier, its head.

    In front stands a batch norm of every channel of every joint of every person. The scores of both heads are added; in
    training, the loss is the mean of both heads' cross-entropies: `loss`, which `training.Recognizer` calls. The
    paper's second stream is a second network that reads bones; scores are added.

    Args:
        topology: The skeleton; gives V and the hops.
        in_channels: Channels of ``x``.
        num_classes: Number of classes.
        width: Channels behind the first block, a multiple of 6. The fine branch ends with twice as many, the coarse one
            with four times.
        num_scales: K of the joints of a frame, and of those of a window; (8, 8) for Kinetics-Skeleton.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The width can't be divided among the branches of a convolution, there is no scale, ``num_persons``
            is below 1, or ``x`` or ``batch`` does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import DualHeadNet
    >>> model = DualHeadNet(NTU25, in_channels=3, num_classes=60)
    >>> sum(parameter.numel() for parameter in model.parameters())
    3015253
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Chen et al. 2021, "Learning multi-granular spatio-temporal graph network for skeleton-based action
    recognition".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        width: int = 96,
        num_scales: tuple[int, int] = (9, 6),
        num_persons: int = 2,
    ) -> None:
        super().__init__()
        joints, hops = topology.num_joints, topology.hops
        self.num_joints = joints
        self.in_channels = in_channels
        self.input_norm = InputNorm(joints, in_channels, num_persons)
        self.block = ms_g3d_block(in_channels, width, hops, first=True, num_scales=num_scales)
        self.embedding = nn.Linear(width, width // 2)
        fine, coarse = (width // 2, width, 2 * width), (width, 2 * width, 4 * width)
        self.fine = nn.ModuleList(ms_g3d_block(fine[k], fine[k + 1], hops, num_scales=num_scales) for k in (0, 1))
        self.coarse = nn.ModuleList(
            ms_g3d_block(coarse[k], coarse[k + 1], hops, windows=(3,), num_scales=num_scales, dilations=(1, 2))
            for k in (0, 1)
        )
        around = joints - (joints % 2 == 0)
        self.to_coarse = nn.ModuleList(AxisGate(channels, 9, axis="frames") for channels in fine[1:])
        self.to_fine = nn.ModuleList(AxisGate(channels, around, axis="joints") for channels in coarse[1:])
        self.classifiers = nn.ModuleList(nn.Linear(branch[-1], num_classes) for branch in (fine, coarse))

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips in ``x [T, N, in_channels]``: those of both heads, added."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        return self.heads(x, batch, batch_size).sum(0)

    def heads(self, x: Tensor, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits of the fine and of the coarse head, ``[2, B, num_classes]``."""
        bodies = to_persons(x, self.num_joints, self.in_channels)  # [P, T, V, C]
        normed = self.input_norm(bodies, batch, batch_size)
        found = of_each_body(self, self.features, bodies, normed, num_persons=self.input_norm.num_persons)
        fine, coarse = self.classifiers
        parts = mean_over_persons(found, self.num_joints, batch, batch_size).split(
            [fine.in_features, coarse.in_features], dim=-1
        )
        return torch.stack([fine(parts[0]), coarse(parts[1])])

    def features(self, x: Tensor) -> Tensor:
        """Features of both branches, ``[P, 6 width]``, of the normed persons ``[P, T, V, in_channels]``."""
        x = self.block(x)
        f, c = self.embedding(x), x[:, ::2]
        parts = zip(self.fine, self.coarse, self.to_coarse, self.to_fine, strict=True)
        for fine, coarse, to_coarse, to_fine in parts:
            f = fine(f)  # half of the frames, and so as many as c has
            c = coarse(to_coarse(c, f))
            f = to_fine(f, c)
        return torch.cat([mean_over_body(f), mean_over_body(c)], dim=-1)

    def loss(
        self,
        criterion: Callable[[Tensor], Tensor],
        x: Tensor,
        batch: Tensor | None = None,
        batch_size: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """The mean of both heads' losses, given the loss of logits, and the logits ``[B, num_classes]``."""
        fine, coarse = self.heads(x, batch, batch_size)
        return (criterion(fine) + criterion(coarse)) / 2, fine + coarse
