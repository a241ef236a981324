"""The index of recordings while they are written."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np


class GrowingIndex:
    """The index while it grows: numbers in arrays, and no object per recording except its name."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.seen: set[str] = set()
        self.facts: dict[str, Any] = {}  # arrays of integers, lists of texts
        self.num_rows = 0
        self._labels, self._frames, self._persons = array("q"), array("q"), array("q")

    def add(self, name: str, label: int, frames: int, persons: int, facts: Mapping[str, int | str]) -> None:
        """Append a recording."""
        if not self.names:
            self.facts = {key: [] if isinstance(value, str) else array("q") for key, value in facts.items()}
        self.names.append(name)
        self.seen.add(name)
        self._labels.append(label)
        self._frames.append(frames)
        self._persons.append(persons)
        for key, value in facts.items():
            self.facts[key].append(value)
        self.num_rows += frames * persons

    def row(self, row: int) -> tuple[str, int, int, int, dict[str, int | str]]:
        """Name, label, frames, persons and facts of a recording."""
        facts = {key: column[row] for key, column in self.facts.items()}
        return self.names[row], self._labels[row], self._frames[row], self._persons[row], facts

    def arrays(self) -> dict[str, Any]:
        """The columns as ``index.npz`` has them."""
        frames, persons = np.array(self._frames), np.array(self._persons)
        ends = np.cumsum(frames * persons)
        columns = {
            "names": np.array(self.names, dtype=np.str_),
            "labels": np.array(self._labels),
            "offsets": ends - frames * persons,
            "frames": frames,
            "persons": persons,
        }
        return columns | {f"facts/{key}": np.array(column) for key, column in self.facts.items()}
