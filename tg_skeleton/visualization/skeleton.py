"""A recording as a strip of stills."""

from __future__ import annotations

from collections.abc import Sequence

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Figure
from tg_skeleton.visualization.body import View, choose_frames, draw_bodies, frame_view, see
from tg_skeleton.visualization.style import Style, dress, palette, set_margins

COLUMNS = 8
"""The largest number of stills in a row."""


def plot_sequence(
    sequence: SkeletonSequence,
    frames: int | Sequence[int] = 8,
    *,
    view: View = "xy",
    y_down: bool = False,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draws stills of a recording, each person in a color of its own, all at one scale.

    A person whose joints are all zero in a frame is absent from it; a joint with ``score`` 0 is left out.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.visualization import plot_sequence
    >>> walk = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(60, 1, 25, 3)), NTU25)
    >>> [axes.get_title() for axes in plot_sequence(walk, frames=4, view=(30, 15)).axes]
    ['frame 0', 'frame 20', 'frame 39', 'frame 59']

    Args:
        sequence: One recording with ``pos``.
        frames: How many stills, evenly spaced, or the numbers of the frames; one of them is a still.
        view: The two coordinates to draw, across and up: from the front, from the side, from above; or the azimuth and
            the elevation of a camera in degrees.
        y_down: Whether y points down, as it does in images.
        title: A line above the picture.
        style: On white or on near black.

    Raises:
        ValueError: The sequence is a batch or has no ``pos``, a frame does not exist, the style is unknown, or the view
            is, or needs a third coordinate that is not there.
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
