"""Writes processed recordings: whole or not at all, and on from where an earlier attempt was cut off."""

from __future__ import annotations

import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from filelock import FileLock

from tg_skeleton.datasets.flat import HEADER, FlatFile, crc_of
from tg_skeleton.datasets.growing_index import GrowingIndex
from tg_skeleton.datasets.journal import Entry, Journal, Part
from tg_skeleton.datasets.store import FORMAT, About, topology_facts
from tg_skeleton.datasets.validate import Issue
from tg_skeleton.files import csv_text, sync_folder, write_json, write_text
from tg_skeleton.folders import writing_into
from tg_skeleton.io import Recording
from tg_skeleton.npz import write_npz
from tg_skeleton.work import lock

_BLOCK = 1 << 16  # rows


class SequenceWriter:
    """Streams recordings into a folder that appears under its name only when it is complete.

    Use it as a context, within `locked`. Leaving it normally puts the folder in place (of an older one). What was
    committed before an error, or before the process was killed, stays in a hidden folder, and the next writer of the
    same job goes on from there: skip the first `done` names. Of a recording only a row of numbers stays in memory.

    Args:
        folder: The folder to make.
        about: What all recordings have in common.
        job: Identity of the work; only the same job goes on with what an earlier attempt left. Default: none does.
        fill_scores: Whether recordings without scores may be mixed with others with scores; theirs are 1.
    """

    def __init__(self, folder: Path, about: About, job: str | None = None, *, fill_scores: bool = False) -> None:
        self.folder = folder
        self.done = 0
        self.skipped = 0
        self.issues: list[Issue] = []
        self._about = about
        self._job = job
        self._fill_scores = fill_scores
        self._temporary = _temporary(folder)
        self._data = self._temporary / "data"
        self._journal = Journal(self._temporary / "journal.jsonl", job or uuid.uuid4().hex)
        self._files: dict[str, FlatFile] = {}
        self._table = GrowingIndex()
        self._journaled = 0, 0  # recordings, issues

    @staticmethod
    @contextmanager
    def locked(folder: Path) -> Iterator[None]:
        """Let one process at a time prepare the folder; the others wait."""
        with lock(lock_of(folder)):
            yield

    @staticmethod
    def forget(folder: Path) -> None:
        """Remove what an unfinished attempt left; within `locked`."""
        shutil.rmtree(_temporary(folder), ignore_errors=True)

    @classmethod
    def tidy(cls, folder: Path) -> None:
        """Remove what a process that was killed at its very end left next to a complete folder."""
        if _temporary(folder).exists() or _replaced(folder).exists():
            with suppress(OSError), FileLock(lock_of(folder), timeout=0):  # not while another process prepares it
                cls.forget(folder)
                shutil.rmtree(_replaced(folder), ignore_errors=True)

    def __enter__(self) -> SequenceWriter:
        with writing_into(self.folder):
            size = self._resume()
            if size == 0:
                self.forget(self.folder)
                self._data.mkdir(parents=True)
            self._journal.open(size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                with writing_into(self.folder):
                    self._finish()
        finally:
            files: list[FlatFile | Journal] = [*self._files.values(), self._journal]
            for file in files:
                with suppress(OSError):  # of a full disk, whose error is on its way already
                    file.close()
            if self._job is None or not self._journaled[0] or self.folder.exists():
                self.forget(self.folder)

    def write(self, recording: Recording) -> None:
        """Append a validated recording.

        Raises:
            ValueError: Its name was there before, or its coordinates, scores or facts are not those of the others.
        """
        facts = {key: value if isinstance(value, str) else int(value) for key, value in recording.facts.items()}
        self._check_alike(recording, facts)
        with writing_into(self.folder):
            self._append("pos.npy", recording.pos)
            self._append_score(recording)
        frames, persons = recording.pos.shape[:2]
        self._table.add(recording.name, int(recording.label), frames, persons, facts)

    def skip(self, issue: Issue) -> None:
        """Leave a recording out, with the reason in the report."""
        self.skipped += 1
        self.issues.append(issue)

    def report(self, issues: Iterable[Issue]) -> None:
        """Note remarks about recordings that are kept."""
        self.issues.extend(issues)

    def commit(self, names: int) -> None:
        """Keep what was written since the last commit, even if the process is killed; ``names`` more are done."""
        self.done += names
        recordings, issues = self._journaled
        entry = Entry(
            self.done,
            [self._table.row(row) for row in range(recordings, len(self._table.names))],
            [(issue.name, issue.level, issue.reason) for issue in self.issues[issues:]],
            self.skipped,
            self._parts(),
        )
        with writing_into(self.folder):
            self._journal.add(entry)
        self._journaled = len(self._table.names), len(self.issues)

    def _resume(self) -> int:
        """Takes over what is whole of an earlier attempt; the size of its journal, 0 where there is nothing."""
        size, parts = 0, dict[str, Part]()
        for entry, end in self._journal.read():
            if not self._holds(entry, parts):
                break
            for recording in entry.recordings:
                self._table.add(*recording)
            self.issues.extend(Issue(*issue) for issue in entry.issues)
            self.done, self.skipped = entry.done, entry.skipped
            size, parts = end, dict(entry.parts)
        if size:
            for path in self._data.iterdir():
                if path.name not in parts:
                    path.unlink()
            self._files = {name: FlatFile(self._data / name, part.row, part.size) for name, part in parts.items()}
            self._journaled = len(self._table.names), len(self.issues)
        return size

    def _holds(self, entry: Entry, before: Mapping[str, Part]) -> bool:
        """Whether the bytes that the entry speaks of are on the disk."""
        for name, part in entry.parts.items():
            start = before[name].size if name in before else HEADER
            if crc_of(self._data / name, start, part.size) != part.crc:
                return False
        return True

    def _check_alike(self, recording: Recording, facts: Mapping[str, int | str]) -> None:
        where, table = f"recording '{recording.name}'", self._table
        if recording.name in table.seen:
            raise ValueError(f"{where}: expected unique names, got this one twice")
        if not table.names:
            return
        dims = self._files["pos.npy"].row[-1]
        if recording.pos.shape[3] != dims:
            raise ValueError(f"{where}: expected {dims} coordinates as before, got {recording.pos.shape[3]}")
        if not self._fill_scores and (recording.score is not None) != ("score.npy" in self._files):
            raise ValueError(f"{where}: expected scores for all recordings or for none")
        if facts.keys() != table.facts.keys():
            raise ValueError(f"{where}: expected the facts {sorted(table.facts)} as before, got {sorted(facts)}")
        for key, value in facts.items():
            if isinstance(value, str) != isinstance(table.facts[key], list):
                kind = "a number" if isinstance(value, str) else "a text"
                raise ValueError(f"{where}: expected {kind} for the fact '{key}' as before, got {value!r}")

    def _parts(self) -> dict[str, Part]:
        with writing_into(self.folder):
            return {name: file.part() for name, file in self._files.items()}

    def _append_score(self, recording: Recording) -> None:
        if recording.score is not None:
            before = 0 if "score.npy" in self._files else self._table.num_rows  # rows whose scores are 1
            for start in range(0, before, _BLOCK):
                self._append("score.npy", np.ones((min(before - start, _BLOCK), 1, recording.pos.shape[2]), np.float32))
            self._append("score.npy", recording.score)
        elif "score.npy" in self._files:
            self._append("score.npy", np.ones(recording.pos.shape[:3], np.float32))

    def _append(self, name: str, array: np.ndarray) -> None:
        if name not in self._files:
            self._files[name] = FlatFile(self._data / name, array.shape[2:])
        self._files[name].append(array)

    def _finish(self) -> None:
        if not self._table.names:
            raise ValueError(
                f"{self.folder}: none of {self.skipped} recordings could be used, the first because: "
                f"{self.issues[0].reason}; repair the raw data"
            )
        rows = self._table.num_rows
        for file in self._files.values():
            file.finish(rows)
        self._write_tables()
        names = sorted([*self._files, "index.npz", "report.csv"])
        about = {
            "format": FORMAT,
            "topology": topology_facts(self._about.topology),
            "class_names": self._about.class_names,
            "parameters": self._about.parameters,
            "skipped": self.skipped,
            "files": {name: (self._data / name).stat().st_size for name in names},
            "sha256": {name: sha256_of(self._data / name) for name in names},
        }
        write_json(self._data / "meta.json", about, indent=1)
        self._put_in_place()

    def _write_tables(self) -> None:
        rows = [(issue.name, issue.level, issue.reason) for issue in self.issues]
        write_npz(self._data / "index.npz", self._table.arrays())
        write_text(self._data / "report.csv", csv_text(("name", "level", "reason"), rows))

    def _put_in_place(self) -> None:
        old = _replaced(self.folder)
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            os.replace(self.folder, old)
        os.replace(self._data, self.folder)
        sync_folder(self.folder.parent)
        shutil.rmtree(old, ignore_errors=True)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _temporary(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.tmp")


def _replaced(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def lock_of(folder: Path) -> Path:
    """The file whose lock `SequenceWriter.locked` holds."""
    return folder.with_name(f".{folder.name}.lock")
