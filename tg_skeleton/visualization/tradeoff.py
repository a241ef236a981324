"""Accuracy against size and cost as a bubble chart."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np

from tg_skeleton.visualization._matplotlib import Axes, Figure, FixedLocator, FuncFormatter, NullFormatter
from tg_skeleton.visualization.style import Palette, Style, dress, palette, set_margins

LARGEST = 1500.0
"""The area of the largest bubble, in square points."""


class System(NamedTuple):
    """Accuracy and cost of a network.

    Args:
        accuracy: The accuracy, 0 to 1, as returned by `Scores.top_k`.
        parameters: The number of learned parameters; see `Complexity`.
        macs: The number of multiply-accumulate operations per clip; see `Complexity`.
    """

    accuracy: float
    parameters: float
    macs: float


def plot_tradeoff(
    systems: Mapping[str, System | tuple[float, float, float]],
    *,
    marked: Collection[str] = (),
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw the accuracy of systems over their parameters, as bubbles whose area is the number of multiply-accumulates.

    >>> from tg_skeleton.visualization import plot_tradeoff
    >>> figure = plot_tradeoff({"ESAN": (0.954, 893_332, 0.431e9), "SGN": (0.935, 0.7e6, 0.16e9)}, marked=["ESAN"])
    >>> figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()
    ('parameters', 'accuracy, %')

    Args:
        systems: Accuracy (0 to 1), parameters and multiply-accumulates of each.
        marked: The systems to highlight. Default: all.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Raises:
        ValueError: There is no system, an accuracy is not in 0..1, a cost is not positive, ``marked`` names a system
            that does not exist, or the style is unknown.

    Source: Qin et al. 2022 (paper A), Fig. 1.
    """
    colors, known = palette(style), _checked(systems, marked)
    most = max(system.macs for system in known.values())
    figure = Figure(figsize=(6.6, 4.6), layout="constrained")
    set_margins(figure)
    axes = figure.add_subplot()
    axes.set_xscale("log")
    for name, (accuracy, parameters, macs) in sorted(known.items(), key=lambda item: -item[1].macs):
        color = colors.series[0] if not marked else colors.series[1] if name in marked else colors.faint
        axes.scatter(
            [parameters],
            [100 * accuracy],
            s=LARGEST * macs / most,
            color=color,
            alpha=0.65,
            edgecolors=colors.background,
            linewidths=1.0,
            zorder=3,
        )
    _scale(axes, known, colors)
    _legend(axes, most, colors)
    if title is not None:
        axes.set_title(title, fontsize=11)
    dress(figure, style)
    _name(figure, axes, known, most, colors)
    return figure


def _checked(systems: Mapping[str, System | tuple[float, float, float]], marked: Collection[str]) -> dict[str, System]:
    if not systems:
        raise ValueError("systems: expected at least one, got none")
    known = {name: System(*numbers) for name, numbers in systems.items()}
    for name, system in known.items():
        if not 0 <= system.accuracy <= 1:
            raise ValueError(f"systems: the accuracy of '{name}' is {system.accuracy}; expected a fraction in 0..1")
        if not (system.parameters > 0 and system.macs > 0):
            raise ValueError(
                f"systems: '{name}' has {system.parameters} parameters and {system.macs} multiply-accumulates; "
                "expected numbers above 0"
            )
    missing = [name for name in marked if name not in known]
    if missing:
        raise ValueError(f"marked: there is no system '{missing[0]}'; expected some of {', '.join(known)}")
    return known


