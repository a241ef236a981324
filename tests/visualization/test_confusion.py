from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from tg_skeleton.visualization import plot_confusion
from tg_skeleton.visualization.style import Style, oklab

MATRIX = np.array([[9, 1, 0], [0, 0, 0], [999, 0, 1]])


def cells(figure) -> dict[tuple[int, int], str]:
    return {
        (int(text.get_position()[1]), int(text.get_position()[0])): text.get_text() for text in figure.axes[0].texts
    }


def test_counts_stand_in_their_cells() -> None:
    assert cells(plot_confusion(MATRIX)) == {(0, 0): "9", (0, 1): "1", (2, 0): "999", (2, 2): "1"}


def test_per_cent_are_of_the_row() -> None:
    assert cells(plot_confusion(MATRIX, values="percent")) == {(0, 0): "90", (0, 1): "10", (2, 0): "100", (2, 2): "<1"}


def test_colors_are_shares_of_the_row_and_an_empty_row_is_zero() -> None:
    shown = plot_confusion(MATRIX).axes[0].images[0].get_array()
    np.testing.assert_allclose(shown, [[90, 10, 0], [0, 0, 0], [99.9, 0, 0.1]])


def test_names_stand_at_both_axes() -> None:
    axes = plot_confusion(MATRIX, ["sit down", "stand up", "throw"], title="view 3").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["sit down", "stand up", "throw"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["sit down", "stand up", "throw"]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("predicted class", "true class", "view 3")


def test_many_classes_are_drawn_in_colors_alone() -> None:
    axes = plot_confusion(np.eye(400, dtype=int)).axes[0]
    assert not axes.texts
    assert len(axes.get_xticks()) == 80


@pytest.mark.parametrize("classes", [2, 10, 60])
def test_labels_lie_within_the_picture(classes: int) -> None:
    figure = plot_confusion(np.eye(classes, dtype=int), [f"a class with a long name {i}" for i in range(classes)])
    figure.draw_without_rendering()
    picture, drawn = figure.bbox, figure.axes[0].get_tightbbox()
    assert drawn.x0 >= picture.x0 - 1 and drawn.y0 >= picture.y0 - 1
    assert drawn.x1 <= picture.x1 + 1 and drawn.y1 <= picture.y1 + 1


@pytest.mark.parametrize("style", ["light", "dark"])
def test_numbers_can_be_read_on_their_cells(style: Style) -> None:
    figure = plot_confusion(np.array([[9, 1], [55, 45]]), style=style)
    image, axes = figure.axes[0].images[0], figure.axes[0]
    for text in axes.texts:
        column, row = (int(at) for at in text.get_position())
        cell = oklab(image.cmap(image.norm(image.get_array()[row, column]))[:3])
        assert abs(cell[0] - oklab(to_rgb(text.get_color()))[0]) > 0.35  # of the way from black to white


def test_a_picture_is_written(tmp_path: Path) -> None:
    plot_confusion(MATRIX).savefig(tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("shape", [(2, 3), (4,), (0, 0)])
def test_a_matrix_that_is_not_square_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"matrix: expected \[K, K\], rows true and columns predicted"):
        plot_confusion(np.zeros(shape))


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="matrix: expected counts, got -1"):
        plot_confusion(np.array([[1, -1], [0, 1]]))


def test_another_number_of_names_is_refused() -> None:
    with pytest.raises(ValueError, match="class_names: expected 3 names, one per class, got 1"):
        plot_confusion(MATRIX, ["a"])


def test_unknown_values_are_refused() -> None:
    with pytest.raises(ValueError, match="values: expected 'count' or 'percent', got 'both'"):
        plot_confusion(MATRIX, values="both")  # type: ignore[arg-type]
