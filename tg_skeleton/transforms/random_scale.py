"""Makes recordings larger or smaller at random."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


@functional_transform("random_scale_sequence")
class RandomScale(NodeTransform):
    r"""Multiplies a whole sequence by one random factor, or by one for each axis.

    .. math:: p' = s\, p, \qquad s \sim U(\mathrm{low}, \mathrm{high})

    Reads and writes ``pos``. In a batch each sequence has its own factor.

    Args:
        low: The smallest factor.
        high: The largest factor.
        per_axis: A factor of its own for each axis, which makes bodies taller, broader or deeper.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: Not 0 < low <= high.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RandomScale
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> sequence = SkeletonSequence.from_array(torch.ones(1, 2, 3), stick)
    >>> pos = RandomScale(0.5, 1.5)(sequence).pos
    >>> bool((pos == pos[0, 0, 0]).all()), bool((pos >= 0.5).all() and (pos <= 1.5).all())
    (True, True)
    """

    def __init__(self, low: float, high: float, *, per_axis: bool = False) -> None:
        if not 0 < low <= high:
            raise ValueError(f"low, high: expected 0 < low <= high, got {low} and {high}")
        self.low = low
        self.high = high
        self.per_axis = per_axis

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        factor = self.draw(bodies.num_recordings, pos.device).to(pos.dtype).view(bodies.num_recordings, 1, -1)
        return replace(bodies, pos=pos * bodies.per_person(factor)[..., : pos.size(-1)])

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """The factor of every graph, ``[B]``, or its factors along x, y and z, ``[B, 3]``."""
        shape = (graphs, 3) if self.per_axis else (graphs,)
        return torch.empty(shape, device=device).uniform_(self.low, self.high)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.low}, {self.high}{', per_axis=True' if self.per_axis else ''})"
