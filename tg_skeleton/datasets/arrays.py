"""Bring your own data: arrays, labels and a topology become a data set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tg_skeleton.datasets.base import SkeletonDataset, Transform
from tg_skeleton.datasets.processing import OnError, process_recordings
from tg_skeleton.datasets.store import About, RecordingIndex, SequenceStore
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.io import Recording
from tg_skeleton.topology import Topology

_SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class _Given:
    """What `ArrayDataset.from_arrays` was given, one entry per recording."""

    arrays: Sequence[np.ndarray]
    labels: Sequence[int]
    names: Sequence[str]
    facts: Mapping[str, Sequence[int]]
    scores: Sequence[np.ndarray] | None
    rows: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        count = len(self.arrays)
        columns: dict[str, Sequence[object]] = {"labels": self.labels, "names": self.names, **self.facts}
        if self.scores is not None:
            columns["scores"] = self.scores
        for key, column in columns.items():
            if len(column) != count:
                raise ValueError(f"{key}: expected one entry per array ({count}), got {len(column)}")
        if len(set(self.names)) != count:
            twice = next(name for name in self.names if list(self.names).count(name) > 1)
            raise ValueError(f"names: expected unique names, got '{twice}' twice")
        object.__setattr__(self, "rows", {name: row for row, name in enumerate(self.names)})

    def read(self, name: str) -> Recording:
        row = self.rows[name]
        pos = np.asarray(self.arrays[row])
        score = None if self.scores is None else np.asarray(self.scores[row])
        if pos.ndim == 3:  # [T, V, D]
            pos = pos[:, None]
            score = score if score is None else score[:, None]
        facts = {key: int(column[row]) for key, column in self.facts.items()}
        return Recording(name, pos, np.asarray(self.labels[row]).item(), score=score, facts=facts)


class ArrayDataset(SkeletonDataset):
    """A data set of your own, made once by `from_arrays` and opened by its folder from then on.

    >>> import tempfile
    >>> import numpy as np
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.datasets import ArrayDataset
    >>> root = tempfile.mkdtemp()
    >>> arrays = [np.random.rand(frames, 25, 3) for frames in (40, 31, 52)]
    >>> ArrayDataset.from_arrays(
    ...     root, arrays, [0, 1, 1], NTU25, class_names=("fall", "walk"), splits=("train", "train", "test")
    ... )
    ArrayDataset(3, split='all')
    >>> train = ArrayDataset(root, "train")
    >>> train[1].pos.shape, train[1].y, train.class_names
    (torch.Size([31, 25, 3]), tensor([1]), ('fall', 'walk'))

    Args:
        root: The folder that `from_arrays` was given.
        split: ``"all"``, or one of the splits: ``"train"``, ``"val"``, ``"test"``, ``"trainval"``.
        transform: Applied to a sequence on every access.

    Raises:
        FileNotFoundError: `from_arrays` has not been called for this folder.
        ValueError: The split is unknown or empty.
    """

    splits = ("all", "train", "val", "test", "trainval")

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: Literal["all", "train", "val", "test", "trainval"] = "all",
        *,
        transform: Transform | None = None,
    ) -> None:
        folder = self.folder_of(root, {})
        if not folder.exists():
            raise FileNotFoundError(f"{folder}: nothing is prepared here; call ArrayDataset.from_arrays first")
        store = SequenceStore(folder)
        self.topology = store.topology
        self.class_names = store.class_names
        super().__init__(root, split, transform=transform, on_error="skip")

    @classmethod
    def from_arrays(
        cls,
        root: str | os.PathLike[str],
        arrays: Sequence[np.ndarray],
        labels: Sequence[int],
        topology: Topology,
        *,
        class_names: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        splits: Sequence[str] | None = None,
        facts: Mapping[str, Sequence[int]] | None = None,
        scores: Sequence[np.ndarray] | None = None,
        on_error: OnError = "raise",
    ) -> ArrayDataset:
        """Validate recordings, write them to ``<root>/processed`` (in place of earlier ones) and open all of them.

        Args:
            root: The folder to keep them in.
            arrays: Coordinates ``[T, M, V, D]`` or ``[T, V, D]`` each; T and M may differ. Any sequence will do, also
                one that loads an array when it is asked for it: only one is in memory at a time.
            labels: The class of each, ``0..num_classes - 1``.
            topology: Their skeleton.
            class_names: The classes. Left out: ``"0"``, ``"1"``, … up to the largest label.
            names: A unique name of each. Left out: its position, ``"000000"``, ``"000001"``, …
            splits: ``"train"``, ``"val"`` or ``"test"`` for each. Left out: there is only ``"all"``.
            facts: Further integers of each, such as ``{"subject": [...]}``.
            scores: Confidence of each joint, the arrays' shapes without D.
            on_error: What to do about an invalid recording: ``"raise"``, or ``"skip"`` it and list it in `issues`.

        Raises:
            ValueError: A recording is invalid (the message names it), or the sequences differ in length.
        """
        columns = dict(facts or {})
        if splits is not None:
            columns["split"] = [_split_code(split) for split in splits]
        if names is None:
            names = [f"{row:06d}" for row in range(len(arrays))]
        if class_names is None:
            class_names = [str(label) for label in range(max(map(int, labels), default=0) + 1)]
        given = _Given(arrays, labels, names, columns, scores)
        folder = cls.folder_of(root, {})
        about = About(topology, tuple(class_names))
        with SequenceWriter.locked(folder):
            process_recordings(folder, names, lambda: nullcontext(given.read), about=about, on_error=on_error)
        return cls(root)

    @property
    def given_splits(self) -> tuple[str, ...]:
        """The splits that recordings were given."""
        codes = self._store.index.facts.get("split", np.empty(0, dtype=int))
        return tuple(split for split in _SPLITS if _split_code(split) in codes)

    def recording_names(self) -> list[str]:
        """The names of the recordings that were written."""
        return [str(name) for name in self._store.index.names]

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        """Reads back the recordings that were written."""
        index = self._store.index
        rows = {str(name): row for row, name in enumerate(index.names)}

        def read(name: str) -> Recording:
            row = rows[name]
            facts = {key: int(column[row]) for key, column in index.facts.items()}
            return Recording(
                name, self._store.pos(row), int(index.labels[row]), score=self._store.score(row), facts=facts
            )

        yield read

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """The recordings that were given this split."""
        if self.split == "all":
            return np.arange(len(index.names))
        if "split" not in index.facts:
            raise ValueError(f"split: the recordings were written without splits=, got {self.split!r}; use 'all'")
        wanted = ("train", "val") if self.split == "trainval" else (self.split,)
        return np.flatnonzero(np.isin(index.facts["split"], [_split_code(split) for split in wanted]))


def _split_code(split: str) -> int:
    if split not in _SPLITS:
        raise ValueError(f"splits: expected {', '.join(map(repr, _SPLITS))} for each recording, got {split!r}")
    return _SPLITS.index(split)
