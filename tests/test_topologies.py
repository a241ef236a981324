"""Properties that every topology of the package has, and the facts that set them apart."""

from __future__ import annotations

import networkx as nx
import pytest
import torch
from torch_geometric.nn.conv.gcn_conv import gcn_norm
from torch_geometric.utils import to_dense_adj, to_undirected

import tg_skeleton
from tg_skeleton import Topology, topologies
from tg_skeleton.topologies import (
    BARYCENTER_GROUPS,
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
    find,
)

every_topology = pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)


def links(topology: Topology) -> set[frozenset[int]]:
    return {frozenset(bone) for bone in topology.bones}


def other_side(name: str) -> str:
    swap = {"left": "right", "right": "left"}
    side, _, rest = name.partition("_")
    return f"{swap[side]}_{rest}" if side in swap else name


def test_the_tuple_holds_every_topology_of_the_module():
    found = {name: value for name, value in vars(topologies).items() if isinstance(value, Topology)}
    assert found == {topology.name: topology for topology in TOPOLOGIES}


@every_topology
def test_number_of_joints_is_that_of_the_name(topology):
    assert topology.name.removesuffix("_CHAIN").endswith(str(topology.num_joints))


@every_topology
def test_tree_with_one_root(topology):
    assert [joint for joint, parent in enumerate(topology.parents) if joint == parent] == [topology.root]
    assert nx.is_tree(topology.to_networkx())
    assert topology.to_networkx().number_of_nodes() == topology.num_joints


@every_topology
def test_bones_are_the_parents(topology):
    assert len(topology.bones) == topology.num_joints - 1
    assert all(topology.parents[child] == parent for child, parent in topology.bones)


@every_topology
def test_edge_index_holds_every_bone_in_both_directions(topology):
    edges = topology.edge_index
    assert edges.dtype == torch.long
    assert set(map(tuple, edges.t().tolist())) == {edge for bone in topology.bones for edge in (bone, bone[::-1])}
    assert edges.size(1) == 2 * (topology.num_joints - 1)
    assert sorted(to_undirected(edges).t().tolist()) == sorted(edges.t().tolist())


@every_topology
def test_pairs_are_an_involution_that_preserves_bones(topology):
    mirror = topology.mirror
    assert [mirror[mirror[joint]] for joint in range(topology.num_joints)] == list(range(topology.num_joints))
    assert {frozenset(mirror[joint] for joint in link) for link in links(topology)} == links(topology)


@every_topology
def test_pairs_are_left_first_and_complete(topology):
    said = {(topology.joints[left], topology.joints[right]) for left, right in topology.pairs}
    lefts = {joint for joint in topology.joints if joint.startswith("left_")}
    assert said == {(joint, "right" + joint.removeprefix("left")) for joint in lefts}
    assert 2 * len(lefts) == sum(joint.startswith(("left_", "right_")) for joint in topology.joints)


@every_topology
def test_mirror_keeps_the_root(topology):
    assert topology.mirror[topology.root] == topology.root


@every_topology
def test_parts_hold_each_joint_once(topology):
    assert sorted(joint for part in topology.parts for joint in part.joints) == list(range(topology.num_joints))


@every_topology
def test_parts_are_connected_and_have_their_origin(topology):
    for part in topology.parts:
        assert nx.is_connected(topology.to_networkx().subgraph(part.joints)), part
        assert part.origin in part.joints and part.origin != part.reference


@every_topology
def test_parts_are_mirrored_onto_parts(topology):
    parts = {part.name: part for part in topology.parts}
    for name, part in parts.items():
        twin = parts[other_side(name)]
        assert {topology.mirror[joint] for joint in part.joints} == set(twin.joints)
        assert topology.mirror[part.origin] == twin.origin


@every_topology
def test_source_is_said(topology):
    assert len(topology.source) > 20


@every_topology
def test_hops_are_those_of_networkx(topology):
    hops = topology.hops
    assert torch.equal(hops, hops.t()) and hops.dtype == torch.long
    expected = dict(nx.all_pairs_shortest_path_length(topology.to_networkx()))
    assert all(hops[a, b] == expected[a][b] for a in expected for b in expected[a])
    assert torch.equal((hops == 1).float(), to_dense_adj(topology.edge_index)[0])


