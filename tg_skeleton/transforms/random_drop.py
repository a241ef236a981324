"""Recordings in which joints or frames are missing, for networks that have to bear it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


class _RandomDrop(NodeTransform):
    def __init__(self, p: float) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p: expected a probability, 0 to 1, got {p}")
        self.p = p

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.p})"


@functional_transform("random_joint_drop")
class RandomJointDrop(_RandomDrop):
    """Makes every joint of every person missing throughout, each with probability ``p``.

    Reads and writes ``pos`` and ``score`` (written where there was none): 0 both. Put `FillMissing` behind it where the
    recordings of a test go through it, too.

    Args:
        p: The probability.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``, ``score`` ``[T, N]``.

    Raises:
        ValueError: ``p`` is not within 0 to 1.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.transforms import RandomJointDrop
    >>> out = RandomJointDrop(1.0)(SkeletonSequence.from_array(torch.ones(9, 25, 3), NTU25))
    >>> float(out.score.sum()), float(out.pos.sum())
    (0.0, 0.0)
    """

    def apply(self, bodies: Bodies) -> Bodies:
        drawn = self.draw(bodies.num_persons, bodies.coordinates.size(2), bodies.coordinates.device)
        return bodies.without((drawn < self.p).expand_as(bodies.seen))

    def draw(self, persons: int, joints: int, device: torch.device) -> Tensor:
        """A number of 0 to 1 for every joint, ``[P, V]``."""
        return torch.rand(persons, joints, device=device)


@functional_transform("random_frame_drop")
class RandomFrameDrop(_RandomDrop):
    """Makes everybody missing from every frame of a recording, each with probability ``p``.

    Reads and writes ``pos`` and ``score`` (written where there was none): 0 both. `FillMissing` fills frames that have
    lost everybody.

    Args:
        p: The probability.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``, ``score`` ``[T, N]``.

    Raises:
        ValueError: ``p`` is not within 0 to 1.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.transforms import RandomFrameDrop
    >>> out = RandomFrameDrop(1.0)(SkeletonSequence.from_array(torch.ones(9, 25, 3), NTU25))
    >>> float(out.score.sum()), float(out.pos.sum())
    (0.0, 0.0)
    """

    def apply(self, bodies: Bodies) -> Bodies:
        drawn = self.draw(bodies.num_recordings, bodies.num_frames, bodies.coordinates.device)
        return bodies.without((bodies.per_person(drawn).t()[..., None] < self.p).expand_as(bodies.seen))

    def draw(self, graphs: int, frames: int, device: torch.device) -> Tensor:
        """A number of 0 to 1 for every frame, ``[B, T]``."""
        return torch.rand(graphs, frames, device=device)
