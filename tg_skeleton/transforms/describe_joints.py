"""Joints by what they are, for a network that takes any skeleton."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.joint_places import joint_places
from tg_skeleton.missing import present
from tg_skeleton.topology import Topology
from tg_skeleton.transforms._graphs import check_topology


@functional_transform("describe_joints")
class DescribeJoints(BaseTransform):
    """Writes what every joint is, so that sequences of different topologies fit into one batch.

    Writes ``place`` ``[N, 8]`` (`joint_places`, and 1 where there is a depth); reads and writes ``pos``, which gets a
    third coordinate of zeros where it has two, and ``score``, where there is none: 1, and 0 in frames from which a
    person is absent.

    Args:
        topology: The skeleton of the data.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, 3]``

    Raises:
        ValueError: The data have persons of another topology.

    >>> import numpy as np
    >>> from tg_skeleton import SkeletonSequence
    >>> from tg_skeleton.topologies import COCO17
    >>> from tg_skeleton.transforms import DescribeJoints
    >>> sequence = SkeletonSequence.from_array(np.random.rand(30, 2, 17, 2), COCO17)
    >>> DescribeJoints(COCO17)(sequence).place.shape
    torch.Size([34, 8])
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.topology)
        places = joint_places(self.topology).to(data.pos).index_select(0, data.joint)
        depth = float(data.pos.size(-1) == 3)
        data.place = torch.cat([places, places.new_full((places.size(0), 1), depth)], dim=1)
        if "score" not in data:
            bodies = data.pos.unflatten(1, (-1, self.topology.num_joints))  # [T, P, V, D]
            there = present(bodies).to(data.pos.dtype)
            data.score = there.repeat_interleave(self.topology.num_joints, dim=1)
        data.pos = F.pad(data.pos, (0, 3 - data.pos.size(-1)))
        return data

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.topology.name!r})"
