"""Action recognition on a live stream, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from time import perf_counter
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from tg_skeleton.inference.frame_buffer import Array, FrameBuffer
from tg_skeleton.inference.recognizer import ActionRecognizer
from tg_skeleton.inference.recordings import reads_rate
from tg_skeleton.inference.side_by_side import SideBySide
from tg_skeleton.inference.stream_prediction import StageTimes, StreamPrediction
from tg_skeleton.transforms import FillMissing
from tg_skeleton.transforms.preprocessing import steps_of

Answers = Literal["both", "persons", "together", "turns"]
"""Predictions for each person separately, for all persons together, or both; "turns": for each person in turn."""


class _Answer(NamedTuple):
    """The latest probabilities ``[K]`` and ``[M, K]`` on the network's device, with their frames and persons."""

    frame: int
    ids: tuple[int, ...]
    together: Tensor | None
    persons: Tensor | None
    frames: tuple[int, ...]


class _Stopwatch:
    """End times of the stages of a frame."""

    def __init__(self) -> None:
        self.ends = [perf_counter()]

    def lap(self) -> None:
        """Record the end of a stage."""
        self.ends.append(perf_counter())

    def stages(self) -> StageTimes:
        """Durations of the stages; 0 for those that did not run."""
        times = [1e3 * (end - start) for start, end in pairwise(self.ends)]
        return StageTimes(*times, *[0.0] * (3 - len(times)))


