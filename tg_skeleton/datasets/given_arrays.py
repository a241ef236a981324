"""The arguments of `ArrayDataset.from_arrays`, checked and read one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tg_skeleton.datasets.entering import entering
from tg_skeleton.io import Coordinates, Recording
from tg_skeleton.missing import NaN, Zeros, check_nan
from tg_skeleton.topology import Topology


@dataclass(frozen=True)
class GivenArrays:
    """One entry per recording, and how arrays become coordinates.

    Args:
        arrays: Coordinates.
        labels: The class of each, from 0.
        names: A unique name of each.
        facts: Integers or texts.
        scores: Confidence of each joint; None: there are none.
        coordinates: `as_coordinates` with its options.
        nan: ``"refuse"`` or ``"missing"``.
        topology: The skeleton.
        zeros: ``"missing"`` or ``"real"``.
    """

    arrays: Sequence[Any]
    labels: Sequence[int]
    names: Sequence[str]
    facts: Mapping[str, Sequence[int | str]]
    scores: Sequence[Any] | None
    coordinates: Callable[..., Coordinates]
    nan: NaN
    topology: Topology
    zeros: Zeros
    rows: Mapping[str, int] = field(init=False)
    general: dict[str, None] = field(init=False, default_factory=dict)
    """Remarks that concern all recordings alike, each once."""

    def __post_init__(self) -> None:
        count = len(self.arrays)
        columns: dict[str, Sequence[object]] = {"labels": self.labels, "names": self.names, **self.facts}
        if self.scores is not None:
            columns["scores"] = self.scores
        for key, column in columns.items():
            if len(column) != count:
                raise ValueError(f"{key}: expected one entry per array ({count}), got {len(column)}")
        if len(set(self.names)) != count:
            twice = next(name for name in self.names if list(self.names).count(name) > 1)
            raise ValueError(f"names: expected unique names, got '{twice}' twice")
        check_nan(self.nan)
        object.__setattr__(self, "rows", {name: row for row, name in enumerate(self.names)})

    def read(self, name: str) -> Recording:
        """A recording by its name.

        Raises:
            ValueError: It is invalid.
        """
        row = self.rows[name]
        array, score = self.arrays[row], None if self.scores is None else self.scores[row]
        facts = {key: _fact(column[row]) for key, column in self.facts.items()}
        try:
            check_nan(self.nan, array)
            pos, confidence, remarks = self.coordinates(array, score=score)
        except ValueError as error:
            raise ValueError(f"recording '{name}': {error}") from error
        self.general.update(dict.fromkeys(remark for remark in remarks if not remark[0].isdigit()))
        recording = Recording(name, pos, self.labels[row], confidence, facts, remarks=remarks)
        return entering(recording, self.topology, self.zeros)


def _fact(value: Any) -> int | str:
    return str(value) if isinstance(value, str) else int(value)
