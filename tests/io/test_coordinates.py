"""From the numbers that users have to coordinates and scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tg_skeleton.io import as_coordinates

RNG = np.random.default_rng(0)
BODY = RNG.normal((0.2, 0.1, 2.9), 0.3, size=(40, 2, 25, 3))  # [T, M, V, D]


def pixels(frames=30, joints=17):
    return RNG.uniform((50, 40), (600, 440), (frames, joints, 2))


# -- axes --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", ["T M V C", "M T V C", "C T V M", "V C M T", "TMVD"])
def test_a_layout_that_is_named(layout):
    letters = layout.upper().replace("D", "C").replace(" ", "")
    array = BODY.transpose(["TMVC".index(letter) for letter in letters])
    pos, score, remarks = as_coordinates(array, 25, layout=layout)
    np.testing.assert_array_equal(pos, BODY.astype(np.float32))
    assert (score, remarks) == (None, ())


def test_one_person_needs_no_axis_of_persons():
    pos = as_coordinates(BODY[:, 0].transpose(2, 0, 1), 25, layout="C T V").pos
    np.testing.assert_array_equal(pos[:, 0], BODY[:, 0].astype(np.float32))


def test_a_layout_that_alone_fits_is_recognized_and_reported():
    pos, _, remarks = as_coordinates(BODY.transpose(3, 0, 2, 1)[..., :1], 25)  # [C, T, V, M]
    np.testing.assert_array_equal(pos[:, 0], BODY[:, 0].astype(np.float32))
    assert remarks == ("the axes were taken for C T V M; layout= names others",)


@pytest.mark.parametrize(
    ("shape", "options", "reason"),
    [
        ((4, 3), {}, r"array: expected \[T, V = 25, C\] or .*, got \[4, 3\]"),
        ((9, 17, 3), {}, r"array: expected \[T, V = 25, C\] or .*, got \[9, 17, 3\]"),
        ((9, 25, 4), {}, r"got 4 channels in shape \[9, 25, 4\]; channels='xyzs' takes the fourth for a confidence"),
        ((9, 25, 3), {"channels": "xy"}, "channels: 'xy' is 2 channels, got 3 in shape"),
        ((9, 25, 3), {"channels": "abc"}, "channels: expected one of 'xy', 'xyz', 'xys', 'xyzs', got 'abc'"),
        ((9, 25, 3), {"channels": "xys", "score": np.ones((9, 25))}, "names a confidence, and score= is another one"),
        ((9, 25, 3), {"score": np.ones((9, 24))}, r"score: expected numbers of shape \[9, 25\], got float64 of shape"),
    ],
)
def test_what_does_not_fit_is_refused(shape, options, reason):
    with pytest.raises(ValueError, match=reason):
        as_coordinates(np.ones(shape), 25, **options)


# -- channels and units ------------------------------------------------------------------------------------------------


def test_a_confidence_beside_pixels_is_no_coordinate():
    array = np.concatenate([pixels(), np.full((30, 17, 1), 0.75)], -1)
    pos, score, remarks = as_coordinates(array, 17, image_size=(640, 480))
    np.testing.assert_allclose(pos[:, 0], array[..., :2] / (640, -480) + (-0.5, 0.5), atol=1e-6)
    assert score.shape == (30, 1, 17) and np.unique(score).tolist() == [0.75]
    assert remarks[0].startswith("the third channel lies within 0..1 and x, y are pixels: taken as a confidence")
    assert as_coordinates(array, 17, channels="xyz").pos.shape[-1] == 3


def test_three_coordinates_in_meters_stay_three():
    array = RNG.uniform(0, 1, (30, 17, 3)) * (3, 3, 1)
    pos, score, remarks = as_coordinates(array, 17)
    assert (pos.shape, score, remarks) == ((30, 1, 17, 3), None, ())


@pytest.mark.parametrize("count", [4, 5])
def test_mediapipe_s_landmarks(count):
    array = RNG.random((9, 33, count))
    pos, score, _ = as_coordinates(array, 33, channels="xyzs", layout="T V C")
    np.testing.assert_array_equal(pos[:, 0], array[..., :3].astype(np.float32))
    np.testing.assert_array_equal(score[:, 0], array[..., 3].astype(np.float32))


def test_pixels_without_a_picture_are_in_the_persons_extent_and_y_is_up():
    body = np.array([[100.0, 50], [140, 250], [120, 150]])  # 40 wide, 200 high
    array = np.stack([body, body + np.array([30, 0]), body + np.array([60, 0])])[:, None]  # walks to the right
    pos, _, remarks = as_coordinates(array, 3)
    np.testing.assert_allclose(pos[0, 0], [[-0.25, 0.5], [-0.05, -0.5], [-0.15, 0.0]], atol=1e-6)
    np.testing.assert_allclose(pos[2, 0] - pos[0, 0], [[0.3, 0]] * 3, atol=1e-6)
    assert remarks[0].startswith("pixels were centered and divided by the persons' median extent, y up")


# -- joints that were not seen -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["nan", "inf", "masked", "score"])
def test_a_joint_that_was_not_seen_has_score_0_and_no_place(kind):
    array, options = BODY.copy(), {}
    if kind == "masked":
        array = np.ma.masked_array(array, mask=False)
        array[11, 0, 7] = np.ma.masked
        array.data[11, 0, 7] = -9999
    elif kind == "score":
        options["score"] = np.ones(array.shape[:3])
        options["score"][11, 0, 7] = 0
    else:
        array[11, 0, 7] = {"nan": np.nan, "inf": np.inf}[kind]
    pos, score, remarks = as_coordinates(array, 25, **options)
    expected = np.ones((40, 2, 25), np.float32)
    expected[11, 0, 7] = 0
    np.testing.assert_array_equal(score, expected)
    assert pos[11, 0, 7].tolist() == [0, 0, 0] and np.isfinite(pos).all()
    assert remarks == ()


@pytest.mark.parametrize("kind", [0.0, np.nan])
def test_absent_persons_are_absent_and_have_no_missing_joints(kind):
    array = BODY.copy()
    array[5:, 1] = kind
    pos, score, _ = as_coordinates(array, 25)
    assert score is None and not pos[5:, 1].any()


def test_the_corner_of_a_picture_is_no_place():
    array = pixels()[:, None]
    array[3, 0, 9] = 0
    pos, score, _ = as_coordinates(array, 17, image_size=(640, 480))
    assert pos[3, 0, 9].tolist() == [0, 0] and score[3, 0, 9] == 0 and score.sum() == score.size - 1


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.astype(">f8"),
        np.asfortranarray,
        lambda a: a[::-1][::-1],
        lambda a: torch.tensor(a, requires_grad=True),
        lambda a: a.tolist(),
    ],
)
def test_arrays_of_all_kinds(make):
    np.testing.assert_array_equal(as_coordinates(make(BODY), 25).pos, BODY.astype(np.float32))


def test_what_are_no_numbers():
    with pytest.raises(ValueError, match="array: expected numbers, got <U1 of shape"):
        as_coordinates(np.full((2, 25, 3), "a"), 25)
    with pytest.raises(ValueError, match="array: expected an array of numbers, got lists of different lengths"):
        as_coordinates([[1, 2], [3]], 25)
