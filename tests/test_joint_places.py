"""Joints by what they are."""

import pytest
import torch

from tg_skeleton import Topology
from tg_skeleton.joint_places import LIMBS, PLACE_CHANNELS, joint_places
from tg_skeleton.topologies import COCO17, H36M17, NTU25, NWUCLA20, TOPOLOGIES


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_joints_of_one_name_are_one_place_in_every_skeleton(topology: Topology) -> None:
    rows = joint_places(topology)
    assert rows.shape == (topology.num_joints, PLACE_CHANNELS)
    assert (rows[:, 1:-2].sum(1) == 1).all()
    for name in ("left_elbow", "right_knee"):
        assert torch.equal(rows[topology.index(name)], joint_places(NTU25)[NTU25.index(name)])


def test_a_place_by_hand() -> None:
    row = joint_places(COCO17)[COCO17.index("right_wrist")].tolist()
    assert row == pytest.approx([1.0, 0.0, 0.0, 1.0, 0.0, 0.85, 0.0])
    assert LIMBS == ("trunk", "head", "arm", "leg")


def test_one_place_has_many_names() -> None:
    hips = [
        joint_places(t)[t.index(name)]
        for t, name in ((NTU25, "spine_base"), (NWUCLA20, "hip_center"), (H36M17, "pelvis"))
    ]
    assert torch.equal(hips[0], hips[1]) and torch.equal(hips[0], hips[2])


def test_no_two_joints_of_a_skeleton_are_one_place() -> None:
    for topology in TOPOLOGIES:
        assert len({tuple(row.tolist()) for row in joint_places(topology)}) == topology.num_joints, topology.name


def test_an_unknown_joint_lies_between_its_known_neighbors() -> None:
    arm = Topology(
        "arm",
        ("left_elbow", "sensor_left", "left_wrist", "marker"),
        (0, 0, 1, 2),
    )
    rows = joint_places(arm)
    assert rows[1].tolist() == pytest.approx([-1.0, 0.0, 0.0, 1.0, 0.0, 0.65, 0.0])
    assert rows[3].tolist() == pytest.approx([0.0, 0.0, 0.0, 1.0, 0.0, 0.85, 0.0])


def test_a_skeleton_without_known_names_is_a_trunk() -> None:
    rows = joint_places(Topology("stick", ("a", "b"), (0, 0)))
    assert rows[:, 1].tolist() == [1.0, 1.0]
