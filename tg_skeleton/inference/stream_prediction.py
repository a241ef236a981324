"""The prediction of a stream after a frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from torch import Tensor

from tg_skeleton.inference.prediction import Prediction


class StageTimes(NamedTuple):
    """Milliseconds of the host for one frame; a GPU may still be at work when they have passed.

    Args:
        buffer: Taking the frame in, and laying the window out.
        transforms: Making the network's input.
        network: The forward pass; zero where it did not run.
    """

    buffer: float
    transforms: float
    network: float

    @property
    def total(self) -> float:
        """All three."""
        return sum(self)


@dataclass(frozen=True, eq=False)
class StreamPrediction:
    """The classes of a stream's last frames, of each person alone and of all together.

    Probabilities stay where the network ran until they are read; only then the host waits for a GPU.

    Args:
        frame: The frame that was pushed, counted from 0.
        answered: The frame at which the network ran last; None: there is no answer yet.
        full: Whether the window is full; before that, the answer is about all frames so far.
        ids: The persons whom the answer is about, in ascending order.
        frames: The frame at which the network was asked about each of them; they differ where persons take turns.
        class_names: K names.
        milliseconds: How long this frame took, stage by stage.

    Shapes:
        probabilities ``[K]``, person_probabilities ``[M, K]`` float32, in the order of ``ids``.
    """

    frame: int
    answered: int | None
    full: bool
    ids: tuple[int, ...]
    frames: tuple[int, ...]
    class_names: tuple[str, ...]
    milliseconds: StageTimes
    _together: Tensor | None = field(default=None, repr=False)
    _persons: Tensor | None = field(default=None, repr=False)

    @property
    def ready(self) -> bool:
        """Whether there is an answer."""
        return self.answered is not None

    @property
    def fresh(self) -> bool:
        """Whether the network ran at this very frame."""
        return self.answered == self.frame

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Of all persons together.

        Raises:
            ValueError: There is no answer, or it is about each person only.
        """
        return self._read(self._together, "all persons together")

    @cached_property
    def person_probabilities(self) -> np.ndarray:
        """Of each person, as if the others were not there.

        Raises:
            ValueError: There is no answer, or it is about all persons together only.
        """
        return self._read(self._persons, "each person alone")

    @property
    def together(self) -> Prediction:
        """The answer about all persons together.

        Raises:
            ValueError: There is none.
        """
        alone = np.zeros((0, len(self.class_names)), np.float32) if self._persons is None else self.person_probabilities
        return Prediction(f"frame {self.frame}", self.class_names, self.probabilities, alone)

    def person(self, number: int) -> Prediction:
        """The answer about one person.

        Raises:
            ValueError: There is none about this one.
        """
        if number not in self.ids:
            raise ValueError(
                f"number: expected one of ids, {list(self.ids)}, got {number}; ask `if number in prediction.ids`"
            )
        own = self.person_probabilities[self.ids.index(number)]
        return Prediction(f"person {number}", self.class_names, own, own[None])

    def _read(self, probabilities: Tensor | None, about: str) -> np.ndarray:
        if probabilities is not None:
            values: np.ndarray = probabilities.cpu().numpy()
            return values
        if not self.ready:
            raise ValueError(f"there is no answer at frame {self.frame}: nobody was seen in enough frames; ask `ready`")
        raise ValueError(f"this stream was not asked about {about}; build it with StreamingRecognizer(answers='both')")
