from __future__ import annotations

import numpy as np
import pytest

from tg_skeleton.visualization import plot_classes

ONE = np.array([[5, 5, 0, 0], [0, 9, 0, 1], [0, 0, 0, 0], [2, 0, 0, 0]])
OTHER = np.array([[8, 2, 0, 0], [0, 5, 0, 5], [0, 0, 0, 0], [0, 0, 0, 2]])
NAMES = ["sit_down", "stand up", "never", "wave"]


def labels(figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def widths(figure) -> list[list[float]]:
    return [[bar.get_width() for bar in bars] for bars in figure.axes[0].containers]


def test_classes_are_sorted_and_those_without_recordings_left_out() -> None:
    figure = plot_classes(ONE, NAMES, title="ESAN")
    assert labels(figure) == ["stand up", "sit down", "wave"]
    assert widths(figure) == [[90, 50, 0]]
    low, high = figure.axes[0].get_ylim()
    assert low > high  # the best on top
    assert figure.get_suptitle() == "ESAN"


def test_systems_stand_beside_each_other_in_the_order_of_the_first() -> None:
    figure = plot_classes({"joint": ONE, "bone": OTHER}, NAMES)
    assert labels(figure) == ["stand up", "sit down", "wave"]
    assert widths(figure) == [[90, 50, 0], [50, 80, 100]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["joint", "bone"]
    first, second = ([bar.get_y() for bar in bars] for bars in figure.axes[0].containers)
    assert all(one < other for one, other in zip(first, second, strict=True))


def test_only_the_worst_may_be_drawn() -> None:
    assert labels(plot_classes(ONE, NAMES, lowest=2)) == ["sit down", "wave"]


@pytest.mark.parametrize("style", ["light", "dark"])
@pytest.mark.parametrize("systems", [1, 4])
def test_labels_lie_within_the_picture(systems: int, style: str) -> None:
    matrix, names = np.eye(60, dtype=int), [f"a class with a long name {number}" for number in range(60)]
    matrices = {f"system {number}": matrix for number in range(systems)}
    figure = plot_classes(matrices, names, title="all", style=style)  # type: ignore[arg-type]
    figure.draw_without_rendering()
    box = figure.axes[0].get_tightbbox()
    for legend in figure.legends:
        assert not legend.get_window_extent().overlaps(box)
        assert not legend.get_window_extent().overlaps(figure.texts[0].get_window_extent())
    assert box.x0 >= 0 and box.y0 >= 0 and box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1


@pytest.mark.parametrize(
    ("matrices", "message"),
    [
        ({}, "matrices: expected the confusion matrix of at least one system, got none"),
        (np.zeros((2, 3)), r"matrices: expected \[K, K\], rows true and columns predicted, of one size, got \[2, 3\]"),
        ({"a": ONE, "b": np.eye(3)}, r"matrices of 'b': expected \[K, K\], .*, of one size, got \[3, 3\]"),
        ({"a": -ONE}, "matrices of 'a': expected counts of recordings, got -22 in all"),
        (np.zeros((2, 2)), "matrices: expected counts of recordings, got 0.0 in all"),
    ],
)
def test_matrices_that_do_not_fit_are_refused(matrices: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plot_classes(matrices)  # type: ignore[arg-type]


def test_arguments_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="class_names: expected 4 names, one per class, got 1"):
        plot_classes(ONE, ["a"])
    with pytest.raises(ValueError, match="lowest: expected at least one class, got 0"):
        plot_classes(ONE, lowest=0)
