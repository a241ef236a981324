"""Recordings from videos: the whole way, on a video that OpenCV writes here.

The pose estimator is a stand-in, for the real ones' models have to be fetched: it takes every bright spot of a picture
for a person. What is tested is everything around it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import tg_skeleton.transforms as T
from tg_skeleton import NTU25
from tg_skeleton.pose import (
    Estimate,
    PersonTracker,
    PoseEstimator,
    camera_frames,
    read_video,
)
from tg_skeleton.topologies import COCO17

cv2 = pytest.importorskip("cv2", reason="OpenCV (the extras video and pose) is not installed")

WIDTH, HEIGHT = 160, 120
BODY = np.random.default_rng(0).uniform(0, 1, (17, 2))  # parts of a spot's box
BODY[:2] = (0, 0), (1, 1)
UNSEEN = 4


class SpotEstimator(PoseEstimator):
    """A stand-in: every bright spot is a person, whose joints lie spread in it; the greater one is more certain."""

    topology = COCO17

    def __call__(self, image: np.ndarray) -> Estimate:
        _, _, stats, _ = cv2.connectedComponentsWithStats((image.max(2) > 128).astype(np.uint8))
        boxes = [row for row in stats[1:] if row[4] > 20]
        points = np.array([BODY * row[2:4] + row[:2] for row in boxes]).reshape(-1, 17, 2)
        score = np.tile([[min(row[4] / 1000, 1)] for row in boxes], (1, 17)).reshape(-1, 17)
        score[:, UNSEEN] = 0
        return Estimate(points, score)


def picture(*spots: tuple[float, float, float]) -> np.ndarray:
    """Bright squares at (x, y) of a side."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for x, y, side in spots:
        cv2.rectangle(image, (round(x), round(y)), (round(x + side), round(y + side)), (255, 255, 255), -1)
    return image


