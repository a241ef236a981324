from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.evaluation import Scores, ensemble, stream_report, top_k_accuracies, top_k_report


def scores_of(predictions: list[int], labels: list[int], classes: int) -> Scores:
    return Scores([f"r{number}" for number in range(len(labels))], np.eye(classes)[predictions], labels)


LABELS = [0, 0, 1, 1, 3]
STREAMS = {"joint": scores_of([0, 1, 1, 1, 0], LABELS, 4), "bone-barycenter": scores_of([0, 0, 1, 2, 0], LABELS, 4)}
FUSED = scores_of([0, 0, 1, 1, 0], LABELS, 4)


def test_report_is_three_tables() -> None:
    text = stream_report(STREAMS, FUSED, ["sit", "walk", "100% up", "run"], weights=[3, 1])
    assert text.splitlines() == [
        "5 recordings, 4 classes, 1 of them without a recording and left out",
        "",
        "stream           weight    top-1  mean class accuracy  macro F1",
        "joint             0.750  60.00 %              50.00 %   43.33 %",
        "bone-barycenter   0.250  60.00 %              50.00 %   36.67 %",
        "fused                    80.00 %              66.67 %   60.00 %",
        "",
        "class  recordings    joint  bone-barycenter    fused  mostly taken for",
        "sit             2   50.0 %          100.0 %  100.0 %",
        "walk            2  100.0 %           50.0 %  100.0 %",
        "run             1    0.0 %            0.0 %    0.0 %  sit (1)",
        "",
        "fused: true class (row) taken for (column)",
        "           0  1  2  3",
        "0 sit      2  .  .  .",
        "1 walk     .  2  .  .",
        "2 100% up  .  .  .  .",
        "3 run      1  .  .  .",
    ]


def test_without_weights_and_names() -> None:
    lines = stream_report(STREAMS, FUSED).splitlines()
    assert lines[2:4] == [
        "stream             top-1  mean class accuracy  macro F1",
        "joint            60.00 %              50.00 %   43.33 %",
    ]
    assert lines[-5:] == ["   0  1  2  3", "0  2  .  .  .", "1  .  2  .  .", "2  .  .  .  .", "3  1  .  .  ."]


def test_top_5_is_said_of_more_than_five_classes() -> None:
    one, other = scores_of([0, 1], [0, 5], 6), scores_of([5, 5], [0, 5], 6)
    lines = stream_report({"joint": one, "bone": other}, ensemble([one, other])).splitlines()
    assert lines[2:6] == [
        "stream    top-1     top-5  mean class accuracy  macro F1",
        "joint   50.00 %   50.00 %              50.00 %   33.33 %",
        "bone    50.00 %  100.00 %              50.00 %   33.33 %",
        "fused   50.00 %  100.00 %              50.00 %   33.33 %",
    ]
    assert "top-5" not in stream_report(STREAMS, FUSED)


def test_the_confusion_of_many_classes_is_left_to_the_picture() -> None:
    def with_classes(classes: int) -> str:
        return stream_report({"joint": scores_of([0], [0], classes)}, scores_of([0], [0], classes))

    assert "taken for (column)" in with_classes(20)
    assert "taken for (column)" not in with_classes(21)
    assert len(with_classes(21).splitlines()) == 2 + 3 + 1 + 2


def test_numbers_of_classes_are_aligned() -> None:
    names = [f"action {number}" for number in range(11)]
    lines = stream_report({"joint": scores_of([10], [10], 11)}, scores_of([10], [10], 11), names).splitlines()
    assert lines[-11].startswith(" 0 action 0 ") and lines[-1].startswith("10 action 10 ")


def test_top_1_to_top_k_of_each_stream() -> None:
    one = Scores(["a", "b"], [[3.0, 2.0, 1.0, 0.0], [0.0, 1.0, 2.0, 3.0]], [1, 0])
    other = Scores(["a", "b"], [[0.0, 3.0, 1.0, 2.0], [3.0, 1.0, 2.0, 0.0]], [1, 0])
    fused = ensemble([one, other])
    assert top_k_accuracies({"joint": one, "bone": other}, fused) == {
        "joint": [0.0, 0.5, 0.5, 1.0],
        "bone": [1.0, 1.0, 1.0, 1.0],
        "fused": [fused.top_k(k) for k in (1, 2, 3, 4)],
    }
    lines = top_k_report({"joint": one, "bone": other}, fused, most=3).splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["stream", "top-1", "top-2", "top-3"],
        ["joint", "0.00", "%", "50.00", "%", "50.00", "%"],
    ]
    with pytest.raises(ValueError, match="most: expected 1 or more, got 0"):
        top_k_report({"joint": one}, one, most=0)
    with pytest.raises(ValueError, match="streams: 'fused' is the name of the fusion's own row"):
        top_k_report({"fused": one}, one)


def test_a_fusion_of_other_recordings_is_refused() -> None:
    other = scores_of([0, 0, 1, 1], LABELS[:4], 4)
    with pytest.raises(ValueError, match="'joint' and 'fused' are not of the same recordings: 'r4' only in 'joint'"):
        stream_report(STREAMS, other)


def test_a_stream_called_fused_is_refused() -> None:
    with pytest.raises(ValueError, match="streams: 'fused' is the name of the fusion's own row"):
        stream_report({"fused": FUSED}, FUSED)


def test_another_number_of_weights_is_refused() -> None:
    with pytest.raises(ValueError, match=r"weights: expected 2 numbers, one per stream \(joint, bone-barycenter\)"):
        stream_report(STREAMS, FUSED, weights=[1.0])


def test_another_number_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="class_names: expected 4 names, one per class, got 1"):
        stream_report(STREAMS, FUSED, ["sit"])
