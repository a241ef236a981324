"""Bodies where the picture shows them."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.datasets import simulate
from tg_skeleton.pose import place_in_space

FOCAL = 1280 / 2 / np.tan(np.radians(30))
WALK = simulate("kick", seed=3).pos[::10, 0].astype(np.float64)  # [T, 25, 3]


def seen(there: np.ndarray, size: tuple[int, int] = (1280, 720), focal: float = FOCAL) -> np.ndarray:
    """The picture of joints in a Kinect's axes, typed from its definition: x to the camera's left, y up."""
    return np.array([size[0] / 2, size[1] / 2]) - focal * there[..., :2] / there[..., 2:]


@pytest.mark.parametrize("place", [(0.0, 0.0, 3.0), (1.2, -0.5, 6.0), (-0.8, 0.4, 2.0)])
def test_a_body_comes_to_stand_where_it_is(place):
    body = WALK - WALK[:, :1]
    there = body + place
    placed = place_in_space(body, seen(there), np.ones(there.shape[:2]), (1280, 720))
    assert placed.dtype == np.float32
    np.testing.assert_allclose(placed, there, atol=1e-5)


def test_upright_pictures_have_the_field_of_view_along_their_height():
    body = WALK - WALK[:, :1]
    there = np.add(body, (0.2, 0.1, 4.0))
    placed = place_in_space(body, seen(there, (720, 1280)), np.ones(there.shape[:2]), (720, 1280))
    np.testing.assert_allclose(placed, there, atol=1e-5)


def test_another_field_of_view_is_another_distance():
    body = WALK[:1] - WALK[:1, :1]
    points = seen(np.add(body, (0.0, 0.0, 4.0)))
    near = place_in_space(body, points, np.ones((1, 25)), (1280, 720), field_of_view=90)
    assert near[0, 0, 2] == pytest.approx(4 / np.sqrt(3), abs=0.05)  # tan 30° / tan 45°


def test_joints_of_score_zero_do_not_count():
    body = WALK - WALK[:, :1]
    there = np.add(body, (0.3, 0.0, 3.0))
    points, score = seen(there), np.ones(there.shape[:2])
    points[:, 7], score[:, 7] = 5000, 0
    np.testing.assert_allclose(place_in_space(body, points, score, (1280, 720)), there, atol=1e-5)


def test_a_body_whose_picture_does_not_tell_its_distance_has_no_place():
    body = WALK[:3] - WALK[:3, :1]
    points = np.full((3, 25, 2), 100.0)  # all joints in one spot
    score = np.ones((3, 25))
    score[2] = 0
    assert np.isnan(place_in_space(body, points, score, (1280, 720))).all()


def test_a_body_is_not_behind_the_camera():
    body = WALK[:1] - WALK[:1, :1]
    upside_down = 2 * np.array([640, 360]) - seen(np.add(body, (0.0, 0.0, 4.0)))
    assert np.isnan(place_in_space(body, upside_down, np.ones((1, 25)), (1280, 720))).all()


@pytest.mark.parametrize("angle", [0, 180, -5, float("nan")])
def test_fields_of_view_out_of_range(angle):
    with pytest.raises(ValueError, match="field_of_view: expected degrees between 0 and 180, got"):
        place_in_space(np.zeros((0, 25, 3)), np.zeros((0, 25, 2)), np.zeros((0, 25)), (1, 1), field_of_view=angle)


def test_nobody():
    assert place_in_space(np.zeros((0, 25, 3)), np.zeros((0, 25, 2)), np.zeros((0, 25)), (9, 9)).shape == (0, 25, 3)
