"""Everything that can be wrong with a recording."""

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.datasets import Issue, validate
from tg_skeleton.io import Recording

STICK = Topology("stick", ("a", "b"), ("a", "a"))
GOOD = np.ones((4, 2, 2, 3), np.float32)


def with_value(value, dtype=np.float32):
    pos = GOOD.astype(dtype)
    pos[2, 1, 0, 1] = value
    return pos


def test_a_good_recording_has_no_issue():
    assert validate(Recording("r", GOOD, 4, score=GOOD[..., 0]), STICK, 5) == []


@pytest.mark.parametrize(
    ("pos", "reason"),
    [
        (with_value(np.nan), r"got 1 that are NaN or infinite .* at frame 2, person 1, joint 0 \('a'\)"),
        (with_value(-np.inf), "frame 2, person 1, joint 0"),
        (with_value(1e60, np.float64), "infinite in float32"),
        (GOOD[:, :, :1], r"expected 2 joints \(topology 'stick'\), got 1 in shape \[4, 2, 1, 3\]"),
        (GOOD[:0], r"expected at least one frame.*got none in shape \[0, 2, 2, 3\]"),
        (GOOD[:, :0], r"got none in shape \[4, 0, 2, 3\]"),
        (GOOD[0], r"expected numbers of shape \[T, M, V, D\], got float32 of shape \[2, 2, 3\]"),
        (GOOD.astype(str), r"expected numbers"),
    ],
)
def test_wrong_coordinates(pos, reason):
    (issue,) = validate(Recording("r", pos, 0), STICK, 5)
    assert (issue.name, issue.level) == ("r", "error")
    with pytest.raises(ValueError, match=reason):
        raise ValueError(issue.reason)


@pytest.mark.parametrize("label", [-1, 5, 1.5])
def test_label_out_of_range(label):
    assert validate(Recording("r", GOOD, label), STICK, 5) == [
        Issue("r", "error", f"expected a label in 0..4, got {label}")
    ]


def test_scores_of_another_shape():
    (issue,) = validate(Recording("r", GOOD, 0, score=GOOD), STICK, 5)
    assert issue.reason == "expected scores of shape [4, 2, 2] ([T, M, V]), got [4, 2, 2, 3]"


def test_scores_that_are_not_finite():
    (issue,) = validate(Recording("r", GOOD, 0, score=np.full((4, 2, 2), np.nan)), STICK, 5)
    assert issue.reason == "expected finite scores, got NaN or infinite ones"


def test_all_zero_is_a_warning():
    assert validate(Recording("r", GOOD * 0, 0), STICK, 5) == [Issue("r", "warning", "all coordinates are zero")]


def test_all_issues_are_listed():
    assert [issue.level for issue in validate(Recording("r", GOOD[:0], 9), STICK, 5)] == ["error", "error"]
