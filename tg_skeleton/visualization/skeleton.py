"""Frames of a recording side by side."""

from __future__ import annotations

from collections.abc import Sequence

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.body import View, choose_frames, draw_bodies, frame_view, see
from tg_skeleton.visualization.style import Style, dress, palette, set_margins

COLUMNS = 8
"""The largest number of frames in a row."""


def plot_sequence(
    sequence: SkeletonSequence,
    frames: int | Sequence[int] = 8,
    *,
    view: View = "xy",
    y_down: bool = False,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw frames of a recording at one scale, with one color per person.

    A person whose joints are all zero in a frame is absent from it; a joint with ``score`` 0 is not drawn.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.visualization import plot_sequence
    >>> walk = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(60, 1, 25, 3)), NTU25)
    >>> [axes.get_title() for axes in plot_sequence(walk, frames=4, view=(30, 15)).axes]
    ['frame 0', 'frame 20', 'frame 39', 'frame 59']

    Args:
        sequence: One recording with ``pos``.
        frames: The number of evenly spaced frames, or the frame numbers.
        view: The two coordinates to draw, horizontal and vertical: the front (``"xy"``), side (``"zy"``) or top view
            (``"xz"``); or azimuth and elevation of a camera in degrees.
        y_down: Whether y points down, as in images.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Raises:
        ValueError: The sequence is a batch or has no ``pos``, a frame does not exist, the style or the view is unknown,
            or the view needs a third coordinate that is missing.
    """
    colors, bodies = palette(style), see(sequence, view, y_down=y_down)
    chosen = choose_frames(frames, bodies.num_frames)
    columns = min(len(chosen), COLUMNS)
    rows = -(-len(chosen) // columns)
    low, high = limits = bodies.limits()
    shape = float((high[1] - low[1]) / (high[0] - low[0]))
    width = 1.7 if len(chosen) > 2 else 3.2
    extra = 0.6 if title is not None else 0.1
    figure = Figure(figsize=(width * columns, (width * shape + 0.3) * rows + extra), layout="constrained")
    set_margins(figure)
    for number, frame in enumerate(chosen):
        axes = figure.add_subplot(rows, columns, number + 1)
        frame_view(axes, limits)
        draw_bodies(axes, bodies, frame, colors, width=2.0 if len(chosen) > 2 else 3.0)
        axes.set_title(f"frame {frame}", fontsize=8)
    if title is not None:
        figure.suptitle(title, fontsize=11)
    return dress(figure, style)
