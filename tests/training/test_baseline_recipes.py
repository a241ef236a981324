from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.models import AGCN, CTRGCN, MSG3D, SGN, STGCN
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes.agcn import JointOrBone, agcn_ntu60
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion, ctrgcn_ntu60
from tg_skeleton.training.recipes.msg3d import msg3d_ntu60
from tg_skeleton.training.recipes.sgn import sgn_ntu60
from tg_skeleton.training.recipes.stgcn import stgcn_ntu60

NETWORKS: dict[Callable[[], Recipe], Callable[[], nn.Module]] = {
    sgn_ntu60: lambda: SGN(NTU25, 3, 4),
    stgcn_ntu60: lambda: STGCN(NTU25, 3, 4, widths=(4, 6)),
}


def two_recordings() -> list[SkeletonSequence]:
    """One person for 31 frames, two for 45."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(31, 1, 25, 3), (45, 2, 25, 3)]
    return [SkeletonSequence.from_array(torch.randn(shape, generator=generator), NTU25, y=0) for shape in shapes]


def test_values_of_sgn() -> None:
    values = sgn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (120, 64, "adam")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (1e-3, 1e-4, 0.1)
    assert (values.milestones, values.gamma) == ((60, 90, 110), 0.1)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (20, 5)


def test_values_of_st_gcn() -> None:
    values = stgcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (80, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 1e-4, 0.0)
    assert (values.milestones, values.gamma) == ((10, 50), 0.1)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_rotations_of_sgn_are_wider_across_views() -> None:
    assert "RandomRotate(17)" in repr(sgn_ntu60("xsub").preprocessing.train_batch_transform)
    assert "RandomRotate(30)" in repr(sgn_ntu60("xview").preprocessing.train_batch_transform)


def test_unknown_protocol() -> None:
    with pytest.raises(ValueError, match=r"protocol: expected one of \('xsub', 'xview'\), got 'xset'"):
        sgn_ntu60("xset")  # type: ignore[arg-type]


@pytest.mark.parametrize("recipe", NETWORKS)
def test_recipes_end_in_joints_that_their_network_reads(recipe: Callable[[], Recipe]) -> None:
    prepare, network = recipe().preprocessing, NETWORKS[recipe]().eval()
    for transform, batch_transform, clips in (
        (prepare.train_transform, prepare.train_batch_transform, 1),
        (prepare.val_transform, prepare.eval_batch_transform, prepare.val_clips),
        (prepare.test_transform, prepare.eval_batch_transform, prepare.test_clips),
    ):
        batch = batch_transform(Batch.from_data_list([transform(data) for data in two_recordings()]))
        assert batch.x.shape[::2] == (prepare.num_frames * clips, 3)
        assert network(batch.x[: prepare.num_frames], batch.batch, 2).shape == (2, 4)


def test_sgn_sees_one_person_a_frame_and_st_gcn_all_of_them() -> None:
    recording = two_recordings()[1]
    assert sgn_ntu60().preprocessing.train_transform(recording).num_persons == 1
    assert stgcn_ntu60().preprocessing.train_transform(recording).num_persons == 2


def test_only_sgn_is_augmented() -> None:
    def same_twice(recipe: Recipe) -> bool:
        prepare, data = recipe.preprocessing, two_recordings()[:1]
        drawn = [
            prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(one) for one in data])).x
            for _ in range(2)
        ]
        return torch.equal(*drawn)

    assert not same_twice(sgn_ntu60())
    assert same_twice(stgcn_ntu60())


PERSONS_APART: dict[Callable[..., Recipe], tuple[type[nn.Module], tuple[str, ...]]] = {
    agcn_ntu60: (AGCN, get_args(JointOrBone)),
    msg3d_ntu60: (MSG3D, get_args(JointOrBone)),
    ctrgcn_ntu60: (CTRGCN, get_args(JointOrBoneInMotion)),
}
"""The networks that tell two persons apart, and their streams."""


def test_values_of_2s_agcn() -> None:
    values = agcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (50, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 1e-4, 0.0)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((30, 40), 0.1, 0)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_ms_g3d() -> None:
    values = msg3d_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (50, 32, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.05, 5e-4, 0.0)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((30, 40), 0.1, 0)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_ctr_gcn() -> None:
    values = ctrgcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (65, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 4e-4, 0.0)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((35, 55), 0.1, 5)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (64, 1)


@pytest.mark.parametrize(("recipe", "stream"), [(r, s) for r, (_, streams) in PERSONS_APART.items() for s in streams])
def test_recipes_end_in_two_persons_of_the_stream(recipe: Callable[..., Recipe], stream: str) -> None:
    prepare, network = recipe(stream).preprocessing, PERSONS_APART[recipe][0](NTU25, 3, 4, widths=(12,)).eval()
    for transform, batch_transform in (
        (prepare.train_transform, prepare.train_batch_transform),
        (prepare.val_transform, prepare.eval_batch_transform),
        (prepare.test_transform, prepare.eval_batch_transform),
    ):
        batch = Batch.from_data_list([transform(data) for data in two_recordings()])
        read = batch_transform(batch)
        assert read.x.shape == (prepare.num_frames, 4 * 25, 3)
        assert bool((read.x[:, 25:50] == 0).all()), "nobody stands beside the first"
        assert network(read.x[:8], read.batch, 2).shape == (2, 4)
        if batch_transform is prepare.eval_batch_transform:
            expected = T.Streams(stream)(batch).x  # type: ignore[arg-type]
            torch.testing.assert_close(read.x[:, 50:], expected[:, 25:])


@pytest.mark.parametrize("recipe", PERSONS_APART)
def test_a_third_person_is_left_out(recipe: Callable[..., Recipe]) -> None:
    prepare = recipe().preprocessing
    three = prepare.test_transform(SkeletonSequence.from_array(torch.randn(31, 3, 25, 3), NTU25, y=0))
    assert prepare.eval_batch_transform(Batch.from_data_list([three])).x.shape[1] == 50


@pytest.mark.parametrize("recipe", PERSONS_APART)
def test_unknown_stream(recipe: Callable[..., Recipe]) -> None:
    with pytest.raises(ValueError, match=r"stream: expected one of \('joint', 'bone'.*\), got 'score'"):
        recipe("score")


@pytest.mark.parametrize(("recipe", "random"), [(agcn_ntu60, False), (msg3d_ntu60, False), (ctrgcn_ntu60, True)])
def test_of_them_only_ctr_gcn_is_augmented(recipe: Callable[..., Recipe], random: bool) -> None:
    prepare, data = recipe().preprocessing, two_recordings()[1]
    once, twice = (
        prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(data)])).x for _ in range(2)
    )
    assert torch.equal(once, twice) != random
    assert torch.equal(prepare.test_transform(data).pos, prepare.test_transform(data).pos)
