"""Arrays of pose estimators in one form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from tg_skeleton.io import image_units, read_kinetics_json
from tg_skeleton.pose import mediapipe_poses, mediapipe_world_poses, openpose_poses, rtmlib_poses

SIZE = (640, 480)


@dataclass
class Mark:
    """The fields of MediaPipe's ``NormalizedLandmark`` and ``Landmark``."""

    x: float | None = None
    y: float | None = None
    z: float | None = None
    visibility: float | None = None
    presence: float | None = None
    name: str | None = None


def body(seed: int, **changed: Mark) -> list[Mark]:
    values = np.random.default_rng(seed).uniform(0.1, 0.9, (33, 4))
    marks = [Mark(*row) for row in values.tolist()]
    for place, mark in changed.items():
        marks[int(place.removeprefix("_"))] = mark
    return marks


def test_pixels_become_parts_of_the_picture_from_its_middle_with_y_up():
    points = np.array([[0, 0], [640, 0], [320, 240], [640, 480]])
    assert image_units(points, np.ones(4), SIZE).tolist() == [[-0.5, 0.5], [0.5, 0.5], [0, 0], [0.5, -0.5]]
    assert image_units(points, np.array([1, 0, 1, 0]), SIZE)[1].tolist() == [0, 0]
    assert image_units(points, np.ones(4), SIZE).dtype == np.float32


def test_the_units_are_those_of_the_kinetics_reader():
    rng = np.random.default_rng(0)
    points, score = rng.uniform(0, 400, (18, 2)), np.where(rng.random(18) < 0.3, 0, rng.random(18))
    skeleton = {"pose": (points / SIZE).flatten().tolist(), "score": score.tolist()}
    clip = {"data": [{"frame_index": 1, "skeleton": [skeleton]}], "label_index": 0}
    expected = read_kinetics_json(json.dumps(clip).encode(), "clip")
    poses = openpose_poses(np.concatenate([points, score[:, None]], 1)[None], SIZE, joints=18)
    np.testing.assert_allclose(poses.points, expected.pos[0], atol=1e-6)
    np.testing.assert_allclose(poses.score, expected.score[0], atol=1e-6)


@pytest.mark.parametrize("size", [(0, 480), (640, -1), (float("nan"), 480), (640, float("inf"))])
def test_a_picture_without_a_size_is_refused(size):
    with pytest.raises(ValueError, match="image_size: expected \\(width, height\\) of the picture in pixels, got"):
        image_units(np.zeros((1, 2)), np.ones(1), size)


