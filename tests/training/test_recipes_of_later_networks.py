"""The recipes of MST-GCN, DualHead-Net, DGNN and Hyper-GCN: their values, and inputs that their networks read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
import torch
from lightning import Trainer
from torch import nn
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.models import DGNN, MSTGCN, DualHeadNet, HyperGCN
from tg_skeleton.training import Recipe, Recognizer, SkeletonDataModule
from tg_skeleton.training.recipes.agcn import JointOrBone
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.dgnn import HoldIncidences, dgnn_ntu60
from tg_skeleton.training.recipes.dual_head_net import dual_head_net_ntu60
from tg_skeleton.training.recipes.hypergcn import hypergcn_ntu60
from tg_skeleton.training.recipes.mstgcn import mstgcn_ntu60

NETWORKS: dict[Callable[..., Recipe], tuple[Callable[[], nn.Module], dict[str, tuple[str, ...]]]] = {
    mstgcn_ntu60: (lambda: MSTGCN(NTU25, 3, 4, widths=(8, 8)), {name: (name,) for name in get_args(JointOrBone)}),
    dual_head_net_ntu60: (
        lambda: DualHeadNet(NTU25, 3, 4, width=6, num_scales=(2, 2)),
        {name: (name,) for name in get_args(JointOrBone)},
    ),
    dgnn_ntu60: (
        lambda: DGNN(NTU25, 6, 4, widths=(8,)),
        {"spatial": ("joint", "bone"), "motion": ("joint_velocity", "bone_velocity")},
    ),
    hypergcn_ntu60: (
        lambda: HyperGCN(NTU25, 3, 4, widths=(8,)),
        {name: (name,) for name in get_args(JointOrBoneInMotion)},
    ),
}
"""Each recipe's network, and of each of its streams the streams that `Streams` writes."""

AUGMENTED = {hypergcn_ntu60}

CASES = [(recipe, stream) for recipe, (_, streams) in NETWORKS.items() for stream in streams]


def two_recordings() -> list[SkeletonSequence]:
    """One person for 31 frames, two for 45."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(31, 1, 25, 3), (45, 2, 25, 3)]
    return [SkeletonSequence.from_array(torch.randn(shape, generator=generator), NTU25, y=0) for shape in shapes]


def test_values_of_mst_gcn() -> None:
    values = mstgcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (110, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.15, 1e-4, 0.0)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((50, 70, 90), 0.1, 10)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_dual_head_net() -> None:
    values = dual_head_net_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (90, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.05, 5e-4, 0.0)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((40, 60, 80), 0.1, 0)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_dgnn() -> None:
    values = dgnn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (120, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 5e-4, 0.0)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((60, 90), 0.1, 0)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_hyper_gcn() -> None:
    values = hypergcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (140, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.05, 4e-4, 0.1)
    assert (values.milestones, values.gamma, values.warmup_epochs) == ((110, 120), 0.1, 5)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (64, 1)


@pytest.mark.parametrize(("held", "moved"), [(1, True), (2, False)])
def test_incidences_are_held_for_the_first_epochs(held: int, moved: bool) -> None:
    model = DGNN(NTU25, 6, 4, widths=(4,))
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    recipe = replace(dgnn_ntu60().with_epochs(2), batch_size=2, milestones=())
    prepare = recipe.preprocessing.train_transform
    prepared = [prepare(sequence) for sequence in two_recordings()]
    data = SkeletonDataModule(prepared, prepared, batch_size=2)
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        max_epochs=2,
        limit_val_batches=0,
        callbacks=[HoldIncidences(held)],
    )
    trainer.fit(Recognizer(model, 4, recipe), datamodule=data)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name]) == ("incidence" in name and not moved), name


def test_epochs_below_zero() -> None:
    with pytest.raises(ValueError, match="epochs: expected at least 0, got -1"):
        HoldIncidences(-1)


@pytest.mark.parametrize(("recipe", "stream"), CASES)
def test_recipes_end_in_two_persons_of_the_stream(recipe: Callable[..., Recipe], stream: str) -> None:
    build, streams = NETWORKS[recipe]
    prepare, network = recipe(stream).preprocessing, build().eval()
    for transform, batch_transform in (
        (prepare.train_transform, prepare.train_batch_transform),
        (prepare.val_transform, prepare.eval_batch_transform),
        (prepare.test_transform, prepare.eval_batch_transform),
    ):
        batch = Batch.from_data_list([transform(data) for data in two_recordings()])
        read = batch_transform(batch)
        assert read.x.shape == (prepare.num_frames, 4 * 25, 3 * len(streams[stream]))
        assert bool((read.x[:, 25:50] == 0).all()), "nobody stands beside the first"
        assert network(read.x[:8], read.batch, 2).shape == (2, 4)
        if batch_transform is prepare.eval_batch_transform:
            expected = T.Streams(*streams[stream])(batch).x  # type: ignore[arg-type]
            torch.testing.assert_close(read.x[:, 50:], expected[:, 25:])


@pytest.mark.parametrize("recipe", NETWORKS)
def test_a_third_person_is_left_out(recipe: Callable[..., Recipe]) -> None:
    prepare = recipe().preprocessing
    three = prepare.test_transform(SkeletonSequence.from_array(torch.randn(31, 3, 25, 3), NTU25, y=0))
    assert prepare.eval_batch_transform(Batch.from_data_list([three])).x.shape[1] == 50


@pytest.mark.parametrize("recipe", NETWORKS)
def test_unknown_stream(recipe: Callable[..., Recipe]) -> None:
    with pytest.raises(ValueError, match=r"stream: expected one of \('.*\), got 'score'"):
        recipe("score")


@pytest.mark.parametrize("recipe", NETWORKS)
def test_which_are_augmented(recipe: Callable[..., Recipe]) -> None:
    prepare, data = recipe().preprocessing, two_recordings()[1]
    once, twice = (
        prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(data)])).x for _ in range(2)
    )
    assert torch.equal(once, twice) == (recipe not in AUGMENTED)
    assert torch.equal(prepare.test_transform(data).pos, prepare.test_transform(data).pos)
