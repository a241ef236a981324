"""Recordings that are sheared at random."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform
from tg_skeleton.transforms.random_rotate import turned


@functional_transform("random_shear_sequence")
class RandomShear(NodeTransform):
    r"""Shears a whole sequence: every coordinate gets a share of the others.

    .. math:: p' = S p, \qquad S_{ii} = 1, \qquad S_{ij} \sim U(-\mathrm{bound}, \mathrm{bound})

    Reads and writes ``pos``. In a batch each sequence has its own matrix.

    Args:
        bound: The largest share.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``, D = 2 or 3.

    Raises:
        ValueError: ``bound`` is negative, or D is neither 2 nor 3.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.transforms import RandomShear
    >>> sequence = SkeletonSequence.from_array(torch.rand(9, 25, 3), NTU25)
    >>> torch.equal(RandomShear(0.0)(sequence).pos, sequence.pos)
    True
    """

    def __init__(self, bound: float) -> None:
        if not bound >= 0:
            raise ValueError(f"bound: expected 0 or more, got {bound}")
        self.bound = bound

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        dims = pos.size(-1)
        if dims not in (2, 3):
            raise ValueError(f"RandomShear: expected pos [T, N, 2] or [T, N, 3], got {dims} coordinates")
        shear = self.draw(bodies.num_recordings, pos.device).to(pos.dtype)[:, :dims, :dims]
        shear = torch.where(torch.eye(dims, dtype=torch.bool, device=pos.device), 1.0, shear)
        return replace(bodies, pos=turned(pos, bodies.per_person(shear)[:, None]))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """The shares of every graph, ``[B, 3, 3]``; the diagonal is not used."""
        return torch.empty(graphs, 3, 3, device=device).uniform_(-self.bound, self.bound)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.bound})"