def test_rtmlib_of_two_persons():
    keypoints = np.random.default_rng(0).uniform(0, 400, (2, 26, 2))
    scores = np.full((2, 26), 0.5)
    scores[0, 3] = 1.25  # SimCC's scores may be above 1
    poses = rtmlib_poses(keypoints, scores, SIZE, joints=26)
    np.testing.assert_allclose(poses.points, keypoints / (640, -480) + (-0.5, 0.5), atol=1e-6)
    assert (poses.score.max(), poses.score.min()) == (1, 0.5)
    assert (poses.points.dtype, poses.score.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize(
    ("keypoints", "scores"),
    [([], []), (np.zeros((0, 17, 2)), np.zeros((0, 17))), (np.zeros((1, 17, 2)), np.zeros((1, 17)))],  # RTMO's nobody
)
def test_rtmlib_of_nobody(keypoints, scores):
    poses = rtmlib_poses(keypoints, scores, SIZE)
    assert (poses.points.shape, poses.score.shape) == ((0, 17, 2), (0, 17))


def test_joints_that_are_not_numbers_were_not_seen():
    keypoints, scores = np.full((1, 17, 2), 100.0), np.ones((1, 17))
    keypoints[0, 2, 1], scores[0, 5] = np.nan, np.inf
    poses = rtmlib_poses(keypoints, scores, SIZE)
    assert np.flatnonzero(poses.score[0] == 0).tolist() == [2, 5]
    assert not poses.points[0, [2, 5]].any() and np.isfinite(poses.points).all()


def test_other_numbers_of_joints_and_persons_are_refused():
    with pytest.raises(ValueError, match=r"keypoints: expected \[M, 17, 2\], got \[1, 26, 2\]; joints= is the"):
        rtmlib_poses(np.ones((1, 26, 2)), np.ones((1, 26)), SIZE)
    with pytest.raises(ValueError, match=r"scores: expected \[M, 17\], got \[1, 26\]"):
        rtmlib_poses(np.ones((1, 17, 2)), np.ones((1, 26)), SIZE)
    with pytest.raises(ValueError, match="scores: expected those of 2 persons, as keypoints has, got 1"):
        rtmlib_poses(np.ones((2, 17, 2)), np.ones((1, 17)), SIZE)
    with pytest.raises(ValueError, match=r"keypoints: expected \[M, 25, 3\], got \[25, 3\]"):
        openpose_poses(np.ones((25, 3)), SIZE)


def test_openpose_leaves_out_who_was_not_seen():
    people = np.random.default_rng(0).uniform(1, 400, (3, 25, 3))
    people[..., 2] = 0.5
    people[0, 4] = 0  # as OpenPose writes a joint that it did not find
    people[1] = 0
    poses = openpose_poses(people, SIZE)
    assert poses.points.shape == (2, 25, 2) and not poses.points[0, 4].any() and poses.score[0, 4] == 0
    np.testing.assert_allclose(poses.points[1], people[2, :, :2] / (640, -480) + (-0.5, 0.5), atol=1e-6)


@pytest.mark.parametrize("nobody", [None, np.zeros((0, 25, 3)), np.array([])])
def test_openpose_of_nobody(nobody):
    assert openpose_poses(nobody, SIZE).points.shape == (0, 25, 2)


def test_mediapipe_in_the_picture():
    persons = [body(0, _4=Mark(0.5, 0.25, visibility=None)), body(1, _7=Mark(None, 0.5, 0.0, 0.9))]
    poses = mediapipe_poses(persons)
    assert poses.points.shape == (2, 33, 2)
    assert poses.points[0, 4].tolist() == [0, 0.25] and poses.score[0, 4] == 1
    assert poses.score[1, 7] == 0 and poses.points[1, 7].tolist() == [0, 0]
    mark = persons[1][30]
    np.testing.assert_allclose(poses.points[1, 30], [mark.x - 0.5, 0.5 - mark.y], atol=1e-6)
    np.testing.assert_allclose(poses.score[1, 30], mark.visibility, atol=1e-6)


def test_mediapipe_in_space_is_turned_and_not_mirrored():
    person = body(2)
    poses = mediapipe_world_poses([person])
    raw = np.array([[mark.x, mark.y, mark.z] for mark in person])
    turn = np.linalg.lstsq(raw, poses.points[0].astype(np.float64), rcond=None)[0]
    np.testing.assert_allclose(turn, np.diag([-1, -1, 1]), atol=1e-6)
    assert np.linalg.det(turn) > 0


@pytest.mark.parametrize("read", [mediapipe_poses, mediapipe_world_poses])
def test_mediapipe_of_nobody_and_of_a_hand(read):
    assert read([]).points.shape[:2] == (0, 33)
    with pytest.raises(ValueError, match=r"landmarks\[1\]: expected 33 landmarks, got 21"):
        read([body(0), body(1)[:21]])


@pytest.mark.parametrize("poses", [mediapipe_poses, mediapipe_world_poses])
def test_mediapipe_s_answers_about_nobody(poses):
    assert len(poses(None).points) == len(poses([]).points) == 0
    mark = SimpleNamespace(x=0.5, y=0.5, z=0.0, visibility=1.0)
    with pytest.raises(ValueError, match=r"expected a list of persons, .*, got list of single landmarks; of the leg"):
        poses([mark] * 33)
    with pytest.raises(ValueError, match=r"got SimpleNamespace; of the legacy .* give \[result.pose_.*.landmark\]"):
        poses(SimpleNamespace(landmark=[mark] * 33))
