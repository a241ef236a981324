"""A confusion matrix as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from tg_skeleton.visualization._matplotlib import Axes, Figure
from tg_skeleton.visualization.maps import checked_names
from tg_skeleton.visualization.style import Palette, Style, dress, on_image, palette

WRITTEN = 30
"""The largest number of classes for which the cells contain numbers."""

LABELLED = 80
"""The largest number of classes for which every label is drawn."""


def plot_confusion(
    matrix: np.ndarray,
    class_names: Sequence[str] | None = None,
    *,
    values: Literal["count", "percent"] = "count",
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw a confusion matrix: true classes (rows) and predicted classes (columns).

    Colors show the share of the row, so that rare classes are as readable as frequent ones. With up to 30 classes the
    cells contain numbers.

    >>> import numpy as np
    >>> from tg_skeleton.visualization import plot_confusion
    >>> figure = plot_confusion(np.array([[9, 1], [0, 10]]), ["sit down", "stand up"], values="percent")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['90', '10', '100']

    Args:
        matrix: Counts, as returned by `Scores.confusion`.
        class_names: Names of the classes. Default: their numbers.
        values: The numbers in the cells: counts of recordings, or percentages of the row.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Shapes:
        matrix ``[K, K]``, rows true, columns predicted.

    Raises:
        ValueError: The matrix is not square or has negative numbers, the number of names is not that of classes, or
            ``values`` or ``style`` is unknown.
    """
    colors, matrix = palette(style), np.asarray(matrix)
    names = _checked_names(matrix, class_names)
    if values not in ("count", "percent"):
        raise ValueError(f"values: expected 'count' or 'percent', got {values!r}")
    total = matrix.sum(1, keepdims=True)
    share = np.divide(100.0 * matrix, total, out=np.zeros(matrix.shape), where=total > 0)

    figure = Figure()
    axes = figure.add_axes((0.0, 0.0, 0.8, 1.0))
    image = axes.imshow(share, cmap=colors.sequential(), vmin=0, vmax=100)
    bar = figure.colorbar(image, cax=figure.add_axes((0.9, 0.0, 0.1, 1.0)))
    bar.set_label("% of the true class")
    _label(axes, names, colors)
    if len(names) <= WRITTEN:
        _write(axes, matrix if values == "count" else share, share, style)
    if title is not None:
        axes.set_title(title)
    dress(figure, style)
    _fit(
        figure, axes, bar.ax, side=max(len(names) * (0.45 if len(names) <= WRITTEN else min(0.2, 24 / len(names))), 2.0)
    )
    return figure


def _checked_names(matrix: np.ndarray, class_names: Sequence[str] | None) -> list[str]:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise ValueError(f"matrix: expected [K, K], rows true and columns predicted, got {list(matrix.shape)}")
    if (matrix < 0).any():
        raise ValueError(f"matrix: expected counts, got {matrix.min()}")
    return checked_names("class_names", class_names, len(matrix), "class")


def _fit(figure: Figure, axes: Axes, bar: Axes, side: float) -> None:
    """Set the side of the matrix in inches, and enlarge the figure by the size of the labels."""
    figure.set_size_inches(side / 0.8, side)
    figure.draw_without_rendering()
    outer, inner, pad = axes.get_tightbbox(), axes.bbox, 0.1
    assert outer is not None
    left = (inner.x0 - outer.x0) / figure.dpi + pad
    below = (inner.y0 - outer.y0) / figure.dpi + pad
    # On the right: a gap of 0.15, the color bar of 0.2, and 0.7 for its label.
    width = max(left + side + 1.05, (outer.x1 - outer.x0) / figure.dpi + 2 * pad)
    height = (outer.y1 - outer.y0) / figure.dpi + 2 * pad
    figure.set_size_inches(width, height)
    axes.set_position((left / width, below / height, side / width, side / height))
    bar.set_position(((left + side + 0.15) / width, (below + 0.1 * side) / height, 0.2 / width, 0.8 * side / height))


def _label(axes: Axes, names: list[str], colors: Palette) -> None:
    ticks = range(0, len(names), 1 + (len(names) - 1) // LABELLED)
    shown = [names[tick] for tick in ticks]
    small = 9 if len(names) <= WRITTEN else 6
    upright = max(map(len, shown)) > 3
    axes.set_xticks(ticks, shown, fontsize=small, rotation=45 if upright else 0, ha="right" if upright else "center")
    axes.set_yticks(ticks, shown, fontsize=small)
    if upright:
        for label in axes.get_xticklabels():
            label.set_rotation_mode("anchor")
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=colors.grid, linewidth=0.5)
    axes.tick_params(which="minor", length=0)


def _write(axes: Axes, numbers: np.ndarray, share: np.ndarray, style: Style) -> None:
    for row, column in np.argwhere(numbers > 0):
        number = numbers[row, column]
        text = f"{number:.0f}" if number >= 0.5 else "<1"
        color = on_image(share[row, column] / 100, style)
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=8)
