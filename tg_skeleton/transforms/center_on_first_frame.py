"""Moves a recording's origin to where the first person stands at the start."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("center_on_first_frame")
class CenterOnFirstFrame(BodyTransform):
    r"""Subtracts one joint of the first person's first real frame from every joint of every frame.

    .. math:: p'_{t,i} = p_{t,i} - p_{t_0,\,c}

    c is the first person's joint ``joint`` and :math:`t_0` the first frame in which that person is not all zero. A
    person who is absent from a frame (all zero) stays all zero there; a joint that is zero on its own moves with its
    body. If the first person is never there, nothing moves.

    Reads and writes ``pos``. In a batch each sequence has its own origin.

    Args:
        joint: Index of the joint that becomes the origin: 1 is the middle of the spine in NTU25 and NWUCLA20.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Units:
        Those of ``pos``.

    Raises:
        ValueError: ``joint`` is negative, or the first person has no such joint.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import CenterOnFirstFrame
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> sequence = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0], [3.0, 5.0]]]), stick)
    >>> CenterOnFirstFrame(joint=1)(sequence).pos
    tensor([[[-2., -3.],
             [ 0.,  0.]]])

    Source: Qin et al. 2022 (ESAN), Implementation details: "translation based on the first frame", with SGN's joint.
    """

    def __init__(self, joint: int = 1) -> None:
        if joint < 0:
            raise ValueError(f"joint: expected the index of a joint, 0 or more, got {joint}")
        self.joint = joint

    def apply(self, bodies: Bodies) -> Bodies:
        pos, first = bodies.coordinates, bodies.first
        bodies.check_joint(self.joint, "joint")
        frame = first_sighting(bodies.seen[:, first, self.joint])
        origin = pos[frame, first, self.joint]
        return replace(bodies, pos=moved(pos, bodies.seen, bodies.per_person(origin)[:, None]))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(joint={self.joint})"


def first_sighting(seen: Tensor) -> Tensor:
    """The first frame in which something was seen, 0 where it never was: ``[T, *]`` bool -> ``[*]`` int64."""
    return seen.int().argmax(0)


def moved(pos: Tensor, seen: Tensor, origin: Tensor, *, out: Tensor | None = None) -> Tensor:
    """Coordinates less an origin, 0 where nothing was seen: ``[*, V, D]``, ``[*, V]`` or ``[*, 1]``, ``[*, 1, D]``."""
    # Once for each joint, for an inner loop is as long as the last axes that can be joined.
    out = torch.sub(pos, origin.expand(*origin.shape[:-2], pos.size(-2), -1).contiguous(), out=out)
    if out.is_cpu and not torch.compiler.is_compiling() and seen.all():
        return out
    return torch.where(seen[..., None], out, 0.0)
