"""The tolerance of float32 comparisons, and that it is neither blind nor too tight."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from tests import rounding
from tests.rounding import assert_equal_up_to_rounding, tolerance


def test_the_tolerance_grows_with_the_root_of_the_depth() -> None:
    assert tolerance(1) == 2 * 8 * 2**-24
    assert tolerance(100, scale=3.0) == pytest.approx(30 * tolerance(1))


def test_a_network_is_as_deep_as_the_sums_of_its_maps() -> None:
    model = nn.Sequential(nn.Linear(10, 7), nn.BatchNorm1d(7), nn.Conv1d(4, 5, 3))
    assert tolerance(model) == tolerance(10 + 12)


@pytest.mark.parametrize("terms", [10, 1000, 100_000])
def test_sums_in_another_order_are_equal_up_to_rounding(terms: int) -> None:
    values = torch.randn(20, terms, generator=torch.Generator().manual_seed(0)) / math.sqrt(terms)
    sorted_first = values.sort(dim=1).values
    assert_equal_up_to_rounding(sorted_first.cumsum(1)[:, -1], values.sum(1), depth=terms)


def test_an_error_in_the_fourth_digit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounding, "margins", [])  # not one of the suite's
    value = np.ones(5, np.float32)
    with pytest.raises(AssertionError, match="Not equal to tolerance"):
        assert_equal_up_to_rounding(value * 1.0005, value, depth=1000)


def test_other_shapes_are_not_equal() -> None:
    with pytest.raises(AssertionError, match=r"shapes \(2,\) and \(3,\)"):
        assert_equal_up_to_rounding(np.ones(2), np.ones(3), depth=1)


def test_sequences_are_compared_part_by_part() -> None:
    parts = [torch.ones(2), np.zeros(3)]
    before = len(rounding.margins)
    assert_equal_up_to_rounding(parts, parts, depth=1)
    assert [margin for margin, _ in rounding.margins[before:]] == [math.inf, math.inf]
