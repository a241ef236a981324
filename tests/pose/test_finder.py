"""Persons of single pictures: what is made of an estimator's answer."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.pose import Estimate, PersonFinder, Picture, PoseEstimator, PoseOptions, track_frames
from tg_skeleton.topologies import COCO17


def picture() -> np.ndarray:
    return np.zeros((120, 160, 3), np.uint8)


class Says(PoseEstimator):
    """Says the same of every picture."""

    topology = COCO17

    def __init__(self, *estimate: np.ndarray, in_space: bool = False) -> None:
        self.estimate, self.in_space = estimate, in_space

    def __call__(self, image: np.ndarray) -> Estimate:
        return Estimate(*self.estimate)


def frame_of(*estimate: np.ndarray, in_space: bool = False):
    (frame,) = track_frames([Picture(picture(), 0.0)], PersonFinder(Says(*estimate, in_space=in_space)))
    return frame


def test_scores_and_joints_out_of_range_are_mended():
    points, score = np.full((1, 17, 2), 60.0), np.full((1, 17), 2.0)
    points[0, 3], score[0, 5] = np.nan, -1
    frame = frame_of(points, score)
    assert frame.ids.tolist() == [0] and np.isfinite(frame.points).all()
    assert frame.score[0].tolist() == [0.0 if joint in (3, 5) else 1.0 for joint in range(17)]


def test_who_has_no_joint_is_left_out():
    frame = frame_of(np.zeros((2, 17, 2)), np.array([[0.0], [1.0]]) * np.ones(17))
    assert (frame.points.shape, frame.score.shape, frame.ids.tolist()) == ((1, 17, 2), (1, 17), [0])


def test_joints_that_the_estimator_is_not_sure_of_were_not_seen():
    score = np.full((1, 17), 0.5)
    score[0, 2] = 0.05
    frame = frame_of(np.full((1, 17, 2), 60.0), score)
    assert frame.score[0, 2] == 0 and not frame.points[0, 2].any() and frame.score[0, 3] == 0.5


@pytest.mark.parametrize(
    ("points", "score", "message"),
    [
        ((1, 26, 2), (1, 26), r"got \[1, 26, 2\] and \[1, 26\]"),
        ((1, 17, 3), (1, 17), r"got \[1, 17, 3\] and \[1, 17\]"),
        ((2, 17, 2), (1, 17), r"got \[2, 17, 2\] and \[1, 17\]"),
    ],
)
def test_an_estimator_of_other_shapes_is_refused(points, score, message):
    expected = r"estimator: expected points \[M, 17, 2\] and scores \[M, 17\] of 'COCO17', "
    with pytest.raises(ValueError, match=expected + message):
        frame_of(np.zeros(points), np.zeros(score))


@pytest.mark.parametrize(("space", "message"), [(None, "got none"), (np.zeros((1, 17, 2)), r"got \[1, 17, 2\]")])
def test_joints_in_space_that_were_promised_are_asked_for(space, message):
    expected = r"estimator: expected joints in space \[1, 17, 3\] of 'COCO17', as in_space says, "
    with pytest.raises(ValueError, match=expected + message):
        frame_of(np.ones((1, 17, 2)), np.ones((1, 17)), space, in_space=True)


def test_space_is_refused_of_an_estimator_of_pictures():
    with pytest.raises(ValueError, match="estimator: expected one that knows joints in space, got .*, which knows the"):
        PersonFinder(Says(), PoseOptions(in_space=True))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"field_of_view": 180}, "field_of_view: expected degrees between 0 and 180, got 180"),
        ({"min_score": 1}, "min_score: expected a number from 0 to below 1, got 1"),
    ],
)
def test_options_out_of_range(options, message):
    with pytest.raises(ValueError, match=message):
        PoseOptions(**options)