@every_topology
def test_normalized_adjacency_is_that_of_pyg(topology):
    edges, weights = gcn_norm(topology.edge_index, num_nodes=topology.num_joints)
    torch.testing.assert_close(topology.normalized_adjacency, to_dense_adj(edges, edge_attr=weights)[0])


@every_topology
def test_rooted_anywhere_keeps_the_bones(topology):
    for root in range(topology.num_joints):
        turned = topology.rooted_at(root)
        assert turned.root == root and links(turned) == links(topology)
        assert (turned.joints, turned.pairs, turned.parts) == (topology.joints, topology.pairs, topology.parts)


@every_topology
def test_contracting_nothing_changes_nothing(topology):
    same = topology.contract([[joint] for joint in range(topology.num_joints)], name=topology.name)
    assert same == topology


@every_topology
def test_contracting_to_parts_keeps_the_mirror(topology):
    coarse = topology.contract([part.joints for part in topology.parts])
    assert coarse.num_joints == len(topology.parts)
    assert len(coarse.pairs) == sum(part.name.startswith("left_") for part in topology.parts)


@every_topology
def test_barycenter_groups_leave_a_smaller_body_with_its_sides_and_parts(topology):
    coarse = topology.contract(BARYCENTER_GROUPS[topology])
    assert coarse.num_joints < topology.num_joints and nx.is_tree(coarse.to_networkx())
    said = [{topology.joints[joint] for joint in group} for group in BARYCENTER_GROUPS[topology]]
    assert [{other_side(name) for name in group} for group in said] == [said[joint] for joint in coarse.mirror]
    assert [part.name for part in coarse.parts] == [part.name for part in topology.parts]


@pytest.mark.parametrize("topology", [NTU25, NTU25_CHAIN], ids=lambda topology: topology.name)
def test_barycenters_of_ntu_are_eleven(topology):
    coarse = topology.contract(BARYCENTER_GROUPS[topology])
    assert coarse.parents == (1, 2, 2, 1, 3, 1, 5, 2, 7, 2, 9)
    assert coarse.joints[4] == "left_wrist+left_hand+left_hand_tip+left_thumb"


def test_ntu_hands():
    hands = ("left_hand_tip", "left_thumb", "right_hand_tip", "right_thumb")

    def parents(topology):
        return [topology.joints[topology.parents[topology.index(hand)]] for hand in hands]

    assert parents(NTU25) == ["left_hand", "left_hand", "right_hand", "right_hand"]
    assert parents(NTU25_CHAIN) == ["left_thumb", "left_hand", "right_thumb", "right_hand"]
    assert NTU25.parents[:21] == NTU25_CHAIN.parents[:21]


@pytest.mark.parametrize(
    ("topology", "root"),
    [
        (NTU25, "spine_base"),
        (NTU25_CHAIN, "spine_base"),
        (OPENPOSE18, "neck"),
        (NWUCLA20, "shoulder_center"),
        (SBU15, "torso"),
        (COCO17, "nose"),
        (MEDIAPIPE33, "nose"),
        (H36M17, "pelvis"),
        (OPENPOSE25, "neck"),
        (HALPE26, "neck"),
    ],
)
def test_root(topology, root):
    assert topology.joints[topology.root] == root


def test_nw_ucla_bones_are_those_of_its_authors():
    stated = (
        "(1,2)(2,3)(4,3)(5,3)(6,5)(7,6)(8,7)(9,3)(10,9)(11,10)(12,11)(13,1)(14,13)(15,14)(16,15)(17,1)(18,17)(19,18)"
    )
    pairs = [tuple(map(int, bone.split(","))) for bone in (stated + "(20,19)")[1:-1].split(")(")]
    assert NWUCLA20.bones == tuple((child - 1, parent - 1) for child, parent in pairs)


