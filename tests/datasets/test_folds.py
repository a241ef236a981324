from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.datasets.folds import Fold, folds_of, values_of
from tg_skeleton.topologies import COCO17


@pytest.fixture
def own(tmp_path: Path) -> ArrayDataset:
    """Ten training recordings of subjects 2 and 10, sites 'a' and 'b', rooms 5 alone, and two of a test."""
    facts = {"subject": [2, 10] * 6, "site": ["b", "b", "a", "a"] * 3, "room": [5] * 12}
    splits = ["train"] * 8 + ["val"] * 2 + ["test"] * 2
    arrays = [np.full((3, 17, 2), row + 1.0) for row in range(12)]
    ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 1, 1] * 3, COCO17, facts=facts, splits=splits)
    return ArrayDataset(tmp_path, "trainval")


def test_each_value_is_left_out_once_in_the_order_of_numbers(own: ArrayDataset) -> None:
    assert folds_of(own, "subject") == [Fold("subject", ("2",)), Fold("subject", ("10",))]
    assert [fold.label for fold in folds_of(own, "site")] == ["site a", "site b"]


def test_the_sides_share_nothing_and_have_every_training_recording(own: ArrayDataset) -> None:
    for fold in folds_of(own, "subject+site"):
        rest, left_out = fold.sides(own)
        assert sorted(rest.names + left_out.names) == sorted(own.names)
        assert set(values_of(left_out, "subject+site").tolist()) == set(fold.held)
        assert not set(values_of(rest, "subject+site").tolist()) & set(fold.held)


def test_values_of_several_facts_are_dealt_into_folds(own: ArrayDataset) -> None:
    assert values_of(own, "subject+site").tolist()[:4] == ["2-b", "10-b", "2-a", "10-a"]
    held = [fold.held for fold in folds_of(own, "subject+site", 2)]
    assert held == [("2-a", "10-a"), ("2-b", "10-b")]


@pytest.mark.parametrize(
    ("by", "count", "message"),
    [
        ("camera", None, r"by: expected a fact of the recordings \(subject, site\), got 'camera'"),
        ("subject+camera", None, "got 'camera'"),
        ("split", None, r"by: expected a fact of the recordings \(subject, site\), got 'split'"),
        ("room", None, "by: all recordings of the training part have room 5; expected a fact with several values"),
        ("subject", 3, "folds: expected 2 to 2, the values of subject, got 3"),
        ("subject", 1, "folds: expected 2 to 2, the values of subject, got 1"),
    ],
)
def test_what_cannot_be_left_out_says_what_can(own: ArrayDataset, by: str, count: int | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        folds_of(own, by, count)


def test_recordings_without_facts(tmp_path: Path) -> None:
    plain = ArrayDataset.from_arrays(tmp_path, [np.ones((3, 17, 2))] * 2, [0, 1], COCO17)
    with pytest.raises(ValueError, match="there is none; ArrayDataset.from_arrays takes some"):
        folds_of(plain, "subject")


def test_a_class_that_would_not_be_learned_is_named(tmp_path: Path) -> None:
    arrays, facts = [np.ones((3, 17, 2))] * 4, {"subject": [1, 1, 1, 2]}
    own = ArrayDataset.from_arrays(tmp_path, arrays, [0, 1, 0, 0], COCO17, class_names=("sit", "stand"), facts=facts)
    with pytest.raises(
        ValueError, match="by: all recordings of class 'stand' are of subject 1, so that nothing is left"
    ):
        Fold("subject", ("1",)).sides(own)
    with pytest.raises(ValueError, match="by: expected recordings with and without subject 7, got 0 with it of 4"):
        Fold("subject", ("7",)).sides(own)
