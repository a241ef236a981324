"""Windows over long recordings, and segments from their answers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.inference.segments import Segment, frame_probabilities, segments, smooth, spans, windows


def rows(*winners, classes=3, sure=0.75):
    """Probabilities with these most probable classes."""
    made = np.full((len(winners), classes), (1 - sure) / (classes - 1))
    made[np.arange(len(winners)), winners] = sure
    return made


def found(probabilities, **options):
    return [(part.start, part.end, part.index) for part in segments(probabilities, **options)]


# -- windows -----------------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 20), st.integers(1, 20))
def test_windows_hold_every_frame_and_are_of_one_length(frames, window, stride):
    stride = min(stride, window)
    made = spans(frames, window, stride)
    held = np.zeros(frames, int)
    for start, end in made:
        held[start:end] += 1
    assert held.min() >= 1 and made[-1, 1] == frames
    assert set(np.diff(made, axis=1).ravel()) == {min(window, frames)}
    assert (made[:-1, 0] == np.arange(len(made) - 1) * stride).all()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((0, 4, 2), "num_frames: expected 1 frame or more, got 0"),
        ((9, 0, 2), "window: expected 1 frame or more, got 0"),
        ((9, 4, 0), "stride: expected 1 frame or more, got 0"),
        ((9, 4, 5), "stride: expected at most the window of 4 frames, got 5, which leaves frames out; give a smaller"),
    ],
)
def test_windows_are_checked(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        spans(*arguments)


def test_a_window_is_as_the_recording_of_it_alone():
    pos = torch.randn(9, 2, 25, 3)
    pos[:5, 1] = 0
    score = torch.rand(9, 2, 25)
    recording = SkeletonSequence.from_array(pos, NTU25, score=score, name="clip")
    first, second = windows(recording, NTU25, spans(9, 5, 4))
    alone = SkeletonSequence.from_array(pos[:5, :1], NTU25, score=score[:5, :1])
    assert first.num_persons == 1 and second.num_persons == 2
    assert torch.equal(first.pos, alone.pos) and torch.equal(first.score, alone.score)
    assert torch.equal(second.pos, recording.pos[4:]) and second.name == "clip 4-9"


def test_a_window_without_anybody_is_none():
    pos = torch.zeros(6, 1, 25, 3)
    pos[:3] = 1
    made = windows(SkeletonSequence.from_array(pos, NTU25), NTU25, spans(6, 3, 3))
    assert made[0] is not None and made[1] is None


# -- probabilities -----------------------------------------------------------------------------------------------------


def test_frames_have_the_mean_of_their_windows():
    probabilities = np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    mean = frame_probabilities(np.array([[0, 3], [1, 4], [2, 5]]), probabilities)
    np.testing.assert_allclose(mean, [[1, 0], [0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0, 1]])


def test_a_window_without_an_answer_does_not_count():
    probabilities = np.array([[0.0, 0.0], [0.25, 0.75]])
    mean = frame_probabilities(np.array([[0, 4], [2, 6]]), probabilities)
    np.testing.assert_allclose(mean, [[0, 0], [0, 0], *[[0.25, 0.75]] * 4])


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 8), st.integers(0, 99))
def test_frames_against_one_frame_at_a_time(frames, window, stride, seed):
    made = spans(frames, window, min(stride, window))
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(4), len(made))
    expected = [
        np.mean([row for (start, end), row in zip(made, probabilities, strict=True) if start <= frame < end], axis=0)
        for frame in range(frames)
    ]
    np.testing.assert_allclose(frame_probabilities(made, probabilities), expected, atol=1e-12)


def test_the_median_keeps_a_border_and_drops_a_blip_where_the_mean_blurs():
    column = np.array([0, 0, 0, 1, 0, 0, 1, 1, 1.0])
    two = np.stack([1 - column, column], axis=1)
    np.testing.assert_allclose(smooth(two, 3, "median")[:, 1], [0, 0, 0, 0, 0, 0, 1, 1, 1])
    np.testing.assert_allclose(smooth(two, 3)[:, 1], [0, 0, 1 / 3, 1 / 3, 1 / 3, 1 / 3, 2 / 3, 1, 1])


@pytest.mark.parametrize("kind", ["mean", "median"])
@settings(deadline=None, max_examples=30)
@given(st.integers(1, 12), st.integers(0, 5), st.integers(0, 99))
def test_smoothed_probabilities_sum_to_one(kind, frames, half, seed):
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(3), frames)
    smoothed = smooth(probabilities, 2 * half + 1, kind)
    np.testing.assert_allclose(smoothed.sum(1), 1)
    if kind == "mean":
        expected = [probabilities[max(0, t - half) : t + half + 1].mean(0) for t in range(frames)]
        np.testing.assert_allclose(smoothed, expected)


def test_smoothing_leaves_frames_of_which_nothing_is_known():
    assert not smooth(np.zeros((5, 2)), 3, "median").any()


@pytest.mark.parametrize(
    ("width", "kind", "reason"),
    [
        (0, "mean", r"width: expected an odd number of frames from 1 \(1: no smoothing\), got 0"),
        (4, "mean", "width: expected an odd number of frames .* got 4"),
        (3, "max", r"kind: expected one of \('mean', 'median'\), got 'max'"),
    ],
)
def test_smoothing_is_checked(width, kind, reason):
    with pytest.raises(ValueError, match=reason):
        smooth(rows(0, 1), width, kind)


# -- segments ----------------------------------------------------------------------------------------------------------


def test_runs_of_one_class():
    assert segments(rows(0, 0, 1, 1, 1, 0, sure=0.5)) == [
        Segment(0, 2, 0, 0.5),
        Segment(2, 5, 1, 0.5),
        Segment(5, 6, 0, 0.5),
    ]


def test_the_probability_is_the_mean_of_the_class_over_the_frames():
    probabilities = np.array([[0.9, 0.1], [0.7, 0.3]])
    assert segments(probabilities)[0].probability == pytest.approx(0.8)


def test_a_short_segment_joins_the_neighbour_that_is_more_probable_in_it():
    probabilities = rows(0, 0, 0, 1, 2, 2, 2)
    probabilities[3] = [0.1, 0.6, 0.3]
    assert found(probabilities, min_length=2) == [(0, 3, 0), (3, 7, 2)]
    probabilities[3] = [0.3, 0.6, 0.1]
    assert found(probabilities, min_length=2) == [(0, 4, 0), (4, 7, 2)]
    probabilities[3] = [0.2, 0.6, 0.2]
    assert found(probabilities, min_length=2) == [(0, 4, 0), (4, 7, 2)]


def test_the_shortest_segment_joins_first():
    probabilities = rows(0, 0, 0, 1, 0, 0, 2, 2, 2, 2)
    assert found(probabilities, min_length=3) == [(0, 6, 0), (6, 10, 2)]


def test_what_is_too_short_as_a_whole_is_one_segment():
    assert found(rows(0, 1, 1), min_length=9) == [(0, 3, 1)]


def test_improbable_frames_have_no_class():
    probabilities = np.concatenate([rows(0, 0), rows(1, 1, sure=0.4), rows(2)])
    assert found(probabilities, threshold=0.5) == [(0, 2, 0), (2, 4, -1), (4, 5, 2)]
    assert segments(probabilities, threshold=0.5)[1].probability == 0
    assert found(probabilities, threshold=1.0) == [(0, 5, -1)]


def test_frames_of_which_nothing_is_known_have_no_class():
    assert found(np.concatenate([np.zeros((2, 3)), rows(0)])) == [(0, 2, -1), (2, 3, 0)]


def test_a_background_class_is_none():
    assert found(rows(0, 0, 1, 2, 2), background=[0, 1]) == [(0, 3, -1), (3, 5, 2)]


def test_a_short_segment_prefers_a_neighbour_with_a_class():
    probabilities = np.concatenate([np.zeros((3, 3)), rows(1), rows(2, 2, 2)])
    assert found(probabilities, min_length=2) == [(0, 3, -1), (3, 7, 2)]
    assert found(probabilities[:4], min_length=2) == [(0, 4, -1)]


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 10), st.floats(0, 1), st.integers(0, 99))
def test_segments_follow_one_another_and_are_long_enough(frames, min_length, threshold, seed):
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(3), frames)
    parts = segments(probabilities, min_length=min_length, threshold=threshold, background=[2])
    assert [part.start for part in parts] == [0, *(part.end for part in parts[:-1])] and parts[-1].end == frames
    assert len(parts) == 1 or min(part.end - part.start for part in parts) >= min_length
    assert all(one.index != other.index for one, other in pairwise(parts))
    assert all(part.index in (-1, 0, 1) and 0 <= part.probability <= 1 for part in parts)


@pytest.mark.parametrize(
    ("probabilities", "options", "reason"),
    [
        (np.zeros((0, 3)), {}, r"probabilities: expected \[T, K\] with at least one frame, got \[0, 3\]"),
        (np.zeros(3), {}, r"probabilities: expected \[T, K\] .* got \[3\]"),
        (rows(0), {"min_length": 0}, "min_length: expected 1 frame or more, got 0"),
        (rows(0), {"threshold": 1.5}, "threshold: expected a probability within 0..1, got 1.5"),
    ],
)
def test_segments_are_checked(probabilities, options, reason):
    with pytest.raises(ValueError, match=reason):
        segments(probabilities, **options)
