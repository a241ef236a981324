"""Recordings to processed data: read, validate, write, report; by this process, several, or an executor's workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from tg_skeleton.datasets.store import About
from tg_skeleton.datasets.validate import Issue, validate
from tg_skeleton.datasets.writer import SequenceWriter, lock_of
from tg_skeleton.io import Recording
from tg_skeleton.work import Workers, check_lock_on, in_order

OnError = Literal["raise", "skip"]
Reader = Callable[[], AbstractContextManager[Callable[[Any], Recording]]]
"""Makes a context within which the function it gives reads one recording, by its name or its item."""

CHUNK = 32
"""Recordings that a worker reads at a time, and after which what was written is committed."""


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
    num_workers: Workers = 0,
    job: str | None = None,
    fill_scores: bool = False,
    remarks: Sequence[Issue] = (),
    items: Sequence[Any] | None = None,
    chunk: int | None = None,
) -> None:
    """Stream recordings into ``folder``, which appears when all of them are written.

    The bytes do not depend on who reads, nor on how often the work was cut off and taken up again.

    Args:
        folder: The folder to make; within `SequenceWriter.locked`.
        names: The names of the recordings, in their order.
        reader: Makes the context that reads them; called once in each process, see `tg_skeleton.work.in_order`.
        about: What all recordings have in common.
        on_error: ``"raise"`` at a bad recording, or ``"skip"`` it and report it.
        num_workers: Number of processes that read and validate, 0: this process reads; or an executor.
        job: Identity of the work; an unfinished attempt at the same job is continued. Default: none is.
        fill_scores: Whether recordings without scores may be mixed with others with scores; theirs are 1.
        remarks: Remarks about all recordings, for the report.
        items: What the reader takes for each name. Default: the name.
        chunk: Recordings that a worker reads at a time, and after which what was written is committed; 1 where a
            recording takes long, as a video does. Default: `CHUNK`.

    Raises:
        ValueError: There are no recordings, or one can't be read or is invalid (and ``on_error`` is ``"raise"``).
        RuntimeError: A worker was killed, or an executor has lost its tasks; see `tg_skeleton.work.in_order`.
    """
    if not names:
        raise ValueError(f"{folder}: expected recordings to process, found none; check the raw data")
    if isinstance(num_workers, Executor):
        check_lock_on(lock_of(folder), num_workers)
    chunk = CHUNK if chunk is None else chunk
    with SequenceWriter(folder, about, job, fill_scores=fill_scores) as writer:
        if not writer.done:
            writer.report(remarks)
        if on_error == "raise" and writer.skipped:  # by an unfinished attempt with on_error="skip"
            raise _refused(next(issue.reason for issue in writer.issues if issue.level == "error"))
        places = range(writer.done, len(names))
        work = in_order(
            _Validating(reader, about),
            ((names[place], names[place] if items is None else items[place]) for place in places),
            num_workers,
            chunk=chunk,
        )
        # disable=None: no bar where stderr is not a terminal
        bar = tqdm(total=len(names), initial=writer.done, desc="Processing", unit="recording", disable=None)
        uncommitted = 0
        with closing(work), bar:
            for outcome in work:
                _keep(outcome, writer, on_error)
                uncommitted += 1
                bar.update()
                if uncommitted == chunk:
                    writer.commit(uncommitted)
                    uncommitted = 0
            if uncommitted:
                writer.commit(uncommitted)


@dataclass(frozen=True)
class _Validating:
    """Makes the context in which names and items become outcomes."""

    reader: Reader
    about: About

    @contextmanager
    def __call__(self) -> Iterator[Callable[[tuple[str, Any]], _Outcome]]:
        with self.reader() as read:
            yield lambda pair: _outcome(*pair, read, self.about)


def _outcome(name: str, item: Any, read: Callable[[Any], Recording], about: About) -> _Outcome:
    try:
        recording = read(item)
        issues = validate(recording, about.topology, len(about.class_names))
        for issue in issues:
            if issue.level == "error":
                raise ValueError(f"recording '{recording.name}': {issue.reason}")
        issues += [Issue(recording.name, "warning", remark) for remark in recording.remarks]
        return _Outcome(name, _compact(recording), issues)
    except ValueError as error:
        return _Outcome(name, reason=str(error))


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


def _compact(recording: Recording) -> Recording:
    """As it is stored: float32, without persons that are zero in every frame (never without the first)."""
    present: np.ndarray = np.any(recording.pos, axis=(0, 2, 3))  # [M]
    present[0] |= not present.any()
    pos = np.asarray(recording.pos[:, present], dtype=np.float32)
    score = None if recording.score is None else np.asarray(recording.score[:, present], dtype=np.float32)
    return replace(recording, pos=pos, score=score)