def video(path: Path, pictures: list[np.ndarray], fps: float = 25.0) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), fps, (WIDTH, HEIGHT))
    assert writer.isOpened()
    for image in pictures:
        writer.write(image)
    writer.release()
    return path


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two persons who walk past one another in 20 frames, one above the other; the greater one leaves after 15."""
    pictures = []
    for frame in range(20):
        small, great = (10 + 5 * frame, 10, 20), (110 - 5 * frame, 60, 40)
        pictures.append(picture(small, great) if frame < 15 else picture(small))
    return video(tmp_path_factory.mktemp("video") / "walk past.avi", pictures)


def test_a_video_becomes_a_recording(two):
    recording = read_video(two, SpotEstimator())
    assert (recording.name, recording.label, recording.fps, recording.topology) == ("walk past", -1, 25.0, COCO17)
    assert recording.pos.shape == (20, 2, 17, 2) and recording.pos.dtype == np.float32
    assert recording.score.shape == (20, 2, 17) and recording.score.dtype == np.float32
    assert sorted(recording.ids) == [0, 1]
    great, small = recording.pos[:, 0], recording.pos[:, 1]  # the more certain one first
    frames = np.arange(20)
    left, top = (10 + 5 * frames) / WIDTH - 0.5, np.full(20, 0.5 - 10 / HEIGHT)
    np.testing.assert_allclose(small[:, 0], np.stack([left, top], 1), atol=1.5 / HEIGHT)
    left, top = (110 - 5 * frames[:15]) / WIDTH - 0.5, np.full(15, 0.5 - 60 / HEIGHT)
    np.testing.assert_allclose(great[:15, 0], np.stack([left, top], 1), atol=1.5 / HEIGHT)
    assert not great[15:].any() and not recording.score[15:, 0].any()


def test_joints_that_were_not_seen_are_zero(two):
    recording = read_video(two, SpotEstimator())
    assert not recording.pos[:, :, UNSEEN].any() and not recording.score[:, :, UNSEEN].any()


def test_a_recording_goes_on_as_a_graph_of_another_body(two):
    sequence = read_video(two, SpotEstimator()).sequence()
    assert (sequence.num_frames, sequence.num_persons, sequence.name) == (20, 2, "walk past")
    carried = T.Streams("joint", "bone")(T.ToTopology(COCO17, NTU25)(sequence))
    assert carried.x.shape == (20, 50, 4) and bool(carried.x.isfinite().all())


def test_every_second_frame_and_one_person(two):
    whole = read_video(two, SpotEstimator(), persons=1)
    half = read_video(two, SpotEstimator(), persons=1, every=2)
    assert (half.fps, half.pos.shape) == (12.5, (10, 1, 17, 2))
    np.testing.assert_array_equal(half.pos, whole.pos[::2])


def test_all_persons_and_a_tracker_of_ones_own(tmp_path):
    pictures = [picture((5, 5, 15), (60, 5, 15), (120, 5, 15)), picture((5, 90, 15), (60, 5, 15), (120, 5, 15))]
    path = video(tmp_path / "three.avi", pictures)
    assert read_video(path, SpotEstimator(), persons=None).pos.shape[1] == 4  # who jumps is somebody else
    assert read_video(path, SpotEstimator(), persons=None, tracker=PersonTracker(reach=9)).pos.shape[1] == 3


def test_nobody_in_a_video(tmp_path):
    recording = read_video(video(tmp_path / "dark.avi", [picture()] * 3), SpotEstimator())
    assert recording.pos.shape == (3, 1, 17, 2) and not recording.pos.any() and recording.ids == ()


def test_a_bar_is_shown_on_demand(two, capsys):
    read_video(two, SpotEstimator())
    assert capsys.readouterr() == ("", "")
    read_video(two, SpotEstimator(), progress=True)
    assert "20/20" in capsys.readouterr().err


def test_a_camera_gives_frame_by_frame_what_a_video_gives(two):
    recording = read_video(two, SpotEstimator(), persons=None)
    frames = list(camera_frames(str(two), SpotEstimator()))  # a file stands for the camera
    assert len(frames) == 20
    for row, (points, score, ids, shown, _) in enumerate(frames):
        np.testing.assert_array_equal(points, shown)  # an estimator of pictures alone
        for person, number in enumerate(ids.tolist()):
            place = recording.ids.index(number)
            np.testing.assert_array_equal(points[person], recording.pos[row, place])
            np.testing.assert_array_equal(score[person], recording.score[row, place])


def test_a_camera_is_closed_when_nobody_looks_any_more(two, monkeypatch):
    opened, real = [], cv2.VideoCapture

    class Capture:  # around the real one: a subclass of it crashes the interpreter's garbage collection
        def __init__(self, source: str) -> None:
            self.real, self.released = real(source), False
            self.isOpened, self.read = self.real.isOpened, self.real.read
            opened.append(self)

        def release(self) -> None:
            self.real.release()
            self.released = True

    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    frames = camera_frames(str(two), SpotEstimator())
    assert not opened
    next(frames)
    assert not opened[0].released
    frames.close()
    assert opened[0].released


def test_errors_of_files_and_arguments(tmp_path, two):
    with pytest.raises(FileNotFoundError, match=r"absent\.mp4: there is no such video"):
        read_video(tmp_path / "absent.mp4", SpotEstimator())
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(ValueError, match=r"text\.mp4: expected a video, got a file that begins with b'"):
        read_video(tmp_path / "text.mp4", SpotEstimator())
    empty = video(tmp_path / "empty.avi", [])
    with pytest.raises(
        ValueError, match=r"empty\.avi: expected a video, got (an empty file|a file (without a frame )?that OpenCV)"
    ):
        read_video(empty, SpotEstimator())
    for wrong in ({"every": 0}, {"persons": 0}):
        with pytest.raises(ValueError, match="persons, every: expected whole numbers from 1, got persons="):
            read_video(two, SpotEstimator(), **wrong)


def test_a_camera_that_is_not_there_is_said(tmp_path):
    with pytest.raises(RuntimeError, match=r"camera .*absent: it can't be opened; check that it is there"):
        next(camera_frames(str(tmp_path / "absent"), SpotEstimator()))


def test_without_opencv_the_extra_is_named(monkeypatch, two):
    monkeypatch.setitem(sys.modules, "cv2", None)
    said = r"videos and cameras are read with OpenCV, which is not installed; pip install 'tg_skeleton\[video\]'"
    with pytest.raises(ImportError, match=said):
        read_video(two, SpotEstimator())
    with pytest.raises(ImportError, match=said):
        next(camera_frames(0, SpotEstimator()))


def test_who_is_seen_for_a_moment_beside_others_is_left_out(tmp_path):
    pictures = [picture((5, 5, 40), *([(120, 80, 15)] if frame in (3, 4) else [])) for frame in range(20)]
    recording = read_video(video(tmp_path / "ghost.avi", pictures), SpotEstimator(), persons=None)
    assert recording.pos.shape[1] == 1 and recording.ids == (0,)
    alone = [picture((120, 80, 15)) if frame in (3, 4) else picture() for frame in range(20)]
    assert len(read_video(video(tmp_path / "alone.avi", alone), SpotEstimator()).ids) == 1


def test_what_will_not_train_well_is_said(tmp_path, two):
    slow = read_video(video(tmp_path / "slow.avi", [picture((5, 5, 40))] * 6, fps=5), SpotEstimator())
    assert slow.remarks == ("5.0 frames a second are too few for most actions; record 15 or more",)
    empty = read_video(video(tmp_path / "nobody.avi", [picture()] * 3 + [picture((5, 5, 40))]), SpotEstimator())
    assert empty.nobody == 3
    assert empty.remarks == ("nobody was found in 3 of 4 frames; a network will learn little from it",)


class Lying(SpotEstimator):
    """Persons whose hips are beside their shoulders."""

    def __call__(self, image: np.ndarray) -> Estimate:
        points, score, _ = super().__call__(image)
        points[:, [5, 6]], points[:, [11, 12]] = (20, 50), (100, 55)
        return Estimate(points, score)


def test_a_picture_on_its_side_is_said(two):
    (remark,) = read_video(two, Lying(), persons=1).remarks
    assert remark.startswith("persons lie on their side: the picture looks turned by 90 degrees")


def test_a_video_that_was_cut_is_said(tmp_path):
    path = video(tmp_path / "cut.avi", [picture((5, 5, 40))] * 40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    try:
        remarks = read_video(path, SpotEstimator()).remarks
    except ValueError as error:  # as OpenCV's build has it
        assert "expected a video, got a file" in str(error)
    else:
        assert any("frames that its header promises: cut off, or damaged" in remark for remark in remarks)


def test_who_begins_when_another_has_ended_takes_that_place(tmp_path):
    spots = [(5, 5, 40)] * 12, [(120, 80, 30)] * 12
    pictures = [picture(*([spots[0][row]] if row < 12 else [spots[1][row - 12]])) for row in range(24)]
    path = video(tmp_path / "two.avi", pictures)
    recording = read_video(path, SpotEstimator(), persons=1)
    assert recording.pos.shape[1] == 1 and recording.nobody == 0 and recording.ids == (0,)
    assert read_video(path, SpotEstimator()).ids == (0, 1)


class Leaning(SpotEstimator):
    """Persons who lean in an upright picture: 30 pixels across, 40 up."""

    def __call__(self, image: np.ndarray) -> Estimate:
        points, score, _ = super().__call__(image)
        points[:, [5, 6]], points[:, [11, 12]] = (50, 20), (20, 60)
        return Estimate(points, score)


def test_leaning_in_an_upright_picture_is_not_lying(tmp_path):
    path = tmp_path / "upright.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 25, (90, 160))
    for _ in range(20):
        writer.write(np.full((160, 90, 3), 255, np.uint8))
    writer.release()
    assert read_video(path, Leaning()).remarks == ()
