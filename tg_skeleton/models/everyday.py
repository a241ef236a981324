"""One network for all skeletons: ESAN's operators on ragged graphs of joints that are known by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch_geometric.data import Data
from torch_geometric.utils import scatter

from tg_skeleton.joint_places import DESCRIBED, PLACE
from tg_skeleton.models.persons import clips_in
from tg_skeleton.models.semantics import Embedding
from tg_skeleton.nn.conv import SpatialSelfAttention
from tg_skeleton.nn.depthwise import depthwise
from tg_skeleton.topology import Topology


class AnyESAN(nn.Module):
    r"""ESAN for batches of any skeletons, in 2-D and 3-D: joints are nodes of ragged graphs.

    .. math::
        Z = \mathrm{cat}(\tilde V + \tilde I, \tilde J) + \tilde T, \qquad
        y = \mathrm{ReLU}(\mathrm{BN}(\mathrm{attention}(x) + \mathrm{conv}_T(x)))

    as in ESAN, but J̃ embeds what a joint is (side, limb, place along it; Eq. 7's semantics) in place of its number, and
    I holds the joint about the middle of its body, the way of that middle, whether the joint was seen and whether it
    has a depth; all lengths are relative to the size of the body. The first half of the blocks attend within each
    person, the second half within each clip. Unseen joints are zeros, and the mean over the joints leaves them out.

    Differs from the paper: heads, scaled logits, convolutions over five frames that act on each channel alone, half as
    many frames in the second half of the blocks, attention across persons, the mean and the maximum over frames in
    front of the classifier.

    Args:
        topology: Not read: joints are described in ``x``. It stands here as in all networks.
        in_channels: Those of `DescribeJoints`.
        num_classes: Classes to tell apart.
        num_frames: T, the frames of a clip; even.
        widths: Channels of the blocks.
        heads: Attention heads.
        dropout: Dropout in front of the classifier.

    Shapes:
        - **x** ``[T, N, 13]``, of `DescribeJoints`; a new person begins where its last channel or the clip changes
        - **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The number of frames is odd, or the frames, nodes or channels of the input do not fit.

    >>> import torch
    >>> from tg_skeleton import COCO17, NTU25, SkeletonSequence
    >>> from tg_skeleton.collate import collate
    >>> from tg_skeleton.models import AnyESAN
    >>> from tg_skeleton.transforms import DescribeJoints
    >>> flat = SkeletonSequence.from_array(torch.rand(24, 1, 17, 2), COCO17)
    >>> deep = SkeletonSequence.from_array(torch.rand(24, 2, 25, 3), NTU25)
    >>> described = [DescribeJoints(COCO17)(flat), DescribeJoints(NTU25)(deep)]
    >>> for one in described:
    ...     del one.pos  # of two and of three coordinates
    >>> AnyESAN(num_classes=48)(collate(described)).shape
    torch.Size([2, 48])

    Source: Qin et al. 2022 (paper A), Eq. 1-10, for a fixed skeleton.
    """

    any_skeleton = True
    """Its input describes the joints, so one network takes recordings of all skeletons (`ActionRecognizer.on`)."""

    def __init__(
        self,
        topology: Topology | None = None,
        in_channels: int = DESCRIBED,
        num_classes: int = 48,
        *,
        num_frames: int = 24,
        widths: Sequence[int] = (96, 128, 192, 256),
        heads: int = 4,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        if num_frames < 2 or num_frames % 2:
            raise ValueError(f"num_frames: expected an even number from 2, got {num_frames}")
        if in_channels != DESCRIBED:
            raise ValueError(f"in_channels: expected the {DESCRIBED} channels of DescribeJoints, got {in_channels}")
        self.num_frames = num_frames
        self.input_embedding = Embedding(8, 64, 64)
        self.velocity_embedding = Embedding(3, 64, 64)
        self.joint_embedding = Embedding(PLACE.stop - PLACE.start, 64, 64)
        self.frame_embedding = nn.Parameter(0.02 * torch.randn(num_frames, 1, 128))
        channels = (128, *widths)
        self.blocks = nn.ModuleList(_Block(c_in, c_out, heads) for c_in, c_out in pairwise(channels))
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(2 * channels[-1], num_classes)

    def forward(self, x: Tensor | Data, batch: Tensor | None = None, batch_size: int | None = None) -> Tensor:
        """Logits ``[B, num_classes]`` of the clips."""
        x, batch, batch_size = clips_in(x, batch, batch_size)
        if batch is None:
            batch, batch_size = torch.zeros(x.size(1), dtype=torch.long, device=x.device), 1
        self._check(x, batch)
        clips = int(batch.max()) + 1 if batch_size is None else batch_size
        pos, seen, place = x[..., :3], x[..., 3:4], x[0, :, PLACE]
        person = persons_of(x[0, :, -1], batch)
        joints, velocity = body_motion(pos, seen, place, person, batch, clips)
        described = self.joint_embedding(place).expand(x.size(0), -1, -1)  # [T, N, 64]
        z = self.input_embedding(joints) + self.velocity_embedding(velocity)
        z = torch.cat([z, described], dim=-1) + self.frame_embedding  # [T, N, 128]
        for number, block in enumerate(self.blocks):
            first = 2 * number < len(self.blocks)
            if 2 * number == len(self.blocks):
                z, seen = _halved(z), _halved(seen)
            z = block(z, person if first else batch)
        total = scatter(z * seen, batch, dim=1, dim_size=clips)  # [T, B, C]
        z = total / scatter(seen, batch, dim=1, dim_size=clips).clamp(min=1.0)
        return self.classifier(self.dropout(torch.cat([z.mean(0), z.amax(0)], dim=-1)))

    def _check(self, x: Tensor, batch: Tensor) -> None:
        if x.dim() != 3 or x.size(0) != self.num_frames or x.size(2) != DESCRIBED or x.size(1) == 0:
            raise ValueError(
                f"x: expected [T, N, C] = [{self.num_frames}, N, {DESCRIBED}], got {list(x.shape)}; sample frames with "
                f"SampleSegments({self.num_frames}) and write x with DescribeJoints(topology)"
            )
        if batch.dim() != 1 or batch.numel() != x.size(1):
            raise ValueError(f"batch: expected one clip per node, [{x.size(1)}], got {list(batch.shape)}")


def persons_of(number: Tensor, batch: Tensor) -> Tensor:
    """The person of each node, counted through a batch: ``[N]``.

    >>> import torch
    >>> from tg_skeleton.models.everyday import persons_of
    >>> persons_of(torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0, 0.0]), torch.tensor([0, 0, 0, 0, 0, 1]))
    tensor([0, 0, 1, 1, 2, 3])

    Args:
        number: The number of the node's person in its recording, ``[N]``.
        batch: The clip of each node, ``[N]``.
    """
    new = (number[1:] != number[:-1]) | (batch[1:] != batch[:-1])
    return F.pad(new.long().cumsum(0), (1, 0))


def _halved(x: Tensor) -> Tensor:
    """The maximum of every two frames, ``[T, N, C]`` to ``[T / 2, N, C]``."""
    return x.unflatten(0, (-1, 2)).amax(1)


class _Block(nn.Module):
    """`SelfAttentionBlock` of kind V on nodes ``[T, N, C]`` of ragged sets, its convolution in two cheaper steps."""

    def __init__(self, in_channels: int, out_channels: int, heads: int) -> None:
        super().__init__()
        self.attention = SpatialSelfAttention(
            in_channels, out_channels, attn_channels=min(in_channels, 64), heads=heads, alpha=0.0
        )
        self.temporal = nn.Parameter(torch.zeros(5, in_channels))
        self.residual = nn.Linear(in_channels, out_channels)
        self.norm = nn.BatchNorm1d(out_channels)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """The convolution begins near the identity."""
        nn.init.normal_(self.temporal, std=0.2)
        with torch.no_grad():
            self.temporal[2] += 1.0

    def forward(self, x: Tensor, sets: Tensor) -> Tensor:
        """The block on ``x [T, N, C]``, whose nodes attend within their set ``[N]``."""
        y = self.attention(x, batch=sets) + self.residual(depthwise(x, self.temporal))
        return F.relu(self.norm(y.flatten(0, 1))).view_as(y)


def body_motion(
    pos: Tensor, seen: Tensor, place: Tensor, person: Tensor, batch: Tensor, clips: int
) -> tuple[Tensor, Tensor]:
    """Joints about the middle of their body, its way, presence, depth ``[T, N, 8]``; velocity ``[T, N, 3]``

    Lengths are relative to the bodies of the clip: the root mean square of the joints' distances from their middle.
    """
    depth = place[:, -1:].expand(pos.size(0), -1, -1)
    pos = pos * torch.cat([torch.ones_like(pos[..., :2]), depth], dim=-1) * seen
    most = person.numel()  # a bound of the persons; asking for their number would wait for the device
    count = scatter(seen, person, dim=1, dim_size=most)  # [T, N, 1]
    middle = scatter(pos, person, dim=1, dim_size=most) / count.clamp(min=1.0)
    middle = middle.index_select(1, person)  # [T, N, 3]
    local = (pos - middle) * seen
    total = scatter(seen.sum(0), batch, dim=0, dim_size=clips).clamp(min=1.0)  # [B, 1]
    spread = scatter((local**2).sum((0, 2)), batch, dim=0, dim_size=clips)[:, None]
    size = (spread / total).sqrt().clamp(min=1e-4).index_select(0, batch)  # [N, 1]
    center = scatter((middle * seen).sum(0), batch, dim=0, dim_size=clips) / total
    way = (middle - center.index_select(0, batch)) * seen / size
    local = local / size
    velocity = torch.diff(local + way, dim=0, prepend=(local + way)[:1])
    both = seen * torch.cat([seen[:1], seen[:-1]])
    return torch.cat([local, way, seen, depth], dim=-1), velocity * both