def _scale(axes: Axes, systems: Mapping[str, System], colors: Palette) -> None:
    """Set limits with space for bubbles and names, and ticks at 1, 2, 5 of each decade."""
    sizes = np.log10([system.parameters for system in systems.values()])
    room = max(0.18 * float(np.ptp(sizes)), 0.2)
    low, high = 10 ** (sizes.min() - room), 10 ** (sizes.max() + room)
    axes.set_xlim(low, high)
    ticks = [digit * 10.0**power for power, digit in product(range(0, 12), (1, 2, 5))]
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axes.xaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.set_minor_formatter(NullFormatter())
    values = 100 * np.array([system.accuracy for system in systems.values()])
    margin = max(0.2 * float(np.ptp(values)), 0.5)
    axes.set_ylim(values.min() - margin, values.max() + margin)
    axes.set_xlabel("parameters")
    axes.set_ylabel("accuracy, %")
    axes.grid(color=colors.grid, linewidth=0.8)
    axes.tick_params(which="minor", length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _short(number: float, _: int | None = None) -> str:
    """A number with a metric prefix: ``893 k``, ``2 M``."""
    for letter, unit in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= unit:
            return f"{number / unit:.3g} {letter}"
    return f"{number:.3g}"


def _legend(axes: Axes, most: float, colors: Palette) -> None:
    """Draw a legend of three bubble areas."""
    power = 10.0 ** np.floor(np.log10(most))
    digit = max(digit for digit in (1, 2, 5) if digit * power <= most)
    shown = sorted({digit * power / share for share in (1, 5, 25)})
    bubbles = [
        axes.scatter([], [], s=LARGEST * macs / most, color=colors.faint, alpha=0.5, label=_short(macs))
        for macs in shown
    ]
    axes.legend(
        handles=bubbles,
        title="MACs of a clip",
        title_fontsize=8,
        fontsize=8,
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        labelspacing=3.0,
        handletextpad=2.4,
        borderpad=2.0,
        frameon=False,
    )


def _name(figure: Figure, axes: Axes, systems: Mapping[str, System], most: float, colors: Palette) -> None:
    """Place each name next to its bubble, where it overlaps least with other bubbles and names."""
    figure.draw_without_rendering()
    point = figure.dpi / 72
    at = {name: axes.transData.transform((s.parameters, 100 * s.accuracy)) for name, s in systems.items()}
    reach = {name: point * np.sqrt(LARGEST * s.macs / most) / 2 for name, s in systems.items()}
    taken = [((*(at[name] - reach[name]), *(at[name] + reach[name])), 1.0) for name in systems]
    frame = tuple(axes.get_window_extent().extents)
    into = axes.transAxes.inverted().transform  # fractions of the axes do not depend on the resolution
    for name in sorted(systems, key=lambda one: -systems[one].accuracy):
        text = axes.text(0, 0, name, transform=axes.transAxes, fontsize=8.5, color=colors.text, zorder=5)
        text.set_in_layout(False)
        box = text.get_window_extent()
        size = np.array([box.width, box.height])
        places = [(np.array(way), gap * point) for gap in _GAPS for way in _DIRECTIONS]
        corners = [at[name] + way * (reach[name] + gap + size / 2) - size / 2 for way, gap in places]
        cost = []
        for low, (_, gap) in zip(corners, places, strict=True):
            line = _line(at[name], low, size) if gap > _GAPS[0] * point else []
            boxes = [(*low, *(low + size)), *line]
            cost.append(sum(_covered(box, taken, frame) for box in boxes) + gap * box.height / 10)
        best = int(np.argmin(cost))
        low, (_, gap) = corners[best], places[best]
        text.set_position(tuple(into(low)))
        text.set_verticalalignment("bottom")
        taken.append(((*low, *(low + size)), _NAME))
        if gap > _GAPS[0] * point:  # a line leads from a name that is far away to its bubble
            ends = np.array([into(np.clip(at[name], low, low + size)), into(at[name])])
            axes.plot(*ends.T, transform=axes.transAxes, color=colors.text, linewidth=0.6, zorder=4)
            taken += [(box, _NAME) for box in _line(at[name], low, size)]


def _line(at: np.ndarray, low: np.ndarray, size: np.ndarray) -> list[Box]:
    """Boxes along the line from a name to its bubble."""
    near = np.clip(at, low, low + size)
    points = [near + (at - near) * share for share in np.linspace(0.1, 1.0, 10)]
    return [(*(point - 2), *(point + 2)) for point in points]


Box = tuple[float, ...]
"""Left, lower, right and upper edge in pixels."""

_DIRECTIONS = [(1, 0), (0, 1), (-1, 0), (0, -1), (0.8, 0.8), (0.8, -0.8), (-0.8, 0.8), (-0.8, -0.8)]
"""Directions in which a name may be placed, in order of preference."""


_GAPS = (2, 12, 24, 40)
"""Points between a bubble and its name, in order of preference."""

_NAME = 6.0
"""How much worse it is to cover a name than a bubble."""


def _covered(box: Box, taken: list[tuple[Box, float]], frame: Box) -> float:
    """The overlap of a box with others, each with its weight, and with the outside of the frame."""

    def overlap(other: Box) -> float:
        across = min(box[2], other[2]) - max(box[0], other[0])
        up = min(box[3], other[3]) - max(box[1], other[1])
        return max(across, 0.0) * max(up, 0.0)

    area = (box[2] - box[0]) * (box[3] - box[1])
    return sum(weight * overlap(other) for other, weight in taken) + 10 * (area - overlap(frame))
