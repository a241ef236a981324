"""Mappings between bodies: what holds for every pair, and five of them typed by hand."""

from __future__ import annotations

import itertools

import pytest
import torch

from tg_skeleton import Topology
from tg_skeleton.topologies import (
    COCO17,
    H36M17,
    HALPE26,
    MEDIAPIPE33,
    NTU25,
    NTU25_CHAIN,
    NWUCLA20,
    OPENPOSE18,
    OPENPOSE25,
    SBU15,
    TOPOLOGIES,
)

PAIRS = list(itertools.product(TOPOLOGIES, TOPOLOGIES))
every_pair = pytest.mark.parametrize(("source", "target"), PAIRS, ids=[f"{a.name}-{b.name}" for a, b in PAIRS])

COCO_TO_NTU = """
    spine_base      left_hip/2 right_hip/2
    spine_mid       left_shoulder/4 right_shoulder/4 left_hip/4 right_hip/4
    neck            left_shoulder/3 right_shoulder/3 left_ear/6 right_ear/6
    head            left_ear/2 right_ear/2
    left_shoulder   left_shoulder
    left_elbow      left_elbow
    left_wrist      left_wrist
    left_hand       ~left_wrist
    right_shoulder  right_shoulder
    right_elbow     right_elbow
    right_wrist     right_wrist
    right_hand      ~right_wrist
    left_hip        left_hip
    left_knee       left_knee
    left_ankle      left_ankle
    left_foot       ~left_ankle
    right_hip       right_hip
    right_knee      right_knee
    right_ankle     right_ankle
    right_foot      ~right_ankle
    spine_shoulder  left_shoulder/2 right_shoulder/2
    left_hand_tip   !left_wrist
    left_thumb      !left_wrist
    right_hand_tip  !right_wrist
    right_thumb     !right_wrist
"""
OPENPOSE_TO_NTU = """
    spine_base      mid_hip
    spine_mid       neck/2 mid_hip/2
    neck            neck*2/3 left_ear/6 right_ear/6
    head            left_ear/2 right_ear/2
    left_shoulder   left_shoulder
    left_elbow      left_elbow
    left_wrist      left_wrist
    left_hand       ~left_wrist
    right_shoulder  right_shoulder
    right_elbow     right_elbow
    right_wrist     right_wrist
    right_hand      ~right_wrist
    left_hip        left_hip
    left_knee       left_knee
    left_ankle      left_ankle
    left_foot       left_ankle/2 left_big_toe/2
    right_hip       right_hip
    right_knee      right_knee
    right_ankle     right_ankle
    right_foot      right_ankle/2 right_big_toe/2
    spine_shoulder  neck
    left_hand_tip   !left_wrist
    left_thumb      !left_wrist
    right_hand_tip  !right_wrist
    right_thumb     !right_wrist
"""
NTU_TO_H36M = """
    pelvis          spine_base
    right_hip       right_hip
    right_knee      right_knee
    right_ankle     right_ankle
    left_hip        left_hip
    left_knee       left_knee
    left_ankle      left_ankle
    spine           spine_mid
    thorax          spine_shoulder
    neck            neck
    head            ~head
    left_shoulder   left_shoulder
    left_elbow      left_elbow
    left_wrist      left_wrist
    right_shoulder  right_shoulder
    right_elbow     right_elbow
    right_wrist     right_wrist
"""
SAME_AS_COCO = "".join(f"{joint} {joint}\n" for joint in COCO17.joints)
COCO_TO_OPENPOSE = "".join(
    f"{joint} {'left_shoulder/2 right_shoulder/2' if joint == 'neck' else joint}\n" for joint in OPENPOSE18.joints
)


def typed(table: str, source: Topology) -> list[tuple[str, str, dict[str, float]]]:
    """Rows ``joint  weights``; ``~`` an approximation by one joint, ``!`` a missing joint and where it is put."""
    rows = []
    for line in table.strip().splitlines():
        name, *terms = line.split()
        kind = {"~": "approximate", "!": "missing"}.get(terms[0][0], "exact" if len(terms) == 1 else "approximate")
        weights = {}
        for term in terms:
            joint, _, fraction = term.lstrip("~!").replace("*", "/").partition("/")
            top, _, bottom = (fraction if "*" in term else f"1/{fraction or 1}").partition("/")
            weights[joint] = float(top) / float(bottom)
        assert set(weights) <= set(source.joints)
        rows.append((name, kind, weights))
    return rows


@pytest.mark.parametrize(
    ("source", "target", "table"),
    [
        (COCO17, NTU25, COCO_TO_NTU),
        (OPENPOSE25, NTU25, OPENPOSE_TO_NTU),
        (NTU25, H36M17, NTU_TO_H36M),
        (MEDIAPIPE33, COCO17, SAME_AS_COCO),
        (COCO17, OPENPOSE18, COCO_TO_OPENPOSE),
    ],
    ids=lambda value: value.name if isinstance(value, Topology) else "",
)
def test_tables_typed_by_hand(source, target, table):
    got = [
        (joint.name, joint.kind, {source.joints[place]: pytest.approx(weight) for place, weight in joint.weights})
        for joint in source.mapping(target).joints
    ]
    assert got == typed(table, source)


