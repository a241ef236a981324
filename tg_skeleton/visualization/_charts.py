"""Learning curves, confusion matrices and class tables as SVG and HTML in the colors of the enclosing page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

Points = Sequence[tuple[float, float]]

WRITTEN = 30
"""The largest number of classes for which the cells contain numbers."""

NAMED = 60
"""The largest number of classes for which the confusion matrix has labels."""


def curves(title: str, series: Mapping[str, Points], *, across: str = "epoch", percent: bool = False) -> str:
    """A figure with a line per series, and the last value of each series next to its name.

    Values that are not finite are omitted.
    """
    finite = {name: [point for point in points if math.isfinite(point[1])] for name, points in series.items()}
    shown = {name: points for name, points in finite.items() if points}
    if not shown:
        return ""
    every = [point for points in shown.values() for point in points]
    width, height, left, top, bottom = 480, 230, 46, 10, 30
    xs, ys = [x for x, _ in every], [y for _, y in every]
    low, high = min(xs), max(max(xs), min(xs) + 1)
    ticks = nice_ticks(min(ys), max(ys), 4)
    floor, ceiling = ticks[0], ticks[-1]

    def place(x: float, y: float) -> tuple[float, float]:
        right, up = (x - low) / (high - low), (y - floor) / (ceiling - floor)
        return left + right * (width - left - 10), height - bottom - up * (height - top - bottom)

    parts = []
    for tick in ticks:
        y = place(low, tick)[1]
        parts.append(f'<line class="grid" x1="{left}" x2="{width - 10}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{_number(tick, percent)}</text>')
    for tick in sorted({math.ceil(tick) for tick in nice_ticks(low, high, 5) if low <= tick <= high}):
        parts.append(f'<text x="{place(tick, floor)[0]:.1f}" y="{height - 10}" text-anchor="middle">{tick}</text>')
    keys = []
    for number, (name, points) in enumerate(shown.items()):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in points))
        parts.append(f'<polyline class="s{number}" points="{path}"/>')
        x, y = place(*points[-1])
        parts.append(f'<circle class="s{number}" cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>')
        last = _number(points[-1][1], percent, exact=True)
        keys.append(f'<span class="s{number}"><i></i>{escape(name)} <b>{last}</b></span>')
    return (
        f'<figure class="tgs-chart"><figcaption>{escape(title)}<span class="keys">{"".join(keys)}</span></figcaption>'
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)} over {escape(across)}s">'
        f"{''.join(parts)}</svg></figure>"
    )


def nice_ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers that enclose a range, about ``count`` steps apart."""
    span = high - low if high > low else abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= span / count * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, max(last, first + 1) + 1)]


def confusion(matrix: np.ndarray, names: Sequence[str]) -> str:
    """The confusion matrix; the darkness of a cell is its share of the row."""
    count = len(names)
    labeled = count <= NAMED
    side = max(6.0, min(38.0, 900 / count))
    margin = 16 + (max(map(len, names)) * 7.4 if labeled else 12)  # letters, on average
    size = margin + count * side + 4
    parts = [f'<rect class="empty" x="{margin}" y="{margin}" width="{count * side}" height="{count * side}"/>']
    totals = np.maximum(matrix.sum(1), 1)
    for row, column in np.argwhere(matrix > 0).tolist():
        share = matrix[row, column] / totals[row]
        x, y = margin + column * side, margin + row * side
        kind = "right" if row == column else "wrong"
        outcome = "recognized" if row == column else f"taken for {names[column]}"
        parts.append(
            f"<g><title>{escape(f'{names[row]} {outcome}: {matrix[row, column]} of {matrix[row].sum()}')}</title>"
            f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{side - 1:.1f}" height="{side - 1:.1f}" rx="2" '
            f'fill-opacity="{0.1 + 0.9 * share:.3f}"/>'
        )
        if count <= WRITTEN:
            dark = " over" if share > 0.5 else ""
            parts.append(
                f'<text class="cell{dark}" x="{x + side / 2 - 0.5:.1f}" y="{y + side / 2 + 4:.1f}">'
                f"{matrix[row, column]}</text>"
            )
        parts.append("</g>")
    if labeled:
        for number, name in enumerate(names):
            at = margin + (number + 0.5) * side
            parts.append(f'<text x="{margin - 7:.1f}" y="{at + 4:.1f}" text-anchor="end">{escape(name)}</text>')
            parts.append(
                f'<text transform="translate({at + 4:.1f} {margin - 7:.1f}) rotate(-90)">{escape(name)}</text>'
            )
    return (
        f'<div class="tgs-scroll"><svg class="tgs-confusion" viewBox="0 0 {size:.0f} {size:.0f}" '
        f'style="max-width:{size:.0f}px;min-width:{min(size, 560):.0f}px" role="img" '
        f'aria-label="Confusion matrix of {count} classes">{"".join(parts)}</svg></div>'
    )


def classes(matrix: np.ndarray, names: Sequence[str]) -> str:
    """A table with a bar per class, in ascending order of accuracy."""
    totals = matrix.sum(1)
    rows = []
    for label in sorted(
        np.flatnonzero(totals).tolist(), key=lambda label: (matrix[label, label] / totals[label], label)
    ):
        share = 100 * matrix[label, label] / totals[label]
        wrong = matrix[label].copy()
        wrong[label] = 0
        other = int(wrong.argmax())
        taken = f"{escape(names[other])} <small>{wrong[other]}</small>" if wrong[other] else ""
        rows.append(
            f'<tr><th scope="row">{escape(names[label])}</th>'
            f'<td class="bar"><span style="width:{share:.1f}%"></span></td>'
            f'<td class="number">{share:.1f} %</td><td class="number">{totals[label]}</td><td>{taken}</td></tr>'
        )
    head = (
        '<tr><th scope="col">class</th><th scope="col" colspan="2">recognized</th>'
        '<th scope="col" class="number">recordings</th><th scope="col">mostly taken for</th></tr>'
    )
    return f'<div class="tgs-scroll"><table class="tgs-classes"><thead>{head}</thead>{"".join(rows)}</table></div>'


def _number(value: float, percent: bool, *, exact: bool = False) -> str:
    if percent:
        return f"{value:.1f} %" if exact else f"{value:g} %"
    return f"{value:.3f}" if exact else f"{value:g}"
