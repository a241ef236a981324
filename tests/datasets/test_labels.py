"""What users' labels mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tg_skeleton.datasets.labels import understand_labels


@pytest.mark.parametrize(
    ("labels", "names", "numbers", "classes", "remark"),
    [
        ([0, 1, 1], None, [0, 1, 1], ("0", "1"), None),
        (np.array([0, 1]), ("sit", "walk"), [0, 1], ("sit", "walk"), None),
        (torch.tensor([1, 0]), None, [1, 0], ("0", "1"), None),
        (["walk", "sit", "walk"], None, [1, 0, 1], ("sit", "walk"), None),
        (["walk", "sit"], ("walk", "sit"), [0, 1], ("walk", "sit"), None),
        ([0.0, 1.0], None, [0, 1], ("0", "1"), "labels are floats that are whole"),
        ([1, 2, 3], None, [0, 1, 2], ("1", "2", "3"), "labels begin at 1: the 3 numbers that occur are the classes"),
        ([5, 9], None, [0, 1], ("5", "9"), "labels begin at 5"),
        ([1, 2], ("sit", "walk"), [0, 1], ("sit", "walk"), "labels count from 1: class 1 is 'sit', class 2 'walk'"),
        (
            [1, 1],
            ("sit", "walk", "run"),
            [1, 1],
            ("sit", "walk", "run"),
            "2 of 3 classes have no recording: 'sit', 'r",
        ),
        ([0, 2], None, [0, 2], ("0", "1", "2"), "1 of 3 classes have no recording: '1'"),
        (np.eye(3)[[2, 0, 1]], None, [2, 0, 1], ("0", "1", "2"), "labels are one-hot rows of 3 classes"),
        (np.array([[1], [0]]), None, [1, 0], ("0", "1"), None),
        ([True, False], None, [1, 0], ("0", "1"), None),
        ([np.str_("a"), np.bytes_(b"b")], None, [0, 1], ("a", "b"), None),
        ([0, -1], None, [0, -1], ("0",), None),  # the validator names the recording
    ],
)
def test_labels(labels, names, numbers, classes, remark):
    found = understand_labels(labels, names)
    assert (found.numbers, found.class_names) == (numbers, classes)
    assert (found.remarks == ()) if remark is None else found.remarks[0].startswith(remark)


@pytest.mark.parametrize(
    ("labels", "names", "reason"),
    [
        ([0.5], None, "expected the name of a class, its whole number, or a one-hot row for each recording, got 0.5"),
        ([None], None, "expected the name of a class, .*, got None for recording 0"),
        (["sit", 1], None, "expected names of classes for all recordings or for none, got 1 among names"),
        (["sit"], ("walk",), "expected one of class_names, 'walk', got 'sit'"),
        ([[0.2, 0.8]], None, r"expected one 1 and else 0 in a one-hot row, got \[0.2, 0.8\] for recording 0"),
        ([[1, 0], 1], None, "expected one-hot rows of one length for all recordings, or for none"),
        ([[1, 0], [1, 0, 0]], None, "expected one-hot rows of one length for all recordings, or for none"),
    ],
)
def test_what_are_no_labels(labels, names, reason):
    with pytest.raises(ValueError, match=f"labels: {reason}"):
        understand_labels(labels, names)
