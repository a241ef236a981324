from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.datasets.preprocessing import nw_ucla_preprocessing, sbu_preprocessing, simulated_preprocessing
from tg_skeleton.topologies import NWUCLA20, SBU15
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes.agcn import agcn_ntu60
from tg_skeleton.training.recipes.ctrgcn import ctrgcn_ntu60
from tg_skeleton.training.recipes.msg3d import msg3d_ntu60, msg3d_small
from tg_skeleton.training.recipes.sgn import sgn_ntu60, sgn_small
from tg_skeleton.training.recipes.stgcn import gcn_small, stgcn_ntu60
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing

PREPROCESSINGS = {nw_ucla_preprocessing: NWUCLA20, sbu_preprocessing: SBU15, simulated_preprocessing: NTU25}
JOINTS: Channels = partial(T.Streams, "joint", "joint_velocity")


@pytest.mark.parametrize(
    ("small", "published"),
    [(sgn_small, sgn_ntu60), (gcn_small, ctrgcn_ntu60), (msg3d_small, msg3d_ntu60)],
)
def test_the_optimiser_is_the_published_one(
    small: Callable[[Preprocessing], Recipe], published: Callable[[], Recipe]
) -> None:
    ours, theirs = small(nw_ucla_preprocessing(JOINTS)), published().with_batch_size(32)
    for key in ("optimizer", "learning_rate", "weight_decay", "batch_size", "gamma"):
        assert getattr(ours, key) == getattr(theirs, key)


def test_three_networks_share_a_rate() -> None:
    assert {recipe().learning_rate for recipe in (stgcn_ntu60, agcn_ntu60, ctrgcn_ntu60)} == {0.1}


def test_the_course_is_one_for_all() -> None:
    recipes = [small(nw_ucla_preprocessing(JOINTS)) for small in (sgn_small, gcn_small, msg3d_small)]
    courses = {(r.epochs, r.batch_size, r.milestones, r.warmup_epochs, r.label_smoothing) for r in recipes}
    assert courses == {(50, 32, (30, 40), 3, 0.1)}


@pytest.mark.parametrize(("preprocessing", "topology"), PREPROCESSINGS.items())
def test_clips_are_equal_and_no_velocity_leads_from_one_to_the_next(
    preprocessing: Callable[[Channels], Preprocessing], topology: Topology
) -> None:
    prepare = preprocessing(JOINTS)
    recording = SkeletonSequence.from_array(torch.randn(31, 2, topology.num_joints, 3), topology)
    assert prepare.train_transform is not None and prepare.train_batch_transform is not None
    assert prepare.test_transform is not None and prepare.eval_batch_transform is not None
    train = prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(recording)])).x
    test = prepare.eval_batch_transform(Batch.from_data_list([prepare.test_transform(recording)])).x
    assert train.shape == (prepare.num_frames, 2 * topology.num_joints, 6)
    assert test.shape == (prepare.num_frames * prepare.test_clips, 2 * topology.num_joints, 6)
    assert prepare.val_clips == prepare.test_clips
    assert not test[:: prepare.num_frames, :, 3:].any()
    assert test[1 :: prepare.num_frames, :, 3:].any()


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
def test_training_draws_anew_and_tests_do_not(preprocessing: Callable[[Channels], Preprocessing]) -> None:
    prepare, topology = preprocessing(JOINTS), PREPROCESSINGS[preprocessing]
    recording = SkeletonSequence.from_array(torch.randn(40, 1, topology.num_joints, 3), topology)
    assert prepare.train_transform is not None and prepare.test_transform is not None
    assert not torch.equal(prepare.train_transform(recording).pos, prepare.train_transform(recording).pos)
    assert torch.equal(prepare.test_transform(recording).pos, prepare.test_transform(recording).pos)
