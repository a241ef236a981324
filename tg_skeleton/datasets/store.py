"""Processed recordings on disk: flat memory maps of ragged sequences and one index."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.datasets.validate import Issue
from tg_skeleton.files import csv_plain, reading
from tg_skeleton.npz import map_npy, read_npz
from tg_skeleton.topology import Part, Topology

FORMAT = 1
_FIX = "delete the folder or pass force_reload=True to process the data again"
_COLUMNS = ("names", "labels", "offsets", "frames", "persons")


@dataclass(frozen=True)
class RecordingIndex:
    """A table of recordings, one row each.

    Args:
        names: ``[S]`` str.
        labels: ``[S]`` int64, the class.
        offsets: ``[S]`` int64, the recording's first row in the memory maps.
        frames: ``[S]`` int64, T.
        persons: ``[S]`` int64, M; the recording has T * M rows of ``[V, D]``.
        facts: ``[S]`` int64 or str each, such as ``"subject"`` and ``"camera"``.
    """

    names: np.ndarray
    labels: np.ndarray
    offsets: np.ndarray
    frames: np.ndarray
    persons: np.ndarray
    facts: Mapping[str, np.ndarray]

    def take(self, rows: np.ndarray) -> RecordingIndex:
        """The table of some rows, in their order."""
        return RecordingIndex(
            self.names[rows],
            self.labels[rows],
            self.offsets[rows],
            self.frames[rows],
            self.persons[rows],
            {key: column[rows] for key, column in self.facts.items()},
        )


@dataclass(frozen=True)
class About:
    """What all recordings of a folder have in common.

    Args:
        topology: Their skeleton.
        class_names: Their classes.
        parameters: What their processing depended on (JSON values).
    """

    topology: Topology
    class_names: tuple[str, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)


class SequenceStore:
    """Reads what `SequenceWriter` (of ``writer.py``) wrote; cheap to open, to pickle and to share between processes.

    Raises:
        RuntimeError: A file is missing, has another size than it was written with, or another format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _whole(folder, "meta.json") as path:
            about = json.loads(path.read_text(encoding="utf-8"))
            if about["format"] == FORMAT:
                self.topology = _topology_from(about["topology"])
                self.class_names: tuple[str, ...] = tuple(map(str, about["class_names"]))
                self.skipped = int(about["skipped"])
                self.sha256: dict[str, str] = dict(about.get("sha256", {}))
                sizes = {str(name): int(size) for name, size in about["files"].items()}
        if about["format"] != FORMAT:
            raise RuntimeError(f"{folder}: expected format {FORMAT}, got {about['format']!r:.40}; {_FIX}")
        for name, size in sizes.items():
            found = (folder / name).stat().st_size if (folder / name).exists() else "no file"
            if found != size:
                raise RuntimeError(f"{folder / name}: expected {size} bytes, got {found}; {_FIX}")
        self.files = list(sizes)
        with _whole(folder, "index.npz") as path:
            self.index = _read_index(path)
        self._check_columns(path)
        self.has_score = "score.npy" in self.files
        self._maps: dict[str, np.ndarray] = {}

    def _check_columns(self, path: Path) -> None:
        index = self.index
        columns = {"labels": index.labels, "offsets": index.offsets, "frames": index.frames, "persons": index.persons}
        columns |= {f"facts/{key}": column for key, column in index.facts.items()}
        short = [key for key, column in columns.items() if column.shape != index.names.shape]
        if short or not len(index.names):
            expected = len(index.names) or "one or more"
            raise RuntimeError(
                f"{path}: expected {expected} entries in each column, got others in {short or 'names'}; {_FIX}"
            )

    def pos(self, row: int) -> np.ndarray:
        """A copy of the coordinates of a recording, ``[T, M, V, D]`` float32."""
        return self._read("pos.npy", row)

    def score(self, row: int) -> np.ndarray | None:
        """A copy of the scores of a recording, ``[T, M, V]`` float32, where there are any."""
        return self._read("score.npy", row) if self.has_score else None

    def fingerprint(self, index: RecordingIndex, topology: Topology, class_names: Sequence[str]) -> str:
        """A checksum of some recordings and of the file of all coordinates."""
        columns = (index.names, index.labels, index.frames, index.persons)
        about = [*topology.joints, *class_names, *(str(column.tolist()) for column in columns)]
        return hashlib.sha256("\n".join([*about, self.sha256.get("pos.npy", "")]).encode()).hexdigest()[:16]

    def issues(self) -> list[Issue]:
        """The rows of the report."""
        with reading(self.folder / "report.csv") as path, path.open(newline="", encoding="utf-8") as report:
            return [
                Issue(
                    csv_plain(row["name"]), "error" if row["level"] == "error" else "warning", csv_plain(row["reason"])
                )
                for row in csv.DictReader(report)
            ]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}  # pickled, a map would become a copy of the whole file

    def flat(self, name: str) -> np.ndarray:
        """The memory map of a file, one row per frame and person of all recordings; it can't be written to."""
        if name not in self._maps:  # a plain array, for slicing np.memmap is several times slower
            with reading(self.folder / name) as path:
                flat = np.asarray(map_npy(path))
                ends = self.index.offsets + self.index.frames * self.index.persons
                if len(flat) < (rows := int(ends.max())):
                    raise ValueError(f"expected {rows} rows, as the index has it, got {len(flat)}; {_FIX}")
            self._maps[name] = flat
        return self._maps[name]

    def _read(self, name: str, row: int) -> np.ndarray:
        start, frames, persons = int(self.index.offsets[row]), int(self.index.frames[row]), int(self.index.persons[row])
        flat = self.flat(name)
        rows: np.ndarray = flat[start : start + frames * persons]
        return rows.reshape(frames, persons, *flat.shape[1:]).copy()


@contextmanager
def _whole(folder: Path, name: str) -> Iterator[Path]:
    """Read a file of the folder; any error means that the folder must be made again."""
    try:
        with reading(folder / name) as path:
            yield path
    except (OSError, ValueError) as error:
        why = f" ({error})" if (folder / name).exists() else ""
        raise RuntimeError(f"{folder}: {name} is missing or damaged; {_FIX}{why}") from error


def _read_index(path: Path) -> RecordingIndex:
    arrays = read_npz(path)
    facts = {key.removeprefix("facts/"): column for key, column in arrays.items() if key.startswith("facts/")}
    names, labels, offsets, frames, persons = (arrays[column] for column in _COLUMNS)
    for column in _COLUMNS:
        kind = "U" if column == "names" else "iu"
        if arrays[column].ndim != 1 or arrays[column].dtype.kind not in kind:
            raise ValueError(f"{column}: expected one entry per recording, got {arrays[column].dtype}")
    return RecordingIndex(names, labels, offsets, frames, persons, facts)


def topology_facts(topology: Topology) -> dict[str, Any]:
    """A topology as JSON values."""
    return {
        "name": topology.name,
        "joints": topology.joints,
        "parents": topology.parents,
        "pairs": topology.pairs,
        "parts": [(part.name, part.joints, part.origin, part.reference) for part in topology.parts],
        "source": topology.source,
    }


def _topology_from(facts: Mapping[str, Any]) -> Topology:
    return Topology(
        facts["name"],
        facts["joints"],
        facts["parents"],
        pairs=[(left, right) for left, right in facts["pairs"]],
        parts=[Part(name, tuple(joints), origin, reference) for name, joints, origin, reference in facts["parts"]],
        source=facts["source"],
    )
