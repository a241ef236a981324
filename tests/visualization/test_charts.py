from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tg_skeleton.datasets import SimulatedActions
from tg_skeleton.visualization._charts import classes, confusion, curves, nice_ticks

MATRIX = np.array([[3, 1, 0], [0, 4, 0], [2, 0, 2]])
NAMES = ["sit <down>", "stand & up", "fall"]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 1.0, [0.0, 0.5, 1.0]),
        (0.03, 0.94, [0.0, 0.5, 1.0]),
        (34.2, 84.9, [20.0, 40.0, 60.0, 80.0, 100.0]),
        (5.0, 5.0, [4.0, 6.0]),
        (0.0, 0.0, [0.0, 0.5]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, ticks: list[float]) -> None:
    found = nice_ticks(low, high, 4)
    assert found[0] <= low and found[-1] >= high and len(found) <= 7
    steps = np.diff(found)
    np.testing.assert_allclose(steps, steps[0])
    assert re.fullmatch(r"[125](\.0+)?e[+-]\d+", f"{steps[0]:.1e}")
    assert set(np.sign(found)) <= set(np.sign([*ticks, 0.0]))


def test_a_curve_has_a_line_and_its_last_value() -> None:
    drawn = curves("loss", {"training": [(1, 2.0), (2, 1.0)], "validation": [(1, 2.5)], "none": []})
    figure = ElementTree.fromstring(drawn)
    lines = [line.get("points") for line in figure.iter("polyline")]
    assert [len(points.split()) for points in lines] == [2, 1]
    down = [float(point.split(",")[1]) for point in lines[0].split()]
    assert down[1] > down[0]
    assert [key.text for key in figure.iter("b")] == ["1.000", "2.500"]


def test_accuracies_are_in_per_cent() -> None:
    figure = ElementTree.fromstring(curves("top-1", {"training": [(1, 20.0), (2, 84.93)]}, percent=True))
    assert [key.text for key in figure.iter("b")] == ["84.9 %"]
    assert "80 %" in [text.text for text in figure.iter("text")]


def test_confusion_has_a_cell_for_every_count() -> None:
    drawn = ElementTree.fromstring(confusion(MATRIX, NAMES))
    assert [title.text for title in drawn.iter("title")] == [
        "sit <down> recognized: 3 of 4",
        "sit <down> taken for stand & up: 1 of 4",
        "stand & up recognized: 4 of 4",
        "fall taken for sit <down>: 2 of 4",
        "fall recognized: 2 of 4",
    ]
    assert [rect.get("class") for rect in drawn.iter("rect")] == ["empty", "right", "wrong", "right", "wrong", "right"]
    assert [rect.get("fill-opacity") for rect in drawn.iter("rect")][1:3] == ["0.775", "0.325"]


def test_names_of_classes_are_whole(browse: Callable[..., dict[str, Any]]) -> None:
    drawn = confusion(np.eye(16, dtype=int), SimulatedActions.class_names)
    style = "svg { display: block } text { font: 12px Verdana, 'DejaVu Sans', sans-serif }"
    steps = """
const all = document.querySelector("svg").getBoundingClientRect();
log.cut = [...document.querySelectorAll("text")].map((one) => one.getBoundingClientRect()).filter((box) => (
  box.left < all.left || box.top < all.top || box.right > all.right || box.bottom > all.bottom)).length;
"""
    assert browse(f"<!doctype html><style>{style}</style>{drawn}", steps) == {"cut": 0}


def test_many_classes_have_neither_numbers_nor_names() -> None:
    some = ElementTree.fromstring(confusion(np.eye(40, dtype=int), list(map(str, range(40)))))
    assert (len(list(some.iter("text"))), len(list(some.iter("g")))) == (80, 40)
    many = ElementTree.fromstring(confusion(np.eye(120, dtype=int), list(map(str, range(120)))))
    assert (len(list(many.iter("text"))), len(list(many.iter("g")))) == (0, 120)


def test_classes_stand_worst_first_and_those_without_recordings_are_left_out() -> None:
    table = ElementTree.fromstring(classes(np.pad(MATRIX, (0, 1)), [*NAMES, "never"]))
    rows = [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")][1:]
    assert rows == [
        ["fall", "", "50.0 %", "4", "sit <down> 2"],
        ["sit <down>", "", "75.0 %", "4", "stand & up 1"],
        ["stand & up", "", "100.0 %", "4", ""],
    ]


def test_values_that_are_not_finite_are_omitted():
    nan, inf = float("nan"), float("inf")
    figure = curves("loss", {"training": [(1, nan), (2, 1.5), (3, inf)], "validation": [(1, nan)]})
    assert "<b>1.500</b>" in figure and "nan" not in figure and "inf" not in figure and "validation" not in figure
    assert curves("loss", {"training": [(1, nan)]}) == ""


def test_names_are_escaped_in_every_chart():
    hostile = "<img src=x onerror=alert(1)>"
    matrix = np.array([[1, 1], [0, 2]])
    pages = (
        curves(hostile, {hostile: [(1, 0.5)]}, across=hostile),
        confusion(matrix, [hostile, "b"]),
        classes(matrix, ["a", hostile]),
    )
    for text in pages:
        assert "<img" not in text and "&lt;img src=x" in text
