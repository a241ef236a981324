"""Recordings without one of their axes."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


@functional_transform("random_axis_drop")
class RandomAxisDrop(NodeTransform):
    """Sets one coordinate of a whole recording to zero, with probability ``p``; which one, is drawn.

    Reads and writes ``pos``; ``score`` stays, because no joint becomes missing.

    Args:
        p: The probability for each recording.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: ``p`` is not within 0 to 1.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.transforms import RandomAxisDrop
    >>> out = RandomAxisDrop(1.0)(SkeletonSequence.from_array(torch.ones(9, 25, 3), NTU25))
    >>> out.pos.amax((0, 1)).sum()
    tensor(2.)

    Source: Do and Kim 2024 (SkateFormer), which drops an axis of half of the recordings.
    """

    def __init__(self, p: float) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p: expected a probability, 0 to 1, got {p}")
        self.p = p

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        dims = pos.size(-1)
        happens, which = self.draw(bodies.num_recordings, pos.device).unbind(1)
        axis = (which * dims).long().clamp(max=dims - 1)
        dropped = (axis[:, None] == torch.arange(dims, device=pos.device)) & (happens < self.p)[:, None]  # [B, D]
        return replace(bodies, pos=torch.where(bodies.per_person(dropped)[:, None], 0.0, pos))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """For every graph whether an axis is dropped, and which, as numbers of 0 to 1: ``[B, 2]``."""
        return torch.rand(graphs, 2, device=device)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.p})"
