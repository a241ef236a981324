from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.evaluation import Scores, report


def scores_of(predictions: list[int], labels: list[int], classes: int) -> Scores:
    return Scores([f"r{number}" for number in range(len(labels))], np.eye(classes)[predictions], labels)


def test_report_is_one_table() -> None:
    scores = scores_of([0, 0, 1, 1, 1, 2], [0, 0, 0, 1, 1, 1], 4)
    assert report(scores, ["sit", "100% up", "walk", "run"]).splitlines() == [
        "6 recordings, 4 classes, 2 of them without a recording and left out",
        "top-1   66.67 %",
        "mean class accuracy   66.67 %",  # of the two classes with recordings
        "macro F1              48.89 %",  # (4/5 + 4/6 + 0) / 3
        "",
        "class    recordings  correct  mostly taken for",
        "sit               3   66.7 %  100% up (1)",
        "100% up           3   66.7 %  walk (1)",
    ]


def test_top_5_is_said_of_more_than_five_classes() -> None:
    assert "top-5" not in report(scores_of([0], [0], 5))
    assert report(scores_of([0, 1], [0, 5], 6)).splitlines()[1:3] == ["top-1   50.00 %", "top-5   50.00 %"]


def test_perfect_columns_are_aligned() -> None:
    lines = report(scores_of([0, 1], [0, 1], 2)).splitlines()
    assert lines[-1] == "1               1  100.0 %"


def test_another_number_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="class_names: expected 2 names, one per class, got 3"):
        report(scores_of([0], [0], 2), ["a", "b", "c"])
