from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.nn import GCNConv

from tg_skeleton import Part, SkeletonSequence, Topology
from tg_skeleton.topologies import BARYCENTER_GROUPS, NTU25, NWUCLA20, TOPOLOGIES
from tg_skeleton.transforms import Barycenter, RelativeCoordinates, Streams, groups_of

# root in the middle: shoulder <- elbow <- hand <- (thumb, tip)
HAND = Topology("hand", ("elbow", "shoulder", "hand", "thumb", "tip"), (1, 1, 0, 2, 2))
GROUPS = ((1,), ("hand", "tip", "thumb"), (0,))

every_topology = pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)


def persons(num: int, start: float = 0.0) -> SkeletonSequence:
    """Two frames, joints start + 0, 1, 2, 4, 9 and ten more a person, a hundred more a frame."""
    pos = start + torch.tensor([0.0, 1, 2, 4, 9]) + 10 * torch.arange(num)[:, None]
    pos = torch.stack([pos, pos + 100])
    sequence = SkeletonSequence.from_array(pos[..., None], HAND, score=(pos + 1) / 1000, keep_absent=True)
    sequence.x = sequence.pos.repeat(1, 1, 2) * torch.tensor([1, -1])
    return sequence


def test_every_group_has_its_mean() -> None:
    out = Barycenter(HAND, GROUPS)(persons(2))
    assert out.pos[..., 0].tolist() == [[1, 5, 0, 11, 15, 10], [101, 105, 100, 111, 115, 110]]
    torch.testing.assert_close(out.score, (out.pos[..., 0] + 1) / 1000)
    assert torch.equal(out.x, torch.cat([out.pos, -out.pos], dim=-1))


def test_the_graph_is_that_of_the_contracted_topology() -> None:
    barycenter = Barycenter(HAND, GROUPS)
    out = barycenter(persons(2))
    assert barycenter.topology == HAND.contract(GROUPS)
    assert barycenter.topology.parents == (0, 2, 0)
    assert out.parent_index.tolist() == [0, 2, 0, 3, 5, 3]
    assert out.joint.tolist() == [0, 1, 2, 0, 1, 2]
    assert out.person.tolist() == [0, 0, 0, 1, 1, 1]
    assert out.edge_index.tolist() == [[2, 0, 1, 2, 5, 3, 4, 5], [1, 2, 2, 0, 4, 5, 5, 3]]


def test_a_batch_keeps_its_graphs() -> None:
    out = Barycenter(HAND, GROUPS)(Batch.from_data_list([persons(1), persons(2, 50.0), persons(1, 70.0)]))
    assert out.pos[0, :, 0].tolist() == [1, 5, 0, 51, 55, 50, 61, 65, 60, 71, 75, 70]
    assert out.batch.tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2]
    assert out.ptr.tolist() == [0, 3, 9, 12]
    assert out.person.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert out.num_nodes == 12 and out.num_graphs == 3 and out.num_persons == 4
    assert GCNConv(1, 4)(out.pos, out.edge_index).shape == (2, 12, 4)
    assert out.to_dense().shape == (4, 2, 3, 2)


def test_a_contracted_batch_refuses_to_be_taken_apart() -> None:
    batch = Batch.from_data_list([persons(1), persons(2)])
    with pytest.raises(RuntimeError, match=r"Cannot reconstruct"):
        Barycenter(HAND, GROUPS)(batch).to_data_list()
    assert len(batch.to_data_list()) == 2


def test_an_absent_person_stays_absent() -> None:
    sequence = persons(2)
    sequence.pos = sequence.pos * torch.tensor([[0.0] * 5 + [1] * 5, [1] * 5 + [0.0] * 5])[..., None]
    out = Barycenter(HAND, GROUPS)(sequence).pos
    assert out[..., 0].tolist() == [[0, 0, 0, 11, 15, 10], [101, 105, 100, 0, 0, 0]]


