"""Results of interrupted work, kept in a file, so that the next attempt goes on there."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from tg_skeleton.folders import writing_into


class Kept:
    """Results in the order of their items, in a file of JSON lines until the work is done; use it as a context.

    Leaving it normally removes the file; an error, or the death of the process, leaves it to the next attempt at the
    same job, whose `results` are then those of the first items.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.work import Kept
    >>> path = Path(tempfile.mkdtemp(), "unfinished.jsonl")
    >>> try:
    ...     with Kept(path, "squares of 0..2") as kept:
    ...         for number in range(3):
    ...             kept.add(number**2 if number < 2 else 1 / 0)
    ... except ZeroDivisionError:
    ...     pass
    >>> with Kept(path, "squares of 0..2") as kept:
    ...     kept.results
    [0, 1]
    >>> path.exists()
    False

    Args:
        path: The file; None: nothing is kept.
        job: What is done; results of another job are removed.

    Raises:
        RuntimeError: Another process works on the same file.
    """

    def __init__(self, path: Path | None, job: str) -> None:
        self.path = path
        self.job = job
        self.results: list[Any] = []
        self._file: io.FileIO | None = None
        self._lock: FileLock | None = None

    def __enter__(self) -> Kept:
        if self.path is None:
            return self
        with writing_into(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path.with_name(f"{self.path.name}.lock"))
            try:
                lock.acquire(timeout=0)
            except Timeout as error:
                raise RuntimeError(
                    f"'{self.path}': another process is writing here; wait for it, or choose another file"
                ) from error
        self._lock = lock
        try:
            size = self._read()
            self._file = self.path.open("ab", buffering=0)
            self._file.truncate(size)
            if size == 0:
                self._line(self.job)
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path is None or self._lock is None:
            return
        if self._file is not None:
            self._file.close()
        if kind is None or not self.results:
            self.path.unlink(missing_ok=True)
        Path(self._lock.lock_file).unlink(missing_ok=True)
        self._lock.release()

    def add(self, result: Any) -> None:
        """Keep the result (a JSON value) of the next item, even if the process is killed."""
        self.results.append(result)
        if self._file is not None:
            self._line(result)

    def _line(self, value: Any) -> None:
        assert self.path is not None and self._file is not None
        line = memoryview(json.dumps(value, default=_plain).encode() + b"\n")
        with writing_into(self.path.parent):
            while line:  # an almost full disk takes a part
                line = line[self._file.write(line) :]

    def _read(self) -> int:
        """Take over the whole lines of the same job; where the last of them ends."""
        assert self.path is not None
        size = 0
        if not self.path.exists():
            return size
        with self.path.open("rb") as file:
            for line in file:
                try:
                    value = json.loads(line) if line.endswith(b"\n") else None
                except ValueError:
                    break
                if value is None or (size == 0 and value != self.job):
                    break
                if size:
                    self.results.append(value)
                size += len(line)
        return size


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy as Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"expected a JSON value, got {type(value).__name__}")
