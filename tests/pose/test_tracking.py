"""Persons across frames by number."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.pose.tracking import PersonTracker

STANDING = np.random.default_rng(0).uniform((-0.2, 0), (0.2, 1.7), (17, 2))


def at(x: float, y: float = 0.0, scale: float = 1.0) -> np.ndarray:
    return STANDING * scale + (x, y)


def numbers(tracker: PersonTracker, frames: list[list[np.ndarray]]) -> list[list[int]]:
    return [tracker.update(np.stack(frame) if frame else np.zeros((0, 17, 2))).tolist() for frame in frames]


@pytest.mark.parametrize("unit", [1.0, 480.0, 0.001])
def test_two_people_who_cross_keep_their_numbers(unit):
    paths = [(0.1 * frame, 3.05 - 0.1 * frame) for frame in range(31)]  # past one another after frame 15
    frames = [[at(left) * unit, at(right) * unit] for left, right in paths]
    assert numbers(PersonTracker(), frames) == [[0, 1]] * 31


def test_the_order_in_a_frame_does_not_matter():
    rng, tracker = np.random.default_rng(1), PersonTracker()
    for frame in range(20):
        order = rng.permutation(4)
        people = np.stack([at(2.0 * person + 0.05 * frame) for person in range(4)])
        found = tracker.update(people[order] + rng.normal(0, 0.01, (4, 17, 2)))
        assert found.tolist() == order.tolist() if frame else found.tolist() == [0, 1, 2, 3]
        if not frame:
            tracker.reset()
            assert tracker.update(people).tolist() == [0, 1, 2, 3]


def test_one_hides_behind_the_other_while_they_cross():
    frames = []
    for frame in range(31):
        near, far = at(0.1 * frame), at(3.0 - 0.1 * frame)
        frames.append([near] if 13 <= frame <= 17 else [near, far])
    found = numbers(PersonTracker(), frames)
    assert found[:13] == [[0, 1]] * 13 and found[13:18] == [[0]] * 5 and found[18:] == [[0, 1]] * 13


@pytest.mark.parametrize(("gap", "number"), [(1, 0), (5, 0), (6, 1)])
def test_patience(gap, number):
    tracker = PersonTracker(patience=5)
    assert numbers(tracker, [[at(0)], *[[]] * gap, [at(0)]])[-1] == [number]


def test_a_gap_ends_where_the_person_went_or_where_he_stopped():
    for place in (1.0 + 0.1 * 8, 1.0):
        tracker = PersonTracker()
        numbers(tracker, [[at(0.1 * frame)] for frame in range(11)] + [[]] * 7)
        assert tracker.update(at(place)[None]).tolist() == [0]


def test_numbers_are_never_given_twice():
    tracker = PersonTracker(patience=0)
    assert numbers(tracker, [[at(0)], [], [at(0)], [at(0), at(5)], [], [at(5)]]) == [[0], [], [1], [1, 2], [], [3]]


def test_reach_is_in_sizes_of_the_body():
    for scale in (0.1, 1.0, 10.0):
        size = float(np.linalg.norm(np.ptp(STANDING, axis=0))) * scale
        for step, number in ((0.39, 0), (0.41, 1)):
            tracker = PersonTracker(reach=0.4)
            assert numbers(tracker, [[at(0, scale=scale)], [at(step * size, scale=scale)]])[1] == [number]


def test_joints_that_were_not_seen_do_not_count():
    tracker, score = PersonTracker(), np.ones((1, 17))
    assert tracker.update(at(0)[None], score).tolist() == [0]
    half, seen = at(0.05)[None].copy(), score.copy()
    half[0, 8:], seen[0, 8:] = 900, 0
    assert tracker.update(half, seen).tolist() == [0]
    assert tracker.update(at(0.1)[None], score).tolist() == [0]


def test_joints_that_are_no_numbers_were_not_seen():
    tracker, points = PersonTracker(), np.stack([at(0), at(5)])
    assert tracker.update(points).tolist() == [0, 1]
    points[0, 3], points[1] = np.nan, np.inf
    assert tracker.update(points).tolist() == [0, -1]
    assert tracker.update(np.stack([at(0), at(5)])).tolist() == [0, 1]


def test_without_scores_zero_joints_were_not_seen():
    tracker = PersonTracker()
    tracker.update(at(50)[None])
    half = at(50)[None].copy()
    half[0, ::2] = 0
    assert tracker.update(half).tolist() == [0]


def test_nobody_has_no_number():
    tracker = PersonTracker()
    people = np.stack([np.zeros((17, 2)), at(0)])
    assert tracker.update(people).tolist() == [-1, 0]
    assert tracker.update(np.zeros((0, 17, 2))).tolist() == []


def test_in_space():
    tracker = PersonTracker()
    body = np.random.default_rng(0).normal(size=(25, 3))
    assert tracker.update(np.stack([body, body + 9])).tolist() == [0, 1]
    assert tracker.update(np.stack([body + 9.1, body + 0.1])).tolist() == [1, 0]


def test_points_stay_as_they_were():
    tracker, points, score = PersonTracker(), at(0)[None], np.ones((1, 17))
    kept = points.copy()
    tracker.update(points, score)
    points += 7  # the caller's array may be used again
    score *= 0
    assert tracker.update(kept).tolist() == [0]


def test_repr():
    assert repr(PersonTracker(0.5, 10)) == "PersonTracker(reach=0.5, patience=10)"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PersonTracker(0), "reach: expected a number above 0, got 0"),
        (lambda: PersonTracker(patience=-1), "patience: expected a number of frames from 0, got -1"),
        (lambda: PersonTracker().update(np.zeros((17, 2))), r"points: expected \[M, V, D\], got \[17, 2\]"),
        (
            lambda: PersonTracker().update(np.ones((1, 17, 2)), np.ones((1, 18))),
            r"score: expected \[1, 17\], one per person and joint, got \[1, 18\]",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_another_body_needs_a_reset():
    tracker = PersonTracker()
    tracker.update(at(0)[None])
    with pytest.raises(
        ValueError, match=r"points: expected \[17, 2\] joints and coordinates a person, .* got \[25, 3\]"
    ):
        tracker.update(np.ones((1, 25, 3)))
    tracker.reset()
    assert tracker.update(np.ones((1, 25, 3))).tolist() == [0]
