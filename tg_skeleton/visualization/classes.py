"""The accuracy of each class as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.maps import checked_names
from tg_skeleton.visualization.style import Style, dress, palette, set_margins

WRITTEN = 3
"""The largest number of systems for which the bars have numbers."""


def plot_classes(
    matrices: np.ndarray | Mapping[str, np.ndarray],
    class_names: Sequence[str] | None = None,
    *,
    lowest: int | None = None,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw the accuracy of each class as bars, for one or several systems.

    Classes are sorted by the accuracy of the first system, the best on top. Classes without recordings are omitted.

    >>> import numpy as np
    >>> from tg_skeleton.visualization import plot_classes
    >>> joints, fused = np.array([[9, 1], [5, 5]]), np.array([[9, 1], [2, 8]])
    >>> figure = plot_classes({"joints": joints, "fused": fused}, ["sit down", "stand up"])
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['sit down', 'stand up']

    Args:
        matrices: Confusion matrices, as returned by `Scores.confusion`: of one system, or of several by name.
        class_names: Names of the classes. Default: their numbers.
        lowest: Number of classes to draw, those with the lowest accuracy of the first system. Default: all.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Shapes:
        matrices ``[K, K]``, rows true, columns predicted.

    Raises:
        ValueError: There is no matrix; one is not square, has another size, negative numbers or no recordings; the
            number of names is not that of classes, ``lowest`` is below 1, or the style is unknown.
    """
    colors = palette(style)
    named = dict(matrices) if isinstance(matrices, Mapping) else {"": matrices}
    shares = _shares(named)  # [S, K]
    names = checked_names("class_names", class_names, shares.shape[1], "class")
    if lowest is not None and lowest < 1:
        raise ValueError(f"lowest: expected at least one class, got {lowest}")
    there = (~np.isnan(shares[0])).nonzero()[0]
    order = there[np.argsort(-shares[0, there], kind="stable")][-(lowest or len(names)) :]
    count = len(named)

    thick = 0.8 / count
    each = 0.22 if count == 1 else 0.11 * count + 0.08
    figure = Figure(figsize=(6.4, each * len(order) + (1.3 if title or count > 1 else 0.9)), layout="constrained")
    set_margins(figure)
    axes = figure.add_subplot()
    for number, (name, share) in enumerate(zip(named, shares, strict=True)):
        at = np.arange(len(order)) + (number - (count - 1) / 2) * thick
        # A class with accuracy 0 has a bar, too, of width 0.
        bars = axes.barh(at, 100 * share[order], 0.9 * thick, color=colors.color(number), label=name, zorder=2)
        if count <= WRITTEN:
            texts = axes.bar_label(bars, fmt="%.0f", padding=2, fontsize=7 if count == 1 else 6)
            for text in texts:
                text.set_color(colors.text)
    axes.set_yticks(range(len(order)), [names[label].replace("_", " ") for label in order], fontsize=8)
    axes.set_ylim(len(order) - 0.5, -0.5)
    axes.set_xlim(0, 106)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("accuracy of the class, %")
    axes.grid(axis="x", color=colors.grid, linewidth=0.8)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if count > 1:
        figure.legend(
            loc="outside lower center", ncols=min(count, 4), frameon=False, fontsize=8, labelcolor=colors.text
        )
    if title is not None:
        figure.suptitle(title, fontsize=11)
    return dress(figure, style)


def _shares(matrices: Mapping[str, np.ndarray]) -> np.ndarray:
    """The accuracy of each class, ``[S, K]``; NaN where there are no recordings."""
    if not matrices:
        raise ValueError("matrices: expected the confusion matrix of at least one system, got none")
    first = np.shape(next(iter(matrices.values())))
    shares = []
    for name, given in matrices.items():
        matrix, of = np.asarray(given), f" of '{name}'" if name else ""
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size or matrix.shape != first:
            raise ValueError(
                f"matrices{of}: expected [K, K], rows true and columns predicted, of one size, got {list(matrix.shape)}"
            )
        if (matrix < 0).any() or not matrix.any():
            raise ValueError(f"matrices{of}: expected counts of recordings, got {matrix.sum()} in all")
        total = matrix.sum(1)
        shares.append(np.divide(matrix.diagonal(), total, out=np.full(len(matrix), np.nan), where=total > 0))
    return np.stack(shares)
