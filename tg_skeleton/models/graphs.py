"""A topology's constants on the device on which modules are built."""

from __future__ import annotations

import torch
from torch import Tensor

from tg_skeleton.models.center import center_joint
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology


def topology_hops(topology: Topology) -> Tensor:
    """`Topology.hops`, ``[V, V]``, on the CPU: what is made of it there is moved to the device of the module.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models.graphs import topology_hops
    >>> with torch.device("meta"):
    ...     topology_hops(NTU25).device
    device(type='cpu')
    """
    with torch.device("cpu"):
        return topology.hops


def bone_incidence(topology: Topology) -> Tensor:
    """Which joint is the source and which the target of each bone, ``[2, V, V]`` (end, joint, bone).

    Bone i points from the parent of joint i to joint i; that of the root has no ends.

    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.models.graphs import bone_incidence
    >>> bone_incidence(Topology("stick", ("a", "b"), ("a", "a")))
    tensor([[[0., 1.],
             [0., 0.]],
    <BLANKLINE>
            [[0., 0.],
             [0., 1.]]])
    """
    joints = range(topology.num_joints)
    bones = dict(topology.bones)
    ends = [[[float(bones.get(e) == i) for e in joints] for i in joints]]
    ends += [[[float(e in bones and e == i) for e in joints] for i in joints]]
    return torch.tensor(ends, dtype=torch.get_default_dtype())


def spatial_subsets(topology: Topology, center: Joint | None = None) -> Tensor:
    """The adjacencies of the spatial partition, ``[3, V, V]`` (target, source): self, towards the center, away from it.

    They are computed on the CPU and moved to torch's default device, so that a model can be built within
    ``with torch.device("meta")``.

    Raises:
        ValueError: The topology has no such joint.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models.graphs import spatial_subsets
    >>> spatial_subsets(NTU25).shape
    torch.Size([3, 25, 25])
    >>> with torch.device("meta"):
    ...     spatial_subsets(NTU25).device
    device(type='meta')
    """
    with torch.device("cpu"):
        root = center_joint(topology, center)
        adjacency = partition_adjacencies(topology.edge_index, topology.num_joints, root=root)
    return adjacency.to(torch.get_default_device())
