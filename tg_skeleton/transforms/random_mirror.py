"""Recordings seen in a mirror, at random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topology import Topology
from tg_skeleton.transforms._graphs import check_topology
from tg_skeleton.transforms.bodies import Bodies, BodyTransform
from tg_skeleton.transforms.mirror import Mirror


@functional_transform("random_mirror")
class RandomMirror(BodyTransform):
    """Mirrors whole recordings along x with probability ``p``, see `Mirror`; classes that name a side change with them.

    Reads and writes ``pos``, ``score`` and (with ``classes``) ``y``; drops ``x``, so make streams after it.

    Args:
        topology: The skeleton; its pairs are exchanged.
        p: The probability for each recording.
        classes: Pairs of classes that a mirror exchanges, such as waving with the left and with the right hand.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: ``p`` is not within 0 to 1, a class occurs twice in ``classes``, or the data have persons of another
            topology.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RandomMirror
    >>> hips = Topology("hips", ("pelvis", "left", "right"), (0, 0, 0), pairs=[("left", "right")])
    >>> pos = torch.tensor([[[1.0, 9.0], [3.0, 8.0], [-1.0, 7.0]]])
    >>> out = RandomMirror(hips, p=1.0, classes=[(4, 5)])(SkeletonSequence.from_array(pos, hips, y=5))
    >>> out.pos[0, :, 0], out.y
    (tensor([-1.,  1., -3.]), tensor([4]))
    """

    def __init__(self, topology: Topology, p: float = 0.5, *, classes: Sequence[tuple[int, int]] = ()) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p: expected a probability, 0 to 1, got {p}")
        named = [one for pair in classes for one in pair]
        if len(named) != 2 * len(classes) or len(set(named)) != len(named):
            raise ValueError(f"classes: expected pairs of classes, each class once, got {classes!r}")
        self.topology = topology
        self.p = p
        self.classes = tuple((int(left), int(right)) for left, right in classes)
        self._mirror = Mirror(topology)

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.topology)
        if "x" in data:
            del data.x
        bodies = Bodies.of(data)
        mirrored = self._drawn(bodies)
        if self.classes and "y" in data:
            y, other = data.y, data.y
            for left, right in self.classes:
                other = torch.where(y == left, right, torch.where(y == right, left, other))
            data.y = torch.where(mirrored, other, y)
        return self._apply(bodies, mirrored).onto(data)

    def apply(self, bodies: Bodies) -> Bodies:
        return self._apply(bodies, self._drawn(bodies))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """A number of 0 to 1 for every graph, ``[B]``."""
        return torch.rand(graphs, device=device)

    def _drawn(self, bodies: Bodies) -> Tensor:
        return self.draw(bodies.num_recordings, bodies.coordinates.device) < self.p

    def _apply(self, bodies: Bodies, mirrored: Tensor) -> Bodies:
        chosen = bodies.per_person(mirrored)[:, None]  # [P, 1]
        other = self._mirror.apply(bodies)
        score = bodies.score
        if score is not None and other.score is not None:
            score = torch.where(chosen, other.score, score)
        pos = torch.where(chosen[..., None], other.coordinates, bodies.coordinates)
        return replace(bodies, pos=pos, score=score)

    def __repr__(self) -> str:
        classes = f", classes={list(self.classes)}" if self.classes else ""
        return f"{self.__class__.__name__}({self.topology.name!r}, {self.p}{classes})"
