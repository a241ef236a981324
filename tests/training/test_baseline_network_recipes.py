"""The published settings of the networks that came after the first five."""

from __future__ import annotations

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.models import AAGCN, HCN, STGCNPP, STTR, ShiftGCN
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes.aagcn import aagcn_ntu60
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.hcn import hcn_ntu60
from tg_skeleton.training.recipes.shiftgcn import shiftgcn_ntu60
from tg_skeleton.training.recipes.stgcnpp import stgcnpp_ntu60
from tg_skeleton.training.recipes.sttr import sttr_ntu60

STREAMS = get_args(JointOrBoneInMotion)
RECIPES: dict[Callable[..., Recipe], tuple[Callable[[int], nn.Module], tuple[str, ...]]] = {
    aagcn_ntu60: (lambda channels: AAGCN(NTU25, channels, 4, widths=(4, 8)), STREAMS),
    shiftgcn_ntu60: (lambda channels: ShiftGCN(NTU25, channels, 4, widths=(4, 8)), STREAMS),
    stgcnpp_ntu60: (lambda channels: STGCNPP(NTU25, channels, 4, widths=(6, 8)), STREAMS),
    sttr_ntu60: (lambda channels: STTR(NTU25, channels, 4, widths=(8, 16), heads=2), ("joint", "bone", "joint+bone")),
}
"""Their networks, made smaller, for so many channels, and their streams."""

TWO_PERSONS: tuple[Callable[..., Recipe], ...] = (aagcn_ntu60, shiftgcn_ntu60, sttr_ntu60)
"""Recipes that give every clip exactly two persons."""

WITH_STREAMS = [(recipe, stream) for recipe, (_, streams) in RECIPES.items() for stream in streams]


def two_recordings() -> list[SkeletonSequence]:
    """One person for 31 frames, two for 45."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(31, 1, 25, 3), (45, 2, 25, 3)]
    return [SkeletonSequence.from_array(torch.randn(shape, generator=generator), NTU25, y=0) for shape in shapes]


def test_values_of_aagcn() -> None:
    values = aagcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (60, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 1e-4, 0.0)
    assert (values.decay, values.milestones, values.gamma) == ("steps", (30, 40, 50), 0.1)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_shift_gcn() -> None:
    values = shiftgcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (140, 64, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 1e-4, 0.0)
    assert (values.decay, values.milestones, values.gamma) == ("steps", (60, 80, 100), 0.1)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_st_tr() -> None:
    values = sttr_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (120, 32, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 1e-4, 0.0)
    assert (values.decay, values.milestones, values.gamma) == ("steps", (60, 90), 0.1)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (300, 1)


def test_values_of_hcn() -> None:
    values = hcn_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (400, 64, "adam")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (1e-3, 1e-4, 0.0)
    assert [values.rate_factor(epoch) for epoch in (0, 1, 2, 399)] == pytest.approx([1, 0.99, 0.99**2, 0.99**399])
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (64, 1)


def test_hcn_reads_its_recipe_s_clips() -> None:
    prepare = hcn_ntu60().preprocessing
    for transform in (prepare.train_transform, prepare.val_transform, prepare.test_transform):
        batch = Batch.from_data_list([transform(data) for data in two_recordings()])
        read = prepare.eval_batch_transform(batch)
        assert read.x.shape == (64, 75, 3)
        assert HCN(NTU25, 3, 4).eval()(read.x, read.batch, 2).shape == (2, 4)


def test_values_of_stgcnpp() -> None:
    values = stgcnpp_ntu60()
    assert (values.epochs, values.batch_size, values.optimizer) == (80, 128, "sgd")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (0.1, 5e-4, 0.0)
    assert (values.decay, values.milestones, values.warmup_epochs) == ("cosine", (), 0)
    assert (values.preprocessing.num_frames, values.preprocessing.test_clips) == (100, 10)


@pytest.mark.parametrize(("recipe", "stream"), WITH_STREAMS)
def test_recipes_end_in_what_their_network_reads(recipe: Callable[..., Recipe], stream: str) -> None:
    prepare = recipe(stream).preprocessing
    persons = 4 if recipe in TWO_PERSONS else 3
    for transform, batch_transform, clips in (
        (prepare.train_transform, prepare.train_batch_transform, 1),
        (prepare.val_transform, prepare.eval_batch_transform, prepare.val_clips),
        (prepare.test_transform, prepare.eval_batch_transform, prepare.test_clips),
    ):
        read = batch_transform(Batch.from_data_list([transform(data) for data in two_recordings()]))
        channels = 6 if stream == "joint+bone" else 3
        assert read.x.shape == (prepare.num_frames * clips, persons * 25, channels)
        network = RECIPES[recipe][0](channels).eval()
        assert network(read.x[: prepare.num_frames], read.batch, 2).shape == (2, 4)


@pytest.mark.parametrize("recipe", RECIPES)
def test_unknown_stream(recipe: Callable[..., Recipe]) -> None:
    with pytest.raises(ValueError, match=r"stream: expected one of \('joint', .*\), got 'score'"):
        recipe("score")


RANDOM = {aagcn_ntu60: False, shiftgcn_ntu60: False, stgcnpp_ntu60: True, hcn_ntu60: True, sttr_ntu60: False}
"""Whether a recording differs from epoch to epoch."""


@pytest.mark.parametrize(("recipe", "random"), RANDOM.items())
def test_which_are_augmented(recipe: Callable[..., Recipe], random: bool) -> None:
    prepare = recipe().preprocessing
    data = SkeletonSequence.from_array(torch.randn(150, 2, 25, 3), NTU25, y=0)
    once, twice = (
        prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(data)])).x for _ in range(2)
    )
    assert torch.equal(once, twice) != random
    assert torch.equal(prepare.test_transform(data).pos, prepare.test_transform(data).pos)
