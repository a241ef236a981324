"""Videos as recordings of a network, with a stand-in for the pose estimator."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.inference.reading import card, read, reason
from tg_skeleton.inference import ActionRecognizer
from tg_skeleton.pose import Estimate, PoseEstimator
from tg_skeleton.topologies import COCO17, HALPE26, MEDIAPIPE33, OPENPOSE25


class Standing(PoseEstimator):
    """One person four meters away, of MediaPipe's joints in a column."""

    topology = MEDIAPIPE33
    in_space = True

    def __call__(self, image):
        height, width = image.shape[:2]
        space = np.zeros((1, 33, 3))
        space[0, :, 1] = np.linspace(0.8, -0.8, 33)
        focal = width / 2 / np.tan(np.radians(30))
        points = (width / 2, height / 2) - focal * space[..., :2] / 4
        return Estimate(points, np.ones((1, 33)), space)


class Centered(PoseEstimator):
    """One person, all of whose joints are in the middle of the picture."""

    topology = HALPE26

    def __call__(self, image):
        return Estimate(np.full((1, 26, 2), (image.shape[1] / 2, image.shape[0] / 4)), np.ones((1, 26)))


@pytest.fixture
def video(tmp_path):
    cv2 = pytest.importorskip("cv2", reason="opencv is not installed")
    path = tmp_path / "kitchen.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (64, 48))
    for _ in range(6):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return path


def test_a_video_with_a_stand_in_for_the_estimator(video):
    recording = read(video, card=card(OPENPOSE25, 2), origin=HALPE26, estimator=Centered())
    assert (recording.form, recording.sequence.name, recording.fps) == ("video", "kitchen", 20)
    assert recording.sequence.num_frames == 6
    np.testing.assert_allclose(recording.sequence.pos[0, 0], [0, 0.25], atol=1e-6)


def test_an_estimator_s_joints_are_carried_over_without_being_asked(video):
    recording = read(video, card=card(OPENPOSE25, 2), estimator=Centered())
    assert recording.sequence.pos.shape == (6, 25, 2)


def test_a_video_that_does_not_fit_is_reported_before_it_is_looked_at(video, monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    assert "expected one that knows joints in space, got " in reason(video, estimator=Centered())
    for dims in (2, 3):
        with pytest.raises(ImportError, match=r"pip install 'tg_skeleton\[(video|pose)\]'"):
            read(video, card=card(COCO17, dims))


def test_a_network_of_a_kinect_reads_a_video_in_meters(video):
    recording = read(video, estimator=Standing())
    assert recording.sequence.pos.shape == (6, 25, 3)
    base, head = recording.sequence.pos[0, 0], recording.sequence.pos[0, 3]
    np.testing.assert_allclose(base[[0, 2]], [0, 4], atol=1e-4)
    assert 0.5 < head[1] - base[1] < 1.2  # y is up


def test_a_recognizer_answers_about_a_video(video):
    network = card()
    recognizer = ActionRecognizer(network.build(), network)
    prediction = recognizer.video(video, Standing())
    assert prediction.name == "kitchen" and prediction.label in network.class_names
    expected = recognizer(read(video, estimator=Standing()).sequence)
    np.testing.assert_array_equal(prediction.probabilities, expected.probabilities)
