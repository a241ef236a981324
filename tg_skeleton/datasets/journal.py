"""What an unfinished processing has done so far, so that a later one can go on from there."""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tg_skeleton.datasets.validate import Level

_CHECK = 9  # characters before the text of a line


@dataclass(frozen=True)
class Part:
    """How far a flat file has come.

    Args:
        row: The shape of one of its rows.
        size: Its size in bytes.
        crc: The CRC-32 of what was added to it since the entry before (of an unfinished write to a crashed machine's
            disk, the size may be right and the bytes not).
    """

    row: tuple[int, ...]
    size: int
    crc: int


@dataclass(frozen=True)
class Entry:
    """What was done since the entry before.

    Args:
        done: How many names have been dealt with, in all.
        recordings: Name, label, frames, persons and facts of each recording that was written.
        issues: Name, level and reason of each remark.
        skipped: Number of recordings that were skipped.
        parts: How far each flat file has come.
    """

    done: int
    recordings: list[tuple[str, int, int, int, dict[str, int | str]]]
    issues: list[tuple[str, Level, str]]
    skipped: int
    parts: Mapping[str, Part]


class Journal:
    """A text file of entries, one a line, below a line that names the job.

    Args:
        path: The file.
        job: What is being processed; the entries of another job are not read.
    """

    def __init__(self, path: Path, job: str) -> None:
        self._path = path
        self._job = job
        self._file: BinaryIO | None = None

    def read(self) -> Iterator[tuple[Entry, int]]:
        """The whole entries of this job, and where in the file each one ends."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            if file.readline() != self._first_line():
                return
            for line in file:
                entry = _parse(line)
                if entry is None:
                    return
                yield entry, file.tell()

    def open(self, size: int) -> None:
        """Go on after the first ``size`` bytes; 0 begins a new journal."""
        with self._path.open("ab") as file:
            file.truncate(size)
        self._file = self._path.open("ab")
        if size == 0:
            self._file.write(self._first_line())
            self._file.flush()

    def add(self, entry: Entry) -> None:
        """Note what was done; it must lie in its files already."""
        assert self._file is not None
        self._file.write(_checked(json.dumps(asdict(entry)).encode()))
        self._file.flush()

    def close(self) -> None:
        """Close the file, where it is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _first_line(self) -> bytes:
        return _checked(json.dumps({"job": self._job}).encode())


def _checked(text: bytes) -> bytes:
    """A line that tells whether it is whole."""
    return f"{zlib.crc32(text):08x} ".encode() + text + b"\n"


def job_of(kind: type, names: Sequence[str], facts: Mapping[str, Any], raw: Path) -> str:
    """An identity of what is processed, and how: names, facts, raw files and the code of a data set's class.

    Args:
        kind: The class; it is known by the source files in which it and its bases are written.
        names: What is processed, in order.
        facts: What it depends on (JSON values).
        raw: The folder of the raw files, known by their names, sizes and times of change.
    """
    digest = hashlib.sha256(json.dumps([list(names), facts], sort_keys=True).encode())
    for path in sorted(path for path in raw.rglob("*") if path.is_file() and not _is_note(path)):
        state = path.stat()
        digest.update(f"{path.relative_to(raw)} {state.st_size} {state.st_mtime_ns}\n".encode(errors="surrogateescape"))
    for base in kind.__mro__:
        source = getattr(sys.modules.get(base.__module__), "__file__", None)
        if source is not None and not base.__module__.startswith(("torch", "abc")) and Path(source).exists():
            digest.update(Path(source).read_bytes())
    return digest.hexdigest()


def _is_note(path: Path) -> bool:
    """Whether a file is one that downloads keep next to an archive."""
    return path.name.startswith(".") or path.suffix in (".part", ".sha256") or path.name.endswith(".part.json")


def _parse(line: bytes) -> Entry | None:
    """The entry of a line, or nothing where the line is not as it was written."""
    text = line[_CHECK:-1]
    if _checked(text) != line:
        return None
    facts: dict[str, Any] = json.loads(text)
    parts = {name: Part(tuple(part["row"]), part["size"], part["crc"]) for name, part in facts["parts"].items()}
    return Entry(
        facts["done"],
        [(name, label, frames, persons, given) for name, label, frames, persons, given in facts["recordings"]],
        [(name, level, reason) for name, level, reason in facts["issues"]],
        facts["skipped"],
        parts,
    )
