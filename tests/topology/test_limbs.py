"""Parts derived from the tree of joints."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import pytest
import torch

from tg_skeleton import Part, Topology
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topologies import COCO17, MEDIAPIPE33, NTU25, OPENPOSE18, TOPOLOGIES
from tg_skeleton.transforms import RelativeCoordinates

every_topology = pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)


def joint_sets(parts) -> set[frozenset[int]]:
    return {frozenset(part.joints) for part in parts}


@every_topology
def test_limbs_hold_each_joint_once_and_are_valid_parts(topology):
    assert sorted(joint for part in topology.limbs for joint in part.joints) == list(range(topology.num_joints))
    assert replace(topology, parts=topology.limbs).parts == topology.limbs
    assert topology.limbs[0].name == "trunk" and topology.root in topology.limbs[0].joints


@every_topology
def test_limbs_are_connected_and_hang_on_their_reference(topology):
    graph = topology.to_networkx()
    for part in topology.limbs:
        assert nx.is_connected(graph.subgraph(part.joints)), part
        assert part.origin in part.joints and part.origin != part.reference
    for limb in topology.limbs[1:]:
        assert topology.parents[limb.origin] == limb.reference and limb.reference not in limb.joints
        assert limb.name == topology.joints[limb.origin] and len(limb.joints) >= 3


@every_topology
def test_the_mirror_maps_limbs_onto_limbs(topology):
    sets = joint_sets(topology.limbs)
    assert {frozenset(topology.mirror[joint] for joint in one) for one in sets} == sets


@every_topology
def test_limbs_are_the_parts_typed_by_hand_but_for_faces_of_four_joints(topology):
    expected = joint_sets(topology.parts)
    if topology is MEDIAPIPE33:
        expected = expected - {frozenset(range(11))} | {
            frozenset({0, 9, 10}),
            frozenset({1, 2, 3, 7}),
            frozenset({4, 5, 6, 8}),
        }
    assert joint_sets(topology.limbs) == expected


def test_without_pairs_large_forks_span_the_trunk():
    bare = replace(NTU25, pairs=(), parts=())
    assert joint_sets(bare.limbs) == joint_sets(NTU25.parts)
    assert [part.name for part in replace(OPENPOSE18, pairs=()).limbs] == [
        *("trunk", "nose", "right_shoulder", "left_shoulder", "right_hip", "left_hip")
    ]


def test_hand_typed_fork():
    # a trunk of two joints; a limb of three that forks into one joint (stays) and three (leave)
    tree = Topology(
        "fork",
        ("hip", "neck", "shoulder", "elbow", "wrist", "thumb", "index1", "index2", "index3"),
        ("hip", "hip", "hip", "shoulder", "elbow", "wrist", "wrist", "index1", "index2"),
    )
    assert tree.limbs == (
        Part("trunk", (0, 1), 0, 1),
        Part("shoulder", (2, 3, 4, 5), 2, 0),
        Part("index1", (6, 7, 8), 6, 4),
    )


def test_both_sides_are_split_alike_where_branches_are_equally_long():
    # the right side lists its two equal branches in the other order
    names = ("root", "left_a", "left_b", "left_c", "left_d", "left_e", "left_f", "left_g")
    names += ("right_a", "right_e", "right_f", "right_g", "right_b", "right_c", "right_d")
    parents = ["root" if name in ("root", "left_a", "right_a") else "" for name in names]
    above = {"b": "a", "c": "b", "d": "c", "e": "a", "f": "e", "g": "f"}
    parents = [
        parent or f"{name.split('_')[0]}_{above[name.split('_')[1]]}"
        for name, parent in zip(names, parents, strict=True)
    ]
    pairs = [(f"left_{letter}", f"right_{letter}") for letter in "abcdefg"]
    tree = Topology("twins", names, parents, pairs=pairs)
    split = [{tree.joints[joint] for joint in part.joints} for part in tree.limbs]
    assert {"left_a", "left_b", "left_c", "left_d"} in split and {"right_a", "right_b", "right_c", "right_d"} in split


def test_a_point_a_stick_and_a_star():
    assert Topology("point", ("p",), (0,)).limbs == (Part("trunk", (0,), 0, 0),)
    assert Topology("stick", tuple("abcd"), (0, 0, 1, 2)).limbs == (
        Part("trunk", (0,), 0, 1),
        Part("b", (1, 2, 3), 1, 0),
    )
    assert Topology("star", tuple("abcd"), (0, 0, 0, 0)).limbs == (Part("trunk", (0, 1, 2, 3), 0, 1),)


def test_a_root_that_the_mirror_moves():
    tree = Topology("pair", ("left_x", "right_x", "mid"), ("left_x", "mid", "left_x"), pairs=((0, 1),))
    assert tree.limbs == (Part("trunk", (0, 1, 2), 0, 2),)


def test_has_parts_and_with_limbs():
    own = replace(COCO17, parts=())
    assert COCO17.has_parts and not own.has_parts
    assert COCO17.with_limbs() is COCO17
    assert own.with_limbs().parts == COCO17.limbs and own.with_limbs().has_parts


@every_topology
def test_relative_coordinates_work_with_derived_parts(topology):
    own = replace(topology, parts=topology.limbs)
    pos = torch.randn(4, 1, own.num_joints, 3, generator=torch.Generator().manual_seed(0))
    sequence = SkeletonSequence.from_array(pos, own)
    x = RelativeCoordinates(own).stream(sequence)
    assert x.shape[:2] == (4, own.num_joints) and bool(x.isfinite().all())
    for part in own.parts:
        assert torch.equal(x[:, part.origin], torch.zeros_like(x[:, part.origin]))