def test_openpose_hips_hang_on_the_neck():
    assert {OPENPOSE18.parents[OPENPOSE18.index(hip)] for hip in ("left_hip", "right_hip")} == {1}


def test_openpose_25_has_the_joints_and_links_that_openpose_publishes():
    listed = (
        "Nose Neck RShoulder RElbow RWrist LShoulder LElbow LWrist MidHip RHip RKnee RAnkle LHip LKnee LAnkle REye "
        "LEye REar LEar LBigToe LSmallToe LHeel RBigToe RSmallToe RHeel"
    )
    sides = {"R": "right_", "L": "left_"}
    plain = [sides.get(name[0], "") + (name[1:] if name[0] in sides else name).lower() for name in listed.split()]
    assert [name.replace("toe", "_toe").replace("midhip", "mid_hip") for name in plain] == list(OPENPOSE25.joints)
    drawn = (
        "1-8 1-2 1-5 2-3 3-4 5-6 6-7 8-9 9-10 10-11 8-12 12-13 13-14 1-0 0-15 15-17 0-16 16-18 "
        "14-19 19-20 14-21 11-22 22-23 11-24"
    )
    assert links(OPENPOSE25) == {frozenset(map(int, link.split("-"))) for link in drawn.split()}


def test_halpe_begins_with_coco():
    assert HALPE26.joints[:17] == COCO17.joints
    assert [HALPE26.joints[HALPE26.parents[HALPE26.index(joint)]] for joint in ("hip", "head", "left_heel")] == [
        *("neck", "neck", "left_ankle")
    ]


@pytest.mark.parametrize(
    ("topology", "name", "joints", "origin", "reference"),
    [
        (NTU25, "left_arm", (4, 5, 6, 7, 21, 22), 4, 20),
        (NTU25, "right_arm", (8, 9, 10, 11, 23, 24), 8, 20),
        (NTU25, "trunk", (0, 1, 2, 3, 20), 20, 1),
        (NTU25_CHAIN, "left_leg", (12, 13, 14, 15), 12, 0),
        (OPENPOSE18, "right_arm", (2, 3, 4), 2, 1),
        (OPENPOSE18, "head", (0, 1, 14, 15, 16, 17), 1, 0),
    ],
)
def test_parts_of_paper_b(topology, name, joints, origin, reference):
    part = next(part for part in topology.parts if part.name == name)
    assert (part.joints, part.origin, part.reference) == (joints, origin, reference)


# -- find


@every_topology
def test_find_by_name_and_as_it_is(topology):
    assert find(topology.name) is topology and find(topology.name.lower()) is topology and find(topology) is topology


@every_topology
def test_the_package_exports_every_topology(topology):
    assert getattr(tg_skeleton, topology.name) is topology and topology.name in tg_skeleton.__all__


def test_find_reads_a_json_file(tmp_path):
    own = Topology("own", ("a", "b"), (0, 0))
    path = tmp_path / "own.json"
    path.write_text(own.to_json(), encoding="utf-8")
    assert find(path) == own and find(str(path)) == own


def test_find_lists_the_names():
    with pytest.raises(
        ValueError, match=r"topology: there is no 'KINECT'; expected NTU25, NTU25_CHAIN, .*H36M17, a To"
    ):
        find("KINECT")
    with pytest.raises(ValueError, match="there is no '25'; expected NTU25"):
        find(25)


def test_find_names_a_damaged_and_a_missing_file(tmp_path):
    path = tmp_path / "own.json"
    path.write_bytes(b"\xff{")
    with pytest.raises(ValueError, match=r"'.*own\.json'"):
        find(path)
    with pytest.raises(FileNotFoundError, match=r"none\.json"):
        find(tmp_path / "none.json")


@every_topology
def test_constants_are_on_the_cpu_inside_a_default_device(topology):
    with torch.device("meta"):
        tensors = [topology.edge_index, topology.hops, topology.normalized_adjacency, topology.mapping(NTU25).weights]
    assert {tensor.device.type for tensor in tensors} == {"cpu"}
    assert torch.equal(tensors[1], topology.hops)
