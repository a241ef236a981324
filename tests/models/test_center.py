from __future__ import annotations

import pytest

from tg_skeleton import NTU25, Topology
from tg_skeleton.models.gcn_blocks import center_joint
from tg_skeleton.topologies import NTU25_CHAIN, NWUCLA20, OPENPOSE18, SBU15, TOPOLOGIES


@pytest.mark.parametrize(
    ("topology", "joint"),
    [
        (NTU25, "spine_shoulder"),  # 20, the literature's; spine_mid is as near to the farthest, but farther from all
        (NTU25_CHAIN, "spine_shoulder"),
        (OPENPOSE18, "neck"),
        (NWUCLA20, "spine"),
        (SBU15, "neck"),
    ],
)
def test_centers(topology: Topology, joint: str) -> None:
    assert topology.joints[center_joint(topology)] == joint


def test_ntu_s_is_joint_20() -> None:
    assert center_joint(NTU25) == center_joint(NTU25_CHAIN) == 20


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_no_joint_is_nearer_to_the_farthest(topology: Topology) -> None:
    farthest = topology.hops.amax(1)
    assert farthest[center_joint(topology)] == farthest.min()


def test_does_not_depend_on_the_root() -> None:
    assert center_joint(NTU25.rooted_at("left_foot")) == 20


def test_a_joint_of_one_s_own() -> None:
    assert center_joint(NTU25, 3) == 3
    assert center_joint(NTU25, "head") == 3


def test_no_such_joint() -> None:
    with pytest.raises(ValueError, match="Topology 'NTU25': center: there is no joint 'nose'; expected"):
        center_joint(NTU25, "nose")
