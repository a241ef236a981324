"""Learning curves."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.visualization._matplotlib import Axes, Figure
from tg_skeleton.visualization.style import Palette, Style, dress, palette, set_margins

QUANTITIES = {"loss": "loss", "top1": "accuracy, %"}
"""The quantities to draw, with their axis labels."""


def plot_curves(
    metrics: str | Path | Mapping[str, str | Path],
    *,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw loss and accuracy by epoch, with thin lines for the training and thick lines for the validation split.

    The epoch whose weights are kept is marked: the one with the highest validation accuracy, the last of equal ones, as
    in `BestCheckpoint`. Without a validation split there is none.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.visualization import plot_curves
    >>> rows = "epoch,train/loss,train/top1,val/loss,val/top1\\n0,2.1,0.2,2.0,0.3\\n1,1.4,0.6,1.5,0.5\\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "metrics.csv"
    ...     _ = path.write_text(rows)
    ...     figure = plot_curves(path)
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['loss', 'accuracy, %']

    Args:
        metrics: The ``metrics.csv`` of Lightning's `CSVLogger`, in ``<run>/logs/version_N``; or those of several
            trainings by name.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A file is damaged or has no loss or accuracy of an epoch, or the style is unknown.
    """
    colors = palette(style)
    runs = {name: _read(Path(path)) for name, path in _named(metrics).items()}
    if not runs:
        raise ValueError("metrics: expected the metrics.csv of at least one training, got none")
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    set_margins(figure)
    for axes, (quantity, label) in zip(figure.subplots(1, 2), QUANTITIES.items(), strict=True):
        for number, (name, run) in enumerate(runs.items()):
            _draw(axes, name, run, quantity, colors, number)
        axes.set_xlabel("epoch")
        axes.set_ylabel(label)
        axes.set_ylim(bottom=0)
        axes.grid(color=colors.grid, linewidth=0.8)
        axes.locator_params(axis="x", integer=True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.legend(fontsize=8, frameon=False)
    if title is not None:
        figure.suptitle(title, fontsize=11)
    return dress(figure, style)


Curves = dict[str, dict[int, float]]
"""The values of each column by epoch."""


def _named(metrics: str | Path | Mapping[str, str | Path]) -> dict[str, str | Path]:
    return dict(metrics) if isinstance(metrics, Mapping) else {"": metrics}


def _read(path: Path) -> Curves:
    """Losses and accuracies by epoch; Lightning writes several rows per epoch, with empty cells."""
    if not path.is_file():
        raise FileNotFoundError(f"'{path}': no such file; trainings write logs/version_N/metrics.csv into their folder")
    wanted = [f"{split}/{quantity}" for quantity in QUANTITIES for split in ("train", "val")]
    curves: Curves = {}
    with reading(path, "metrics.csv of Lightning"), path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for key in wanted:
                if row.get(key) and row.get("epoch"):
                    curves.setdefault(key, {})[int(float(row["epoch"]))] = float(row[key])
    if not curves:
        raise ValueError(
            f"'{path}': expected columns epoch, {', '.join(wanted)}, found none with a value; take the metrics.csv of "
            "a training of Recognizer that has finished an epoch"
        )
    return curves


def _draw(axes: Axes, name: str, run: Curves, quantity: str, colors: Palette, number: int) -> None:
    """Draw the two curves of a training, and mark its best epoch."""
    factor = 100.0 if quantity == "top1" else 1.0
    train, val = (run.get(f"{split}/{quantity}", {}) for split in ("train", "val"))
    single = not name
    for split, curve in (("training", train), ("validation", val)):
        thick = split == "validation"
        if curve:
            axes.plot(
                list(curve),
                factor * np.array(list(curve.values())),
                color=colors.color(int(thick)) if single else colors.color(number),
                linewidth=1.8 if thick else 1.2,
                alpha=1.0 if thick or single else 0.5,
                linestyle="-" if thick or single else (0, (4, 1.5)),
                label=", ".join(text for text in (name, split) if text),
            )
    best = _best(run)
    if best is not None and best in val:
        value = factor * val[best]
        label = f"epoch {best}" + (f": {value:.1f} %" if quantity == "top1" else f": {value:.3f}")
        axes.plot(
            [best],
            [value],
            "o",
            markersize=7,
            markeredgewidth=1.5,
            markerfacecolor=colors.background,
            color=colors.color(1) if single else colors.color(number),
            label=f"best, {label}" if single else f"{name}, best, {label}",
            zorder=4,
        )


def _best(run: Curves) -> int | None:
    """The epoch whose weights are kept; None without a validation split."""
    accuracy = run.get("val/top1")
    return max(accuracy, key=lambda epoch: (accuracy[epoch], epoch)) if accuracy else None
