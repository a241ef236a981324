"""Recordings turned about the vertical until a person faces along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topology import Topology
from tg_skeleton.topology.part import Joint
from tg_skeleton.transforms._graphs import check_topology
from tg_skeleton.transforms.bodies import Bodies, BodyTransform
from tg_skeleton.transforms.random_rotate import rotation_matrix, turned


@functional_transform("face_front")
class FaceFront(BodyTransform):
    r"""Turns a recording about the vertical until the mean line of shoulders and hips lies along x, left at +x.

    .. math:: p' = R(\theta)\, p, \qquad \theta = \mathrm{atan2}(l_z, l_x), \qquad
        l = \sum_{t} \sum_{(i, j)} (p_{t,i} - p_{t,j})

    over the frames in which the first person's left joint i and right joint j were both seen. The y axis is the
    vertical; all persons of a recording turn together about the origin, and a walk keeps its shape. A recording without
    such a frame is not turned.

    Reads and writes ``pos``.

    Args:
        topology: The skeleton.
        pairs: ``(left, right)`` joints. Default: the topology's pairs of shoulders and of hips.

    Shapes:
        ``pos`` ``[T, N, 3]`` -> ``[T, N, 3]``.

    Raises:
        ValueError: The topology has no such pairs, the data have persons of another topology, or D is not 3.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import FaceFront
    >>> hips = Topology("hips", ("pelvis", "left_hip", "right_hip"), (0, 0, 0), pairs=[(1, 2)])
    >>> pos = torch.tensor([[[0.0, 1.0, 0.0], [0.0, 1.0, -2.0], [0.0, 1.0, 2.0]]])
    >>> FaceFront(hips)(SkeletonSequence.from_array(pos, hips)).pos[0, 1:].round(decimals=4) + 0.0
    tensor([[ 2.,  1.,  0.],
            [-2.,  1.,  0.]])
    """

    def __init__(self, topology: Topology, pairs: Sequence[tuple[Joint, Joint]] | None = None) -> None:
        if pairs is None:
            pairs = [pair for pair in topology.pairs if topology.joints[pair[0]].endswith(("shoulder", "hip"))]
        if not pairs:
            raise ValueError(
                f"topology: '{topology.name}' has no pairs of joints that are named shoulder or hip; give pairs="
            )
        self.topology = topology
        self.pairs = tuple((topology.index(left, "pairs"), topology.index(right, "pairs")) for left, right in pairs)

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.topology)
        out: SkeletonSequence = super().forward(data)
        return out

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        if pos.size(-1) != 3:
            raise ValueError(f"FaceFront: expected pos [T, N, 3], got {pos.size(-1)} coordinates")
        first, seen = pos[:, bodies.first], bodies.seen[:, bodies.first]  # [T, B, V, 3], [T, B, V]
        line = torch.zeros_like(first[0, :, 0])
        for left, right in self.pairs:
            both = (seen[:, :, left] & seen[:, :, right])[..., None]
            line = line + torch.where(both, first[:, :, left] - first[:, :, right], 0.0).sum(0)
        angle = torch.atan2(line[:, 2], line[:, 0])  # [B]
        zero = torch.zeros_like(angle)
        rotation = rotation_matrix(torch.stack([zero, angle, zero], dim=1))
        return replace(bodies, pos=turned(pos, bodies.per_person(rotation)[:, None]))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.topology.name!r}, pairs={list(self.pairs)})"
