"""The last frames of a stream: who is in them, and where."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.inference.frame_buffer import FrameBuffer

NAN = float("nan")


def buffer(window: int = 3, patience: int | None = None) -> FrameBuffer:
    """For bodies of two joints on a line."""
    return FrameBuffer(2, 1, window=window, patience=patience or window)


def body(*values: float) -> np.ndarray:
    return np.array(values, np.float64)[:, None]


def kept(frames: FrameBuffer, person: int) -> list[list[float]]:
    return frames.frames([person])[0][:, 0, :, 0].tolist()


def test_the_last_frames_in_order_over_many_turns_of_the_ring() -> None:
    frames = buffer(window=3)
    for t in range(1, 12):
        frames.push(body(t, -t)[None], [5])
        assert kept(frames, 5) == [[s, -s] for s in range(max(1, t - 2), t + 1)]
        assert frames.full == (t >= 3)


def test_persons_are_zero_before_they_come_and_while_they_are_away() -> None:
    frames = buffer(window=4)
    frames.push(np.stack([body(1, 2)]), [8])
    frames.push(np.stack([body(3, 4), body(5, 6)]), [2, 8])
    frames.push(np.stack([body(7, 8)]), [2])
    assert frames.ids() == (2, 8)
    assert kept(frames, 2) == [[0, 0], [3, 4], [7, 8]]
    assert kept(frames, 8) == [[1, 2], [5, 6], [0, 0]]


def test_an_all_zero_person_and_one_without_any_joint_are_absent() -> None:
    frames = buffer()
    frames.push(np.stack([body(0, 0), body(NAN, NAN), body(1, 1)]), [1, 2, 3])
    assert frames.ids() == (3,)


def test_a_joint_that_was_not_seen_is_zero_with_score_0() -> None:
    frames = buffer(window=4)
    frames.push(body(1, 2)[None], [1], score=np.array([[0.9, 0.8]]))
    frames.push(body(3, NAN)[None], [1], score=np.array([[0.7, 0.6]]))
    frames.push(body(50, 4)[None], [1], score=np.array([[0.0, 0.5]]))
    assert kept(frames, 1) == [[1, 2], [3, 0], [0, 4]]
    score = frames.frames([1])[1]
    assert score is not None
    np.testing.assert_allclose(score[:, 0], [[0.9, 0.8], [0.7, 0], [0, 0.5]], rtol=1e-6)


def test_scores_appear_with_the_first_unseen_joint_and_go_with_it() -> None:
    frames = buffer(window=2)
    frames.push(body(1, 2)[None], [1])
    assert frames.frames([1])[1] is None
    frames.push(body(3, np.inf)[None], [1])
    score = frames.frames([1])[1]
    assert score is not None and score[:, 0].tolist() == [[1, 1], [1, 0]]
    for _ in range(2):
        frames.push(body(5, 6)[None], [1])
    assert frames.frames([1])[1] is None


def test_a_joint_that_was_never_seen_is_zero() -> None:
    frames = buffer()
    frames.push(body(NAN, 2)[None], [1])
    assert kept(frames, 1) == [[0, 2]]


def test_who_is_gone_for_patience_frames_is_forgotten_and_comes_back_as_another() -> None:
    frames = buffer(window=4, patience=2)
    frames.push(body(1, 2)[None], [1])
    frames.push([], [])
    assert frames.ids() == (1,)
    frames.push([], [])
    assert frames.ids() == ()
    frames.push(body(NAN, 7)[None], [1])
    assert kept(frames, 1) == [[0, 0], [0, 0], [0, 0], [0, 7]]


def test_least_asks_in_how_many_of_the_last_frames_a_person_was_seen() -> None:
    frames = buffer(window=3)
    for persons in ([1, 2], [1], [1, 2], [1]):
        frames.push(np.ones((len(persons), 2, 1)), persons)
    assert [frames.ids(least) for least in (1, 2, 3)] == [(1, 2), (1,), (1,)]


def test_memory_does_not_grow_with_numbers_that_never_come_again() -> None:
    frames = buffer(window=5, patience=2)
    for t in range(300):
        frames.push(np.ones((3, 2, 1)), [3 * t, 3 * t + 1, 3 * t + 2])
        assert len(frames.ids()) <= 6
    assert frames._pos.shape[1] <= 16
    assert len(frames._slots) == len(frames._latest) == 6


def test_clear_forgets_everything() -> None:
    frames = buffer()
    frames.push(body(1, 2)[None], [1], score=np.ones((1, 2)))
    frames.clear()
    assert (frames.count, frames.ids()) == (0, ())
    frames.push(body(3, 4)[None], [1])  # without scores now
    assert kept(frames, 1) == [[3, 4]]
    assert frames.frames([1])[1] is None


def test_the_frame_that_was_given_may_be_written_over() -> None:
    frames, given = buffer(), body(1, 2)[None].astype(np.float32)
    frames.push(given, [1])
    given[:] = 9
    assert kept(frames, 1) == [[1, 2]]


@pytest.mark.parametrize(
    ("frame", "ids", "score", "message"),
    [
        (np.ones((1, 3, 1)), [1], None, r"frame: expected \[M, 2, 1\] for the 1 persons of ids, got \[1, 3, 1\]"),
        (np.ones((2, 2, 1)), [1], None, r"for the 1 persons of ids, got \[2, 2, 1\]"),
        (np.ones((1, 2, 1)), [], None, r"for the 0 persons of ids, got \[1, 2, 1\]"),
        (np.ones((2, 2, 1)), [4, 4], None, r"ids: expected a number of one's own for each person, got \[4, 4\]"),
        (np.ones((1, 2, 1)), [1], np.ones((1, 3)), r"score: expected \[1, 2\], one of each joint, got \[1, 3\]"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_kept(frame, ids, score, message) -> None:
    frames = buffer()
    with pytest.raises(ValueError, match=message):
        frames.push(frame, ids, score)
    assert frames.count == 0


@pytest.mark.parametrize("first", [None, np.ones((1, 2))])
def test_scores_come_with_every_frame_or_with_none(first) -> None:
    frames = buffer()
    frames.push(body(1, 2)[None], [1], first)
    frames.push([], [])  # nobody needs none
    with pytest.raises(ValueError, match="as with the frames before"):
        frames.push(body(1, 2)[None], [1], np.ones((1, 2)) if first is None else None)


def test_skipped_frames_are_missing_and_nobody_leaves_in_them() -> None:
    frames = buffer(window=4, patience=1)
    frames.push(body(1, 2)[None], [1])
    frames.push(body(3, 4)[None], [1], skipped=2)
    assert kept(frames, 1) == [[1, 2], [0, 0], [0, 0], [3, 4]] and frames.count == 4
    score = frames.frames([1])[1]
    assert score is not None and score[:, 0].tolist() == [[1, 1], [0, 0], [0, 0], [1, 1]]
    frames.push(body(5, 6)[None], [1], skipped=9)  # more than a window
    assert (frames.ids(), frames.count, kept(frames, 1)) == ((1,), 14, [[0, 0], [0, 0], [0, 0], [5, 6]])
    for _ in range(3):
        frames.push(body(7, 8)[None], [1])
    assert frames.frames([1])[1] is None
    frames.push([], [], skipped=1)
    assert frames.ids() == ()  # now away for a frame that was looked at
    with pytest.raises(ValueError, match="skipped: expected 0 frames or more, got -1"):
        frames.push(body(1, 2)[None], [1], skipped=-1)


def test_skipped_frames_are_on_the_line_between_those_around_where_it_is_asked_for() -> None:
    frames = buffer(window=5)
    frames.push(body(1, 2)[None], [1], skipped=1)
    frames.push(body(4, 8)[None], [1], skipped=2)
    pos, score = frames.frames([1], bridged=True)
    assert pos[:, 0, :, 0].tolist() == [[0, 0], [1, 2], [2, 4], [3, 6], [4, 8]]  # nothing was seen before the first
    assert score is not None and score[:, 0].tolist() == [[0, 0], [1, 1], [1, 1], [1, 1], [1, 1]]
    assert kept(frames, 1) == [[0, 0], [1, 2], [0, 0], [0, 0], [4, 8]]  # what is kept stays as it was


def test_a_joint_that_was_not_seen_on_both_sides_of_skipped_frames_stays_missing_in_them() -> None:
    frames = buffer(window=3)
    frames.push(body(1, 2)[None], [1], np.array([[1.0, 0.5]]))
    frames.push(np.concatenate([body(3, 0)[None], body(6, 7)[None]]), [1, 2], np.array([[0.5, 0], [1, 1]]), skipped=1)
    pos, score = frames.frames([1, 2], bridged=True)
    assert score is not None and score[1].tolist() == [[0.75, 0], [0, 0]]  # the second person was not there before
    assert pos[1, ..., 0].tolist() == [[2, 0], [0, 0]]
