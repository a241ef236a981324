"""The last frames of a live stream, person by person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

Array = np.ndarray | Tensor
"""Of one frame; a tensor on the CPU."""


class FrameBuffer:
    """The last frames of everybody who was seen in them, by the number that a tracker gave to each.

    It is what a reader would make of the same frames: a person is zero where they are absent, and so in all frames
    before they came. A joint that was not seen (no finite coordinates, or score 0) is zero with score 0: what it gets
    in its place is decided by the transforms behind, such as `FillMissing`, as in a file. A person without any joint is
    absent.

    Memory is that of the most persons who were remembered at a time, each ``2 window`` frames: every frame is written
    twice, ``window`` rows apart, so that the last ones always lie one after another.

    >>> import numpy as np
    >>> from tg_skeleton.inference.frame_buffer import FrameBuffer
    >>> buffer = FrameBuffer(joints=1, dims=1, window=2, patience=2)
    >>> for value in (1.0, 2.0, 3.0):
    ...     buffer.push(np.array([[[value]]]), ids=[7])
    >>> buffer.push(np.array([[[9.0]]]), ids=[4])
    >>> buffer.ids(), buffer.frames(buffer.ids())[0].squeeze().tolist()  # frames by persons
    ((4, 7), [[0.0, 3.0], [9.0, 0.0]])

    Args:
        joints: V.
        dims: D.
        window: How many frames are kept.
        patience: After so many frames without a person, the person is forgotten.

    Shapes:
        A frame ``[M, V, D]``, its scores ``[M, V]``; `frames` ``[T, M, V, D]`` and ``[T, M, V]``, T up to ``window``.
    """

    def __init__(self, joints: int, dims: int, *, window: int, patience: int) -> None:
        self.joints = joints
        self.dims = dims
        self.window = window
        self.patience = patience
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.count = 0
        self._slots: dict[int, int] = {}
        self._latest: dict[int, int] = {}
        self._free: list[int] = []
        self._scored: bool | None = None
        self._pos, self._score, self._here = self._rows(0)
        self._missed = np.zeros(2 * self.window, bool)

    def push(self, frame: Array, ids: Sequence[int], score: Array | None = None, *, skipped: int = 0) -> None:
        """Adds a frame ``[M, V, D]`` of the persons ``ids``, with scores ``[M, V]`` in every frame or in none.

        In front of it, ``skipped`` frames that nobody looked at: all joints are missing in them, and nobody is taken to
        have left.

        Raises:
            ValueError: Shapes and numbers do not fit each other, a number stands there twice, scores are given in
                some frames only, or ``skipped`` is less than 0; nothing is added then.
        """
        if skipped < 0:
            raise ValueError(f"skipped: expected 0 frames or more, got {skipped}")
        pos, persons, confidence = self._checked(frame, ids, score)
        self._skip(skipped)
        seen = np.isfinite(pos).all(-1)  # [M, V]
        if confidence is not None:
            seen &= confidence > 0
        here = (seen & (pos != 0).any(-1)).any(-1)  # [M]
        row = self.count % self.window
        self._pos[row] = 0
        self._score[row] = 0
        self._here[row] = False
        if here.any():
            slots = np.array([self._slot(person) for person, real in zip(persons, here, strict=True) if real])
            seen = seen[here]
            self._pos[row, slots] = np.where(seen[..., None], pos[here], 0)
            self._score[row, slots] = seen if confidence is None else np.where(seen, confidence[here], 0)
            self._here[row, slots] = True
        self._missed[row] = False
        self._end_frame(row)
        self._forget()

    def _skip(self, frames: int) -> None:
        self.count += max(frames - self.window, 0)
        for _ in range(min(frames, self.window)):
            row = self.count % self.window
            self._pos[row], self._score[row], self._here[row], self._missed[row] = 0, 0, False, True
            self._end_frame(row)
        self._latest = {person: latest + frames for person, latest in self._latest.items()}

    def _end_frame(self, row: int) -> None:
        for rows in (self._pos, self._score, self._here, self._missed):
            rows[row + self.window] = rows[row]
        self.count += 1

    def ids(self, least: int = 1) -> tuple[int, ...]:
        """Who was seen in ``least`` or more of the frames, in ascending order."""
        times = self._here[self._last].sum(0)
        return tuple(sorted(person for person, slot in self._slots.items() if times[slot] >= least))

    def frames(self, ids: Sequence[int], *, bridged: bool = False) -> tuple[np.ndarray, np.ndarray | None]:
        """The last frames of these persons, ``[T, M, V, D]``, and their scores ``[T, M, V]``.

        There are scores where some were given, or where a joint was not seen: 1 and 0 then. With ``bridged`` the joints
        that were seen in both frames around skipped ones are between them there, by linear interpolation.
        """
        slots = [self._slots[person] for person in ids]
        pos, score = self._pos[self._last].take(slots, 1), self._score[self._last].take(slots, 1)
        here = self._here[self._last].take(slots, 1)
        missed = self._missed[self._last]
        if bridged and missed.any():
            _bridge(pos, score, missed)
        unseen = (here & (score == 0).any(-1)).any() or missed.any()
        return pos, score if self._scored or unseen else None

    @property
    def full(self) -> bool:
        """Whether ``window`` frames have come."""
        return self.count >= self.window

    @property
    def _last(self) -> slice:
        """The rows of the last frames."""
        stop = (self.count - 1) % self.window + 1 + self.window
        return slice(stop - min(self.count, self.window), stop)

    def _slot(self, person: int) -> int:
        """The place of a person who is seen now."""
        self._latest[person] = self.count
        if person not in self._slots:
            if not self._free:
                self._grow()
            slot = self._slots[person] = self._free.pop()
            for rows in (self._pos, self._score, self._here):
                rows[:, slot] = 0
        return self._slots[person]

    def _grow(self) -> None:
        """Twice as many places."""
        old = self._here.shape[1]
        new = max(2 * old, 2)
        before = (self._pos, self._score, self._here)
        rows = self._rows(new)
        for now, then in zip(rows, before, strict=True):
            now[:, :old] = then
        self._pos, self._score, self._here = rows
        self._free = list(range(new - 1, old - 1, -1))

    def _rows(self, places: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        lead, joints = (2 * self.window, places), self.joints
        return (
            np.zeros((*lead, joints, self.dims), np.float32),
            np.zeros((*lead, joints), np.float32),
            np.zeros(lead, bool),
        )

    def _forget(self) -> None:
        for person in [one for one, latest in self._latest.items() if self.count - 1 - latest >= self.patience]:
            self._free.append(self._slots.pop(person))
            del self._latest[person]

    def _checked(
        self, frame: Array, ids: Sequence[int], score: Array | None
    ) -> tuple[np.ndarray, list[int], np.ndarray | None]:
        pos, persons = np.asarray(frame, np.float32), [int(person) for person in ids]
        if pos.shape != (len(persons), self.joints, self.dims) and (persons or pos.size):
            raise ValueError(
                f"frame: expected [M, {self.joints}, {self.dims}] for the {len(persons)} persons of ids, got "
                f"{list(pos.shape)}; give each person a row and a number, and carry other skeletons over with "
                "tg_skeleton.transforms.ToTopology(source, target)"
            )
        if len(set(persons)) < len(persons):
            raise ValueError(f"ids: expected a number of one's own for each person, got {persons}")
        if persons and self._scored is not None and self._scored != (score is not None):
            said = "none" if score is None else "some"
            raise ValueError(
                f"score: expected {'scores' if self._scored else 'no scores'}, as with the frames before, got {said}; "
                "give them with every frame or with none, or call reset()"
            )
        confidence = None if score is None else np.asarray(score, np.float32)
        if confidence is not None and confidence.shape != pos.shape[:2] and (persons or confidence.size):
            raise ValueError(f"score: expected {list(pos.shape[:2])}, one of each joint, got {list(confidence.shape)}")
        if not persons:
            return np.zeros((0, self.joints, self.dims), np.float32), [], None
        self._scored = score is not None
        return pos, persons, confidence


def _bridge(pos: np.ndarray, score: np.ndarray, missed: np.ndarray) -> None:
    """Fills the frames ``[T]`` that nobody looked at, in place; those before the first one that was stay missing."""
    looked, frame = np.flatnonzero(~missed), np.flatnonzero(missed)
    after = looked.searchsorted(frame)
    inside = (after > 0) & (after < len(looked))
    frame, before, after = frame[inside], looked[after[inside] - 1], looked[after[inside]]
    weight = ((frame - before) / (after - before)).astype(np.float32)[:, None, None]
    both = (score[before] > 0) & (score[after] > 0)  # [F, M, V]
    pos[frame] = np.where(both[..., None], pos[before] + weight[..., None] * (pos[after] - pos[before]), 0)
    score[frame] = np.where(both, score[before] + weight * (score[after] - score[before]), 0)
