"""Projection of skeletons to a view, visibility of joints, and drawing of bodies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.visualization._matplotlib import Axes, LineCollection
from tg_skeleton.visualization.style import Palette

View = Literal["xy", "zy", "xz"] | tuple[float, float]
"""Two coordinates, horizontal and vertical: the front, side or top view. Or a camera given by its azimuth about the
vertical axis y and its elevation, in degrees; (0, 0) is "xy"."""


@dataclass(frozen=True)
class Bodies:
    """A recording projected to a view.

    Args:
        points: Projected joints ``[T, N, 2]``, horizontal and vertical.
        seen: Which joints are visible in a frame ``[T, N]``.
        bones: Nodes of each bone ``[E, 2]``, child and parent.
        person: The person of each joint ``[N]``.
    """

    points: np.ndarray
    seen: np.ndarray
    bones: np.ndarray
    person: np.ndarray

    @property
    def num_frames(self) -> int:
        """T, the number of frames."""
        return len(self.points)

    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """The lower left and the upper right corner of all visible joints, with a margin."""
        shown = self.points[self.seen] if self.seen.any() else np.zeros((1, 2))
        low, high = shown.min(0), shown.max(0)
        size = max(float((high - low).max()), 1e-6)
        middle, half = (low + high) / 2, np.maximum((high - low) / 2, size / 6)
        return middle - half - 0.06 * size, middle + half + 0.06 * size

    def segments(self, frame: int, person: int) -> np.ndarray:
        """The end points of a person's visible bones in a frame, ``[E', 2, 2]``."""
        ends = self.bones[self.person[self.bones[:, 0]] == person]
        ends = ends[self.seen[frame][ends].all(1)]
        return self.points[frame][ends]

    def joints(self, frame: int, person: int) -> np.ndarray:
        """A person's visible joints in a frame, ``[V', 2]``."""
        return self.points[frame][self.seen[frame] & (self.person == person)]

    @property
    def num_persons(self) -> int:
        """M, the number of persons."""
        return int(self.person.max()) + 1


def see(sequence: SkeletonSequence, view: View = "xy", *, y_down: bool = False) -> Bodies:
    """Project a recording to a view.

    A person whose joints are all zero in a frame is absent from it; a joint with ``score`` 0 is not visible.

    Args:
        sequence: One recording with ``pos``.
        view: The view.
        y_down: Whether y points down, as in images.

    Raises:
        ValueError: The sequence is a batch or has no ``pos``, or the view is unknown or needs a third coordinate that
            is missing.
    """
    if "batch" in sequence:
        raise ValueError("sequence: expected one recording, got a batch; draw batch[0], batch[1], ...")
    if "pos" not in sequence:
        raise ValueError("sequence: expected a recording with pos, got one without; draw it before pos is dropped")
    pos: Tensor = sequence.pos.detach().cpu()
    parent = sequence.parent_index.cpu()
    child = (parent != torch.arange(len(parent))).nonzero().view(-1)
    seen = _seen(sequence, pos)
    return Bodies(
        points=_project(pos, seen, view, y_down).numpy(),
        seen=seen.numpy(),
        bones=torch.stack([child, parent[child]], dim=1).numpy(),
        person=sequence.person.cpu().numpy(),
    )


def choose_frames(frames: int | Sequence[int], length: int) -> list[int]:
    """The given frame numbers, or the given number of evenly spaced frames.

    Raises:
        ValueError: There are none, or a frame does not exist.
    """
    if isinstance(frames, int):
        if frames < 1:
            raise ValueError(f"frames: expected at least one frame, got {frames}")
        return torch.linspace(0, length - 1, min(frames, length)).round().long().tolist()
    chosen = list(frames)
    wrong = [frame for frame in chosen if not 0 <= frame < length]
    if wrong or not chosen:
        raise ValueError(f"frames: expected numbers in 0..{length - 1}, got {wrong[0] if wrong else 'none'}")
    return chosen


def draw_bodies(
    axes: Axes, bodies: Bodies, frame: int, colors: Palette, *, color: str | None = None, width: float = 2.0
) -> None:
    """Draw all persons of a frame: bones as lines, joints as dots.

    Args:
        axes: The axes to draw on.
        bodies: The projected recording.
        frame: The number of the frame.
        colors: The palette of the style.
        color: The color of all persons. Default: one color per person.
        width: Line width of a bone, in points.
    """
    for person in range(bodies.num_persons):
        own = colors.color(person) if color is None else color
        lines = LineCollection(
            list(bodies.segments(frame, person)), colors=own, linewidths=width, capstyle="round", zorder=2
        )
        axes.add_collection(lines, autolim=False)
        across, up = bodies.joints(frame, person).T
        axes.plot(
            across, up, "o", color=own, markersize=1.9 * width, markeredgecolor=colors.background, markeredgewidth=0.5
        )


def frame_view(axes: Axes, limits: tuple[np.ndarray, np.ndarray]) -> None:
    """Prepare axes for bodies: equal scales within the limits, no ticks, no frame."""
    (left, low), (right, high) = limits
    axes.set_aspect("equal")
    axes.set_xlim(float(left), float(right))
    axes.set_ylim(float(low), float(high))
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _project(pos: Tensor, seen: Tensor, view: View, y_down: bool) -> Tensor:
    """Coordinates ``[T, N, D]`` projected to horizontal and vertical ``[T, N, 2]``."""
    if y_down:
        pos = pos * pos.new_tensor([1.0, -1.0, 1.0])[: pos.size(-1)]
    if isinstance(view, str):
        if view not in ("xy", "zy", "xz"):
            raise ValueError(f"view: expected 'xy', 'zy', 'xz' or (azimuth, elevation) in degrees, got {view!r}")
        _check_depth(pos, view, "z" in view)
        return pos[..., ["xyz".index(axis) for axis in view]]
    if len(view) != 2:
        raise ValueError(f"view: expected 'xy', 'zy', 'xz' or (azimuth, elevation) in degrees, got {view!r}")
    _check_depth(pos, view, True)
    turn, lift = (math.radians(angle) for angle in view)
    middle = pos[seen].mean(0) if bool(seen.any()) else pos.new_zeros(3)  # the point that the camera turns around
    x, y, z = (pos - middle).unbind(-1)
    across, depth = x * math.cos(turn) - z * math.sin(turn), x * math.sin(turn) + z * math.cos(turn)
    return torch.stack([across, y * math.cos(lift) + depth * math.sin(lift)], dim=-1)


def _check_depth(pos: Tensor, view: View, needed: bool) -> None:
    if needed and pos.size(-1) < 3:
        raise ValueError(f"view: {view!r} needs three coordinates, got {pos.size(-1)}; use view='xy'")


def _seen(sequence: SkeletonSequence, pos: Tensor) -> Tensor:
    """The visible joints ``[T, N]``: those of present persons, with a score above 0 where there are scores."""
    person = sequence.person.cpu()
    counts = pos.new_zeros(pos.size(0), sequence.num_persons)
    counts.index_add_(1, person, pos.ne(0).any(-1).to(pos.dtype))
    seen = (counts > 0)[:, person]
    return seen & (sequence.score.cpu() > 0) if "score" in sequence else seen
