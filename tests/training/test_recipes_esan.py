from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes.esan import esan_ntu60_xsub, esan_ntu60_xview, esan_nw_ucla, esan_sbu, esan_simulated

PUBLISHED = (esan_ntu60_xsub, esan_ntu60_xview)
ALL = (*PUBLISHED, esan_nw_ucla, esan_sbu, esan_simulated)


def two_recordings() -> list[SkeletonSequence]:
    """One person for 31 frames, two for 45."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(31, 1, 25, 3), (45, 2, 25, 3)]
    return [SkeletonSequence.from_array(torch.randn(shape, generator=generator), NTU25, y=0) for shape in shapes]


@pytest.mark.parametrize("recipe", PUBLISHED)
def test_published_values_are_paper_a_s(recipe: Callable[[], Recipe]) -> None:
    values = recipe()
    assert (values.epochs, values.batch_size, values.optimizer) == (120, 64, "adam")
    assert (values.learning_rate, values.weight_decay, values.label_smoothing) == (1e-3, 1e-4, 0.1)
    assert (values.milestones, values.gamma) == ((60, 90, 110), 0.1)
    assert values.preprocessing.num_frames == 20


def test_test_clips_are_those_of_paper_a() -> None:
    assert [recipe().preprocessing.test_clips for recipe in PUBLISHED] == [5, 5]


def test_rotations_are_those_of_paper_a() -> None:
    said = [repr(recipe().preprocessing.train_batch_transform) for recipe in PUBLISHED]
    assert ["RandomRotate(17)" in text for text in said] == [True, False]
    assert ["RandomRotate(30)" in text for text in said] == [False, True]


@pytest.mark.parametrize("recipe", ALL)
def test_recipes_end_in_joints_and_bones_of_equal_clips(recipe: Callable[[], Recipe]) -> None:
    prepare = recipe().preprocessing
    train = prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(r) for r in two_recordings()]))
    val = prepare.eval_batch_transform(Batch.from_data_list([prepare.val_transform(r) for r in two_recordings()]))
    test = prepare.eval_batch_transform(Batch.from_data_list([prepare.test_transform(r) for r in two_recordings()]))
    assert train.x.shape[::2] == (20, 6)
    assert val.x.shape[::2] == (20 * prepare.val_clips, 6)
    assert test.x.shape[::2] == (20 * prepare.test_clips, 6)


@pytest.mark.parametrize("recipe", ALL)
@pytest.mark.parametrize("stream", ["joint", "bone"])
def test_joints_or_bones_alone_are_half_of_both(recipe: Callable[[str], Recipe], stream: str) -> None:
    batch = Batch.from_data_list([recipe("joint+bone").preprocessing.val_transform(r) for r in two_recordings()])
    both = recipe("joint+bone").preprocessing.eval_batch_transform(batch).x
    alone = recipe(stream).preprocessing.eval_batch_transform(batch).x
    assert torch.equal(alone, both[..., :3] if stream == "joint" else both[..., 3:])


@pytest.mark.parametrize("recipe", ALL)
def test_an_unknown_stream_is_refused(recipe: Callable[[str], Recipe]) -> None:
    with pytest.raises(ValueError, match=r"stream: expected one of \('joint\+bone', 'joint', 'bone'\), got 'score'"):
        recipe("score")


def test_sbu_s_small_validation_split_is_seen_as_the_test_split_is() -> None:
    prepare = esan_sbu().preprocessing
    assert (repr(prepare.val_transform), prepare.val_clips) == (repr(prepare.test_transform), prepare.test_clips)


@pytest.mark.parametrize("recipe", [*PUBLISHED, esan_nw_ucla, esan_simulated])
def test_training_is_augmented_and_validation_is_not(recipe: Callable[[], Recipe]) -> None:
    prepare = recipe().preprocessing

    def twice(transform: Callable, batch_transform: Callable) -> bool:
        drawn = [batch_transform(Batch.from_data_list([transform(two_recordings()[0])])).x for _ in range(2)]
        return torch.equal(*drawn)

    assert not twice(prepare.train_transform, prepare.train_batch_transform)
    assert twice(prepare.val_transform, prepare.eval_batch_transform)


def test_nw_ucla_lies_between_minus_one_and_one() -> None:
    prepare = esan_nw_ucla().preprocessing
    pos = prepare.train_transform(two_recordings()[0]).pos
    assert pos.abs().max() <= 1 + 1e-6
