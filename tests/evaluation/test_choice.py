from __future__ import annotations

from math import isnan

import pytest

from tg_skeleton.evaluation.choice import Paired, paired, verdict


def test_differences_are_those_of_the_same_seeds() -> None:
    # Differences 1, 3, 2, 2: mean 2, variance (1 + 1 + 0 + 0) / 3 = 2/3, error sqrt(2/3 / 4).
    found = paired({0: 70.0, 1: 74.0, 2: 60.0, 3: 50.0, 9: 99.0}, {3: 52.0, 2: 62.0, 1: 77.0, 0: 71.0})
    assert found == Paired(65.5, pytest.approx(119**0.5), 2.0, pytest.approx(6**-0.5))


def test_one_seed_has_no_spread() -> None:
    found = paired({4: 70.0}, {4: 69.5})
    assert (found.mean, found.difference, isnan(found.spread), isnan(found.error)) == (69.5, -0.5, True, True)


def test_without_a_seed_in_common_there_is_nothing_to_compare() -> None:
    with pytest.raises(ValueError, match=r"changed: expected a seed of \[0, 1\], got \[2\]; train the same seeds"):
        paired({0: 1.0, 1: 1.0}, {2: 1.0})


@pytest.mark.parametrize(
    ("differences", "seeds", "said"),
    [
        ([1.5, 1.5], 4, "counts"),
        ([(0.7 + 0.8), 4.4 / 2 - 0.7], 5, "counts"),  # up to rounding
        ([1.49, 30.0], 4, "undecided"),
        ([1.5, 1.5], 3, "too few seeds"),
        ([-1.5, -9.0], 4, "harms"),
        ([-1.5, -1.4], 4, "undecided"),
        ([2.0], 4, "counts"),
    ],
)
def test_a_change_counts_on_every_fold_or_not(differences: list[float], seeds: int, said: str) -> None:
    assert verdict(differences, seeds) == said


def test_no_fold_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="differences: expected one of each fold, got none"):
        verdict([], 4)
