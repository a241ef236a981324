"""Skeletons as rooted trees of named joints, and the graph quantities derived from them."""

from tg_skeleton.topology.mapping import JointMapping, MappedJoint
from tg_skeleton.topology.part import Joint, Part
from tg_skeleton.topology.topology import Topology

__all__ = ["Joint", "JointMapping", "MappedJoint", "Part", "Topology"]
