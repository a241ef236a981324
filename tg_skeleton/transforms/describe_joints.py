"""Joints by what they are, for a network that takes any skeleton."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.joint_places import joint_places
from tg_skeleton.topology import Topology
from tg_skeleton.transforms._graphs import check_topology
from tg_skeleton.transforms.bodies import Bodies
from tg_skeleton.transforms.streams import Stream


@functional_transform("describe_joints")
class DescribeJoints(Stream):
    """Writes joints with what they are to ``x``, so that one network reads recordings of any skeletons, in 2-D and 3-D.

    The channels of ``x``: three coordinates, 0 where a joint was not seen and where there is no depth; whether the
    joint was seen; its place, see `tg_skeleton.joint_places.joint_places`; whether it has a depth; the number of its
    person.

    Reads ``pos`` and, where there is one, ``score``; writes ``x``. Applied to sequences, it makes batches of different
    skeletons possible, once they have no ``pos``.

    Args:
        topology: The skeleton of the data.

    Shapes:
        ``x`` ``[T, N, 13]``

    Raises:
        ValueError: The data have persons of another topology.

    >>> import numpy as np
    >>> from tg_skeleton import SkeletonSequence
    >>> from tg_skeleton.topologies import COCO17
    >>> from tg_skeleton.transforms import DescribeJoints
    >>> sequence = SkeletonSequence.from_array(np.random.rand(30, 2, 17, 2), COCO17)
    >>> DescribeJoints(COCO17)(sequence).x.shape
    torch.Size([30, 34, 13])
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology

    def check(self, data: SkeletonSequence) -> None:
        check_topology(data, self.topology)

    def stream(self, data: SkeletonSequence) -> Tensor:
        self.check(data)
        return self.channels(Bodies.of(data)).flatten(1, 2)

    def channels(self, bodies: Bodies) -> Tensor:
        pos, seen = bodies.coordinates, bodies.seen[..., None]
        frames, persons, joints, dims = pos.shape
        place = joint_places(self.topology).to(pos)
        place = F.pad(place, (0, 1), value=float(dims == 3)).expand(frames, persons, -1, -1)
        number = torch.arange(persons, device=pos.device, dtype=pos.dtype).view(1, -1, 1, 1)
        coordinates = F.pad(torch.where(seen, pos, 0.0), (0, 3 - dims))
        number = number.expand(frames, -1, joints, -1)
        return torch.cat([coordinates, seen.to(pos.dtype), place, number], dim=-1)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.topology.name!r})"
