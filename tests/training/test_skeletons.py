"""The skeletons of the published trainings."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.topologies import BARYCENTER_GROUPS
from tg_skeleton.training import described
from tg_skeleton.training.recipes import NETWORKS
from tg_skeleton.training.skeletons import NTU25_CENTERED, OPENPOSE18_SIDES
from tg_skeleton.transforms import groups_of

PUBLISHED = ("ntu60", "ntu120", "kinetics")
PAIRS = [(name, stream, key) for name, row in NETWORKS.items() for stream in row.all_streams for key in PUBLISHED]
GRAPH_NETWORKS = sorted({*NETWORKS} - {"esan", "sgn", "hcn"})


def test_hands_are_chains_and_bones_point_away_from_the_center_on_ntu_rgbd() -> None:
    names = NTU25_CENTERED.joints
    above = {name: names[parent] for name, parent in zip(names, NTU25_CENTERED.parents, strict=True)}
    assert above["spine_shoulder"] == "spine_shoulder"
    assert [above[name] for name in ("spine_base", "spine_mid", "neck", "left_shoulder")] == [
        "spine_mid",
        *["spine_shoulder"] * 3,
    ]
    assert [above[name] for name in ("left_hand_tip", "left_thumb")] == ["left_thumb", "left_hand"]
    assert [above[name] for name in ("right_hand_tip", "right_thumb")] == ["right_thumb", "right_hand"]


def test_hips_hang_on_the_shoulders_of_their_sides_on_kinetics() -> None:
    # (joint, parent) as ST-GCN's authors list them, in OpenPose's numbers
    bones = {(4, 3), (3, 2), (7, 6), (6, 5), (13, 12), (12, 11), (10, 9), (9, 8), (11, 5), (8, 2), (5, 1), (2, 1)}
    assert set(OPENPOSE18_SIDES.bones) == bones | {(0, 1), (15, 0), (14, 0), (17, 15), (16, 14)}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_row_states_skeleton_and_graph_of_each_published_training(name: str) -> None:
    row = NETWORKS[name]
    assert row.graph
    assert set(row.skeletons) == set(PUBLISHED) == {key.partition("/")[0] for key in row.recipes} & set(PUBLISHED)
    expected = (
        ("NTU25_CHAIN", "spine_shoulder", "OPENPOSE18_SIDES", "neck")
        if name in GRAPH_NETWORKS
        else ("NTU25", "spine_base", "OPENPOSE18", "neck")
    )
    ntu, kinetics = row.skeletons["ntu60"], row.skeletons["kinetics"]
    assert (ntu.name, ntu.joints[ntu.root], kinetics.name, kinetics.joints[kinetics.root]) == expected
    assert row.skeletons["ntu120"] == ntu


@pytest.mark.parametrize(("name", "stream", "dataset"), PAIRS)
def test_bones_and_edges_are_those_of_the_row(name: str, stream: str, dataset: str) -> None:
    body, row = DATASETS[dataset].body(Location(Path())), NETWORKS[name]
    setting = row.setting(body, list(body.dataset.protocols)[-1], stream)
    lines = described(setting)
    assert f"skeleton.topology: {setting.topology.name!r}" in lines
    assert f"skeleton.root: {setting.topology.joints[setting.topology.root]!r}" in lines
    assert f"skeleton.graph: {row.graph!r}" in lines

    torch.manual_seed(0)
    shape = (31, 2, body.topology.num_joints, body.dims)
    score = torch.ones(shape[:3]) if body.scored else None
    given = SkeletonSequence.from_array(torch.randn(shape), body.topology, score=score)
    prepare = setting.recipe.preprocessing
    batch = prepare.eval_batch_transform(Batch.from_data_list([prepare.test_transform(given)]))  # type: ignore[misc]
    joints = setting.topology.num_joints
    assert batch.parent_index[:joints].tolist() == list(setting.topology.parents)
    edges = {tuple(edge) for edge in batch.edge_index.T.tolist() if max(edge) < joints}
    assert edges == {tuple(edge) for edge in setting.topology.edge_index.T.tolist()}
    if stream in ("bone", "bone-barycenter"):
        frames, dims = setting.recipe.preprocessing.num_frames, body.dims
        joint = "joint" if stream == "bone" else "joint-barycenter"
        other = (row.setting(body, list(body.dataset.protocols)[-1], joint)).recipe.preprocessing.eval_batch_transform
        place = other(Batch.from_data_list([prepare.test_transform(given)])).x[:frames, :joints, :dims]  # type: ignore[misc]
        expected = place - place[:, list(setting.topology.parents)]
        torch.testing.assert_close(batch.x[:frames, :joints, :dims], expected, rtol=0, atol=1e-6)


def test_small_sets_keep_their_own_skeletons() -> None:
    body = DATASETS["nw_ucla"].body(Location(Path()))
    assert all(row.skeleton(body) is body.topology for row in NETWORKS.values())


@pytest.mark.parametrize("topology", [NTU25_CENTERED, OPENPOSE18_SIDES], ids=lambda topology: topology.name)
def test_barycenters_are_the_typed_ones_whatever_the_root(topology) -> None:
    known = next(known for known in BARYCENTER_GROUPS if known.joints == topology.joints)
    assert groups_of(topology) == list(BARYCENTER_GROUPS[known])
