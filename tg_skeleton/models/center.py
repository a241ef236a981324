"""The joint from which spatial partitions count."""

from __future__ import annotations

from tg_skeleton.topology import Joint, Topology


def center_joint(topology: Topology, center: Joint | None = None) -> int:
    """The index of ``center``; left out: the joint from which the farthest joint is nearest.

    Of several such joints, the one with the fewest bones to all others together.

    Raises:
        ValueError: The topology has no such joint.

    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models.center import center_joint
    >>> center_joint(NTU25), center_joint(NTU25, "spine_mid")
    (20, 1)
    """
    if center is not None:
        return topology.index(center, "center")
    hops = topology.hops
    return min(range(topology.num_joints), key=lambda joint: (int(hops[joint].max()), int(hops[joint].sum())))
