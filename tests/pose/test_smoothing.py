"""Smoothing that looks at the past alone."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.pose import OneEuro


def smoothed(values: np.ndarray, fps: float, smooth: OneEuro) -> np.ndarray:
    return np.stack([smooth(0, value, row / fps) for row, value in enumerate(values)])


def test_a_step_typed_by_hand():
    out = smoothed(np.array([[0.0], [1.0], [1.0]]), 30, OneEuro(cutoff=1.0, beta=0.0))
    share = 1 / (1 + 30 / (2 * np.pi))  # 0.1732
    np.testing.assert_allclose(out[:, 0], [0, share, share + share * (1 - share)], rtol=1e-12)


def test_what_stands_still_is_steadied():
    noise = np.random.default_rng(0).normal(0, 0.02, (300, 3))
    out = smoothed(noise, 30, OneEuro(cutoff=1.0, beta=0.5))
    assert out[50:].std() < 0.5 * noise[50:].std()


def test_what_moves_fast_is_followed():
    way = np.linspace(0, 6, 90)[:, None]  # 2 meters a second
    slow = smoothed(way, 30, OneEuro(cutoff=1.0, beta=0.0))
    fast = smoothed(way, 30, OneEuro(cutoff=1.0, beta=2.0))
    assert way[-1] - slow[-1] > 0.25 and way[-1] - fast[-1] < 0.08


@pytest.mark.parametrize("fps", [15, 60])
def test_the_rate_does_not_matter(fps):
    values = np.concatenate([np.zeros((1, 1)), np.ones((fps, 1))])
    assert smoothed(values, fps, OneEuro(cutoff=0.5, beta=0.0))[-1, 0] == pytest.approx(1 - np.exp(-np.pi), abs=0.02)


def test_persons_and_gaps_begin_anew():
    smooth = OneEuro(cutoff=1.0, beta=0.0, patience=0.5)
    smooth(0, np.zeros(3), 0.0)
    assert smooth(1, np.ones(3), 0.1).tolist() == [1, 1, 1]
    assert smooth(0, np.ones(3), 0.6).tolist() == [1, 1, 1]
    smooth.keep(0.65)
    assert smooth(1, np.zeros(3), 0.65).tolist() == [0, 0, 0]


def test_joints_that_were_not_seen_are_not_mixed_in():
    smooth = OneEuro(cutoff=1.0, beta=0.0)
    seen = np.array([True, False])
    smooth(0, np.array([[0.0], [0.0]]), 0.0, seen)
    out = smooth(0, np.array([[1.0], [1.0]]), 1 / 30)
    assert out[0, 0] == pytest.approx(0.173, abs=1e-3) and out[1, 0] == 1


def test_its_repr():
    assert repr(OneEuro(1.0, 0.5)) == "OneEuro(cutoff=1.0, beta=0.5, patience=0.5)"
