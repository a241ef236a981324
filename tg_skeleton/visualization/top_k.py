"""Top-1 to top-k accuracy of several streams."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.style import Style, dress, palette, set_margins


def plot_top_k(
    accuracies: Mapping[str, Sequence[float]],
    *,
    marked: Collection[str] = ("fused",),
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw the top-1 to top-k accuracy of streams and their fusion, a line each.

    >>> from tg_skeleton.visualization import plot_top_k
    >>> figure = plot_top_k({"joint": [0.89, 0.95, 0.97], "bone": [0.90, 0.95, 0.97], "fused": [0.92, 0.97, 0.98]})
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['joint', 'bone', 'fused']

    Args:
        accuracies: Top-1, top-2, ... of each, 0 to 1, such as `tg_skeleton.evaluation.top_k_accuracies`.
        marked: The names whose lines are thick.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Raises:
        ValueError: There is nothing to draw, the numbers of accuracies differ, one is not in 0..1, or the style is
            unknown.

    Source: paper B (AMANet, 2023), Fig. 9.
    """
    colors = palette(style)
    lengths = {len(values) for values in accuracies.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"accuracies: expected streams with as many each, 1 or more, got {sorted(lengths)}")
    for name, values in accuracies.items():
        if not all(0 <= value <= 1 for value in values):
            raise ValueError(f"accuracies: those of '{name}' are {list(values)}; expected fractions in 0..1")
    figure = Figure(figsize=(5.4, 3.8), layout="constrained")
    set_margins(figure)
    axes = figure.add_subplot()
    for number, (name, values) in enumerate(accuracies.items()):
        thick = name in marked
        axes.plot(
            range(1, len(values) + 1),
            [100 * value for value in values],
            "o-",
            markersize=6 if thick else 4,
            linewidth=2.4 if thick else 1.3,
            color=colors.color(number),
            label=name,
        )
    axes.set_xlabel("k")
    axes.set_ylabel("top-k accuracy, %")
    axes.set_xticks(range(1, lengths.pop() + 1))
    axes.grid(color=colors.grid, linewidth=0.8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    if title is not None:
        axes.set_title(title, fontsize=11)
    return dress(figure, style)
