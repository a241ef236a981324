"""The persons of a recording in the opposite order."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("swap_persons")
class SwapPersons(BodyTransform):
    """Reverses the order of the persons of a recording with probability ``p``; of two, it exchanges them.

    Reads and writes ``pos``, ``x``, ``score``.

    Args:
        p: The probability for each recording.

    Shapes:
        ``[T, N, ...]`` -> ``[T, N, ...]``.

    Raises:
        ValueError: ``p`` is not within 0 to 1.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import SwapPersons
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> SwapPersons(p=1.0)(SkeletonSequence.from_array(torch.tensor([1.0, 2.0]).view(1, 2, 1, 1), dot)).pos.flatten()
    tensor([2., 1.])
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p: expected a probability, 0 to 1, got {p}")
        self.p = p

    def apply(self, bodies: Bodies) -> Bodies:
        first, member = bodies.first, bodies.member
        swapped = self.draw(bodies.num_recordings, first.device) < self.p
        person = torch.arange(bodies.num_persons, device=first.device)
        ends = bodies.per_person(2 * first + member.sum(1) - 1)  # the sum of the first and the last person's place
        source = torch.where(bodies.per_person(swapped), ends - person, person)
        return bodies.with_values(lambda value: value.index_select(1, source))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """A number of 0 to 1 for every graph, ``[B]``."""
        return torch.rand(graphs, device=device)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.p})"
