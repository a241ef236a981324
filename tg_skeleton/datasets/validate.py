"""What is wrong with a recording, before it goes into a data set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tg_skeleton.io import Recording
from tg_skeleton.topology import Topology

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Issue:
    """One remark about one recording.

    Args:
        name: The recording.
        level: ``"error"`` keeps it out of a data set, ``"warning"`` does not.
        reason: What was expected and what was found, and where.
    """

    name: str
    level: Level
    reason: str


def validate(recording: Recording, topology: Topology, num_classes: int) -> list[Issue]:
    """Everything that is wrong with a recording; an empty list for a good one.

    Errors: not ``[T, M, V, D]`` of numbers, another number of joints than the topology's, no frames or persons, NaN or
    infinite coordinates, scores of another shape or not finite, a label out of range. Warning: all coordinates zero.

    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.datasets import validate
    >>> from tg_skeleton.io import Recording
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> validate(Recording("clip7", np.ones((4, 1, 3, 2)), label=1), stick, num_classes=5)
    [Issue(name='clip7', level='error', reason="expected 2 joints (topology 'stick'), got 3 in shape [4, 1, 3, 2]")]

    Args:
        recording: The recording.
        topology: The skeleton that it should have.
        num_classes: The number of classes; labels are ``0..num_classes - 1``.
    """
    errors = [*_label(recording, num_classes), *_coordinates(recording.pos, topology), *_score(recording)]
    issues = [Issue(recording.name, "error", reason) for reason in errors]
    if not errors and not recording.pos.any():
        issues.append(Issue(recording.name, "warning", "all coordinates are zero"))
    return issues


def _label(recording: Recording, num_classes: int) -> list[str]:
    if isinstance(recording.label, int | np.integer) and 0 <= recording.label < num_classes:
        return []
    return [f"expected a label in 0..{num_classes - 1}, got {recording.label!r}"]


def _coordinates(pos: np.ndarray, topology: Topology) -> list[str]:
    shape = list(pos.shape)
    if pos.ndim != 4 or pos.dtype.kind not in "fiu":
        return [f"expected numbers of shape [T, M, V, D], got {pos.dtype} of shape {shape}"]
    if pos.shape[2] != topology.num_joints:
        return [
            f"expected {topology.num_joints} joints (topology '{topology.name}'), got {pos.shape[2]} in shape {shape}"
        ]
    if 0 in shape:
        return [f"expected at least one frame, person and coordinate, got none in shape {shape} ([T, M, V, D])"]
    with np.errstate(over="ignore"):
        finite = np.isfinite(pos.astype(np.float32))  # as it will be stored
    if finite.all():
        return []
    frame, person, joint, _ = (int(i) for i in np.argwhere(~finite)[0])
    return [
        f"expected finite coordinates, got {int((~finite).sum())} that are NaN or infinite in float32, the first at "
        f"frame {frame}, person {person}, joint {joint} ('{topology.joints[joint]}')"
    ]


def _score(recording: Recording) -> list[str]:
    score = recording.score
    if score is None:
        return []
    if score.shape != recording.pos.shape[:3]:
        return [f"expected scores of shape {list(recording.pos.shape[:3])} ([T, M, V]), got {list(score.shape)}"]
    if not np.isfinite(score).all():
        return ["expected finite scores, got NaN or infinite ones"]
    return []
