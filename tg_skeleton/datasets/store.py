"""Processed recordings on disk: flat memory maps of ragged sequences and one index."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.datasets.validate import Issue
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
        about = self._read_meta()
        try:
            self.topology = _topology_from(about["topology"])
            self.class_names: tuple[str, ...] = tuple(about["class_names"])
            self.skipped: int = about["skipped"]
            self.sha256: dict[str, str] = about.get("sha256", {})
            self.index = _read_index(folder / "index.npz")
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise RuntimeError(f"{folder}: index.npz or meta.json is damaged ({error!r}); {_FIX}") from error
        self.files: list[str] = list(about["files"])
        self.has_score = "score.npy" in self.files
        self._maps: dict[str, np.ndarray] = {}

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
        with (self.folder / "report.csv").open(newline="", encoding="utf-8") as report:
            return [
                Issue(row["name"], "error" if row["level"] == "error" else "warning", row["reason"])
                for row in csv.DictReader(report)
            ]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}  # pickled, a map would become a copy of the whole file

    def flat(self, name: str) -> np.ndarray:
        """The memory map of a file, one row per frame and person of all recordings; it can't be written to."""
        if name not in self._maps:  # a plain array, for slicing np.memmap is several times slower
            self._maps[name] = np.asarray(np.load(self.folder / name, mmap_mode="r", allow_pickle=False))
        return self._maps[name]

    def _read(self, name: str, row: int) -> np.ndarray:
        start, frames, persons = int(self.index.offsets[row]), int(self.index.frames[row]), int(self.index.persons[row])
        flat = self.flat(name)
        rows: np.ndarray = flat[start : start + frames * persons]
        return rows.reshape(frames, persons, *flat.shape[1:]).copy()

    def _read_meta(self) -> dict[str, Any]:
        try:
            about: dict[str, Any] = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RuntimeError(f"{self.folder}: meta.json is missing or damaged; {_FIX}") from error
        if about.get("format") != FORMAT:
            raise RuntimeError(f"{self.folder}: expected format {FORMAT}, got {about.get('format')}; {_FIX}")
        for name, size in about["files"].items():
            path = self.folder / name
            found = path.stat().st_size if path.exists() else "no file"
            if found != size:
                raise RuntimeError(f"{path}: expected {size} bytes, got {found}; {_FIX}")
        return about


def _read_index(path: Path) -> RecordingIndex:
    with np.load(path, allow_pickle=False) as file:
        facts = {key.removeprefix("facts/"): file[key] for key in file.files if key.startswith("facts/")}
        names, labels, offsets, frames, persons = (file[column] for column in _COLUMNS)
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
