"""Attention as curves drawn over a body."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Axes, Figure, PolyCollection, to_rgba
from tg_skeleton.visualization.body import Bodies, View, choose_frames, draw_bodies, frame_view, see
from tg_skeleton.visualization.maps import Map, array_of, checked_names, checked_scale
from tg_skeleton.visualization.style import Palette, Style, dress, palette, set_margins

POINTS = 24
"""Number of points of a curve."""

WIDTH = 2.4
"""The width of a panel in inches."""

WIDEST = 7.0
"""The width of the curve of the largest weight at its end, in points."""


def plot_body_attention(
    sequence: SkeletonSequence,
    weights: Map,
    *,
    frame: int | Sequence[int] = 4,
    person: int = 0,
    top: int = 30,
    heads: Sequence[str] | None = None,
    vmax: float | None = None,
    view: View = "xy",
    y_down: bool = False,
    title: str | None = None,
    style: Style = "light",
) -> Figure:
    """Draw attention between joints over the body: a row per head, a column per frame.

    A curve leads from the attending joint, where it is thin, to the attended joint, where it is wide; width and opacity
    grow with the weight, on the same scale in all panels. The area of a disc is the weight of a joint for itself.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.evaluation import attention_maps
    >>> from tg_skeleton.models import ESAN
    >>> from tg_skeleton.visualization import plot_body_attention
    >>> walk = SkeletonSequence.from_array(torch.randn(20, 1, 25, 3), NTU25)
    >>> maps = attention_maps(ESAN(NTU25, in_channels=3, num_classes=60), walk.pos)["blocks.3.attention"]
    >>> figure = plot_body_attention(walk, maps[0], frame=[0, 10])
    >>> [axes.get_title() for axes in figure.axes]
    ['frame 0', 'frame 10']

    Args:
        sequence: The clip that the network received, with ``pos``.
        weights: Maps of one person, or between all nodes of the clip where persons attend to each other; one person's
            entry of `attention_maps`.
        frame: The number of evenly spaced frames, or the frame numbers.
        person: The person of the maps.
        top: The number of largest weights between two joints to draw in each panel.
        heads: Names of the heads.
        vmax: The weight of the widest curve. Default: the largest between two joints in the panels.
        view: The two coordinates to draw, or azimuth and elevation of a camera in degrees; see `plot_sequence`.
        y_down: Whether y points down, as in images.
        title: A title above the figure.
        style: Colors for a white or for a nearly black background.

    Shapes:
        weights ``[V, V]``, ``[H, V, V]`` or ``[T', H, V, V]`` (query, key), T' = T, 1, or ⌈T / s⌉ for a block with
        temporal stride s.

    Raises:
        ValueError: As for `plot_sequence`; or the weights have another shape or other joints or frames, the person does
            not exist, ``top`` is below 1, or ``vmax`` is not positive.
    """
    colors, bodies = palette(style), see(sequence, view, y_down=y_down)
    if not 0 <= person < bodies.num_persons:
        raise ValueError(f"person: expected a number in 0..{bodies.num_persons - 1}, got {person}")
    if top < 1:
        raise ValueError(f"top: expected at least one curve, got {top}")
    chosen = choose_frames(frame, bodies.num_frames)
    maps, nodes = _checked_weights(weights, bodies, person)
    step = -(-bodies.num_frames // len(maps))
    shown = [maps[number // step] for number in chosen]
    names = checked_names("heads", heads, maps.shape[1], "head") if heads is not None else _numbers(maps.shape[1])
    between = 1.0 - np.eye(maps.shape[-1])
    scale = checked_scale(vmax, max(float((one * between).max()) for one in shown))

    low, high = limits = bodies.limits()
    shape = float((high[1] - low[1]) / (high[0] - low[0]))
    figure = Figure(figsize=(WIDTH * len(chosen), (WIDTH * shape + 0.35) * len(names) + 0.8), layout="constrained")
    set_margins(figure)
    panels = figure.subplots(len(names), len(chosen), squeeze=False)
    for head, row in enumerate(panels):
        for axes, number, one in zip(row, chosen, shown, strict=True):
            frame_view(axes, limits)
            draw_bodies(axes, bodies, number, colors, color=colors.ghost, width=2.0)
            seen = bodies.seen[number, nodes]
            _draw_weights(axes, bodies.points[number, nodes], one[head] * seen * seen[:, None], top, scale, colors)
            axes.set_title(", ".join(text for text in (names[head], f"frame {number}") if text), fontsize=8)
    if title is not None:
        figure.suptitle(title, fontsize=11)
    figure.supxlabel(
        f"curves widen toward the attended joint, up to a weight of {scale:.2g}; discs: weight for itself", fontsize=7
    )
    return dress(figure, style)


def _numbers(heads: int) -> list[str]:
    return [f"head {number}" for number in range(heads)] if heads > 1 else [""]


def _checked_weights(weights: Map, bodies: Bodies, person: int) -> tuple[np.ndarray, np.ndarray]:
    """The maps as ``[T', H, V, V]``, and their nodes."""
    maps = array_of(weights)
    maps = maps.reshape((1,) * (4 - maps.ndim) + maps.shape) if maps.ndim < 4 else maps
    own = (bodies.person == person).nonzero()[0]
    sizes = {len(own): own, len(bodies.person): np.arange(len(bodies.person))}
    if maps.ndim != 4 or maps.shape[2] != maps.shape[3] or maps.shape[2] not in sizes:
        joints = " or ".join(str(size) for size in sizes)
        raise ValueError(
            f"weights: expected [V, V], [H, V, V] or [T, H, V, V] of V = {joints} joints, got "
            f"{list(np.shape(weights))}; take one person's entry of attention_maps"
        )
    frames, count = bodies.num_frames, len(maps)
    if not count or not maps.shape[1] or -(-frames // -(-frames // count)) != count:
        raise ValueError(
            f"weights: expected maps of {frames} frames, of every s-th of them, or one for all, got {count}; draw "
            "them over the clip that the network received"
        )
    if not np.isfinite(maps).all() or (maps < 0).any():
        raise ValueError(f"weights: expected attention weights >= 0, got {maps.min()}; logits need a softmax first")
    return maps, sizes[maps.shape[2]]


def _draw_weights(axes: Axes, points: np.ndarray, weights: np.ndarray, top: int, scale: float, colors: Palette) -> None:
    """Draw the largest weights between two joints as curves, weights for the same joint as discs."""
    own = np.diag(weights)
    across, up = points.T
    sizes = (2.0 * WIDEST) ** 2 * own
    axes.scatter(across, up, s=sizes, color=colors.series[0], alpha=0.85, linewidths=0, zorder=4)
    between = ((weights - np.diag(own)) / scale).clip(0.0, 1.0)
    order = np.argsort(between, axis=None)[::-1][:top]
    order = order[between.flat[order] > 0][::-1]  # the largest last, on top
    left, right = axes.get_xlim()
    widest = WIDEST / 72 * (right - left) / WIDTH  # in units of the coordinates
    pairs = list(zip(*np.unravel_index(order, between.shape), strict=True))
    curves = [_curve(points[query], points[key], widest * between[query, key]) for query, key in pairs]
    shades = [to_rgba(colors.series[1], 0.3 + 0.6 * float(between[pair])) for pair in pairs]
    axes.add_collection(PolyCollection(curves, facecolors=shades, linewidths=0, zorder=3), autolim=False)


def _curve(start: np.ndarray, end: np.ndarray, width: float) -> np.ndarray:
    """The outline of an arc that widens from the attending to the attended joint; both directions are two arcs."""
    at = np.linspace(0.0, 1.0, POINTS)[:, None]
    way = end - start
    bow = (start + end) / 2 + 0.22 * np.array([-way[1], way[0]])
    line = (1 - at) ** 2 * start + 2 * at * (1 - at) * bow + at**2 * end
    ahead = (1 - at) * (bow - start) + at * (end - bow)
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / np.maximum(np.linalg.norm(ahead, axis=1), 1e-9)[:, None]
    half = 0.5 * width * (0.15 + 0.85 * at) * across
    return np.concatenate([line + half, (line - half)[::-1]])
