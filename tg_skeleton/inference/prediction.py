"""The prediction of a network for one recording."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tg_skeleton.plausibility import Finding, summarized

NOBODY = "nobody"
"""The label of a recording in which no joint of anybody was seen."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """The classes of a recording with their probabilities, of all persons together and of each alone.

    >>> import numpy as np
    >>> from tg_skeleton.inference import Prediction
    >>> probabilities = np.array([0.2, 0.7, 0.1])
    >>> prediction = Prediction("clip", ("sit", "stand", "jump"), probabilities, probabilities[None])
    >>> prediction
    Prediction('clip': stand 0.70)
    >>> prediction.label, prediction.index, prediction.top(2)
    ('stand', 1, [('stand', 0.7), ('sit', 0.2)])

    Args:
        name: Of the recording.
        class_names: K names.
        probabilities: Of all persons together; all 0 where nobody is in the recording.
        person_probabilities: Of each person, as if the others were not there.
        findings: What about the recording does not look like a body, or like the training data.

    Shapes:
        probabilities ``[K]`` float32, person_probabilities ``[M, K]`` float32; ``[0, K]`` where nobody asked.
    """

    name: str
    class_names: tuple[str, ...]
    probabilities: np.ndarray
    person_probabilities: np.ndarray
    findings: tuple[Finding, ...] = ()

    @property
    def index(self) -> int:
        """The most probable class; of equal ones the first; -1 where nobody is in the recording."""
        return int(self.probabilities.argmax()) if self.probabilities.any() else -1

    @property
    def label(self) -> str:
        """Its name, or ``"nobody"``."""
        return self.class_names[self.index] if self.index >= 0 else NOBODY

    @property
    def probability(self) -> float:
        """Its probability; 0 where nobody is in the recording."""
        return float(self.probabilities.max())

    def top(self, k: int = 5) -> list[tuple[str, float]]:
        """The ``k`` most probable classes (or all, where there are fewer) with their probabilities, the best first.

        Nobody is of no class: the list is empty.

        Raises:
            ValueError: ``k`` is below 1.
        """
        if k < 1:
            raise ValueError(f"k: expected 1 or more, got {k}")
        best = np.argsort(-self.probabilities, kind="stable")[:k] if self.index >= 0 else ()
        return [(self.class_names[place], float(self.probabilities[place])) for place in best]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}: {self.label} {self.probability:.2f})"


def warn_of(predictions: Sequence[Prediction]) -> None:
    """Warn the caller of the caller of what does not look like the training data, a line for each kind."""
    found = {one.name: [finding.remark for finding in one.findings] for one in predictions}
    for line in summarized(found, len(predictions)):
        warnings.warn(line, stacklevel=3)