class StreamingRecognizer:
    """An `ActionRecognizer` applied to the latest frames of a stream: one prediction per frame.

    The prediction is that of the recognizer for a recording of the last ``window`` frames (fewer at the start), with
    persons in the order of their ids and zeros where a person is absent. A joint that was not seen (coordinates that
    are not finite or all zero, or score 0) has score 0, as in a recording. All inputs of a frame are processed in one
    batch.

    On a CPU with glibc, `tg_skeleton.training.keep_freed_memory` makes the network faster.

    >>> import torch
    >>> from tg_skeleton.inference import ActionRecognizer, StreamingRecognizer
    >>> stream = StreamingRecognizer(ActionRecognizer(card.build(), card), window=60, every=2)
    >>> for frame in range(4):
    ...     prediction = stream.push(torch.randn(2, 25, 3), ids=[17, 4])
    >>> prediction.frame, prediction.answered, prediction.full, prediction.ids
    (3, 2, False, (4, 17))
    >>> prediction.person(17).label in card.class_names
    True

    Args:
        recognizer: The trained network. The transforms of its card convert any number of frames to a clip.
        window: The number of frames per prediction, about the length of an action.
        every: The smallest number of frames between two predictions for a person; the last one is repeated in between.
        patience: The number of frames after which an absent person is removed, 1 to ``window``. Default: ``window``,
            which is equivalent to a recording. Use less for a tracker that reuses ids.
        min_frames: The number of frames of the window in which a person must be present, 1 to ``window``.
        answers: The predictions to make. With many persons, "together" takes most of the time of "both", unless the
            transforms contain `SplitPersons`. With "turns", every frame processes one in ``every`` persons, those with
            the oldest predictions, so that all frames take the same time.
        fps: Frames of the stream a second, for transforms that read them (`Resample` without a ``source``).

    Shapes:
        A frame ``[M, V, D]``, its scores ``[M, V]``; see `StreamPrediction`.

    Units:
        As in the recordings that the network was trained on.

    Raises:
        ValueError: A number is out of its range, or the card has no transforms.
    """

    def __init__(
        self,
        recognizer: ActionRecognizer,
        *,
        window: int,
        every: int = 1,
        patience: int | None = None,
        min_frames: int = 1,
        answers: Answers = "both",
        fps: float | None = None,
    ) -> None:
        patience = window if patience is None else patience
        for name, value in (("window", window), ("every", every)):
            if value < 1:
                raise ValueError(f"{name}: expected 1 frame or more, got {value}")
        for name, value in (("patience", patience), ("min_frames", min_frames)):
            if not 1 <= value <= window:
                raise ValueError(f"{name}: expected 1 to window = {window} frames, got {value}")
        if answers not in get_args(Answers):
            raise ValueError(f"answers: expected one of {get_args(Answers)}, got {answers!r}")
        card = recognizer.card
        if card.transform is None and card.batch_transform is None:
            raise ValueError(
                "recognizer: its card has no transforms to compute the network's x from the coordinates of a stream; "
                "give the card a batch_transform such as Streams('joint')"
            )
        self.recognizer = recognizer
        self.window = window
        self.every = every
        self.min_frames = min_frames
        self.answers = answers
        self._buffer = FrameBuffer(card.topology.num_joints, card.dims, window=window, patience=patience)
        if fps is None and reads_rate(card):
            raise ValueError("fps: expected frames a second, which the transforms of this checkpoint read, got None")
        self._bridged = not any(isinstance(step, FillMissing) for step in steps_of(card.transform))
        self._prepare = SideBySide(recognizer, fps)
        self._answer: _Answer | None = None
        self._own: dict[int, tuple[int, Tensor]] = {}

    def push(
        self, frame: Array, ids: Sequence[int], score: Array | None = None, *, skipped: int = 0
    ) -> StreamPrediction:
        """Process a frame and return the current predictions.

        Args:
            frame: Coordinates ``[M, V, D]`` of the persons in view; M may be 0.
            ids: The id of each person, constant over frames, as assigned by a tracker.
            score: Confidence of each joint, 0-1, ``[M, V]``, in every frame or in none.
            skipped: The number of the stream's frames between the last one and this one that were not looked at, such
                as those that `latest_pictures` drops. All joints are missing in them, and get the places that the
                card's `FillMissing` gives them; without one in it, those on the line between the frames around.

        Raises:
            ValueError: Shapes do not match each other or the network's skeleton, an id occurs twice, scores are given
                in some frames only, or ``skipped`` is less than 0.
        """
        times = _Stopwatch()
        self._buffer.push(frame, ids, score, skipped=skipped)
        now = self._buffer.count - 1
        turns = self.answers == "turns"
        due = turns or self._answer is None or now - self._answer.frame >= self.every
        present = self._buffer.ids(self.min_frames) if due else ()
        asked = self._next_in_turn(now, present) if turns else present
        window = self._buffer.frames(asked, bridged=self._bridged) if asked else None
        times.lap()
        answer = None if window is None else self._ask(now, asked, *window, times)
        if turns:
            self._answer = self._gathered(present, answer)
        elif due:
            self._answer = answer
        return self._prediction(now, times.stages())

    def reset(self) -> None:
        """Remove all frames and persons; the next frame has number 0."""
        self._buffer.clear()
        self._answer = None
        self._own.clear()

    def _next_in_turn(self, now: int, present: tuple[int, ...]) -> tuple[int, ...]:
        """The persons to process in this frame: those with the oldest predictions among those that are due."""
        last = {number: self._own[number][0] if number in self._own else -1 for number in present}
        due = [number for number in present if last[number] < 0 or now - last[number] >= self.every]
        return tuple(sorted(sorted(due, key=last.__getitem__)[: -(-len(present) // self.every)]))

    def _gathered(self, present: tuple[int, ...], answer: _Answer | None) -> _Answer | None:
        """The latest predictions for the persons who are present."""
        if answer is not None and answer.persons is not None:
            self._own |= {number: (answer.frame, own) for number, own in zip(answer.ids, answer.persons, strict=True)}
        self._own = {number: self._own[number] for number in present if number in self._own}
        if not self._own:
            return None
        frames = tuple(frame for frame, _ in self._own.values())
        return _Answer(max(frames), tuple(self._own), None, torch.stack([own for _, own in self._own.values()]), frames)

    def _ask(
        self, now: int, ids: tuple[int, ...], pos: np.ndarray, score: np.ndarray | None, times: _Stopwatch
    ) -> _Answer:
        """Run the network on the latest frames of these persons."""
        alone = self.answers != "together" or len(ids) == 1
        together = self.answers in ("both", "together") and len(ids) > 1
        confidence = None if score is None else torch.from_numpy(score)
        batch, order = self._prepare(torch.from_numpy(pos), confidence, together=together, alone=alone)
        times.lap()
        probabilities = self.recognizer.logits(batch).float().softmax(1)
        if order != sorted(order):
            places = torch.tensor(order).to(probabilities.device, non_blocking=True)
            probabilities = probabilities.index_select(0, places)
        times.lap()
        return _Answer(
            now,
            ids,
            probabilities[0] if self.answers in ("both", "together") else None,
            None if self.answers == "together" else probabilities[int(together) :],
            (now,) * len(ids),
        )

    def _prediction(self, now: int, times: StageTimes) -> StreamPrediction:
        answer = self._answer or _Answer(-1, (), None, None, ())
        return StreamPrediction(
            now,
            answer.frame if self._answer else None,
            self._buffer.full,
            answer.ids,
            answer.frames,
            self.recognizer.card.class_names,
            times,
            answer.together,
            answer.persons,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.recognizer}, window={self.window}, every={self.every})"
