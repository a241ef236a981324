"""Reads the frames of clips alone, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from torch_geometric.transforms import Compose

from tg_skeleton.datasets.store import SequenceStore
from tg_skeleton.transforms import CenterOnFirstFrame, SampleSegments, SplitPersons


class ClipArrays(NamedTuple):
    """What was read of B recordings, whose persons come to P.

    Args:
        rows: ``[B]`` int64, the recordings.
        persons: ``[B]`` int64, M of each clip.
        pos: ``[T, P, V, D]`` float32, T frames of all persons of the first clip, of the second, …
        score: ``[T, P, V]`` float32, where there are any.
    """

    rows: np.ndarray
    persons: np.ndarray
    pos: np.ndarray
    score: np.ndarray | None


@dataclass(frozen=True)
class ClipReader:
    """Reads what `SampleSegments`, after `CenterOnFirstFrame` or `SplitPersons` or both, makes of recordings.

    Frames are chosen first, with the draws that the transform makes of one recording after another, and then only they
    are read. (`SplitPersons` asks who is there in every frame, which one coordinate answers nearly always.)

    Args:
        sample: Chooses the frames.
        center: Moves the origin of whole recordings.
        split: Makes every person of whole recordings a frame of one's own.
    """

    sample: SampleSegments
    center: CenterOnFirstFrame | None = None
    split: SplitPersons | None = None

    @classmethod
    def of(cls, transform: Any) -> ClipReader | None:
        """The reader that replaces a transform, where the transform is these and nothing else, in this order."""
        steps = list(transform.transforms) if type(transform) is Compose else [transform]
        given: dict[type, Any] = {type(step): step for step in steps}  # a class of one's own may do something else
        order = [kind for kind in (CenterOnFirstFrame, SplitPersons, SampleSegments) if kind in given]
        if SampleSegments not in given or [type(step) for step in steps] != order:
            return None
        return cls(given[SampleSegments], given.get(CenterOnFirstFrame), given.get(SplitPersons))

    def read(self, store: SequenceStore, rows: np.ndarray) -> ClipArrays:
        """Clips of some rows of the index."""
        pos, score = store.flat("pos.npy"), store.flat("score.npy") if store.has_score else None
        index = store.index
        start, frames, persons = index.offsets[rows], index.frames[rows], index.persons[rows]
        origin = None if self.center is None else _origins(pos, start, frames, persons, self.center.joint)
        if self.split is None:
            first = start[:, None] + self._frames(frames) * persons[:, None]
        else:  # persons of a frame are neighbours, so rows in their order are what the transform makes
            present, lengths = _present_rows(pos, start, frames * persons, origin)
            begin = np.cumsum(lengths) - lengths
            first, persons = present[begin[:, None] + self._frames(lengths)], np.ones_like(persons)
        clip = np.repeat(np.arange(len(rows)), persons)  # [P]
        chosen = first[clip].T + _ranges(np.zeros_like(persons), persons)  # [T, P]
        clips = pos.take(chosen, axis=0)
        if origin is not None:
            absent = ~_present(clips)
            # Once for each joint, for numpy's inner loop is as long as the last axes that it can join.
            clips -= origin[clip, None].repeat(clips.shape[2], axis=1)
            clips[absent] = 0
        return ClipArrays(rows, persons, clips, None if score is None else score.take(chosen, axis=0))

    def _frames(self, lengths: np.ndarray) -> np.ndarray:
        """The frames of every clip, ``[B, T]``."""
        frames: np.ndarray = self.sample.frames_of(lengths.tolist()).numpy()
        return frames


def _origins(pos: np.ndarray, start: np.ndarray, frames: np.ndarray, persons: np.ndarray, joint: int) -> np.ndarray:
    """Where the first person's joint is in that person's first real frame, ``[B, D]``."""
    first = start.copy()
    for place in np.flatnonzero(~_present(pos[start])):
        step = persons[place]
        own = pos[start[place] : start[place] + frames[place] * step : step]
        first[place] += own.any((1, 2)).argmax() * step
    origins: np.ndarray = pos[first, joint]
    return origins


def _present_rows(
    pos: np.ndarray, start: np.ndarray, sizes: np.ndarray, origin: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The rows with someone in them, recording by recording, and how many each has; of an empty one the first row."""
    rows, owner = _ranges(start, sizes), np.repeat(np.arange(len(sizes)), sizes)
    lead = pos[rows, 0, 0]
    here = lead != 0
    if origin is not None:  # a body whose joints all lie in the origin is then all zero
        here &= lead != origin[owner, 0]
    doubtful = np.flatnonzero(~here)
    bodies = pos[rows[doubtful]]
    here[doubtful] = bodies.any((1, 2))
    if origin is not None:
        here[doubtful] &= (bodies != origin[owner[doubtful], None]).any((1, 2))
    begin = np.cumsum(sizes) - sizes
    lengths = np.add.reduceat(here, begin, dtype=np.int64)
    here[begin[lengths == 0]] = True
    return rows[here], np.maximum(lengths, 1)


def _present(bodies: np.ndarray) -> np.ndarray:
    """Which bodies are not all zero: ``[..., V, D]`` -> ``[...]``."""
    here: np.ndarray = bodies[..., 0, 0] != 0
    here[~here] = bodies[~here].any((1, 2))
    return here


def _ranges(first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``first[i], first[i] + 1, ...``, ``counts[i]`` of them, one i after another."""
    ranges: np.ndarray = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return ranges
