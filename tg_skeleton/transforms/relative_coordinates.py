"""Where a joint stands relative to its part of the body."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topology import Joint, Topology
from tg_skeleton.transforms._graphs import check_topology
from tg_skeleton.transforms.bodies import Bodies
from tg_skeleton.transforms.streams import Stream

Mode = Literal["pinv", "frame", "center"]
"""How coordinates are made relative."""

SHORTEST = 1e-3
"""The length below which a vector counts as this long: a millimeter where coordinates are meters."""


@functional_transform("relative_coordinates")
class RelativeCoordinates(Stream):
    r"""Writes every joint's coordinates in the frame of its part of the body ("alien relative coordinates") to ``x``.

    Every part has an origin o and a reference joint q, which gets the coordinates Q = (s, 0, 0); d = q - o. With
    ``mode="pinv"``, T of Eq. 7 is made from this one point, and has rank 1:

    .. math:: p' = T (p - o), \qquad T = Q\, \mathrm{pinv}(d) = \frac{Q d^\top}{|d|^2}, \qquad
        p' = \Bigl(s\, \frac{\langle p - o, d \rangle}{|d|^2},\ 0,\ 0\Bigr)

    With ``mode="frame"``, T is Eq. 7 of three points, a frame that moves with the part:

    .. math:: T = \frac{s}{|d|} \begin{bmatrix} e_1 \\ e_2 \\ e_3 \end{bmatrix}, \qquad
        e_1 = \frac{d}{|d|}, \qquad e_2 = \frac{n \times e_1}{|n \times e_1|}, \qquad e_3 = e_1 \times e_2

    n is the body's normal :math:`(l_1 - r_2) \times (r_1 - l_2)`, where :math:`l_1, r_1` and :math:`l_2, r_2` are the
    first two ``topology.pairs`` of joints at which parts begin, such as the shoulders and the hips. In the plane
    (D = 2) :math:`e_2` is :math:`e_1` turned by 90 degrees, and n is not needed. With ``mode="center"``, :math:`p' = p
    - c` (Eq. 5), c the joint ``center``.

    :math:`|d|` is at least 0.001. Where d, or the part of n orthogonal to d, has no length, the coordinates along it
    are zero, and so are all of an absent person. A joint that is zero on its own counts as standing there.

    Assumption: the parts and their reference joints, which the paper shows in a figure only, are those of the topology;
    "the" pseudo-inverse of Eq. 7 is that of one known point (``"pinv"``). The second direction of ``"frame"`` is the
    body's normal, because no bone of the spine is there in every topology or leads elsewhere than d in every part.

    Reads ``pos``; writes ``x``, or stands among the names of `Streams`.

    Args:
        topology: The skeleton, with parts unless ``mode="center"``.
        mode: How coordinates are made relative.
        scale: s, the distance from a part's origin to its reference joint. ``"center"`` does not read it.
        center: The joint c of ``"center"``; the root unless given.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``x`` ``[T, N, D]``; D = 2 or 3 for ``"frame"``.

    Units:
        Lengths of o -> q, times s; ``"center"``: those of ``pos``.

    Raises:
        ValueError: ``mode`` is unknown, ``scale`` not positive, the topology has no parts, ``center`` is no joint or
            given for another mode; the data have persons of another topology; ``"frame"`` with D neither 2 nor 3, or
            with D = 3 and a topology that does not fix n.

    >>> import torch
    >>> from tg_skeleton import Part, SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RelativeCoordinates
    >>> parts = (Part("trunk", ("hip", "neck"), "neck", "hip"), Part("arm", ("hand",), "hand", "neck"))
    >>> body = Topology("body", ("hip", "neck", "hand"), ("hip", "hip", "neck"), parts=parts)
    >>> sequence = SkeletonSequence.from_array(torch.tensor([[[0.0, 0.0], [0.0, 2.0], [3.0, 2.0]]]), body)
    >>> RelativeCoordinates(body)(sequence).x
    tensor([[[1.2000, 0.0000],
             [0.0000, 0.0000],
             [0.0000, 0.0000]]])
    >>> RelativeCoordinates(body, "center")(sequence).x.tolist()
    [[[0.0, 0.0], [0.0, 2.0], [3.0, 2.0]]]

    Source: the AMANet paper (2023), Eq. 5-7 and Algorithm 1.
    """

    def __init__(
        self, topology: Topology, mode: Mode = "pinv", *, scale: float = 1.2, center: Joint | None = None
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode: expected one of {get_args(Mode)}, got {mode!r}")
        if not scale > 0:
            raise ValueError(f"scale: expected a positive length, got {scale}")
        if center is not None and mode != "center":
            raise ValueError(f"center: only mode='center' reads it, got {center!r} with mode={mode!r}; leave it out")
        if mode != "center" and replace(topology, parts=()).parts == topology.parts:
            raise ValueError(
                f"topology: mode={mode!r} needs the parts of the body, and '{topology.name}' has none; give the "
                "Topology parts=, take topology.with_limbs(), or use mode='center'"
            )
        self.topology = topology
        self.mode = mode
        self.scale = scale
        self.center = center
        self._center = topology.root if center is None else topology.index(center, "center")
        self._origin = torch.tensor([part.origin for part in topology.parts])
        self._reference = torch.tensor([part.reference for part in topology.parts])
        self._part = torch.empty(topology.num_joints, dtype=torch.long)
        for number, part in enumerate(topology.parts):
            self._part[list(part.joints)] = number

    def check(self, data: SkeletonSequence) -> None:
        check_topology(data, self.topology)

    def channels(self, bodies: Bodies) -> Tensor:
        joints = self.topology.num_joints
        pos, seen = bodies.coordinates, None if bodies.score is None else bodies.seen
        body = pos.flatten(1, 2).unflatten(1, (-1, joints))  # [T, P, V, D], whether bodies or nodes are given
        here = None if seen is None else seen.flatten(1, 2).unflatten(1, (-1, joints))[..., None]
        return self.of_bodies(body, here).view_as(pos)

    def of_bodies(self, body: Tensor, seen: Tensor | None = None) -> Tensor:
        """The coordinates of persons of `topology`, ``[T, P, V, D]``, and which joints were seen, ``[T, P, V, 1]``."""
        part, origins = self._part.to(body.device), self._origin.to(body.device)
        references = self._reference.to(body.device)
        if self.mode == "center":
            offset = body - body[:, :, self._center, None]
            if seen is None:
                return offset
            return torch.where(seen & seen[:, :, self._center, None], offset, 0.0)
        origin = body.index_select(2, origins)  # [T, P, parts, D], as all of the parts
        toward = body.index_select(2, references) - origin
        offset = body - origin.index_select(2, part)
        if seen is not None:
            found = seen.index_select(2, origins) & seen.index_select(2, references)
            toward = torch.where(found, toward, 0.0)
            offset = torch.where(seen & found.index_select(2, part), offset, 0.0)
        length = _length(toward, SHORTEST)
        e1 = toward / length
        axes = [e1, *self._further_axes(e1, body, seen)] if self.mode == "frame" else [e1]

        scaled = torch.stack(axes, dim=-2) * (self.scale / length)[..., None]  # the rows of T
        coordinates = (scaled.index_select(2, part) * offset[..., None, :]).sum(-1)
        missing = body.size(-1) - len(axes)
        return torch.nn.functional.pad(coordinates, (0, missing))

    def _further_axes(self, e1: Tensor, body: Tensor, seen: Tensor | None) -> list[Tensor]:
        dims = body.size(-1)
        if dims == 2:
            return [torch.stack([-e1[..., 1], e1[..., 0]], dim=-1)]
        if dims != 3:
            raise ValueError(f"mode: 'frame' needs pos [T, N, 2] or [T, N, 3], got {dims} coordinates; use 'pinv'")
        normal = self._normal(body, seen)
        e2 = torch.linalg.cross(normal, e1)
        e2 = e2 / _length(e2, SHORTEST)
        return [e2, torch.linalg.cross(e1, e2)]

    def _normal(self, body: Tensor, seen: Tensor | None) -> Tensor:
        """n of every person, ``[T, P, V, 3]`` -> ``[T, P, 1, 3]``; zero where one of its joints was not seen."""
        origins = {part.origin for part in self.topology.parts}
        sides = [pair for pair in self.topology.pairs if origins.issuperset(pair)]
        if len(sides) < 2:
            raise ValueError(
                f"topology: mode='frame' in space needs two pairs (left, right) of joints at which parts begin, such "
                f"as shoulders and hips, and '{self.topology.name}' has {len(sides)}; use mode='pinv'"
            )
        (left, right), (other_left, other_right) = sides[:2]
        rising, falling = body[:, :, left] - body[:, :, other_right], body[:, :, right] - body[:, :, other_left]
        normal = torch.linalg.cross(rising, falling)
        if seen is not None:
            normal = torch.where(seen[:, :, [left, right, other_left, other_right]].all(2), normal, 0.0)
        return (normal / _length(normal, SHORTEST**2))[:, :, None]

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__name__}({self.topology.name!r}, mode={self.mode!r}, scale={self.scale}, "
            f"center={self.center!r})"
        )


def _length(vector: Tensor, least: float) -> Tensor:
    """|v|, but at least ``least``, so that quotients and their gradients are finite: ``[*, D]`` -> ``[*, 1]``."""
    return vector.square().sum(-1, keepdim=True).clamp(min=least**2).sqrt()
