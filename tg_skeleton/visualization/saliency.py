"""Saliency of joints and frames as a figure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Axes, Figure, Normalize
from tg_skeleton.visualization.body import Bodies, View, choose_frames, draw_bodies, frame_view, see
from tg_skeleton.visualization.maps import Map, array_of, checked_names
from tg_skeleton.visualization.style import Palette, Style, dress, palette, set_margins

NAMED = 60
"""The largest number of joints for which all names are drawn."""


def plot_saliency(
    sequence: SkeletonSequence,
    saliency: Map,
    joints: Sequence[str] | None = None,
    *,
    frames: int | Sequence[int] = 6,
    view: View = "xy",
    y_down: bool = False,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw the saliency of each joint in each frame: over the bodies of some frames, and as an image.

    Contributions for and against the class have different colors; on the bodies, the size of a joint is the magnitude
    of its saliency. There is one image per person.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.evaluation import gradient_saliency
    >>> from tg_skeleton.models import ESAN
    >>> from tg_skeleton.visualization import plot_saliency
    >>> walk = SkeletonSequence.from_array(torch.randn(20, 1, 25, 3), NTU25)
    >>> saliency = gradient_saliency(ESAN(NTU25, in_channels=3, num_classes=60), walk.pos)
    >>> figure = plot_saliency(walk, saliency, NTU25.joints, frames=4)
    >>> [axes.get_title() for axes in figure.axes[:4]]
    ['frame 0', 'frame 6', 'frame 13', 'frame 19']

    Args:
        sequence: The clip that the network received, with ``pos``.
        saliency: A value per node and frame, as returned by `gradient_saliency` and `occlusion_saliency`.
        joints: Names of the joints. Default: their numbers.
        frames: The number of evenly spaced frames, or the frame numbers.
        view: The two coordinates to draw, or azimuth and elevation of a camera in degrees; see `plot_sequence`.
        y_down: Whether y points down, as in images.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Shapes:
        saliency ``[T, N]``.

    Raises:
        ValueError: As for `plot_sequence`; or the saliency has other frames or nodes or is not finite, or the number of
            names is not that of joints.
    """
    colors, bodies = palette(style), see(sequence, view, y_down=y_down)
    values, chosen = _checked(saliency, bodies), choose_frames(frames, bodies.num_frames)
    persons = bodies.num_persons
    size = len(bodies.person) // persons
    names = checked_names("joints", joints, size, "joint")
    widest = float(np.abs(values).max()) or 1.0

    low, high = limits = bodies.limits()
    width = max(1.6, 6.0 / len(chosen))
    tall = min(width * float((high[1] - low[1]) / (high[0] - low[0])), 4.0)
    height = max(0.13 * size if size <= NAMED else 5.0, 1.4) * persons
    figure = Figure(figsize=(width * len(chosen) + 1.6, tall + height + 1.3), layout="constrained")
    set_margins(figure)
    grid = figure.add_gridspec(1 + persons, len(chosen), height_ratios=[tall, *[height / persons] * persons])
    for column, frame in enumerate(chosen):
        axes = figure.add_subplot(grid[0, column])
        frame_view(axes, limits)
        draw_bodies(axes, bodies, frame, colors, color=colors.ghost, width=1.8)
        _draw_joints(axes, bodies, values, frame, widest, colors)
        axes.set_title(f"frame {frame}", fontsize=8)
    images = [figure.add_subplot(grid[1 + person, :]) for person in range(persons)]
    for person, axes in enumerate(images):
        own = values[:, bodies.person == person].T
        image = axes.imshow(own, cmap=colors.diverging(), norm=Normalize(-widest, widest), aspect="auto")
        _label(axes, names, f"person {person}" if persons > 1 else "", last=person == persons - 1)
        axes.set_xticks(chosen)
    bar = figure.colorbar(image, ax=images, aspect=20, fraction=0.05, pad=0.02)
    bar.set_label("against          for", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    if title is not None:
        figure.suptitle(title, fontsize=11)
    return dress(figure, style)


def _checked(saliency: Map, bodies: Bodies) -> np.ndarray:
    values = array_of(saliency)
    if values.shape != bodies.seen.shape:
        raise ValueError(
            f"saliency: expected one number per frame and node of the sequence, {list(bodies.seen.shape)}, got "
            f"{list(values.shape)}; draw it over the clip that the network received"
        )
    if not np.isfinite(values).all():
        raise ValueError(
            "saliency: expected finite numbers, got NaN or infinity; check the clip and the weights of the network"
        )
    return values


def _draw_joints(axes: Axes, bodies: Bodies, values: np.ndarray, frame: int, widest: float, colors: Palette) -> None:
    """Draw discs whose area is the saliency, the largest in front."""
    seen = bodies.seen[frame]
    points, own = bodies.points[frame][seen], values[frame][seen] / widest
    order = np.argsort(np.abs(own))
    ends = np.where(own > 0, colors.favor, colors.against)
    across, up = points[order].T
    sizes = 180 * np.abs(own[order])
    axes.scatter(across, up, s=sizes, c=ends[order], alpha=0.85, linewidths=0, zorder=4, clip_on=False)


def _label(axes: Axes, names: list[str], person: str, *, last: bool) -> None:
    ticks = range(0, len(names), 1 if len(names) <= NAMED else 5)
    axes.set_yticks(ticks, [names[tick].replace("_", " ") for tick in ticks], fontsize=7)
    axes.set_ylabel(person, fontsize=8)
    axes.tick_params(axis="x", labelsize=7, labelbottom=last)
    if last:
        axes.set_xlabel("frame", fontsize=8)
