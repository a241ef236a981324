"""Recordings to processed data: read, validate, write, report; in one process or several."""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
import multiprocessing.util
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from tqdm import tqdm

from tg_skeleton.datasets.store import About
from tg_skeleton.datasets.validate import Issue, validate
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.io import Recording

OnError = Literal["raise", "skip"]
Reader = Callable[[], AbstractContextManager[Callable[[str], Recording]]]
"""Makes a context within which the function it gives reads one recording by its name."""

CHUNK = 32
"""Recordings that a worker reads at a time, and after which what was written is committed."""

_START = "fork" if sys.platform == "linux" else "spawn"
"""How workers start: forked ones share the memory of this process, and take a data set that can't be pickled."""


@dataclass(frozen=True)
class _Outcome:
    """What became of one name: a recording, or the reason why there is none."""

    name: str
    recording: Recording | None = None
    issues: list[Issue] = field(default_factory=list)
    reason: str = ""


def process_recordings(
    folder: Path,
    names: Sequence[str],
    reader: Reader,
    *,
    about: About,
    on_error: OnError,
    num_workers: int = 0,
    job: str | None = None,
    fill_scores: bool = False,
    remarks: Sequence[Issue] = (),
) -> None:
    """Stream recordings into ``folder``, which appears when all of them are written.

    The bytes do not depend on the number of workers, nor on how often the work was cut off and taken up again.

    Args:
        folder: The folder to make; within `SequenceWriter.locked`.
        names: The names of the recordings, in their order.
        reader: Makes the context that reads them; called once in each process.
        about: What all recordings have in common.
        on_error: ``"raise"`` at a bad recording, or ``"skip"`` it and report it.
        num_workers: Number of processes that read and validate; 0: this process reads.
        job: Identity of the work; an unfinished attempt at the same job is continued. Default: none is.
        fill_scores: Whether recordings without scores may be mixed with others with scores; theirs are 1.
        remarks: Remarks about all recordings, for the report.

    Raises:
        ValueError: There are no recordings, or one can't be read or is invalid (and ``on_error`` is ``"raise"``).
        RuntimeError: A worker was killed.
    """
    if not names:
        raise ValueError(f"{folder}: expected recordings to process, found none; check the raw data")
    with SequenceWriter(folder, about, job, fill_scores=fill_scores) as writer:
        if not writer.done:
            writer.report(remarks)
        if on_error == "raise" and writer.skipped:  # by an unfinished attempt with on_error="skip"
            raise _refused(next(issue.reason for issue in writer.issues if issue.level == "error"))
        chunks = [names[start : start + CHUNK] for start in range(writer.done, len(names), CHUNK)]
        work = _in_workers(chunks, reader, about, num_workers) if num_workers else _here(chunks, reader, about)
        # disable=None: no bar where stderr is not a terminal
        bar = tqdm(total=len(names), initial=writer.done, desc="Processing", unit="recording", disable=None)
        with closing(work), bar:
            for outcomes in work:
                count = 0
                for outcome in outcomes:
                    _keep(outcome, writer, on_error)
                    count += 1
                    bar.update()
                writer.commit(count)


def _keep(outcome: _Outcome, writer: SequenceWriter, on_error: OnError) -> None:
    reason = outcome.reason
    if outcome.recording is not None:
        try:
            writer.write(outcome.recording)
            writer.report(outcome.issues)
            return
        except ValueError as error:
            reason = str(error)
    if on_error == "raise":
        raise _refused(reason)
    writer.skip(Issue(outcome.name, "error", reason))


def _refused(reason: str) -> ValueError:
    return ValueError(f"{reason}; repair or remove it, or pass on_error='skip'")


def _outcomes(names: Iterable[str], read: Callable[[str], Recording], about: About) -> Iterator[_Outcome]:
    for name in names:
        try:
            recording = read(name)
            issues = validate(recording, about.topology, len(about.class_names))
            for issue in issues:
                if issue.level == "error":
                    raise ValueError(f"recording '{recording.name}': {issue.reason}")
            issues += [Issue(recording.name, "warning", remark) for remark in recording.remarks]
            yield _Outcome(name, _compact(recording), issues)
        except ValueError as error:
            yield _Outcome(name, reason=str(error))


def _compact(recording: Recording) -> Recording:
    """As it is stored: float32, without persons that are zero in every frame (never without the first)."""
    present: np.ndarray = np.any(recording.pos, axis=(0, 2, 3))  # [M]
    present[0] |= not present.any()
    pos = np.asarray(recording.pos[:, present], dtype=np.float32)
    score = None if recording.score is None else np.asarray(recording.score[:, present], dtype=np.float32)
    return replace(recording, pos=pos, score=score)


# -- in this process ---------------------------------------------------------------------------------------------------


def _here(chunks: Iterable[Sequence[str]], reader: Reader, about: About) -> Generator[Iterable[_Outcome], None, None]:
    with reader() as read:
        for chunk in chunks:
            yield _outcomes(chunk, read, about)


# -- in others ---------------------------------------------------------------------------------------------------------


def _in_workers(
    chunks: Iterable[Sequence[str]], reader: Reader, about: About, num_workers: int
) -> Generator[Iterable[_Outcome], None, None]:
    context = multiprocessing.get_context(_START)
    with ProcessPoolExecutor(num_workers, context, _start_worker, (reader, about)) as pool:
        pending: deque[Future[list[_Outcome]]] = deque()
        try:
            for chunk in chunks:
                if len(pending) == 2 * num_workers:  # bounds the memory that results may take
                    yield pending.popleft().result()
                pending.append(pool.submit(_work, chunk))
            while pending:
                yield pending.popleft().result()
        except BrokenProcessPool as error:
            raise RuntimeError(
                "a worker process was killed, perhaps for want of memory; start again with a smaller num_workers=, "
                "and what was done is kept"
            ) from error
        finally:
            for future in pending:
                future.cancel()


class _Worker:
    """What a worker process keeps between its chunks."""

    current: _Worker | None = None

    def __init__(self, reader: Reader, about: About) -> None:
        self._reader = reader
        self._about = about
        self._stack = ExitStack()
        self._read: Callable[[str], Recording] | None = None

    def work(self, names: Sequence[str]) -> list[_Outcome]:
        if self._read is None:  # here, so that an error reaches the caller
            self._read = self._stack.enter_context(self._reader())
            multiprocessing.util.Finalize(self, self._stack.close, exitpriority=0)
        return list(_outcomes(names, self._read, self._about))


def _start_worker(reader: Reader, about: About) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes, and the first one ends the others
    gc.freeze()  # looking for garbage among what was inherited would copy the pages that it shares
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Worker.current = _Worker(reader, about)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _work(names: Sequence[str]) -> list[_Outcome]:
    assert _Worker.current is not None
    return _Worker.current.work(names)
