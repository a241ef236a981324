"""Recordings carried to another body."""

from __future__ import annotations

import copy
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.data import body_graph
from tg_skeleton.io import read_nw_ucla_json, read_sbu_text
from tg_skeleton.topologies import COCO17, NWUCLA20, OPENPOSE18, OPENPOSE25, SBU15, TOPOLOGIES

PAIR = Topology("pair", ("left_hip", "right_hip", "wing"), (0, 0, 0))
MIDDLE = Topology("middle", ("pelvis", "left_hip", "tail", "tip"), (0, 0, 0, 2))


def random(topology: Topology, persons: int = 2, dims: int = 2, *, scored: bool = True) -> SkeletonSequence:
    generator = torch.Generator().manual_seed(persons)
    pos = torch.randn(5, persons, topology.num_joints, dims, generator=generator)
    score = torch.rand(5, persons, topology.num_joints, generator=generator) if scored else None
    return SkeletonSequence.from_array(pos, topology, score=score, y=3, name="one")


def hips(score: list[float] | None) -> SkeletonSequence:
    pos = torch.tensor([[2.0, 0.0], [4.0, 2.0], [9.0, 9.0]])[None, None]
    return SkeletonSequence.from_array(pos, PAIR, score=None if score is None else torch.tensor(score)[None, None])


@pytest.mark.parametrize("target", TOPOLOGIES, ids=lambda topology: topology.name)
def test_every_joint_is_the_weighted_sum_of_its_joints(target):
    sequence = random(COCO17)
    out = T.ToTopology(COCO17, target)(sequence)
    weights = COCO17.mapping(target).weights
    expected = torch.einsum("ij,ptjd->ptid", weights, sequence.to_dense("pos"))
    torch.testing.assert_close(out.to_dense("pos"), expected)


def test_to_itself_changes_nothing_but_drops_x():
    sequence = random(NTU25, dims=3)
    sequence.x = sequence.pos.clone()
    out = T.ToTopology(NTU25, NTU25)(sequence)
    assert "x" not in out and "x" in sequence
    for key in ("pos", "score", "edge_index", "parent_index", "joint", "person", "y"):
        assert torch.equal(out[key], sequence[key]), key
    assert out.name == "one"


def test_unseen_joints_stay_as_they_are_in_the_identity():
    sequence = random(COCO17)
    sequence.score[1:3] = 0
    out = T.ToTopology(COCO17, COCO17)(sequence)
    assert torch.equal(out.pos, sequence.pos) and torch.equal(out.score, sequence.score)


def test_the_graph_is_that_of_the_target():
    out = T.ToTopology(COCO17, NTU25)(random(COCO17, persons=3))
    for key, value in body_graph(NTU25, 3).items():
        assert torch.equal(out[key], value), key


@pytest.mark.parametrize(
    ("score", "pelvis", "left_hip", "said"),
    [
        (None, [3.0, 1.0], [2.0, 0.0], None),
        ([0.8, 0.6, 1.0], [3.0, 1.0], [2.0, 0.0], [0.6, 0.8, 0.0, 0.0]),
        ([0.8, 0.0, 1.0], [2.0, 0.0], [2.0, 0.0], [0.0, 0.8, 0.0, 0.0]),  # of the hip that was seen
        ([0.0, 0.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0, 0.0, 0.0]),
    ],
)
def test_scores_are_the_least_and_unseen_joints_do_not_pull(score, pelvis, left_hip, said):
    out = T.ToTopology(PAIR, MIDDLE)(hips(score))
    assert out.pos[0].tolist() == [pelvis, left_hip, pelvis, pelvis]  # tail and tip are missing
    assert ("score" in out) == (said is not None)
    if said is not None:
        torch.testing.assert_close(out.score[0], torch.tensor(said))


def test_mirrored_recordings_give_mirrored_recordings():
    transform, sequence = T.ToTopology(NWUCLA20, OPENPOSE25), random(NWUCLA20, persons=1, dims=3)
    turned = copy.copy(sequence)
    turned.pos, turned.score = sequence.pos[:, NWUCLA20.mirror], sequence.score[:, NWUCLA20.mirror]
    out, other = transform(sequence), transform(turned)
    torch.testing.assert_close(other.pos, out.pos[:, OPENPOSE25.mirror])
    torch.testing.assert_close(other.score, out.score[:, OPENPOSE25.mirror])


