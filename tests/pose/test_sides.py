"""Exchanged sides, on bodies whose sides the tests exchange."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.datasets import simulate
from tg_skeleton.pose import SideKeeper
from tg_skeleton.topologies import NTU25

WALK = simulate("kick", seed=1).pos[:, 0]
MIRROR = np.arange(25)
for left, right in NTU25.pairs:
    MIRROR[[left, right]] = right, left
LEGS = [13, 14, 15, 17, 18, 19]  # knees and below


def read(frames: np.ndarray, scores: np.ndarray | None = None, fps: float = 30.0) -> np.ndarray:
    """The order of joints in every frame, ``[T, V]``."""
    keeper = SideKeeper(NTU25)
    scores = np.ones(frames.shape[:2]) if scores is None else scores
    rows = zip(frames, scores, strict=True)
    return np.stack([keeper.order([3], one[None], score[None], row / fps)[0] for row, (one, score) in enumerate(rows)])


def test_a_body_that_moves_keeps_its_sides():
    assert (read(WALK) == np.arange(25)).all()


@pytest.mark.parametrize("joints", [range(25), LEGS], ids=["all", "below the knees"])
def test_sides_that_are_exchanged_for_a_while_are_put_right(joints):
    frames, mirrored = WALK.copy(), WALK[:, MIRROR]
    joints = list(joints)
    frames[20:32, joints] = mirrored[20:32, joints]
    order = read(frames)
    mended = np.take_along_axis(frames, order[..., None], 1)
    np.testing.assert_array_equal(mended, WALK)


def test_a_person_who_comes_back_after_a_while_is_read_as_given():
    keeper = SideKeeper(NTU25)
    ones = np.ones((1, 25))
    keeper.order([3], WALK[:1], ones, 0.0)
    assert (keeper.order([3], WALK[1:2, MIRROR], ones, 1.0)[0] == np.arange(25)).all()
    assert (keeper.order([3], WALK[2:3], ones, 1.03)[0] == MIRROR).all()  # an exchange, as far as anybody can see


def test_in_the_long_run_the_estimator_is_right():
    frames = np.concatenate([WALK[:1], np.repeat(WALK[:1, MIRROR], 600, 0)])
    order = read(frames)
    assert (order[1] == MIRROR).all() and (order[-1] == np.arange(25)).all()


def test_persons_are_read_by_their_numbers():
    keeper = SideKeeper(NTU25)
    two, ones = np.stack([WALK[0], WALK[0, MIRROR]]), np.ones((2, 25))
    keeper.order([1, 2], two, ones, 0.0)
    order = keeper.order([2, 1], two[::-1], ones, 0.03)
    assert (order == np.arange(25)).all()


def test_joints_that_were_not_seen_say_nothing():
    frames, scores = WALK[:10].copy(), np.ones((10, 25))
    frames[5], scores[5] = 0, 0
    assert (read(frames, scores) == np.arange(25)).all()


def test_legs_do_not_stay_crossed_when_the_rest_comes_back():
    """The knees pass each other in the very frames in which the exchange of all joints ends."""
    frames = np.repeat(WALK[:1], 40, 0).copy()
    together = frames[0, LEGS].reshape(2, 3, 3).mean(0)
    frames[5:10] = frames[5:10, MIRROR]
    frames[9:12, LEGS] = np.concatenate([together, together])
    order = read(frames)
    assert (order[5:9] == MIRROR).all() and (order[20:] == np.arange(25)).all()
