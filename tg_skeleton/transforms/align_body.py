"""Turns a recording upright and to the front, about a body that stays in place."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform
from tg_skeleton.transforms.center_on_first_frame import first_sighting, moved
from tg_skeleton.transforms.random_rotate import turned

SHORTEST = 1e-6
"""The length up to which a bone has no direction."""


@functional_transform("align_body")
class AlignBody(BodyTransform):
    r"""Keeps the first person's joint ``center`` at the origin, and turns their spine to +z, their shoulders to +x.

    .. math:: p'_{t,i} = R_x R_z\, (p_{t,i} - p_{t,c})

    c is the first person's joint ``center``, in every frame anew. One :math:`R_z` for the whole sequence is the
    smallest rotation that makes the first person's bone ``spine`` in the first frame in which they are present parallel
    to +z; :math:`R_x` is the smallest that then makes left -> right ``shoulders`` of that frame parallel to +x. As the
    two are seldom at right angles, :math:`R_x` takes the spine off z a little.

    Everything is relative to the first person, so the distance between persons stays. In frames without the first
    person the origin is where their joint was last, before their first frame where it will be. A person who is absent
    from a frame (all zero) stays all zero there; a joint that is zero on its own moves with its body. If the first
    person is never there, nothing moves. A bone without length turns nothing; of one that points the opposite way,
    :math:`R_z` is half a turn about x and :math:`R_x` half a turn about z.

    Reads and writes ``pos``. In a batch each sequence has its own origin and rotations.

    Differs from the source: there, others jump to camera coordinates in frames without the first person, joints that
    are zero on their own stay zero, and a bone that points the opposite way stays.

    Args:
        center: The joint at the origin: 1 is the middle of the spine in NTU25 and NWUCLA20.
        spine: The joints (from, to) of the bone that points up.
        shoulders: The (left, right) shoulders.

    Shapes:
        ``pos`` ``[T, N, 3]`` -> ``[T, N, 3]``.

    Units:
        Those of ``pos``.

    Raises:
        ValueError: A joint is negative, or the first person has no such joint; a bone leads from a joint to itself; D
            is not 3.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import AlignBody
    >>> bust = Topology("bust", ("hip", "neck", "left_shoulder", "right_shoulder"), (0, 0, 1, 1))
    >>> y_is_up = torch.tensor([[[5.0, 5.0, 5.0], [5.0, 7.0, 5.0], [6.0, 7.0, 5.0], [4.0, 7.0, 5.0]]])
    >>> out = AlignBody(center=0, spine=(0, 1), shoulders=(2, 3))(SkeletonSequence.from_array(y_is_up, bust))
    >>> out.pos.round().int().tolist()
    [[[0, 0, 0], [0, 0, 2], [-1, 0, 2], [1, 0, 2]]]

    Source: MS-G3D's preparation of NTU RGB+D, which the AMANet paper (2023) builds on.
    """

    def __init__(self, center: int = 1, spine: tuple[int, int] = (0, 1), shoulders: tuple[int, int] = (4, 8)) -> None:
        lowest = min(center, *spine, *shoulders)
        if lowest < 0:
            raise ValueError(f"center, spine, shoulders: expected indices of joints, 0 or more, got {lowest}")
        for name, (start, end) in (("spine", spine), ("shoulders", shoulders)):
            if start == end:
                raise ValueError(f"{name}: expected two joints, got {start} twice")
        self.center = center
        self.spine = spine
        self.shoulders = shoulders

    def apply(self, bodies: Bodies) -> Bodies:
        pos, seen, first = bodies.coordinates, bodies.seen, bodies.first
        bodies.check_joint(max(self.center, *self.spine, *self.shoulders), "center, spine, shoulders")
        if pos.size(-1) != 3:
            raise ValueError(
                f"AlignBody: expected pos [T, N, 3], got {pos.size(-1)} coordinates; use CenterOnFirstFrame"
            )
        origin = pos[latest_sighting(seen[:, first, self.center]), first, self.center]  # [T, B, 3]

        ends = torch.tensor([*self.spine, *self.shoulders], device=pos.device)
        all_ends = seen[:, first].index_select(2, ends)  # [T, B, 4]
        start = first_sighting(all_ends.all(2))
        known = all_ends[start, torch.arange(start.size(0), device=pos.device)].all(1)  # [B]
        begin, end, left, right = pos[start, first].index_select(1, ends).unbind(1)
        spine, shoulders = (torch.where(known[:, None], bone, 0.0) for bone in (end - begin, right - left))
        upright = shortest_rotation(spine, axis=2)
        to_front = shortest_rotation(turned(shoulders, upright), axis=0)
        rotation = bodies.per_person((to_front[..., None] * upright[:, None]).sum(-2))[:, None]
        centered = moved(pos, seen, bodies.per_person(origin, 1)[:, :, None])
        return replace(bodies, pos=turned(centered, rotation))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(center={self.center}, spine={self.spine}, shoulders={self.shoulders})"


def shortest_rotation(vector: Tensor, axis: int) -> Tensor:
    r"""The smallest rotations of space that make vectors parallel to an axis x or z: ``[B, 3]`` -> ``[B, 3, 3]``.

    .. math:: R = I - 2\, \frac{h h^\top}{|h|^2} + 2\, e u^\top, \qquad u = v / |v|, \qquad h = u + e

    e is the unit vector along the axis. For v = 0, R is I; for u = -e, half a turn, about z if the axis is x and about
    x if it is z.

    >>> import torch
    >>> from tg_skeleton.transforms import shortest_rotation
    >>> turned = shortest_rotation(torch.tensor([[0.0, 3.0, 0.0]]), axis=2)[0] @ torch.tensor([0.0, 3.0, 0.0])
    >>> torch.allclose(turned, torch.tensor([0.0, 0.0, 3.0]), atol=1e-6)
    True
    """
    identity = torch.eye(3, dtype=vector.dtype, device=vector.device)
    target = identity[axis]
    length = torch.linalg.vector_norm(vector, dim=-1, keepdim=True)
    unit = vector / length.clamp(min=SHORTEST)
    along = unit[:, axis, None]
    across = unit * (1 - target)
    # 1 + along, without the cancellation near -1
    height = torch.where(along < 0, across.square().sum(-1, keepdim=True) / (1 - along), 1 + along)
    half = across + height * target
    opposite = torch.linalg.vector_norm(half, dim=-1, keepdim=True) < SHORTEST
    half = torch.nn.functional.normalize(torch.where(opposite, identity[1], half), dim=-1)
    rotation = identity - 2 * half[:, :, None] * half[:, None] + 2 * target[:, None] * unit[:, None]
    return torch.where((length <= SHORTEST)[..., None], identity, rotation)


def latest_sighting(seen: Tensor) -> Tensor:
    """At each frame the latest one in which something was seen, before the first sighting that: ``[T, *]`` -> same."""
    frames = seen.size(0)
    frame = torch.arange(frames, device=seen.device).view(-1, *[1] * (seen.dim() - 1))
    in_order = torch.where(seen, frame, frame + frames).argsort(0)  # sightings come first; ONNX has no cummax
    return in_order.gather(0, (seen.long().cumsum(0) - 1).clamp(min=0))
