"""Tracking: the persons of one frame after another, by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_STEADY = 0.5  # how much of a person's velocity is that of the frames before
_SHRINK = 0.95  # a person's size is the greatest of late, and fades by this much a frame


@dataclass
class _Track:
    number: int
    points: np.ndarray  # [V, D], each joint where it was last seen
    score: np.ndarray  # [V]
    velocity: np.ndarray  # [D], a frame
    size: float
    last: int  # the frame

    def distance(self, points: np.ndarray, score: np.ndarray, ahead: int) -> np.ndarray:
        """How far persons ``[M, V, D]`` are from where this one is after so many frames of velocity, in bodies."""
        weight = np.minimum(self.score, score)  # [M, V]
        total = weight.sum(1)
        apart = np.linalg.norm(points - self.points - ahead * self.velocity, axis=-1)
        mean = (apart * weight).sum(1) / np.where(total > 0, total, 1)
        return np.where(total > 0, mean / max(self.size, 1e-12), np.inf)

    def move(self, points: np.ndarray, score: np.ndarray, frame: int) -> None:
        gap, both = frame - self.last, (self.score > 0) & (score > 0)
        step = (points - self.points)[both].mean(0) / gap
        self.velocity = _STEADY * self.velocity + (1 - _STEADY) * step
        self.points = np.where(score[:, None] > 0, points, self.points + gap * self.velocity)
        self.score = np.where(score > 0, score, self.score * _SHRINK)
        self.size = max(_size(points[score > 0]), self.size * _SHRINK**gap)
        self.last = frame


class PersonTracker:
    r"""Numbers the persons of one frame after another, each person by the same number.

    Every known person is expected where the last frames' velocity leads. With :math:`\hat p` the expected joints,
    :math:`s` the body's size (the diagonal of its joints' bounding box) and :math:`w` the lower of the two scores, the
    nearest pairs of known and seen persons by

    .. math:: d = \frac{\sum_v w_v \lVert \hat p_v - p_v \rVert}{s \sum_v w_v}

    are put together first, each once, as far as :math:`d \le` ``reach``. Persons who were not seen for some frames and
    are not found there are then looked for where they were last seen, and who is left over is new.

    >>> import numpy as np
    >>> from tg_skeleton.pose.tracking import PersonTracker
    >>> tracker = PersonTracker()
    >>> left, right = np.array([[0.0, 0.0], [0.0, 1.0]]), np.array([[3.0, 0.0], [3.0, 1.0]])
    >>> tracker.update(np.stack([left, right])), tracker.update(np.stack([right, left])), tracker.update(left[None])
    (array([0, 1]), array([1, 0]), array([0]))

    Args:
        reach: How far, in sizes of the body, a person may be from where he or she is expected.
        patience: Frames without a person after which the number is given up; it is never given again.

    Raises:
        ValueError: An argument is out of its range.
    """

    def __init__(self, reach: float = 0.4, patience: int = 30) -> None:
        if not reach > 0:
            raise ValueError(f"reach: expected a number above 0, got {reach!r}")
        if patience < 0:
            raise ValueError(f"patience: expected a number of frames from 0, got {patience!r}")
        self.reach = reach
        self.patience = patience
        self.reset()

    def reset(self) -> None:
        """Forgets everybody; numbers begin at 0 again."""
        self._tracks: list[_Track] = []
        self._frame = -1
        self._next = 0

    def update(self, points: np.ndarray, score: np.ndarray | None = None) -> np.ndarray:
        """The numbers of the persons of the next frame.

        Args:
            points: Their joints, in any unit, the same in every frame.
            score: Their confidence, 0 for joints that were not seen. Default: joints at zero were not seen.

        Shapes:
            - ``points``: ``[M, V, D]``
            - ``score``: ``[M, V]``
            - output: ``[M]`` int64; -1 for a person none of whose joints was seen

        Raises:
            ValueError: The arrays have other shapes, or another number of joints than in the frames before.
        """
        points, score = self._checked(points, score)
        self._frame += 1
        self._tracks = [track for track in self._tracks if self._frame - track.last <= self.patience + 1]
        numbers = np.full(len(points), -1, np.int64)
        here = range(len(points))
        pairs = self._pairs([(track, self._frame - track.last) for track in self._tracks], points, score, here)
        found = {track.number for track, _ in pairs}
        lost = [(track, 0) for track in self._tracks if self._frame - track.last > 1 and track.number not in found]
        left = sorted(set(here) - {person for _, person in pairs})
        for track, person in pairs + self._pairs(lost, points, score, left):
            track.move(points[person], score[person], self._frame)
            numbers[person] = track.number
        for person in np.flatnonzero((numbers < 0) & (score > 0).any(1)).tolist():
            numbers[person] = self._add(points[person], score[person])
        return numbers

    def _pairs(
        self, tracks: list[tuple[_Track, int]], points: np.ndarray, score: np.ndarray, persons: Sequence[int]
    ) -> list[tuple[_Track, int]]:
        """Pairs of tracks, each with its number of frames ahead, and persons: the nearest first, each once."""
        pairs: list[tuple[_Track, int]] = []
        if not tracks or not persons:
            return pairs
        some = list(persons)
        apart = np.stack([track.distance(points[some], score[some], ahead) for track, ahead in tracks])
        free = np.isfinite(apart) & (apart <= self.reach)  # [tracks, persons]
        for place in np.argsort(apart, axis=None, kind="stable"):
            row, column = divmod(int(place), len(some))
            if free[row, column]:
                free[row], free[:, column] = False, False
                pairs.append((tracks[row][0], some[column]))
        return pairs

    def _add(self, points: np.ndarray, score: np.ndarray) -> int:
        seen = score > 0
        middle = points[seen].mean(0)
        placed = np.where(seen[:, None], points, middle)
        self._tracks.append(
            _Track(self._next, placed, score, np.zeros(points.shape[-1]), _size(points[seen]), self._frame)
        )
        self._next += 1
        return self._next - 1

    def _checked(self, points: np.ndarray, score: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        points = np.asarray(points, np.float64)
        if points.ndim != 3:
            raise ValueError(f"points: expected [M, V, D], got {list(points.shape)}")
        if self._tracks and len(points) and points.shape[1:] != self._tracks[0].points.shape:
            raise ValueError(
                f"points: expected {list(self._tracks[0].points.shape)} joints and coordinates a person, as in the "
                f"frames before, got {list(points.shape[1:])}; begin another recording with reset()"
            )
        score = (points != 0).any(-1) if score is None else np.asarray(score)
        if score.shape != points.shape[:2]:
            raise ValueError(
                f"score: expected {list(points.shape[:2])}, one per person and joint, got {list(score.shape)}"
            )
        seen = np.isfinite(points).all(-1) & np.isfinite(score)
        return np.where(seen[..., None], points, 0), np.where(seen, score, 0).astype(np.float64)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(reach={self.reach}, patience={self.patience})"


def _size(points: np.ndarray) -> float:
    """The diagonal of the bounding box of joints ``[V, D]``."""
    return float(np.linalg.norm(np.ptp(points, axis=0)))