def test_there_and_back_keeps_the_joints_that_both_have():
    sequence = random(COCO17)
    back = T.ToTopology(OPENPOSE18, COCO17)(T.ToTopology(COCO17, OPENPOSE18)(sequence))
    assert torch.equal(back.pos, sequence.pos) and torch.equal(back.score, sequence.score)


def test_a_network_s_streams_follow():
    batch = Batch.from_data_list([random(COCO17, 1), random(COCO17, 2)])
    out = T.Streams("joint", "bone", "score")(T.ToTopology(COCO17, NTU25)(batch))
    assert out.x.shape == (5, 75, 5) and out.to_dense("x").shape == (3, 5, 25, 5)
    assert out.batch.tolist() == [0] * 25 + [1] * 50 and out.ptr.tolist() == [0, 25, 75]


def test_gradients_reach_the_joints():
    sequence = random(COCO17, 1, scored=False)
    sequence.pos.requires_grad_()
    T.ToTopology(COCO17, NTU25)(sequence).pos.sum().backward()
    expected = COCO17.mapping(NTU25).weights.sum(0)[:, None].expand(-1, 2)
    torch.testing.assert_close(sequence.pos.grad, expected.expand(5, -1, -1))


def test_other_joints_are_refused():
    transform = T.ToTopology(COCO17, NTU25)
    with pytest.raises(ValueError, match="topology: expected persons of 'COCO17' \\(17 joints\\) alone, got 25 nodes"):
        transform(SkeletonSequence.from_array(np.zeros((2, 1, 25, 2)), NTU25))


def test_bodies_without_a_common_joint_are_refused():
    with pytest.raises(ValueError, match="no joint of 'stick'"):
        T.ToTopology(COCO17, Topology("stick", ("a", "b"), ("a", "a")))


def limbs_alone(topology: Topology) -> tuple[Topology, list[int]]:
    """A body of the topology's limbs alone, and their joints."""
    kept = [joint for joint, name in enumerate(topology.joints) if name.startswith(("left_", "right_"))]
    return Topology("limbs", [topology.joints[joint] for joint in kept], [0] * len(kept)), kept


def off(pos: np.ndarray, topology: Topology) -> dict[str, float]:
    """How far joints made of the limbs are from the sensor's own, the median over frames, in meters."""
    limbs, kept = limbs_alone(topology)
    made = T.ToTopology(limbs, topology)(SkeletonSequence.from_array(pos[:, :, kept], limbs)).to_dense("pos").numpy()
    apart = np.median(np.linalg.norm(made - pos.transpose(1, 0, 2, 3), axis=-1), axis=(0, 1))
    return {name: float(apart[topology.index(name)]) for name in limbs.mapping(topology).approximate}


def test_sbu_makes_its_neck_and_torso_as_we_do(shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "sbu.zip") as archive:
        member = next(name for name in archive.namelist() if name.endswith("skeleton_pos.txt"))
        recording = read_sbu_text(archive.read(member), member)
    assert off(recording.pos, SBU15) == {"neck": pytest.approx(0, abs=0.002), "torso": pytest.approx(0, abs=0.005)}


def test_a_kinect_s_middle_is_within_a_hand_of_ours(shared_data: Path) -> None:
    with zipfile.ZipFile(shared_data / "all_sqe.zip") as archive:
        members = [name for name in archive.namelist() if name.endswith(".json")][::100]
        pos = np.concatenate([read_nw_ucla_json(archive.read(name)).pos for name in members])
    apart = off(pos[(pos != 0).any(-1).all(-1).all(-1)], NWUCLA20)
    assert set(apart) == {"hip_center", "spine", "shoulder_center"}
    assert apart["hip_center"] < 0.08 and apart["spine"] < 0.06 and apart["shoulder_center"] < 0.13
