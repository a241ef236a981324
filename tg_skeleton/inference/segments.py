"""Long recordings: windows over them, and from the windows' predictions segments of one class each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.inference.card import ModelCard
from tg_skeleton.inference.prediction import Prediction
from tg_skeleton.topology import Topology

Filter = Literal["mean", "median"]

NO_CLASS = -1
"""The class of a segment without a class."""

_AT_ONCE = 256  # windows in memory at a time


class Predictor(Protocol):
    """An `ActionRecognizer`, or what answers like one."""

    @property
    def card(self) -> ModelCard:
        """What the network is."""
        ...

    def predict(
        self, recordings: list[SkeletonSequence], *, batch_size: int = 64, per_person: bool = True, check: bool = True
    ) -> list[Prediction]:
        """What is done in recordings."""
        ...


@dataclass(frozen=True)
class Segment:
    """A stretch of frames with one class.

    Args:
        start: Its first frame.
        end: The frame after its last one.
        index: The class, or -1: none is probable enough, nobody is there, or it is one of the background.
        probability: The mean of the class's probability over the frames; 0 where there is no class.
    """

    start: int
    end: int
    index: int
    probability: float


def spans(num_frames: int, window: int, stride: int) -> np.ndarray:
    """First frames of windows and the frames after their last ones, ``[W, 2]``.

    Windows begin every ``stride`` frames as long as they fit; one more ends at the last frame where frames are left. A
    recording that is shorter than a window has one window, the whole recording.

    >>> from tg_skeleton.inference.segments import spans
    >>> spans(10, 4, 3).tolist(), spans(11, 4, 3).tolist(), spans(3, 4, 3).tolist()
    ([[0, 4], [3, 7], [6, 10]], [[0, 4], [3, 7], [6, 10], [7, 11]], [[0, 3]])

    Raises:
        ValueError: An argument is less than 1, or the stride leaves frames out between windows.
    """
    for name, value in (("num_frames", num_frames), ("window", window), ("stride", stride)):
        if value < 1:
            raise ValueError(f"{name}: expected 1 frame or more, got {value}")
    if stride > window:
        raise ValueError(
            f"stride: expected at most the window of {window} frames, got {stride}, which leaves frames out; give a "
            "smaller stride"
        )
    last = max(num_frames - window, 0)
    start = np.arange(0, last + 1, stride)
    if start[-1] < last:
        start = np.append(start, last)
    return np.stack([start, np.minimum(start + window, num_frames)], axis=1)


def windows(sequence: SkeletonSequence, topology: Topology, spans: np.ndarray) -> list[SkeletonSequence | None]:
    """The stretches of a recording, each as a recording of its own; None: nobody is in it.

    Persons who are absent (all zero) from a whole window are not in it, as in a recording that is no longer.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.inference.segments import spans, windows
    >>> pos = np.ones((10, 2, 25, 3))
    >>> pos[:6, 1] = 0
    >>> parts = windows(SkeletonSequence.from_array(pos, NTU25, name="clip"), NTU25, spans(10, 5, 5))
    >>> [(part.name, part.num_frames, part.num_persons) for part in parts]
    [('clip 0-5', 5, 1), ('clip 5-10', 5, 2)]

    Args:
        sequence: The recording, with ``pos``.
        topology: Its skeleton.
        spans: What `spans` gives, ``[W, 2]``.

    Raises:
        ValueError: The persons are not all of one topology, or there are no coordinates.
    """
    pos = sequence.to_dense("pos").transpose(0, 1)  # [T, P, V, D]
    score = sequence.to_dense("score").transpose(0, 1) if "score" in sequence else None
    present = pos.ne(0).flatten(2).any(2).any(1)  # [T]
    name = sequence.name if "name" in sequence else "recording"
    rate = {"fps": sequence.fps} if "fps" in sequence else {}
    return [
        SkeletonSequence.from_array(
            pos[start:end],
            topology,
            score=None if score is None else score[start:end],
            name=f"{name} {start}-{end}",
            extra=rate,
        )
        if bool(present[start:end].any())
        else None
        for start, end in spans.tolist()
    ]


def frame_probabilities(spans: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    r"""The probabilities of every frame: the mean of the windows that hold it.

    .. math:: p_t = \frac{1}{|\{w \ni t\}|} \sum_{w \ni t} p_w

    A window without an answer has zeros, and does not count; a frame that no other holds has zeros.

    >>> import numpy as np
    >>> from tg_skeleton.inference.segments import frame_probabilities
    >>> frame_probabilities(np.array([[0, 2], [1, 3]]), np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]

    Shapes:
        - ``spans``: ``[W, 2]``, the last one ends with the recording
        - ``probabilities``: ``[W, K]``
        - output: ``[T, K]`` float64
    """
    frames = int(spans[:, 1].max())
    answered = probabilities.any(1)
    change = np.zeros((frames + 1, probabilities.shape[1]))  # from one frame to the next
    count = np.zeros(frames + 1, np.int64)
    for column, sign in ((0, 1), (1, -1)):
        np.add.at(change, spans[:, column], sign * probabilities.astype(np.float64))
        np.add.at(count, spans[:, column], sign * answered)
    total, held = change.cumsum(0)[:-1], count.cumsum()[:-1, None]
    mean: np.ndarray = np.where(held > 0, total / held.clip(1), 0).clip(0, 1)
    return mean


def smooth(probabilities: np.ndarray, width: int, kind: Filter = "mean") -> np.ndarray:
    """The mean or the median of each class over ``width`` frames around every frame; at the ends over fewer.

    The mean blurs borders, the median keeps them and drops what is shorter than half of ``width``. Rows of medians are
    brought back to the sum that they had.

    >>> import numpy as np
    >>> from tg_skeleton.inference.segments import smooth
    >>> smooth(np.array([[0.0], [0.0], [3.0], [0.0]]), 3).tolist()
    [[0.0], [1.0], [1.0], [1.5]]

    Shapes:
        ``[T, K]`` -> ``[T, K]``.

    Raises:
        ValueError: ``width`` is not odd, or is less than 1; there is no such ``kind``.
    """
    if width < 1 or width % 2 == 0:
        raise ValueError(f"width: expected an odd number of frames from 1 (1: no smoothing), got {width}")
    if kind not in get_args(Filter):
        raise ValueError(f"kind: expected one of {get_args(Filter)}, got {kind!r}")
    half, frames = width // 2, len(probabilities)
    if half == 0:
        return probabilities
    reduce = np.mean if kind == "mean" else np.median
    smoothed = np.empty(probabilities.shape)
    inner = range(half, frames - half)
    if len(inner):
        for column, values in enumerate(probabilities.T):  # one class at a time: [T - 2 half, width]
            smoothed[half : frames - half, column] = reduce(sliding_window_view(values, width), axis=1)
    for frame in range(frames):
        if frame not in inner:
            smoothed[frame] = reduce(probabilities[max(0, frame - half) : frame + half + 1], axis=0)
    if kind == "mean":
        return smoothed
    total = smoothed.sum(1, keepdims=True)
    return np.where(total > 0, smoothed * probabilities.sum(1, keepdims=True) / np.where(total > 0, total, 1), 0)


def segments(
    probabilities: np.ndarray, *, min_length: int = 1, threshold: float = 0.0, background: Collection[int] = ()
) -> list[Segment]:
    """Segments of one class each: runs of frames with the same most probable class, one after another.

    A segment of fewer than ``min_length`` frames joins that neighbor whose class is the more probable one in its
    frames (of equal ones the earlier; one without a class only where there is no other); the shortest first, until
    none is left or one segment is all there is.

    >>> import numpy as np
    >>> from tg_skeleton.inference.segments import segments
    >>> probabilities = np.array([[0.75, 0.25], [0.5, 0.5], [0.25, 0.75], [0.75, 0.25]])
    >>> [(part.start, part.end, part.index) for part in segments(probabilities)]
    [(0, 2, 0), (2, 3, 1), (3, 4, 0)]
    >>> segments(probabilities, min_length=2)
    [Segment(start=0, end=4, index=0, probability=0.5625)]

    Args:
        probabilities: Of every frame; zeros where nothing is known.
        min_length: Frames that a segment has at least.
        threshold: Frames whose most probable class is less probable have no class.
        background: Classes that mean that nothing is done; their frames have no class.

    Shapes:
        - ``probabilities``: ``[T, K]``

    Raises:
        ValueError: There are no frames, ``min_length`` is less than 1, or ``threshold`` is not within 0..1.
    """
    if probabilities.ndim != 2 or not len(probabilities):
        raise ValueError(f"probabilities: expected [T, K] with at least one frame, got {list(probabilities.shape)}")
    if min_length < 1:
        raise ValueError(f"min_length: expected 1 frame or more, got {min_length}")
    if not 0 <= threshold <= 1:
        raise ValueError(f"threshold: expected a probability within 0..1, got {threshold}")
    best = probabilities.argmax(1)
    top = probabilities.max(1)
    none = (top == 0) | (top < threshold) | np.isin(best, list(background))
    index = np.where(none, NO_CLASS, best)
    starts = np.flatnonzero(np.diff(index, prepend=index[0] - 1)).tolist()
    runs = _joined([[start, int(index[start])] for start in starts], probabilities, min_length)
    ends = [start for start, _ in runs[1:]] + [len(index)]
    return [
        Segment(start, end, label, float(probabilities[start:end, label].mean()) if label != NO_CLASS else 0.0)
        for (start, label), end in zip(runs, ends, strict=True)
    ]


def window_probabilities(
    recognizer: Predictor, sequence: SkeletonSequence, spans: np.ndarray, *, batch_size: int = 64
) -> np.ndarray:
    """The probabilities of the windows of a recording, ``[W, K]``; zeros where nobody is in the window.

    Args:
        recognizer: The network.
        sequence: The recording.
        spans: What `spans` gives, ``[W, 2]``.
        batch_size: Number of clips per forward pass.

    Raises:
        ValueError: The recording does not fit the network.
    """
    card = recognizer.card
    probabilities = np.zeros((len(spans), card.num_classes), np.float32)
    for first in range(0, len(spans), _AT_ONCE):
        parts = windows(sequence, card.topology, spans[first : first + _AT_ONCE])
        predictions = recognizer.predict(
            [part for part in parts if part is not None], batch_size=batch_size, per_person=False, check=False
        )
        rows = [first + place for place, part in enumerate(parts) if part is not None]
        for row, prediction in zip(rows, predictions, strict=True):
            probabilities[row] = prediction.probabilities
    return probabilities


def _joined(runs: list[list[int]], probabilities: np.ndarray, min_length: int) -> list[list[int]]:
    """Runs (first frame, class), none of which is too short."""
    while len(runs) > 1:
        bounds = [start for start, _ in runs] + [len(probabilities)]
        lengths = np.diff(bounds)
        place = int(lengths.argmin())
        if lengths[place] >= min_length:
            break
        mean = probabilities[bounds[place] : bounds[place + 1]].mean(0)
        before = runs[place - 1][1] if place else None
        after = runs[place + 1][1] if place + 1 < len(runs) else None
        label = before if _fit(before, mean) >= _fit(after, mean) else after
        assert label is not None
        runs[place][1] = label
        runs = [run for at, run in enumerate(runs) if at == 0 or run[1] != runs[at - 1][1]]
    return runs


def _fit(label: int | None, mean: np.ndarray) -> float:
    """How well frames with these probabilities go with a neighbor's class; None: there is no neighbor."""
    if label is None:
        return -2.0
    return -1.0 if label == NO_CLASS else float(mean[label])
