"""Whether processed data are still what was written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tg_skeleton.datasets.store import SequenceStore
from tg_skeleton.datasets.writer import sha256_of
from tg_skeleton.files import reading

_BLOCK = 1 << 24


def check_store(folder: str | os.PathLike[str]) -> list[str]:
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
    """
    try:
        store = SequenceStore(Path(folder))
        with reading(folder):
            problems = [*_hashes(store), *_table(store)]
            if not problems:
                problems = [problem for name in store.files if name.endswith(".npy") for problem in _rows(store, name)]
    except (RuntimeError, ValueError, OSError) as error:
        return [str(error)]
    return problems


def _hashes(store: SequenceStore) -> list[str]:
    problems = []
    for name in store.files:
        path = store.folder / name
        expected = store.sha256.get(name)
        if expected is None:
            problems.append(f"{path}: no SHA-256 was recorded; process the data again (force_reload=True)")
        elif (found := sha256_of(path)) != expected:
            problems.append(f"{path}: expected SHA-256 {expected}, got {found}; process the data again")
    return problems


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


def _rows(store: SequenceStore, name: str) -> list[str]:
    path, index = store.folder / name, store.index
    flat = np.load(path, mmap_mode="r", allow_pickle=False)
    rows = int((index.frames * index.persons).sum())
    joints, axes = store.topology.num_joints, 3 if name == "pos.npy" else 2
    if flat.dtype != np.float32 or flat.ndim != axes or flat.shape[:2] != (rows, joints):
        return [f"{path}: expected float32 rows [{rows}, {joints}, ...], got {flat.dtype} of shape {list(flat.shape)}"]
    step = max(1, _BLOCK // max(1, flat[0].nbytes))
    for start in range(0, rows, step):
        finite = np.isfinite(flat[start : start + step]).all(axis=tuple(range(1, axes)))
        if not finite.all():
            row = start + int(np.flatnonzero(~finite)[0])
            owner = index.names[np.searchsorted(index.offsets, row, side="right") - 1]
            return [f"{path}: expected finite values, got others in row {row}, of '{owner}'"]
    return []
