"""Joints that were not seen are the same in a stream as in a recording."""

from __future__ import annotations

import numpy as np
import pytest
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tests.inference.test_streaming import CENTER, SAMPLE, WINDOW, pushed, recognizer, recording
from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.inference import StreamingRecognizer


def test_a_joint_that_was_not_seen_is_filled_by_the_transforms_as_in_a_recording() -> None:
    asked, pos = recognizer(Compose([T.FillMissing(causal=True), CENTER, SAMPLE])), recording(1)[:4]
    pos[2:, 0, 5] += 0.5
    broken, held = pos.copy(), pos.copy()
    broken[2:, 0, 5] = np.nan
    held[2:, 0, 5] = held[1, 0, 5]
    *_, said = pushed(StreamingRecognizer(asked, window=WINDOW), broken)
    np.testing.assert_allclose(said.probabilities, asked(held).probabilities, atol=1e-5)
    np.testing.assert_allclose(said.probabilities, asked(broken).probabilities, atol=1e-5)
    assert np.abs(said.probabilities - asked(pos).probabilities).max() > 1e-3


@pytest.mark.parametrize("unseen", [0.0, np.nan])
@pytest.mark.parametrize("fill", [False, True])
def test_a_tenth_of_the_joints_unseen_a_stream_says_what_the_recognizer_says(fill: bool, unseen: float) -> None:
    asked = recognizer(Compose([*[T.FillMissing()] * fill, CENTER, SAMPLE]))
    pos = recording(2)
    pos[np.random.default_rng(0).random(pos.shape[:3]) < 0.1] = unseen
    for t, said in enumerate(pushed(StreamingRecognizer(asked, window=WINDOW), pos)):
        expected = asked(pos[max(t + 1 - WINDOW, 0) : t + 1])
        np.testing.assert_allclose(said.probabilities, expected.probabilities, atol=1e-5)
        np.testing.assert_allclose(said.person_probabilities, expected.person_probabilities, atol=1e-5)


@pytest.mark.parametrize("scored", [False, True])
def test_frames_that_were_not_looked_at_are_filled_as_in_a_recording(scored: bool) -> None:
    asked, pos = recognizer(Compose([T.FillMissing(), CENTER, SAMPLE])), recording(2)
    stream = StreamingRecognizer(asked, window=WINDOW)
    looked_at = np.arange(len(pos)) % 3 == 0
    score = np.broadcast_to(looked_at[:, None, None], pos.shape[:3]).astype(np.float32)
    for t in np.flatnonzero(looked_at).tolist():
        given = np.ones(pos.shape[1:3], np.float32) if scored else None
        said = stream.push(pos[t], [3, 8], given, skipped=2 if t else 0)
        part = slice(max(t + 1 - WINDOW, 0), t + 1)
        window = SkeletonSequence.from_array(pos[part], NTU25, score=score[part])
        assert said.frame == t
        np.testing.assert_allclose(said.probabilities, asked(window).probabilities, atol=1e-5)


def test_frames_that_were_not_looked_at_lie_between_the_others_for_a_network_that_fills_nothing() -> None:
    asked, pos = recognizer(Compose([CENTER, SAMPLE])), recording(2)[:WINDOW]
    stream, looked_at = StreamingRecognizer(asked, window=WINDOW), np.arange(0, WINDOW, 3)
    between = np.stack(
        [
            np.interp(np.arange(looked_at[-1] + 1), looked_at, one)
            for one in pos[looked_at].reshape(len(looked_at), -1).T
        ]
    )
    expected = asked(between.T.reshape(-1, *pos.shape[1:]))
    for t in looked_at.tolist():
        said = stream.push(pos[t], [3, 8], skipped=2 if t else 0)
    np.testing.assert_allclose(said.probabilities, expected.probabilities, atol=1e-5)
