"""A recording as a strip of stills."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Axes, Figure

COLUMNS = 8
"""The largest number of stills in a row."""


def plot_sequence(
    sequence: SkeletonSequence,
    frames: int | Sequence[int] = 8,
    *,
    view: Literal["xy", "zy", "xz"] = "xy",
    y_down: bool = False,
    title: str | None = None,
) -> Figure:
    """Draws stills of a recording, each person in a colour of its own, all at one scale.

    A person whose joints are all zero in a frame is absent from it; a joint with ``score`` 0 is left out.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.visualization import plot_sequence
    >>> walk = SkeletonSequence.from_array(np.random.default_rng(0).normal(size=(60, 1, 25, 3)), NTU25)
    >>> [axes.get_title() for axes in plot_sequence(walk, frames=4).axes]
    ['frame 0', 'frame 20', 'frame 39', 'frame 59']

    Args:
        sequence: One recording with ``pos``.
        frames: How many stills, evenly spaced, or the numbers of the frames.
        view: The two coordinates to draw, across and up: from the front, from the side, from above.
        y_down: Whether y points down, as it does in images.
        title: A line above the picture.

    Raises:
        ValueError: The sequence is a batch or has no ``pos``, a frame does not exist, or the view needs a third
            coordinate that is not there.
    """
    pos = _checked(sequence, view)
    chosen = _frames(frames, pos.size(0))
    across, up = ("xyz".index(axis) for axis in view)
    points = pos[chosen][:, :, [across, up]].detach().cpu()
    seen = _seen(sequence, pos)[chosen].cpu()

    columns = min(len(chosen), COLUMNS)
    rows = -(-len(chosen) // columns)
    low, high = _limits(points, seen)
    shape = float((high[1] - low[1]) / (high[0] - low[0]))
    width = 1.7 if len(chosen) > 2 else 3.0
    extra = 0.5 if title is not None else 0.1
    figure = Figure(figsize=(width * columns, (width * shape + 0.25) * rows + extra), layout="constrained")
    for number, frame in enumerate(chosen):
        axes = figure.add_subplot(rows, columns, number + 1)
        _draw(axes, points[number], seen[number], sequence)
        axes.set_title(f"frame {frame}", fontsize=8)
        axes.set_xlim(float(low[0]), float(high[0]))
        axes.set_ylim(*((float(high[1]), float(low[1])) if y_down and up == 1 else (float(low[1]), float(high[1]))))
    if title is not None:
        figure.suptitle(title, fontsize=10)
    return figure


def _checked(sequence: SkeletonSequence, view: str) -> Tensor:
    if view not in ("xy", "zy", "xz"):
        raise ValueError(f"view: expected 'xy', 'zy' or 'xz', got {view!r}")
    if "batch" in sequence:
        raise ValueError("sequence: expected one recording, got a batch; draw batch[0], batch[1], ...")
    if "pos" not in sequence:
        raise ValueError("sequence: expected a recording with pos, got one without; draw it before pos is dropped")
    pos: Tensor = sequence.pos
    if "z" in view and pos.size(-1) < 3:
        raise ValueError(f"view: '{view}' needs three coordinates, got {pos.size(-1)}; use view='xy'")
    return pos


def _frames(frames: int | Sequence[int], length: int) -> list[int]:
    if isinstance(frames, int):
        if frames < 1:
            raise ValueError(f"frames: expected at least one still, got {frames}")
        return torch.linspace(0, length - 1, min(frames, length)).round().long().tolist()
    chosen = list(frames)
    wrong = [frame for frame in chosen if not 0 <= frame < length]
    if wrong or not chosen:
        raise ValueError(f"frames: expected numbers in 0..{length - 1}, got {wrong[0] if wrong else 'none'}")
    return chosen


def _seen(sequence: SkeletonSequence, pos: Tensor) -> Tensor:
    """Which joints a frame shows, ``[T, N]``: those of present persons, with a score above 0 where there are scores."""
    counts = pos.new_zeros(pos.size(0), sequence.num_persons)
    counts.index_add_(1, sequence.person, pos.ne(0).any(-1).to(pos.dtype))
    seen = (counts > 0)[:, sequence.person]
    return seen & (sequence.score > 0) if "score" in sequence else seen


def _limits(points: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    shown = points[seen] if bool(seen.any()) else points.new_zeros(1, 2)
    low, high = shown.amin(0), shown.amax(0)
    size = (high - low).max().clamp(min=1e-6)
    middle, half = (low + high) / 2, ((high - low) / 2).clamp(min=float(size) / 6)
    return middle - half - 0.05 * size, middle + half + 0.05 * size


def _draw(axes: Axes, points: Tensor, seen: Tensor, sequence: SkeletonSequence) -> None:
    parent = sequence.parent_index.cpu()
    person = sequence.person.cpu()
    for one in range(sequence.num_persons):
        nodes = (person == one) & seen
        bones = (nodes & seen[parent] & (parent != torch.arange(len(parent)))).nonzero().view(-1)
        for bone in bones.tolist():
            ends = points[[bone, int(parent[bone])]]
            axes.plot(ends[:, 0].numpy(), ends[:, 1].numpy(), color=f"C{one}", linewidth=1.4, solid_capstyle="round")
        axes.plot(points[nodes, 0].numpy(), points[nodes, 1].numpy(), "o", color=f"C{one}", markersize=2.2)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("0.85")
