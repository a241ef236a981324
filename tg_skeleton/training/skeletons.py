"""The skeletons of published trainings: the bones of the networks' authors, and the joint that they point away from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tg_skeleton.topologies import NTU25, NTU25_CHAIN, OPENPOSE18
from tg_skeleton.topology import Topology

NTU25_CENTERED = NTU25_CHAIN.rooted_at("spine_shoulder")
"""NTU RGB+D as in 2s-AGCN, MS-G3D and CTR-GCN: chained hands, bones that point away from the body's center."""

_HIPS = {OPENPOSE18.index(f"{side}_hip"): OPENPOSE18.index(f"{side}_shoulder") for side in ("left", "right")}

OPENPOSE18_SIDES = replace(
    OPENPOSE18,
    name="OPENPOSE18_SIDES",
    parents=tuple(_HIPS.get(joint, parent) for joint, parent in enumerate(OPENPOSE18.parents)),
    source="OpenPose's 18 joints as in ST-GCN, 2s-AGCN and MS-G3D: each hip hangs on the shoulder of its side.",
)
"""Kinetics-Skeleton as in ST-GCN and its successors: each hip on the shoulder of its side, in place of the neck."""

OF_THE_RECORDINGS: Mapping[str, Topology] = {"ntu60": NTU25, "ntu120": NTU25, "kinetics": OPENPOSE18}
"""The skeletons that the data sets' authors draw, by data set."""

OF_GRAPH_NETWORKS: Mapping[str, Topology] = {
    "ntu60": NTU25_CENTERED,
    "ntu120": NTU25_CENTERED,
    "kinetics": OPENPOSE18_SIDES,
}
"""Those of ST-GCN's successors, by data set."""

SUBSETS = "three subsets of neighbors: the joint itself, those towards the center of the body, those away from it"
"""What the networks with spatial subsets make of the bones."""

BONES_ONLY = "none; the bones make streams alone"
"""What networks make of the bones whose operators join all joints."""
