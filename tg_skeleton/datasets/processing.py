"""Recordings to processed data: read, validate, write, report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from tqdm import tqdm

from tg_skeleton.datasets.store import About, SequenceWriter
from tg_skeleton.datasets.validate import Issue, validate
from tg_skeleton.io import Recording

OnError = Literal["raise", "skip"]


def process_recordings(
    folder: Path,
    names: Sequence[str],
    reader: AbstractContextManager[Callable[[str], Recording]],
    *,
    about: About,
    on_error: OnError,
) -> None:
    """Stream recordings into ``folder``, which appears when all of them are written.

    Raises:
        ValueError: There are no recordings, or one can't be read or is invalid (and ``on_error`` is ``"raise"``).
    """
    if not names:
        raise ValueError(f"{folder}: expected recordings to process, found none; check the raw data")
    with SequenceWriter(folder, about) as writer, reader as read:
        # disable=None: no bar where stderr is not a terminal
        for name in tqdm(names, desc="Processing", unit="recording", disable=None):
            try:
                recording = read(name)
                issues = validate(recording, about.topology, len(about.class_names))
                for issue in issues:
                    if issue.level == "error":
                        raise ValueError(f"recording '{recording.name}': {issue.reason}")
                writer.write(recording)
                writer.report(issues)
            except ValueError as error:
                if on_error == "raise":
                    raise ValueError(f"{error}; repair or remove it, or pass on_error='skip'") from error
                writer.skip(Issue(name, "error", str(error)))
