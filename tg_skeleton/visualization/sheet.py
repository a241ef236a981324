"""A contact sheet: many recordings, a strip of frames each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.body import View, choose_frames, draw_bodies, frame_view, see
from tg_skeleton.visualization.style import Style, dress, palette


def plot_sheet(
    recordings: Mapping[str, SkeletonSequence],
    frames: int = 5,
    *,
    columns: int = 3,
    view: View = "xy",
    style: Style = "light",
) -> Figure:
    """Draw recordings as strips of evenly spaced frames under their names, each strip at a scale of its own.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.visualization import plot_sheet
    >>> walk = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(60, 1, 25, 3)), NTU25)
    >>> [axes.get_title(loc="left") for axes in plot_sheet({"walk": walk, "and back": walk}).axes]
    ['walk', 'and back']

    Args:
        recordings: Recordings with ``pos``, by name.
        frames: Frames of each strip.
        columns: Strips in a row.
        view: See `plot_sequence`.
        style: Colors for a white or for a nearly black background.

    Raises:
        ValueError: There are no recordings, a number is below 1, one is a batch or has no ``pos``, the style or the
            view is unknown, or the view needs a third coordinate that is missing.
    """
    if not recordings:
        raise ValueError("recordings: expected at least one, got none")
    if columns < 1:
        raise ValueError(f"columns: expected 1 or more, got {columns}")
    colors, rows = palette(style), -(-len(recordings) // columns)
    figure = Figure(figsize=(5.2 * columns, 1.75 * rows), layout="constrained")
    for number, (name, sequence) in enumerate(recordings.items()):
        axes = figure.add_subplot(rows, columns, number + 1)
        bodies = see(sequence, view)
        low, high = bodies.limits()
        step = np.array([float(high[0] - low[0]), 0.0])
        chosen = choose_frames(frames, bodies.num_frames)
        frame_view(axes, (low, high + (len(chosen) - 1) * step))
        for place, frame in enumerate(chosen):
            draw_bodies(axes, replace(bodies, points=bodies.points + place * step), frame, colors, width=1.4)
        axes.set_title(name, fontsize=9, loc="left")
    return dress(figure, style)
