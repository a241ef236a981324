"""Turns recordings by random angles."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


# PyG's own transforms hold the names "random_rotate" and "random_scale" in the one list of functional names.
@functional_transform("random_rotate_sequence")
class RandomRotate(NodeTransform):
    r"""Rotates a whole sequence about the origin by one random angle per axis.

    .. math:: p' = R_z(\gamma)\, R_y(\beta)\, R_x(\alpha)\, p

    Every angle is uniform within ± ``degrees``, positive counter-clockwise when its axis points at the viewer. Planar
    coordinates (D = 2) turn by :math:`\gamma` alone. Zero stays zero, so absent persons and missing joints do.

    Reads and writes ``pos``. In a batch each sequence has its own angles, which its persons and frames share.

    Args:
        degrees: The largest angle, one for all axes or ``(x, y, z)``.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``, D = 2 or 3.

    Units:
        Degrees in the argument, radians in `draw`.

    Raises:
        ValueError: ``degrees`` is negative or no triple, D is neither 2 nor 3, or D = 2 and an angle about x or y is
            asked for.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RandomRotate
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> sequence = SkeletonSequence.from_array(torch.tensor([[[0.0, 0.0, 0.0], [0.0, 3.0, 4.0]]]), stick)
    >>> turned = RandomRotate((17, 17, 17))(sequence).pos
    >>> torch.allclose(turned.norm(dim=-1), torch.tensor([[0.0, 5.0]]))
    True

    Source: Qin et al. 2022 (ESAN), Implementation details: 17 degrees about each axis, 30 in the cross-view protocol.
    Assumption: the order of the three rotations.
    """

    def __init__(self, degrees: float | tuple[float, float, float]) -> None:
        bounds = (degrees, degrees, degrees) if isinstance(degrees, int | float) else tuple(degrees)
        if len(bounds) != 3 or min(bounds) < 0:
            raise ValueError(f"degrees: expected one angle or (x, y, z), none negative, got {degrees!r}")
        self.degrees = degrees
        self.bounds = bounds

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        dims = pos.size(-1)
        self._check(dims)
        angles = self.draw(bodies.num_recordings, pos.device).to(pos.dtype)
        if dims == 2:
            angles = torch.nn.functional.pad(angles[:, 2:], (2, 0))
        rotation = rotation_matrix(angles)[:, :dims, :dims]
        return replace(bodies, pos=turned(pos, bodies.per_person(rotation)[:, None]))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """The angles of every graph about x, y and z: ``[B, 3]``, radians."""
        radians = [math.radians(bound) for bound in self.bounds]
        return torch.stack([torch.empty(graphs, device=device).uniform_(-bound, bound) for bound in radians], dim=1)

    def _check(self, dims: int) -> None:
        if dims not in (2, 3):
            raise ValueError(f"RandomRotate: expected pos [T, N, 2] or [T, N, 3], got {dims} coordinates")
        if dims == 2 and not isinstance(self.degrees, int | float) and any(self.bounds[:2]):
            raise ValueError(
                f"degrees: planar coordinates (D = 2) turn about z alone, got {self.degrees!r}; "
                f"use RandomRotate({self.bounds[2]})"
            )

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.degrees})"


def rotation_matrix(angles: Tensor) -> Tensor:
    r""":math:`R_z R_y R_x` of angles about x, y and z in radians: ``[..., 3]`` -> ``[..., 3, 3]``.

    >>> import torch
    >>> from tg_skeleton.transforms import rotation_matrix
    >>> quarter_about_z = rotation_matrix(torch.tensor([0.0, 0.0, torch.pi / 2]))
    >>> (quarter_about_z @ torch.tensor([1.0, 0.0, 0.0])).round().abs()
    tensor([0., 1., 0.])
    """
    cx, cy, cz = angles.cos().unbind(-1)
    sx, sy, sz = angles.sin().unbind(-1)
    rows = (
        (cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx),
        (sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx),
        (-sy, cy * sx, cy * cx),
    )
    return torch.stack([entry for row in rows for entry in row], dim=-1).unflatten(-1, (3, 3))


def turned(pos: Tensor, rotation: Tensor) -> Tensor:
    """Coordinates turned by matrices: ``[*, D]``, ``[*, D, D]`` -> ``[*, D]``."""
    columns = rotation.unbind(-1)
    # Not a matrix product, which TF32 or autocast would round to three digits.
    out = pos[..., :1] * columns[0]
    for axis in range(1, pos.size(-1)):
        out = torch.addcmul(out, pos[..., axis : axis + 1], columns[axis])
    return out
