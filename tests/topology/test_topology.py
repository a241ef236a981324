"""Topology: derived quantities on skeletons small enough to check by hand, and every error by its message."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tg_skeleton import NTU25, Part, Topology

FINGERS = ("shoulder", "elbow", "left_finger", "right_finger")


def fingers(**changes) -> Topology:
    arguments = {"parents": (0, 0, 1, 1), "pairs": ((2, 3),)} | changes
    return Topology("fingers", FINGERS, **arguments)


@st.composite
def trees(draw) -> Topology:
    """A topology of up to 12 joints, its joints in any order."""
    count = draw(st.integers(1, 12))
    order = draw(st.permutations(range(count)))
    parents = [0] * count
    for place, joint in enumerate(order):
        parents[joint] = order[draw(st.integers(0, max(place - 1, 0)))]
    return Topology("tree", [f"j{joint}" for joint in range(count)], parents)


def test_own_topology_takes_five_lines():
    arm = Topology(
        name="arm",
        joints=("shoulder", "elbow", "left_finger", "right_finger"),
        parents=("shoulder", "shoulder", "elbow", "elbow"),
        pairs=(("left_finger", "right_finger"),),
    )
    assert arm == Topology("arm", FINGERS, (0, 0, 1, 1), pairs=((2, 3),))
    assert arm.mirror == (0, 1, 3, 2)
    assert arm.parts == (Part("body", (0, 1, 2, 3), 0, 1),)


def test_parts_by_name():
    parts = (Part("arm", ("shoulder", "elbow"), "elbow", "shoulder"), Part("hand", (2, "right_finger"), 1, "shoulder"))
    assert fingers(parts=parts).parts == (Part("arm", (0, 1), 1, 0), Part("hand", (2, 3), 1, 0))


def test_index():
    assert [NTU25.index(joint) for joint in ("left_thumb", 22, np.int64(22))] == [22, 22, 22]


def test_edge_index_both_directions():
    assert fingers().edge_index.tolist() == [[0, 1, 1, 1, 2, 3], [1, 2, 3, 0, 1, 1]]


def test_single_joint():
    point = Topology("point", ("p",), (0,))
    assert point.edge_index.shape == (2, 0) and point.edge_index.dtype == torch.long
    assert point.bones == () and point.hops.tolist() == [[0]] and point.normalized_adjacency.tolist() == [[1.0]]


def test_hops():
    assert fingers().hops.tolist() == [[0, 1, 2, 2], [1, 0, 1, 1], [2, 1, 0, 2], [2, 1, 2, 0]]


def test_normalized_adjacency_hand_typed():
    chain = Topology("chain", ("a", "b", "c"), (0, 0, 1))
    half, sixth = 1 / 2, 1 / 6**0.5
    expected = torch.tensor([[half, sixth, 0], [sixth, 1 / 3, sixth], [0, sixth, half]])
    torch.testing.assert_close(chain.normalized_adjacency, expected)


def test_networkx_nodes_carry_names():
    graph = fingers().to_networkx()
    assert dict(graph.nodes(data="name")) == dict(enumerate(FINGERS))
    assert {frozenset(edge) for edge in graph.edges} == {frozenset(bone) for bone in ((1, 0), (2, 1), (3, 1))}


def test_rooted_at():
    turned = fingers(source="here").rooted_at("left_finger")
    assert turned.parents == (1, 2, 2, 1)
    assert (turned.root, turned.name, turned.source) == (2, "fingers", "here")
    assert turned.rooted_at(0) == fingers()


def test_rooted_at_where_the_mirror_moves_the_root_keeps_pairs():
    assert fingers().rooted_at(2).pairs == ((2, 3),)


@given(trees(), st.data())
def test_any_tree_can_be_turned_and_turned_back(tree, data):
    root = data.draw(st.integers(0, tree.num_joints - 1))
    turned = tree.rooted_at(root)
    assert turned.root == root and torch.equal(turned.hops, tree.hops)
    assert turned.rooted_at(tree.root) == tree


@given(trees(), st.data())
def test_any_cycle_is_refused(tree, data):
    joint = data.draw(st.integers(0, tree.num_joints - 1))
    below = [j for j in range(tree.num_joints) if j != joint and tree.hops[tree.root, j] > 0]
    below = [j for j in below if tree.hops[tree.root, j] == tree.hops[tree.root, joint] + tree.hops[joint, j]]
    if below:
        parents = list(tree.parents)
        parents[joint] = data.draw(st.sampled_from(below))
        with pytest.raises(ValueError, match="is its own ancestor"):
            Topology("ring", tree.joints, parents)


def test_equality_and_hash_leave_out_source():
    assert fingers(source="a") == fingers(source="b") and hash(fingers(source="a")) == hash(fingers(source="b"))
    assert fingers() != fingers(pairs=())


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda topology: pickle.loads(pickle.dumps(topology))])
def test_copies_are_equal(clone):
    assert clone(NTU25) == NTU25 and clone(NTU25).source == NTU25.source


def test_frozen():
    with pytest.raises(AttributeError, match="cannot assign to field 'parents'"):
        fingers().parents = (0, 0, 0, 0)


# -- contract


def test_contract_to_the_barycentre_scale():
    groups = [[2, 3], [20], [0, 1], [4, 5], [6, 7, 21, 22], [8, 9], [10, 11, 23, 24], [12, 13], [14, 15], [16, 17]]
    coarse = NTU25.contract([*groups, [18, 19]], name="NTU25/barycenter")
    assert coarse.num_joints == 11 and coarse.root == 2
    assert coarse.bones == ((0, 1), (1, 2), (3, 1), (4, 3), (5, 1), (6, 5), (7, 2), (8, 7), (9, 2), (10, 9))
    assert coarse.pairs == ((3, 5), (4, 6), (7, 9), (8, 10))
    assert coarse.joints[4] == "left_wrist+left_hand+left_hand_tip+left_thumb"
    assert coarse.parts == (
        Part("left_arm", (3, 4), 3, 1),
        Part("right_arm", (5, 6), 5, 1),
        Part("left_leg", (7, 8), 7, 2),
        Part("right_leg", (9, 10), 9, 2),
        Part("trunk", (0, 1, 2), 1, 2),
    )


def test_contract_by_name_names_and_source():
    coarse = fingers(source="here").contract([["elbow", "shoulder"], ["left_finger"], ["right_finger"]])
    assert coarse.name == "fingers/3" and coarse.joints[0] == "elbow+shoulder" and coarse.source == "here; contracted"
    assert coarse.pairs == ((1, 2),)


def test_contract_keeps_left_first():
    assert fingers(pairs=((3, 2),)).contract([[0, 1], [2], [3]]).pairs == ((2, 1),)


def test_contract_of_one_side_only_drops_pairs():
    feet = Topology("feet", ("hip", "a1", "a2", "b1", "b2"), (0, 0, 1, 0, 3), pairs=((1, 3), (2, 4)))
    assert feet.contract([[0], [1], [2], [3], [4]]).pairs == ((1, 3), (2, 4))
    assert feet.contract([[0, 1], [2], [3], [4]]).pairs == ()


def test_contract_across_parts_leaves_the_whole_body():
    parts = (Part("arm", (0, 1), 1, 0), Part("hand", (2, 3), 1, 0))
    assert fingers(parts=parts).contract([[0], [1], [2], [3]]).parts == parts
    assert fingers(parts=parts).contract([[0], [1, 2], [3]]).parts == (Part("body", (0, 1, 2), 0, 1),)
    assert fingers(parts=parts).contract([[0, 1], [2], [3]]).parts == (Part("body", (0, 1, 2), 0, 1),)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([[0, 1], [2]], r"contract: joint 3 \('right_finger'\) is in 0 groups; expected exactly one"),
        ([[0, 1], [1, 2, 3]], r"contract: joint 1 \('elbow'\) is in 2 groups; expected exactly one"),
        ([[0, 0, 1], [2], [3]], r"contract: joint 0 \('shoulder'\) is in 2 groups"),
        (
            [[0, 1], [2, 3]],
            r"contract: group 1: expected one connected piece, got 2, topped by 2 \('left_finger'\) and",
        ),
        ([[0, 1, 2, 3], []], "contract: group 1: expected one connected piece, got 0, topped by no joint"),
        ([[0, 1, 2], [9]], "group 1: there is no joint 9"),
    ],
)
def test_contract_errors_name_the_joint(groups, message):
    with pytest.raises(ValueError, match=message):
        fingers().contract(groups)


# -- wrong topologies


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"parents": (0, 0, 1)},
            r"Topology 'fingers': expected one parent per joint \(4\), got 3; the root is its own",
        ),
        ({"parents": (0, 2, 1, 1)}, r"joint 1 \('elbow'\) is its own ancestor; the parents must lead"),
        ({"parents": (1, 0, 1, 1)}, r"joint 0 \('shoulder'\) is its own ancestor"),
        ({"parents": (0, 1, 1, 1)}, r"expected one root, got 2: 0 \('shoulder'\), 1 \('elbow'\) are their own parents"),
        (
            {"parents": (0, 0, 1, 4)},
            r"parent of 'right_finger': there is no joint 4; expected an index 0\.\.3 or a name",
        ),
        ({"parents": (0, 0, 1, -1)}, "parent of 'right_finger': there is no joint -1"),
        ({"parents": (0, 0, 1, 1.0)}, r"parent of 'right_finger': there is no joint 1\.0"),
        ({"parents": (0, 0, "elbo", 1)}, "parent of 'left_finger': there is no joint 'elbo'; .* of .*'elbow'"),
        ({"pairs": ((2, 4),)}, r"pair \(2, 4\): there is no joint 4"),
        ({"pairs": (("left_finger", "thumb"),)}, r"pair \('left_finger', 'thumb'\): there is no joint 'thumb'"),
        ({"pairs": ((2, 3), (3, 1))}, r"joint 3 \('right_finger'\) is paired twice; expected once"),
        ({"pairs": ((2, 2),)}, r"joint 2 \('left_finger'\) is paired twice"),
        (
            {"pairs": ((0, 1),)},
            r"the pairs map the bone 2 \('left_finger'\) - 1 \('elbow'\) onto 2 .* - 0 .*, which is no bone; pair",
        ),
        ({"parts": (Part("all", (0, 1, 2), 0, 1),)}, r"joint 3 \('right_finger'\) is in 0 parts; expected exactly one"),
        (
            {"parts": (Part("a", (0, 1), 0, 1), Part("b", (1, 2, 3), 1, 0))},
            r"joint 1 \('elbow'\) is in 2 parts; expected exactly one",
        ),
        (
            {"parts": (Part("all", (0, 1, 2, 3), 1, "elbow"),)},
            r"part 'all' has joint 1 \('elbow'\) as its origin and as its reference; expected two joints",
        ),
        ({"parts": (Part("all", (0, 1, 2, "palm"), 0, 1),)}, "part 'all': there is no joint 'palm'"),
        ({"parts": (Part("all", (0, 1, 2, 3), 0, 7),)}, "part 'all': there is no joint 7"),
    ],
)
def test_errors_name_the_joint(changes, message):
    with pytest.raises(ValueError, match=message):
        fingers(**changes)


def test_joint_named_twice():
    with pytest.raises(
        ValueError, match="Topology 'twins': joint 'a' is named twice; expected at least one joint, each"
    ):
        Topology("twins", ("a", "b", "a"), (0, 0, 0))


def test_no_joints():
    with pytest.raises(ValueError, match="Topology 'void': there is no joint; expected at least one joint"):
        Topology("void", (), ())


def test_unknown_joint_in_index():
    with pytest.raises(
        ValueError, match=r"Topology 'fingers': joint: there is no joint 'toe'; expected an index 0\.\.3"
    ):
        fingers().index("toe")