def test_streams_come_from_the_coarse_body() -> None:
    out = Streams("bone")(Barycenter(HAND, GROUPS)(persons(1))).x
    assert out[0, :, 0].tolist() == [0, 5, -1]


@every_topology
def test_it_is_a_recording_of_the_contracted_topology(topology: Topology) -> None:
    barycenter = Barycenter(topology)
    pos = torch.randn(4, 2, topology.num_joints, 3)
    out = barycenter(SkeletonSequence.from_array(pos, topology))
    means = torch.stack([pos[:, :, list(group)].mean(2) for group in BARYCENTER_GROUPS[topology]], dim=2)
    expected = SkeletonSequence.from_array(means, topology.contract(BARYCENTER_GROUPS[topology]))
    assert set(out.keys()) == set(expected.keys())
    for key, value in expected:
        torch.testing.assert_close(out[key], value)


@every_topology
def test_relative_coordinates_read_the_coarse_body(topology: Topology) -> None:
    barycenter = Barycenter(topology)
    out = barycenter(SkeletonSequence.from_array(torch.randn(4, 2, topology.num_joints, 3), topology))
    x = RelativeCoordinates(barycenter.topology, "frame")(out).x
    assert x.shape == out.pos.shape and bool(x.isfinite().all())


def test_joint_groups_of_one_change_nothing() -> None:
    sequence = persons(2)
    out = Barycenter(HAND, [[joint] for joint in range(5)])(sequence)
    for key in ("pos", "score", "x", "edge_index", "parent_index", "joint", "person"):
        assert torch.equal(out[key], sequence[key]), key


def test_a_topology_without_groups_is_refused(arm: Topology) -> None:
    with pytest.raises(
        ValueError, match=r"groups: there are none for 'arm', only for NTU25, .*HALPE26; give groups=, the"
    ):
        Barycenter(arm)


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([[0, 1], [2, 3]], r"contract: joint 4 \('tip'\) is in 0 groups; expected exactly one"),
        ([[0, 1, 2], [3, 4]], r"contract: group 1: expected one connected piece, got 2, topped by 3 \('thumb'\) and"),
    ],
)
def test_wrong_groups_are_refused(groups: list[list[int]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Barycenter(HAND, groups)


def test_data_of_another_topology_are_refused() -> None:
    sequences = [SkeletonSequence.from_array(torch.ones(1, t.num_joints, 3), t) for t in (NTU25, NWUCLA20)]
    with pytest.raises(
        ValueError, match=r"topology: expected persons of 'NTU25' \(25 joints\) alone, got 45 nodes .*give"
    ):
        Barycenter(NTU25)(Batch.from_data_list(sequences))


def test_groups_of_a_skeleton_of_ones_own_hand_typed() -> None:
    tree = Topology(
        "mine",
        ("hip", "neck", "head", "shoulder", "elbow", "wrist", "hand", "finger", "thumb"),
        ("hip", "hip", "neck", "neck", "shoulder", "elbow", "wrist", "hand", "hand"),
        parts=(Part("trunk", (0, 1, 2), 0, 1), Part("arm", (3, 4, 5, 6, 7, 8), 3, 1)),
    )
    # hip and neck; the head, two bones from the hip, is one alone; the fingers, four from the shoulder, join the wrist
    assert groups_of(tree) == [(0, 1), (2,), (3, 4), (5, 6, 7, 8)]
    assert Barycenter(tree, groups_of(tree)).topology.joints[-1] == "wrist+hand+finger+thumb"


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_derived_groups_hold_each_joint_once_on_both_sides_alike(topology: Topology) -> None:
    groups = groups_of(replace(topology, name="mine"))
    assert sorted(joint for group in groups for joint in group) == list(range(topology.num_joints))
    sets = {frozenset(group) for group in groups}
    assert {frozenset(topology.mirror[joint] for joint in group) for group in sets} == sets
    assert len(groups) < topology.num_joints


def test_known_skeletons_have_their_typed_groups() -> None:
    assert groups_of(NTU25) == list(BARYCENTER_GROUPS[NTU25])
