"""How well a network with classes of its own recognizes the classes of a data set that have a counterpart in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tg_skeleton.evaluation.report import percent, table

_SHOWN = 4  # answers of a class in the table


@dataclass(frozen=True, eq=False)
class Counterparts:
    """The answers of a network about recordings whose classes have other names, and perhaps no counterpart.

    >>> import numpy as np
    >>> from tg_skeleton.evaluation.counterparts import Counterparts
    >>> answers = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    >>> names = ["walk around", "walk around", "sneeze"]
    >>> result = Counterparts(answers, names, ("walk", "else"), {"walk around": "walk"})
    >>> result.accuracy, result.others("else")
    (0.5, 0.0)

    Args:
        probabilities: ``[S, K]``, one row a recording.
        names: The class of each recording in its data set.
        class_names: The K classes of the network.
        counterparts: By the data set's class that of the network; other classes have none.

    Raises:
        ValueError: The numbers of recordings differ, a counterpart is no class of the network, or no recording has one.
    """

    probabilities: np.ndarray
    names: Sequence[str]
    class_names: Sequence[str]
    counterparts: Mapping[str, str]

    def __post_init__(self) -> None:
        if len(self.probabilities) != len(self.names):
            raise ValueError(f"names: expected {len(self.probabilities)}, one a recording, got {len(self.names)}")
        for name, counterpart in self.counterparts.items():
            if counterpart not in self.class_names:
                raise ValueError(f"counterparts: '{counterpart}' of '{name}' is no class of the network")
        if not any(name in self.counterparts for name in self.names):
            raise ValueError("names: expected recordings of a class with a counterpart, got none")

    @property
    def answers(self) -> list[str]:
        """The most probable class of each recording."""
        return [self.class_names[label] for label in self.probabilities.argmax(1)]

    @property
    def accuracy(self) -> float:
        """The share of the recordings with a counterpart that were recognized, among all classes of the network."""
        return float(self._right(self._shared).mean())

    def recall(self, name: str) -> float:
        """The same of one class of the data set."""
        return float(self._right([row for row in self._shared if self.names[row] == name]).mean())

    def others(self, answer: str) -> float:
        """How often this is the answer about recordings without a counterpart; not a number if all have one."""
        rows = [row for row, name in enumerate(self.names) if name not in self.counterparts]
        return float(np.mean([self.answers[row] == answer for row in rows])) if rows else float("nan")

    def said(self, answer: str) -> float:
        """The share of all recordings about which this is the answer."""
        return float(np.mean([one == answer for one in self.answers]))

    @property
    def calibration_error(self) -> float:
        """The mean difference between confidence and accuracy of recordings with a counterpart."""
        rows = self._shared
        return calibration_error(self.probabilities[rows].max(1), self._right(rows))

    def table(self, other: str) -> str:
        """A row for each class of the data set, and the figures of all; ``other`` is the class of no class."""
        lines = [["class", "recordings", "recognized", "counterpart", "answers"]]
        answers = self.answers
        for name in dict.fromkeys(self.names):
            given = [answer for answer, own in zip(answers, self.names, strict=True) if own == name]
            most = ", ".join(f"{answer} {count}" for answer, count in Counter(given).most_common(_SHOWN))
            shared = name in self.counterparts
            lines.append([
                name, str(len(given)), percent(self.recall(name), 1) if shared else "", self.counterparts.get(name, ""),
                most,
            ])  # fmt: skip
        rows = self._shared
        text = [
            *table(lines, left=(0, 3, 4)),
            f"recognized: {percent(self.accuracy, 1)} of {len(rows)} recordings with a counterpart, among "
            f"{len(self.class_names)} classes; calibration error {self.calibration_error:.3f}",
        ]
        if len(rows) < len(self.names):
            text.append(
                f"'{other}' about recordings without a counterpart: {percent(self.others(other), 1)} of "
                f"{len(self.names) - len(rows)}"
            )
        return "\n".join(text)

    @property
    def _shared(self) -> list[int]:
        return [row for row, name in enumerate(self.names) if name in self.counterparts]

    def _right(self, rows: Sequence[int]) -> np.ndarray:
        answers = self.answers
        return np.array([answers[row] == self.counterparts[self.names[row]] for row in rows], dtype=bool)


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    r"""The expected calibration error over bins b of equal width.

    .. math:: \sum_b \frac{n_b}{n} \left| \mathrm{accuracy}_b - \mathrm{confidence}_b \right|

    >>> import numpy as np
    >>> from tg_skeleton.evaluation.counterparts import calibration_error
    >>> round(calibration_error(np.array([0.9, 0.9, 0.3, 0.3]), np.array([True, True, False, False])), 3)
    0.2

    Args:
        confidence: The largest probability of each recording, ``[S]``.
        right: Whether it is that of the true class, ``[S]``.
        bins: The number of bins.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017, Eq. 3.
    """
    place = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    count, total, hits = (
        np.bincount(place, weights=value, minlength=bins) for value in (np.ones(len(place)), confidence, right)
    )
    return float(np.abs(hits - total).sum() / max(count.sum(), 1))
