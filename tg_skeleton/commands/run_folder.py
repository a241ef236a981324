"""The folder of a finished training, as a report reads it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from reprlib import repr as short
from typing import Any

import numpy as np

from tg_skeleton.commands.run_record import read_record, record_of
from tg_skeleton.evaluation import Scores
from tg_skeleton.files import reading, reason

NEEDED = ("name", "dataset", "protocol", "source", "seed", "version", "seconds", "epochs", "parameters", "macs")
"""The facts that ``run.json`` must have."""

NUMBERS = ("seconds", "epochs", "parameters", "macs")
"""Those that are numbers, of the training."""


@dataclass(frozen=True)
class RunFolder:
    """A finished training.

    Args:
        folder: The folder.
        facts: The content of ``run.json``.
        test: The scores of the test split.
        val: The scores of the validation split, if there was one.
        history: The logged metrics by name, as ``(epoch, value)`` in order.
    """

    folder: Path
    facts: Mapping[str, Any]
    test: Scores
    val: Scores | None
    history: Mapping[str, list[tuple[int, float]]]

    @classmethod
    def read(cls, folder: Path) -> RunFolder:
        """Read a folder that ``train``, ``compare`` or ``ablate`` wrote.

        Raises:
            FileNotFoundError: The folder is not a run, or the run is not finished.
            ValueError: A file is damaged.
        """
        path = record_of(folder)
        if not path.is_file():
            inside = sorted(folder.glob("**/run.json"))
            hint = f"name one of the runs below it, such as {inside[0].parent}" if inside else "train writes one"
            reason = "no such folder" if not folder.is_dir() else "no finished run, for there is no run.json in it"
            raise FileNotFoundError(f"'{folder}': {reason}; {hint}")
        facts = read_record(folder)
        if not facts.get("finished", True):
            raise FileNotFoundError(f"'{folder}': the training is not finished; train --resume continues it")
        with reading(path, "record of a run", "train again"):
            for key in NEEDED:
                facts[key]
            for key in NUMBERS:
                if isinstance(facts[key], bool) or not isinstance(facts[key], int | float) or not 0 <= facts[key] < inf:
                    raise ValueError(f"{key}: expected a number from 0, got {short(facts[key])}")
        val = folder / "val.npz"
        return cls(
            folder,
            facts,
            Scores.load(folder / "test.npz"),
            Scores.load(val) if val.is_file() else None,
            _history(folder / "logs"),
        )


@dataclass(frozen=True)
class Pair:
    """Two classes of which one is predicted for the other.

    Args:
        true: The true class.
        predicted: The predicted class.
        count: The number of recordings of the true class for which the other one is predicted.
        total: The number of recordings of the true class.
        wrong: The row of the one among them with the highest probability.
        right: The row of the correct recording of the predicted class with the highest probability, if any.
    """

    true: int
    predicted: int
    count: int
    total: int
    wrong: int
    right: int | None


def confused_pairs(scores: Scores, most: int) -> list[Pair]:
    """The pairs of classes that are confused most often, in one direction each; of equal ones the larger share first.

    >>> from tg_skeleton.commands.run_folder import confused_pairs
    >>> from tg_skeleton.evaluation import Scores
    >>> confused_pairs(Scores(["a", "b", "c"], [[2.0, 0.0], [3.0, 1.0], [0.0, 1.0]], [0, 1, 1]), most=3)
    [Pair(true=1, predicted=0, count=1, total=2, wrong=1, right=0)]
    """
    matrix = scores.confusion()
    wrong = matrix * (1 - np.eye(len(matrix), dtype=matrix.dtype))
    totals = matrix.sum(1)
    cells = [(row, column) for row, column in np.argwhere(wrong > 0).tolist()]
    cells.sort(key=lambda cell: (-wrong[cell], -wrong[cell] / totals[cell[0]], cell))
    pairs = []
    for true, predicted in cells[:most]:
        row = _surest(scores, true, predicted)
        assert row is not None
        right = _surest(scores, predicted, predicted)
        pairs.append(Pair(true, predicted, int(wrong[true, predicted]), int(totals[true]), row, right))
    return pairs


def probability(scores: Scores, row: int, label: int) -> float:
    """The probability of a class."""
    logits = scores.logits[row].astype(np.float64)
    shares = np.exp(logits - logits.max())
    return float(shares[label] / shares.sum())


def _surest(scores: Scores, true: int, predicted: int) -> int | None:
    rows = np.flatnonzero((scores.labels == true) & (scores.predictions == predicted)).tolist()
    return max(rows, key=lambda row: probability(scores, row, predicted)) if rows else None


def _history(logs: Path) -> dict[str, list[tuple[int, float]]]:
    """The metrics that all parts of a training logged; the later values of an epoch that was trained again."""
    found: dict[str, dict[int, float]] = {}
    for path in sorted(logs.glob("version_*/metrics.csv"), key=lambda path: (len(path.parent.name), path.parent.name)):
        for name, epoch, value in _logged(path):
            found.setdefault(name, {})[epoch] = value
    return {name: sorted(values.items()) for name, values in found.items()}


def _logged(path: Path) -> Iterator[tuple[str, int, float]]:
    with reading(path, "log of a training", "train again"), path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            if not row.get("epoch"):
                continue
            try:
                epoch = int(row["epoch"])
                values = {name: float(value) for name, value in row.items() if "/" in str(name) and value}
            except (ValueError, TypeError) as error:
                what = f"expected numbers, got {reason(error)}"
                raise ValueError(f"'{path}', line {number}: {what}; train again") from None
            for name, value in values.items():
                if np.isfinite(value):
                    yield name, epoch, value
