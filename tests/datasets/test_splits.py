"""Holding out validation recordings."""

import numpy as np
import pytest

from tg_skeleton.datasets import hold_out
from tg_skeleton.datasets.splits import rows_of

LABELS = [0] * 40 + [1] * 20 + [2] * 2
GROUPS = [f"g{row // 2}" for row in range(62)]


def test_fraction_of_every_class():
    held = hold_out(LABELS, GROUPS, 0.1, seed=0)
    assert np.bincount(np.array(LABELS)[held]).tolist() == [4, 2]  # a class with one group keeps it


def test_groups_stay_together():
    held = hold_out(LABELS, GROUPS, 0.3, seed=1)
    assert (held[::2] == held[1::2]).all()


def test_small_classes_have_both_sides():
    assert hold_out([0, 0], ["a", "b"], 0.01, seed=0).sum() == 1
    assert hold_out([0, 0], ["a", "b"], 0.99, seed=0).sum() == 1


def test_the_draw_does_not_depend_on_the_order():
    held = hold_out(LABELS, GROUPS, 0.3, seed=0)
    back = hold_out(LABELS[::-1], GROUPS[::-1], 0.3, seed=0)
    assert (held == back[::-1]).all()


def test_seeds_draw_differently():
    assert (hold_out(LABELS, GROUPS, 0.3, seed=0) != hold_out(LABELS, GROUPS, 0.3, seed=1)).any()


def test_the_draw_is_the_same_on_every_machine():
    # printf "0:d" | sha256sum, and so on: d and f come first
    assert np.flatnonzero(hold_out([0] * 6, list("abcdef"), 0.34, seed=0)).tolist() == [3, 5]


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 2])
def test_fraction_out_of_range(fraction):
    with pytest.raises(ValueError, match=f"fraction: expected a number between 0 and 1 to hold out, got {fraction}"):
        hold_out([0], ["a"], fraction, seed=0)


def test_rows_of_a_split():
    names = np.array(["a1", "a2", "b1", "c1", "d1"])
    training = np.array([True, True, True, False, False])

    def rows(split, seed=0):
        given = {"labels": np.zeros(5, int), "names": names, "group_of": lambda name: name[0]}
        return rows_of(split, training, **given, fraction=0.5, seed=seed).tolist()

    assert (rows("test"), rows("trainval")) == ([3, 4], [0, 1, 2])
    assert sorted([rows("val"), rows("train")]) == [[0, 1], [2]]
    assert {str(rows("val", seed)) for seed in range(9)} == {"[0, 1]", "[2]"}
