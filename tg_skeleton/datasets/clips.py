"""Reads the frames of clips alone, for a whole batch at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch_geometric.transforms import Compose

from tg_skeleton.datasets.store import SequenceStore
from tg_skeleton.missing import present as present_of
from tg_skeleton.transforms import CenterOnFirstFrame, FillMissing, SampleSegments, SplitPersons
from tg_skeleton.transforms.center_on_first_frame import first_sighting, moved


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
    def of(cls, transform: Any, *, has_score: bool) -> ClipReader | None:
        """The reader that replaces a transform, where the transform is these and nothing else, in this order.

        `FillMissing` at the beginning is skipped where recordings have no scores: it leaves them as they are, but for
        frames without anybody within a recording, which the reader takes as they are.
        """
        steps = list(transform.transforms) if type(transform) is Compose else [transform]
        if steps and type(steps[0]) is FillMissing and not has_score:
            steps = steps[1:]
        given: dict[type, Any] = {type(step): step for step in steps}  # a class of one's own may do something else
        order = [kind for kind in (CenterOnFirstFrame, SplitPersons, SampleSegments) if kind in given]
        if SampleSegments not in given or [type(step) for step in steps] != order:
            return None
        return cls(given[SampleSegments], given.get(CenterOnFirstFrame), given.get(SplitPersons))

    def read(self, store: SequenceStore, rows: np.ndarray) -> ClipArrays:
        """Clips of some rows of the index."""
        flat = _Flat(store)
        index = store.index
        start, frames, persons = index.offsets[rows], index.frames[rows], index.persons[rows]
        origin = None if self.center is None else flat.origins(start, frames, persons, self.center.joint)
        if self.split is None:
            first = start[:, None] + self._frames(frames) * persons[:, None]
        else:  # persons of a frame are neighbors, so rows in their order are what the transform makes
            present, lengths = flat.present_rows(start, frames * persons, origin)
            begin = np.cumsum(lengths) - lengths
            first, persons = present[begin[:, None] + self._frames(lengths)], np.ones_like(persons)
        clip = np.repeat(np.arange(len(rows)), persons)  # [P]
        chosen = first[clip].T + _ranges(np.zeros_like(persons), persons)  # [T, P]
        pos, score = flat.take(chosen)
        if origin is not None:
            seen = present_of(pos, score)[..., None]
            seen = seen if score is None else seen & (score > 0)
            pos = moved(pos, seen, torch.from_numpy(origin[clip, None]), out=pos)
        return ClipArrays(rows, persons, pos.numpy(), None if score is None else score.numpy())

    def _frames(self, lengths: np.ndarray) -> np.ndarray:
        """The frames of every clip, ``[B, T]``."""
        frames: np.ndarray = self.sample.frames_of(lengths.tolist()).numpy()
        return frames


class _Flat:
    """The rows of all recordings, one of each person and frame."""

    def __init__(self, store: SequenceStore) -> None:
        self.pos = store.flat("pos.npy")
        self.score = store.flat("score.npy") if store.has_score else None

    def take(self, rows: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """Copies of some rows, ``[*, V, D]`` and ``[*, V]``."""
        pos = torch.from_numpy(self.pos.take(rows, axis=0))
        return pos, None if self.score is None else torch.from_numpy(self.score.take(rows, axis=0))

    def origins(self, start: np.ndarray, frames: np.ndarray, persons: np.ndarray, joint: int) -> np.ndarray:
        """Where the first person's joint was seen first, ``[B, D]``; of most recordings their first row says it."""
        first = start.copy()
        for place in np.flatnonzero(~self._seen(start, joint)):
            own = start[place] + np.arange(frames[place]) * persons[place]
            first[place] = own[first_sighting(torch.from_numpy(self._seen(own, joint)))]
        origins: np.ndarray = self.pos[first, joint]
        return origins

    def present_rows(
        self, start: np.ndarray, sizes: np.ndarray, origin: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The rows with someone in them, recording by recording, and how many each has; of an empty one the first row.

        One coordinate answers nearly always.
        """
        rows, owner = _ranges(start, sizes), np.repeat(np.arange(len(sizes)), sizes)
        lead = self.pos[rows, 0, 0]
        here = lead != 0
        if self.score is not None:
            here &= self.score[rows, 0] > 0
        if origin is not None:  # a body whose joints all lie in the origin is then all zero
            here &= lead != origin[owner, 0]
        doubtful = np.flatnonzero(~here)
        if doubtful.size:
            pos, score = self.take(rows[doubtful])
            found = present_of(pos, score)
            if origin is not None:
                found &= present_of(pos - torch.from_numpy(origin[owner[doubtful], None]), score)
            here[doubtful] = found.numpy()
        begin = np.cumsum(sizes) - sizes
        lengths = np.add.reduceat(here, begin, dtype=np.int64)
        here[begin[lengths == 0]] = True
        return rows[here], np.maximum(lengths, 1)

    def _seen(self, rows: np.ndarray, joint: int) -> np.ndarray:
        """Whether a joint was seen, ``[R]``."""
        pos, score = self.take(rows)
        here = present_of(pos, score)
        return (here if score is None else here & (score[:, joint] > 0)).numpy()


def _ranges(first: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """``first[i], first[i] + 1, ...``, ``counts[i]`` of them, one i after another."""
    ranges: np.ndarray = np.arange(counts.sum()) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    return ranges
