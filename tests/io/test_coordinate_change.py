"""Axes and units of files."""

from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.io import CoordinateChange

POINT = np.array([[1.0, 2.0, 3.0]], np.float32)


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        ("y", [1, 2, 3]),
        ("-y", [-1, -2, 3]),
        ("z", [1, 3, -2]),
        ("-z", [1, -3, 2]),
        ("x", [-2, 1, 3]),
        ("-x", [2, -1, 3]),
    ],
)
def test_the_axis_that_points_up_becomes_y_and_nothing_is_mirrored(up, expected) -> None:
    turned = CoordinateChange(up=up)(POINT)
    assert turned.tolist() == [expected] and turned.dtype == np.float32
    axes = CoordinateChange(up=up)(np.eye(3))
    assert np.linalg.det(axes) == 1


def test_flipped_first_then_turned_then_scaled() -> None:
    assert CoordinateChange(flip=("z",), up="z", scale=10)(POINT).tolist() == [[10, -30, -20]]
    assert CoordinateChange(flip=("y",))(POINT[:, :2]).tolist() == [[1, -2]]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"flip": ("w",)}, "flip: expected x, y or z, got 'w'"),
        ({"up": "+z"}, "up: expected one of x, y, z, -x, -y, -z, got '\\+z'"),
        ({"scale": 0}, "scale: expected a factor above 0, got 0"),
    ],
)
def test_what_is_no_axis_or_factor(options, reason) -> None:
    with pytest.raises(ValueError, match=reason):
        CoordinateChange(**options)


@pytest.mark.parametrize("change", [CoordinateChange(up="-z"), CoordinateChange(flip=("z",))])
def test_two_coordinates_have_no_third_axis(change) -> None:
    with pytest.raises(ValueError, match="z: expected x or y of 2 coordinates, got z"):
        change(POINT[:, :2])
