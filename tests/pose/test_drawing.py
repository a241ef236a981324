"""Pictures and videos with skeletons and the answer drawn into them."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from tg_skeleton.pose import Estimate, PoseEstimator, VideoFile, draw_persons, draw_video, read_video
from tg_skeleton.topologies import COCO17

cv2 = pytest.importorskip("cv2", reason="OpenCV (the extras video and pose) is not installed")
BODY = np.random.default_rng(1).uniform(0.2, 0.8, (17, 2))


class Still(PoseEstimator):
    """One person who does not move."""

    topology = COCO17

    def __call__(self, image: np.ndarray) -> Estimate:
        height, width = image.shape[:2]
        return Estimate(BODY[None] * (width, height), np.ones((1, 17)))


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("drawing") / "still.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (321, 241))
    for frame in range(12):
        writer.write(np.full((241, 321, 3), 10 * frame, np.uint8))
    writer.release()
    return path


def colored(image: np.ndarray) -> int:
    """Pixels that are no gray."""
    return int((np.ptp(image.astype(int), axis=-1) > 60).sum())


def test_persons_are_drawn_where_they_are():
    image = np.zeros((240, 320, 3), np.uint8)
    points = np.zeros((2, 17, 2))
    points[0], points[1] = (BODY - 0.5) * (0.4, -0.8) - (0.25, 0), (BODY - 0.5) * (0.4, -0.8) + (0.25, 0)
    score = np.ones((2, 17))
    drawn = draw_persons(image, points, score, COCO17, ids=[3, 8])
    assert drawn is image and colored(image[:, :160]) > 200 and colored(image[:, 160:]) > 200
    left, right = (image[:, part].reshape(-1, 3) for part in (slice(0, 160), slice(160, 320)))
    assert (left[left.sum(1).argmax()] != right[right.sum(1).argmax()]).any()  # a color of one's own


def test_joints_that_were_not_seen_are_not_drawn():
    image = np.zeros((240, 320, 3), np.uint8)
    draw_persons(image, np.full((1, 17, 2), 0.2), np.zeros((1, 17)), COCO17)
    assert not image.any()


def test_the_number_of_a_person_is_over_the_head_and_not_at_a_raised_hand():
    image = np.zeros((240, 320, 3), np.uint8)
    points, score = np.zeros((1, 17, 2)), np.zeros((1, 17))
    head, hand, elbow = (COCO17.joints.index(name) for name in ("nose", "left_wrist", "left_elbow"))
    points[0, [head, hand, elbow]] = (-0.25, 0.0), (0.25, 0.4), (0.25, 0.2)
    score[0, [head, hand, elbow]] = 1
    draw_persons(image, points, score, COCO17, ids=[5])
    assert image[95:118, 60:100].any() and not image[:20, 220:260].any()
    score[0, head] = 0
    draw_persons(image, points, score, COCO17, ids=[5])
    assert image[:20, 220:260].any()


def test_bones_of_doubtful_joints_are_thin():
    shown = []
    for sure in (1.0, 0.3):
        image = np.full((960, 1280, 3), 255, np.uint8)
        points, score = np.zeros((1, 17, 2)), np.zeros((1, 17))
        wrist, elbow = COCO17.joints.index("left_wrist"), COCO17.joints.index("left_elbow")
        points[0, [wrist, elbow]] = (-0.3, 0), (0.3, 0)
        score[0, [wrist, elbow]] = sure
        draw_persons(image, points, score, COCO17)
        shown.append((image[:, 640] < 250).any(-1).sum())
    assert 3 <= shown[1] < shown[0]  # with its dark edges


def test_a_video_is_written_again_with_its_answer(video, tmp_path):
    recording = read_video(video, Still())
    probabilities = np.tile([0.9, 0.1], (12, 1))
    probabilities[6:] = 0.3, 0.7
    out = draw_video(video, tmp_path / "out.mp4", recording, probabilities, ["sit", "wärm"])
    with VideoFile(out) as written:
        pictures = [picture.image for picture in written]
        assert written.fps == 25
    assert len(pictures) == 12 and pictures[0].shape == (240, 320, 3)  # even sides
    assert all(colored(picture) > 300 for picture in pictures)
    band = [picture[-3, [20, 300]].astype(int) for picture in pictures]
    assert np.abs(band[0][0] - band[0][1]).max() > 60  # two classes, two colors
    np.testing.assert_allclose(band[0], band[-1], atol=40)  # the same strip in every picture


def test_frames_at_uneven_times_are_written_at_even_ones(video, tmp_path):
    recording = read_video(video, Still())
    slow = replace(recording, times=recording.times[:6] * 2, fps=12.5).frames(0, 6)
    out = draw_video(video, tmp_path / "out.mp4", slow, np.ones((6, 1)), ["sit"])
    with VideoFile(out) as written:
        assert len(list(written)) == 6 and written.fps == 12.5


def test_what_can_not_be_drawn(video, tmp_path, monkeypatch):
    recording = read_video(video, Still())
    with pytest.raises(ValueError, match=r"out: expected a file name ending in \.mp4, got 'a\.gif'"):
        draw_video(video, "a.gif", recording, np.ones((12, 1)), ["sit"])
    with pytest.raises(ValueError, match=r"probabilities: expected \[12, 1\], those of each frame, got \[11, 1\]"):
        draw_video(video, "a.mp4", recording, np.ones((11, 1)), ["sit"])
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(
        ImportError, match=r"imageio-ffmpeg, which is not installed; pip install 'tg_skeleton\[video\]'"
    ):
        draw_video(video, tmp_path / "a.mp4", recording, np.ones((12, 1)), ["sit"])
    assert not list(tmp_path.iterdir())