@every_pair
def test_every_joint_is_said_once_and_its_weights_sum_to_one(source, target):
    mapping = source.mapping(target)
    assert [joint.name for joint in mapping.joints] == list(target.joints)
    assert sorted(mapping.exact + mapping.approximate + mapping.missing) == sorted(target.joints)
    assert mapping.weights.shape == (target.num_joints, source.num_joints) and bool((mapping.weights >= 0).all())
    torch.testing.assert_close(mapping.weights.sum(1), torch.ones(target.num_joints))
    assert all(
        len(joint.weights) == 1 and joint.weights[0][1] == 1 for joint in mapping.joints if joint.kind == "exact"
    )


@every_pair
def test_left_stays_left(source, target):
    mapping = source.mapping(target)
    mirrored = mapping.weights[list(target.mirror)][:, list(source.mirror)]
    torch.testing.assert_close(mirrored, mapping.weights)
    kinds = [joint.kind for joint in mapping.joints]
    assert [kinds[joint] for joint in target.mirror] == kinds
    for joint in mapping.joints:
        side = joint.name.partition("_")[0]
        if side in ("left", "right") and joint.kind != "missing":
            assert {source.joints[place].partition("_")[0] for place, _ in joint.weights} == {side}


@every_pair
def test_the_trunk_and_the_limbs_are_never_missing(source, target):
    limbs = {f"{side}_{joint}" for side in ("left", "right") for joint in ("shoulder", "elbow", "hip", "knee")}
    mapping = source.mapping(target)
    assert set(mapping.exact) >= limbs
    assert not [joint for joint in mapping.missing if not joint.startswith(("left_", "right_"))]


@every_pair
def test_a_missing_joint_stands_at_its_nearest_ancestor_that_is_not(source, target):
    joints = source.mapping(target).joints
    for place, joint in enumerate(joints):
        parent = joints[target.parents[place]]
        if joint.kind == "missing":
            assert joint.weights == parent.weights


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_to_itself_is_the_identity(topology):
    mapping = topology.mapping(topology)
    assert mapping.exact == topology.joints
    assert torch.equal(mapping.weights, torch.eye(topology.num_joints))


@pytest.mark.parametrize(
    ("source", "target", "joint", "said"),
    [
        (NTU25, OPENPOSE18, "neck", "spine_shoulder"),  # OpenPose's neck lies between the shoulders
        (NTU25, SBU15, "neck", "spine_shoulder"),
        (NTU25_CHAIN, H36M17, "neck", "neck"),
        (HALPE26, OPENPOSE25, "mid_hip", "hip"),
        (HALPE26, H36M17, "head", "head"),  # the top of it
        (HALPE26, SBU15, "head", "~ 0.5 left_ear + 0.5 right_ear"),
        (H36M17, NWUCLA20, "spine", "~ 0.75 pelvis + 0.25 thorax"),
        (NWUCLA20, NTU25, "spine_mid", "~ 0.5 hip_center + 0.5 shoulder_center"),
        (MEDIAPIPE33, NTU25, "left_hand", "~ 0.333 left_wrist + 0.333 left_pinky + 0.333 left_index"),
        (MEDIAPIPE33, HALPE26, "left_big_toe", "~ left_foot_index"),
        (SBU15, COCO17, "left_wrist", "~ left_hand"),
        (NTU25, COCO17, "left_eye", "missing, at head"),
        (COCO17, MEDIAPIPE33, "right_eye_inner", "~ right_eye"),
    ],
)
def test_places_that_names_alone_would_miss(source, target, joint, said):
    lines = dict(line.split(maxsplit=1) for line in str(source.mapping(target)).splitlines()[1:])
    assert lines[joint] == said


def test_other_spellings_of_a_side():
    own = Topology("own", ("Neck", "Shoulder_Left", "shoulder_right", "tail"), (0, 0, 0, 0))
    mapping = OPENPOSE18.mapping(own)
    assert (mapping.exact, mapping.missing) == (("Neck", "Shoulder_Left", "shoulder_right"), ("tail",))
    assert own.mapping(own).exact == own.joints


def test_a_missing_root_stands_in_the_middle_of_the_others():
    crown = Topology("crown", ("crown", "left_eye", "right_eye"), (0, 0, 0))
    weights = COCO17.mapping(crown).joints[0].weights
    assert weights == ((COCO17.index("left_eye"), 0.5), (COCO17.index("right_eye"), 0.5))


def test_the_topologies_can_be_read_off():
    mapping = COCO17.mapping(NTU25)
    assert (mapping.source, mapping.target) == (COCO17, NTU25)
    assert mapping == COCO17.mapping(NTU25) and hash(mapping) == hash(COCO17.mapping(NTU25))


def test_repr_counts_and_str_lists():
    fork = Topology("fork", ("neck", "left_shoulder", "tine"), (0, 0, 0))
    mapping = COCO17.mapping(fork)
    assert repr(mapping) == "JointMapping('COCO17' -> 'fork': 1 exact, 1 approximate, 1 missing)"
    assert str(mapping).splitlines() == [
        repr(mapping),
        "neck           ~ 0.5 left_shoulder + 0.5 right_shoulder",
        "left_shoulder  left_shoulder",
        "tine           missing, at 0.5 left_shoulder + 0.5 right_shoulder",
    ]


def test_nothing_in_common_is_refused():
    with pytest.raises(
        ValueError, match=r"no joint of 'stick' \('a', 'b'\) can be derived from 'COCO17' \('nose', .*name"
    ):
        COCO17.mapping(Topology("stick", ("a", "b"), ("a", "a")))
