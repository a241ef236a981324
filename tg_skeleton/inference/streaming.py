"""Answers about a live stream, frame by frame."""

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
from tg_skeleton.inference.side_by_side import SideBySide
from tg_skeleton.inference.stream_prediction import StageTimes, StreamPrediction

Answers = Literal["both", "persons", "together", "turns"]
"""About each person alone, about all persons together, or both; "turns": about each alone, one after another."""


class _Answer(NamedTuple):
    """What the network said last, and when about whom; probabilities ``[K]`` and ``[M, K]``, on its device."""

    frame: int
    ids: tuple[int, ...]
    together: Tensor | None
    persons: Tensor | None
    frames: tuple[int, ...]


class _Laps:
    """When the stages of a frame ended."""

    def __init__(self) -> None:
        self.ends = [perf_counter()]

    def lap(self) -> None:
        """A stage ends."""
        self.ends.append(perf_counter())

    def stages(self) -> StageTimes:
        """Those that did not run took no time."""
        times = [1e3 * (end - start) for start, end in pairwise(self.ends)]
        return StageTimes(*times, *[0.0] * (3 - len(times)))


class StreamingRecognizer:
    """An `ActionRecognizer` on the last frames of a stream: a frame in, an answer out.

    The answer is that of the recognizer to a recording of the last ``window`` frames (of fewer at the start): persons
    stand there in the order of their numbers, and are zero where they are absent. A joint that was not seen
    (its coordinates are not finite or all zero, or its score is 0) has score 0, as in a recording. All that is asked at
    a frame goes through the network at once.

    On a CPU with glibc, `tg_skeleton.training.keep_freed_memory` makes the network faster.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.inference import ActionRecognizer, Card, StreamingRecognizer
    >>> from tg_skeleton.transforms import SampleSegments, Streams
    >>> card = Card(
    ...     network="ESAN",
    ...     arguments={"in_channels": 3, "num_classes": 2, "num_frames": 20, "widths": [8, 8]},
    ...     topology=NTU25,
    ...     class_names=("sit", "stand"),
    ...     num_frames=20,
    ...     transform=SampleSegments(20, mode="center"),
    ...     batch_transform=Streams("joint"),
    ... )
    >>> stream = StreamingRecognizer(ActionRecognizer(card.build(), card), window=60, every=2)
    >>> for frame in range(4):
    ...     said = stream.push(torch.randn(2, 25, 3), ids=[17, 4])
    >>> said.frame, said.answered, said.full, said.ids, said.person(17).label in card.class_names
    (3, 2, False, (4, 17), True)

    Args:
        recognizer: The trained network. Its card's transforms bring any number of frames to a clip's.
        window: Frames that an answer is about. Train or choose it like the length of an action: 60 are two seconds.
        every: A person is asked about once in so many frames at most; in between the last answer stands.
        patience: A person is forgotten after so many frames without them, 1 to ``window``; None: ``window``, which
            agrees with the recording. Less suits a tracker that gives numbers again.
        min_frames: Frames of the window in which a person must have been seen to count, 1 to ``window``.
        answers: What is asked. Where persons are many, most of the time of "both" is that of "together", unless the
            transforms have `SplitPersons`. With "turns" persons take turns: at each frame the network is asked about a
            part of them, 1 in ``every``, those with the oldest answers, so that all frames take equally long.

    Shapes:
        A frame ``[M, V, D]``, its scores ``[M, V]``; see `StreamPrediction`.

    Units:
        Those of the recordings that the network was trained on.

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
                "recognizer: its card has no transforms, so nothing makes the network's x of a stream's coordinates; "
                "give the card a batch_transform such as Streams('joint')"
            )
        self.recognizer = recognizer
        self.window = window
        self.every = every
        self.min_frames = min_frames
        self.answers = answers
        self._buffer = FrameBuffer(card.topology.num_joints, card.dims, window=window, patience=patience)
        self._prepare = SideBySide(recognizer)
        self._answer: _Answer | None = None
        self._own: dict[int, tuple[int, Tensor]] = {}

    def push(self, frame: Array, ids: Sequence[int], score: Array | None = None) -> StreamPrediction:
        """Takes a frame and says what is being done.

        Args:
            frame: Coordinates ``[M, V, D]`` of the persons in view, or none of nobody.
            ids: A number for each of them, the same in every frame, as a tracker gives it.
            score: Confidence of each joint, 0-1, ``[M, V]``, with every frame or with none.

        Raises:
            ValueError: Shapes and numbers do not fit each other or the network's skeleton, a number stands there twice,
                or scores are given in some frames only.
        """
        times = _Laps()
        self._buffer.push(frame, ids, score)
        now = self._buffer.count - 1
        turns = self.answers == "turns"
        due = turns or self._answer is None or now - self._answer.frame >= self.every
        present = self._buffer.ids(self.min_frames) if due else ()
        asked = self._whose_turn(now, present) if turns else present
        window = self._buffer.frames(asked) if asked else None
        times.lap()
        answer = None if window is None else self._ask(now, asked, *window, times)
        if turns:
            self._answer = self._gathered(present, answer)
        elif due:
            self._answer = answer
        return self._said(now, times.stages())

    def reset(self) -> None:
        """Forgets all frames and persons; the next frame is number 0."""
        self._buffer.clear()
        self._answer = None
        self._own.clear()

    def _whose_turn(self, now: int, present: tuple[int, ...]) -> tuple[int, ...]:
        """Whom the network is asked about: of those who may be, the ones with the oldest answers."""
        last = {number: self._own[number][0] if number in self._own else -1 for number in present}
        may = [number for number in present if last[number] < 0 or now - last[number] >= self.every]
        return tuple(sorted(sorted(may, key=last.__getitem__)[: -(-len(present) // self.every)]))

    def _gathered(self, present: tuple[int, ...], answer: _Answer | None) -> _Answer | None:
        """The last answers about those who are there."""
        if answer is not None and answer.persons is not None:
            self._own |= {number: (answer.frame, own) for number, own in zip(answer.ids, answer.persons, strict=True)}
        self._own = {number: self._own[number] for number in present if number in self._own}
        if not self._own:
            return None
        frames = tuple(frame for frame, _ in self._own.values())
        return _Answer(max(frames), tuple(self._own), None, torch.stack([own for _, own in self._own.values()]), frames)

    def _ask(self, now: int, ids: tuple[int, ...], pos: np.ndarray, score: np.ndarray | None, times: _Laps) -> _Answer:
        """Shows the network the last frames of these persons."""
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

    def _said(self, now: int, times: StageTimes) -> StreamPrediction:
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
