"""Folds of a training split, each of which leaves some cameras, subjects or the like out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tg_skeleton.datasets.base import SkeletonDataset

Recordings = TypeVar("Recordings", bound=SkeletonDataset)

OWN = ("split",)
"""Facts that are no facts about a recording."""


@dataclass(frozen=True)
class Fold:
    """The recordings that are left out of a training, to test it on them.

    >>> from tg_skeleton.datasets import Fold
    >>> Fold("subject", ("1", "6")).label
    'subject 1, 6'

    Args:
        by: The fact that tells them, or several, ``"first+second"``.
        held: Its values, of which one or several are left out together.
    """

    by: str
    held: tuple[str, ...]

    @property
    def label(self) -> str:
        """The fact and its values, ``"camera 2"``."""
        return f"{self.by} {', '.join(self.held)}"

    def sides(self, recordings: Recordings) -> tuple[Recordings, Recordings]:
        """The recordings to train on, and those that are left out.

        Args:
            recordings: A training split.

        Raises:
            ValueError: The recordings have no such fact, one of the sides is empty, or a class is on the side that is
                left out alone.
        """
        held = np.isin(values_of(recordings, self.by), self.held)
        labels, names = recordings.labels, recordings.class_names
        if held.all() or not held.any():
            raise ValueError(
                f"by: expected recordings with and without {self.label}, got {int(held.sum())} with it of {len(held)}"
            )
        if missing := sorted(set(labels[held].tolist()) - set(labels[~held].tolist())):
            raise ValueError(
                f"by: all recordings of class '{names[missing[0]]}' are of {self.label}, so that nothing is left to "
                "learn it from; leave fewer values out at once (more folds), or choose another fact"
            )
        return recordings[~held], recordings[held]


def folds_of(recordings: SkeletonDataset, by: str, count: int | None = None) -> list[Fold]:
    """Folds that leave each value of a fact out once: cameras, subjects, ....

    >>> import tempfile
    >>> import numpy as np
    >>> from tg_skeleton.datasets import ArrayDataset, folds_of
    >>> from tg_skeleton.topologies import COCO17
    >>> own = ArrayDataset.from_arrays(
    ...     *(tempfile.mkdtemp(), [np.random.rand(9, 17, 2)] * 6, [0, 1] * 3, COCO17),
    ...     facts={"subject": [7, 7, 8, 8, 12, 12]},
    ... )
    >>> for fold in folds_of(own, "subject", 2):
    ...     print(fold.label, fold.sides(own))
    subject 7, 12 (ArrayDataset(2, split='all'), ArrayDataset(4, split='all'))
    subject 8 (ArrayDataset(4, split='all'), ArrayDataset(2, split='all'))

    Args:
        recordings: A training split; test recordings do not belong in it.
        by: The fact, or several whose values together tell groups apart, ``"first+second"``.
        count: The number of folds, over which the values are dealt in their order. Default: one a value, 5 at most.

    Raises:
        ValueError: The recordings have no such fact, or one value of it alone, or fewer than ``count``.
    """
    values = values_of(recordings, by)
    columns = [recordings.index.facts[name] for name in by.split("+")]
    rows = np.unique(values, return_index=True)[1].tolist()
    rows.sort(key=lambda row: tuple(column[row].item() for column in columns))  # numbers are not ordered as texts
    names = [str(values[row]) for row in rows]
    if len(names) < 2:
        raise ValueError(
            f"by: all recordings of the training part have {by} {names[0]}; expected a fact with several values: "
            f"{_several(recordings)}"
        )
    count = min(len(names), 5) if count is None else count
    if not 2 <= count <= len(names):
        raise ValueError(f"folds: expected 2 to {len(names)}, the values of {by}, got {count}")
    return [Fold(by, tuple(names[fold::count])) for fold in range(count)]


def values_of(recordings: SkeletonDataset, by: str) -> np.ndarray:
    """The value of a fact (of several, joined by hyphens) of each recording, ``[S]`` str.

    Raises:
        ValueError: The recordings have no such fact. The message names what they have.
    """
    facts = recordings.index.facts
    for name in by.split("+"):
        if name not in facts or name in OWN:
            raise ValueError(f"by: expected a fact of the recordings ({_several(recordings)}), got {name!r}")
    columns = [facts[name].astype(str).tolist() for name in by.split("+")]
    return np.array(["-".join(row) for row in zip(*columns, strict=True)])


def _several(recordings: SkeletonDataset) -> str:
    """The facts of which recordings have several values, in words."""
    found = [name for name, column in recordings.index.facts.items() if name not in OWN and len(np.unique(column)) > 1]
    return ", ".join(found) or "there is none; ArrayDataset.from_arrays takes some, as facts={'subject': [...]}"
