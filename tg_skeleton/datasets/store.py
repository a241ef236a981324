"""Processed recordings on disk: flat memory maps of ragged sequences, one index, written whole or not at all."""

from __future__ import annotations

import csv
import json
import os
import shutil
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np
from filelock import FileLock

from tg_skeleton.datasets.validate import Issue
from tg_skeleton.io import Recording
from tg_skeleton.topology import Part, Topology

FORMAT = 1
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
        facts: ``[S]`` int64 each, such as ``"subject"`` and ``"camera"``.
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


class SequenceWriter:
    """Streams recordings into a folder that appears under its name only when it is complete.

    Use it as a context, within `locked`: leaving it normally puts the folder in place (of an older one), leaving it by
    an error removes what was written. Only one recording is in memory at a time.
    """

    def __init__(self, folder: Path, about: About) -> None:
        self.folder = folder
        self._about = about
        self._temporary = folder.with_name(f".{folder.name}.tmp")
        self._files: dict[str, tuple[BinaryIO, tuple[int, ...]]] = {}
        self._rows = 0
        self._table: list[tuple[str, int, int, int, int]] = []
        self._seen: set[str] = set()
        self._facts: list[dict[str, int]] = []
        self._issues: list[Issue] = []
        self._skipped = 0

    @staticmethod
    @contextmanager
    def locked(folder: Path) -> Iterator[None]:
        """Let one process at a time prepare the folder; the others wait."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            yield

    def __enter__(self) -> SequenceWriter:
        shutil.rmtree(self._temporary, ignore_errors=True)  # of a process that was killed
        self._temporary.mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            for file, _ in self._files.values():
                file.close()
            shutil.rmtree(self._temporary, ignore_errors=True)

    def write(self, recording: Recording) -> None:
        """Append a validated recording; persons that are zero in every frame are left out (never the first).

        Raises:
            ValueError: Its name was there before, or its coordinates, scores or facts are not those of the others.
        """
        facts = {key: int(value) for key, value in recording.facts.items()}
        self._check_alike(recording, facts)
        present: np.ndarray = np.any(recording.pos, axis=(0, 2, 3))  # [M]
        present[0] |= not present.any()
        frames, persons = recording.pos.shape[0], int(present.sum())
        self._append("pos.npy", recording.pos[:, present])
        if recording.score is not None:
            self._append("score.npy", recording.score[:, present])
        self._table.append((recording.name, recording.label, self._rows, frames, persons))
        self._facts.append(facts)
        self._seen.add(recording.name)
        self._rows += frames * persons

    def skip(self, issue: Issue) -> None:
        """Leave a recording out, with the reason in the report."""
        self._skipped += 1
        self._issues.append(issue)

    def report(self, issues: Iterable[Issue]) -> None:
        """Note remarks about recordings that are kept."""
        self._issues.extend(issues)

    def _check_alike(self, recording: Recording, facts: dict[str, int]) -> None:
        said = f"recording '{recording.name}'"
        if recording.name in self._seen:
            raise ValueError(f"{said}: expected unique names, got this one twice")
        if not self._table:
            return
        dims = self._files["pos.npy"][1][-1]
        if recording.pos.shape[3] != dims:
            raise ValueError(f"{said}: expected {dims} coordinates as before, got {recording.pos.shape[3]}")
        if (recording.score is not None) != ("score.npy" in self._files):
            raise ValueError(f"{said}: expected scores for all recordings or for none")
        if facts.keys() != self._facts[0].keys():
            raise ValueError(f"{said}: expected the facts {sorted(self._facts[0])} as before, got {sorted(facts)}")

    def _append(self, name: str, array: np.ndarray) -> None:
        row = array.shape[2:]
        if name not in self._files:
            file = (self._temporary / name).open("w+b")
            file.write(_npy_header(0, row))
            self._files[name] = file, row
        self._files[name][0].write(np.ascontiguousarray(array, dtype="<f4").data)

    def _finish(self) -> None:
        if not self._table:
            raise ValueError(
                f"{self.folder}: none of {self._skipped} recordings could be used, the first because: "
                f"{self._issues[0].reason}; repair the raw data"
            )
        for file, row in self._files.values():
            file.seek(0)
            file.write(_npy_header(self._rows, row))
            file.close()
        self._write_tables()
        sizes = {path.name: path.stat().st_size for path in sorted(self._temporary.iterdir())}
        about = {
            "format": FORMAT,
            "topology": _topology_facts(self._about.topology),
            "class_names": self._about.class_names,
            "parameters": self._about.parameters,
            "skipped": self._skipped,
            "files": sizes,
        }
        (self._temporary / "meta.json").write_text(json.dumps(about, indent=1), encoding="utf-8")
        self._put_in_place()

    def _write_tables(self) -> None:
        names, *columns = zip(*self._table, strict=True)
        arrays: dict[str, Any] = {"names": np.array(names, dtype=np.str_)}
        arrays |= {key: np.array(column, dtype=np.int64) for key, column in zip(_COLUMNS[1:], columns, strict=True)}
        for key in self._facts[0]:
            arrays[f"facts/{key}"] = np.array([row[key] for row in self._facts], dtype=np.int64)
        np.savez(self._temporary / "index.npz", **arrays)
        with (self._temporary / "report.csv").open("w", newline="", encoding="utf-8") as report:
            rows = [(issue.name, issue.level, issue.reason) for issue in self._issues]
            csv.writer(report).writerows([("name", "level", "reason"), *rows])

    def _put_in_place(self) -> None:
        old = self.folder.with_name(f".{self.folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            os.replace(self.folder, old)
        os.replace(self._temporary, self.folder)
        shutil.rmtree(old, ignore_errors=True)


class SequenceStore:
    """Reads what `SequenceWriter` wrote; cheap to open, to pickle and to share between processes.

    Raises:
        RuntimeError: A file is missing, has another size than it was written with, or another format.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        about = self._read_meta()
        self.topology = _topology_from(about["topology"])
        self.class_names: tuple[str, ...] = tuple(about["class_names"])
        self.skipped: int = about["skipped"]
        self.has_score = "score.npy" in about["files"]
        with np.load(folder / "index.npz", allow_pickle=False) as file:
            facts = {key.removeprefix("facts/"): file[key] for key in file.files if key.startswith("facts/")}
            names, labels, offsets, frames, persons = (file[column] for column in _COLUMNS)
        self.index = RecordingIndex(names, labels, offsets, frames, persons, facts)
        self._maps: dict[str, np.ndarray] = {}

    def pos(self, row: int) -> np.ndarray:
        """A copy of the coordinates of a recording, ``[T, M, V, D]`` float32."""
        return self._read("pos.npy", row)

    def score(self, row: int) -> np.ndarray | None:
        """A copy of the scores of a recording, ``[T, M, V]`` float32, where there are any."""
        return self._read("score.npy", row) if self.has_score else None

    def issues(self) -> list[Issue]:
        """The rows of the report."""
        with (self.folder / "report.csv").open(newline="", encoding="utf-8") as report:
            return [
                Issue(row["name"], "error" if row["level"] == "error" else "warning", row["reason"])
                for row in csv.DictReader(report)
            ]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}  # pickled, a map would become a copy of the whole file

    def _read(self, name: str, row: int) -> np.ndarray:
        if name not in self._maps:  # a plain array, for slicing np.memmap is several times slower
            self._maps[name] = np.asarray(np.load(self.folder / name, mmap_mode="r", allow_pickle=False))
        start, frames, persons = int(self.index.offsets[row]), int(self.index.frames[row]), int(self.index.persons[row])
        flat = self._maps[name]
        rows: np.ndarray = flat[start : start + frames * persons]
        return rows.reshape(frames, persons, *flat.shape[1:]).copy()

    def _read_meta(self) -> dict[str, Any]:
        fix = "delete the folder or pass force_reload=True to process the data again"
        try:
            about: dict[str, Any] = json.loads((self.folder / "meta.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RuntimeError(f"{self.folder}: meta.json is missing or damaged; {fix}") from error
        if about.get("format") != FORMAT:
            raise RuntimeError(f"{self.folder}: expected format {FORMAT}, got {about.get('format')}; {fix}")
        for name, size in about["files"].items():
            path = self.folder / name
            found = path.stat().st_size if path.exists() else None
            if found != size:
                raise RuntimeError(f"{path}: expected {size} bytes, got {'no file' if found is None else found}; {fix}")
        return about


def _npy_header(rows: int, row: tuple[int, ...]) -> bytes:
    # format 1.0 at a fixed 128 bytes, so that the number of rows can be filled in after streaming
    text = str({"descr": "<f4", "fortran_order": False, "shape": (rows, *row)})
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"


def _topology_facts(topology: Topology) -> dict[str, Any]:
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
