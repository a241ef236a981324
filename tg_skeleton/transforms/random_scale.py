"""Makes recordings larger or smaller at random."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import num_graphs, per_node, positions


@functional_transform("random_scale_sequence")
class RandomScale(BaseTransform):
    r"""Multiplies a whole sequence by one random factor.

    .. math:: p' = s\, p, \qquad s \sim U(\mathrm{low}, \mathrm{high})

    Reads and writes ``pos``. In a batch each sequence has its own factor.

    Args:
        low: The smallest factor.
        high: The largest factor.

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

    def __init__(self, low: float, high: float) -> None:
        if not 0 < low <= high:
            raise ValueError(f"low, high: expected 0 < low <= high, got {low} and {high}")
        self.low = low
        self.high = high

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        pos = positions(data)
        factor = self.draw(num_graphs(data), pos.device).to(pos.dtype)
        data.pos = pos * per_node(factor[:, None], data)
        return data

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """The factor of every graph, ``[B]``."""
        return torch.empty(graphs, device=device).uniform_(self.low, self.high)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.low}, {self.high})"
