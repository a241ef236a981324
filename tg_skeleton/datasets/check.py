"""Whether processed data are still what was written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch

from tg_skeleton.body_statistics import BodyStatistics
from tg_skeleton.datasets.entering import count_strays
from tg_skeleton.datasets.store import SequenceStore
from tg_skeleton.datasets.writer import sha256_of
from tg_skeleton.files import reading
from tg_skeleton.npz import map_npy
from tg_skeleton.plausibility import implausibilities, summarized
from tg_skeleton.work import Workers, in_order

_BLOCK = 1 << 24


def check_store(folder: str | os.PathLike[str], *, num_workers: Workers = 0) -> list[str]:
    """Everything that is wrong with a folder of processed data; an empty list for a good one.

    Checked: every file is there, with the size and the SHA-256 it was written with; names are unique, labels are among
    the classes, lengths and offsets fill the flat files without a gap; coordinates and scores are finite.

    >>> import tempfile
    >>> from tg_skeleton.datasets import SimulatedActions, check_store
    >>> dataset = SimulatedActions(tempfile.mkdtemp(), "test", subjects=2, repetitions=1)
    >>> check_store(dataset.processed_dir)
    []

    Args:
        folder: The folder, ``<root>/processed/<name>-v<version>``.
        num_workers: Number of processes that check, 0: this process does; or an executor.
    """
    folder = Path(os.path.abspath(folder))  # an executor's workers run in other folders
    try:
        store = SequenceStore(folder)
    except RuntimeError as error:
        return [str(error)]
    try:
        with reading(folder):
            return _problems(store, folder, num_workers)
    except (ValueError, OSError) as error:
        return [str(error)]


def _problems(store: SequenceStore, folder: Path, num_workers: Workers) -> list[str]:
    problems = [problem for problem in _found(folder, [_Part(name) for name in store.files], num_workers) if problem]
    problems += _table(store)
    if problems:
        return problems
    blocks = [part for name in store.files if name.endswith(".npy") for part in _blocks(store, name)]
    rows: dict[str, str] = {}  # the first problem of each file
    for part, problem in zip(blocks, _found(folder, blocks, num_workers), strict=True):
        if problem:
            rows.setdefault(part.name, problem)
    return list(rows.values())


def doubts_about(folder: str | os.PathLike[str], most: int = 1000) -> list[str]:
    """What about recordings does not look like a body, or like the other recordings; and the joints that are astray.

    >>> import tempfile
    >>> from tg_skeleton.datasets import SimulatedActions
    >>> from tg_skeleton.datasets.check import doubts_about
    >>> dataset = SimulatedActions(tempfile.mkdtemp(), "test", subjects=2, repetitions=1)
    >>> [doubt.partition(",")[0] for doubt in doubts_about(dataset.processed_dir)]  # of the sensor's noise
    ['20 of 96 recordings: 56 joints are astray']

    Args:
        folder: The folder, ``<root>/processed/<name>-v<version>``.
        most: Recordings that are looked at, evenly spaced.
    """
    store = SequenceStore(Path(folder))
    names = store.index.names
    rows = range(0, len(names), -(-len(names) // most))
    try:
        usual = BodyStatistics.measure(((store.pos(row), store.score(row)) for row in rows), store.topology)
    except ValueError:
        return [f"nobody is seen in any of {len(rows):,} recordings"]
    found: dict[str, list[str]] = {}
    astray = [0, 0]
    for row in rows:
        pos, score = np.array(store.pos(row)), store.score(row)
        alone = implausibilities(pos, score, store.topology)
        kinds = {one.kind for one in alone}
        among = implausibilities(pos, score, store.topology, expected=usual)
        found[str(names[row])] = [one.remark for one in (*alone, *among) if one in alone or one.kind not in kinds]
        count = count_strays(torch.from_numpy(pos), None if score is None else torch.tensor(score), store.topology)
        astray[0] += count
        astray[1] += count > 0
    lines = summarized(found, len(rows))
    if astray[0]:
        lines.append(
            f"{astray[1]:,} of {len(rows):,} recordings: {astray[0]:,} joints are astray, at the end of bones more "
            "than four times as long as usual; recipes fill them in"
        )
    return lines


def _found(folder: Path, parts: Sequence[_Part], num_workers: Workers) -> list[str | None]:
    with closing(in_order(partial(_checking, folder), parts, num_workers)) as problems:
        return list(problems)


@dataclass(frozen=True)
class _Part:
    """A file to hash, or rows of it whose values are to be finite."""

    name: str
    start: int = 0
    stop: int | None = None


@contextmanager
def _checking(folder: Path) -> Iterator[Callable[[_Part], str | None]]:
    store = SequenceStore(folder)
    yield lambda part: _hash(store, part.name) if part.stop is None else _rows(store, part)


def _hash(store: SequenceStore, name: str) -> str | None:
    path = store.folder / name
    expected = store.sha256.get(name)
    if expected is None:
        return f"{path}: no SHA-256 was recorded; process the data again (force_reload=True)"
    if (found := sha256_of(path)) != expected:
        return f"{path}: expected SHA-256 {expected}, got {found}; process the data again"
    return None


def _table(store: SequenceStore) -> list[str]:
    index, path = store.index, store.folder / "index.npz"
    count = len(index.names)
    columns = {"labels": index.labels, "frames": index.frames, "persons": index.persons}
    problems = []
    if len(np.unique(index.names)) < count:
        problems.append(f"{path}: expected unique names, got {count - len(np.unique(index.names))} twice")
    for key, low, high in (
        ("labels", 0, len(store.class_names) - 1),
        ("frames", 1, None),
        ("persons", 1, None),
    ):
        wrong = columns[key] < low
        if high is not None:
            wrong |= columns[key] > high
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            limits = f"{low}..{high}" if high is not None else f"{low} or more"
            problems.append(f"{path}: expected {key} of {limits}, got {columns[key][row]} of '{index.names[row]}'")
    rows = index.frames * index.persons
    expected = np.cumsum(rows) - rows
    if (index.offsets != expected).any():
        row = int(np.flatnonzero(index.offsets != expected)[0])
        problems.append(
            f"{path}: expected '{index.names[row]}' to begin at row {expected[row]}, got {index.offsets[row]}"
        )
    return problems


def _blocks(store: SequenceStore, name: str) -> list[_Part]:
    """The rows of a file in parts."""
    rows = int((store.index.frames * store.index.persons).sum())  # the hash is right: somebody wrote as many
    width = 4 * store.topology.num_joints * (3 if name == "pos.npy" else 1)
    step = max(1, _BLOCK // width)
    return [_Part(name, start, min(start + step, rows)) for start in range(0, rows, step)]


def _rows(store: SequenceStore, part: _Part) -> str | None:
    path, index = store.folder / part.name, store.index
    try:
        flat = map_npy(path)
    except (ValueError, OSError) as error:
        return f"{path}: expected a file of numpy, got another: {error}"
    rows = int((index.frames * index.persons).sum())
    joints, axes = store.topology.num_joints, 3 if part.name == "pos.npy" else 2
    if flat.dtype != np.float32 or flat.ndim != axes or flat.shape[:2] != (rows, joints):
        return f"{path}: expected float32 rows [{rows}, {joints}, ...], got {flat.dtype} of shape {list(flat.shape)}"
    finite = np.isfinite(flat[part.start : part.stop]).all(axis=tuple(range(1, axes)))
    if finite.all():
        return None
    row = part.start + int(np.flatnonzero(~finite)[0])
    owner = index.names[np.searchsorted(index.offsets, row, side="right") - 1]
    return f"{path}: expected finite values, got others in row {row}, of '{owner}'"
