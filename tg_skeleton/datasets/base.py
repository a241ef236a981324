"""The base of every data set: process once into memory maps, open instantly, select a split."""

from __future__ import annotations

import copy
import hashlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
from torch_geometric.data import Dataset

from tg_skeleton.body_statistics import BodyStatistics
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets.assembly import Assembly, Clips
from tg_skeleton.datasets.clips import ClipReader
from tg_skeleton.datasets.journal import job_of
from tg_skeleton.datasets.processing import OnError, process_recordings
from tg_skeleton.datasets.store import About, RecordingIndex, SequenceStore, topology_facts
from tg_skeleton.datasets.validate import Issue
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.io import Recording
from tg_skeleton.topology import Topology
from tg_skeleton.work import Workers, check_workers

Transform = Callable[[Any], Any]

_PREPARED_ONLY: ContextVar[bool] = ContextVar("prepared_only", default=False)


@contextmanager
def prepared_only() -> Iterator[None]:
    """Within it, a data set that is not prepared raises FileNotFoundError; nothing is fetched or processed.

    >>> import tempfile
    >>> from tg_skeleton.datasets import SimulatedActions, prepared_only
    >>> with prepared_only():
    ...     SimulatedActions(tempfile.mkdtemp(), "test")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    FileNotFoundError: ...: not prepared; make the data set once, or run python -m tg_skeleton data prepare
    """
    token = _PREPARED_ONLY.set(True)
    try:
        yield
    finally:
        _PREPARED_ONLY.reset(token)


class SkeletonDataset(Dataset, ABC):
    r"""A data set of skeleton sequences on disk, as a PyG data set: processed once, opened instantly, never padded.

    A concrete data set says what its recordings are; this class validates them, streams them into memory maps under
    ``<root>/processed/<name>-v<version>/`` and serves them as `SkeletonSequence`. Everything that PyG's `Dataset`
    offers works: ``len``, slices, lists, masks, ``shuffle``, ``transform``, loaders with workers. There is no
    ``pre_transform``: what is stored is geometry only, and streams are transforms.

    Processing that was interrupted, killed, or ended by an error goes on where it was when the data set is made again,
    as long as names, `parameters`, class (its source file) and raw files are the same; ``force_reload=True`` starts
    afresh.

    A concrete data set sets `topology` and `class_names` (class attributes, or before it calls this constructor),
    counts `version` up when its reading changes, and implements `recording_names`, `reader` and `split_indices`;
    `fetch` and `parameters` where it needs them.

    Where the transform is `SampleSegments`, alone or after `CenterOnFirstFrame`, `SplitPersons` or both (in this order,
    in a PyG ``Compose``), a loader's batch is read at once, and only its own frames are: the same sequences with the
    same draws, many times faster with `tg_skeleton.collate`. Other transforms run recording by recording; those that
    need nothing but the clips are best applied to batches.

    The graph tensors (``edge_index``, ``parent_index``, ``joint``, ``person``) are shared by all sequences with the
    same number of persons: never change them in place.

    Args:
        root: The folder of the data set; ``raw/`` and ``processed/`` lie in it.
        split: One of `splits`.
        transform: Applied to a sequence on every access.
        force_reload: Process again although processed data are there.
        on_error: At a recording that can't be read or is invalid, ``"raise"``, or ``"skip"`` it and list
            it in `issues` and in the processed folder's ``report.csv``.
        num_workers: Number of processes that read recordings when they are processed, or an executor, as of
            `tg_skeleton.work.dask_executor`. Default: 0, this process reads.

    Shapes:
        - a sequence: ``pos`` ``[T, M * V, D]`` float32, ``y`` ``[1]`` int64, ``name`` str, each fact an int; ``score``
          ``[T, M * V]`` where the recordings have it

    Raises:
        ValueError: The split is unknown or empty, or a recording is invalid. The message names it.
        RuntimeError: The processed data are damaged, or belong to another topology.
    """

    topology: Topology
    class_names: tuple[str, ...]
    version: int = 1
    splits: tuple[str, ...] = ("train", "val", "test", "trainval")

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: str,
        *,
        transform: Transform | None = None,
        force_reload: bool = False,
        on_error: OnError = "raise",
        num_workers: Workers = 0,
    ) -> None:
        if split not in self.splits:
            raise ValueError(f"split: expected one of {', '.join(map(repr, self.splits))}, got {split!r}")
        if on_error not in ("raise", "skip"):
            raise ValueError(f"on_error: expected 'raise' or 'skip', got {on_error!r}")
        check_workers(num_workers)
        super().__init__(os.fspath(root), transform)
        self.split = split
        self._store = self._open(force_reload, on_error, num_workers)
        self._assembly = Assembly(self.topology, self._store.index)
        chosen = np.asarray(self.split_indices(self._store.index), dtype=np.int64)
        if chosen.size == 0:
            raise ValueError(
                f"split: no recording of {self.processed_dir} is in split {split!r}; choose another split, or check "
                "that the raw data are complete"
            )
        self._indices = chosen.tolist()

    # -- what a concrete data set says --------------------------------------------------------------------------------

    @abstractmethod
    def recording_names(self) -> Sequence[str]:
        """The names of all recordings of all splits, in the order in which they are stored."""

    @abstractmethod
    def reader(self) -> AbstractContextManager[Callable[[str], Recording]]:
        """A context within which the function it gives reads one recording by its name.

        The function raises a ValueError with the reason for a recording that can't be read. A generator method with
        ``contextlib.contextmanager`` is enough: ``yield self.read``.
        """

    @abstractmethod
    def split_indices(self, index: RecordingIndex) -> np.ndarray | Sequence[int]:
        """The rows of the index (names, labels, facts) that belong to ``self.split``."""

    def fetch(self) -> None:
        """Bring the raw files to ``<root>/raw``; called before `recording_names`, only when there is work to do."""

    def parameters(self) -> Mapping[str, Any]:
        """The values (JSON), besides `version`, that the processed data depend on; each choice has its own folder."""
        return {}

    # -- processing ---------------------------------------------------------------------------------------------------

    @classmethod
    def folder_of(cls, root: str | os.PathLike[str], parameters: Mapping[str, Any]) -> Path:
        """The folder of this version of the processed data, for some parameters."""
        name = f"{cls.__name__.lower()}-v{cls.version}"
        if parameters:
            text = json.dumps(parameters, sort_keys=True)
            name += "-" + hashlib.sha256(text.encode()).hexdigest()[:8]
        return Path(root).expanduser() / "processed" / name

    @property
    def processed_dir(self) -> str:
        """The folder of this version of the processed data."""
        return str(self.folder_of(self.root, self.parameters()))

    def _about(self) -> About:
        return About(self.topology, self.class_names, self.parameters())

    def _open(self, force_reload: bool, on_error: OnError, num_workers: Workers) -> SequenceStore:
        folder = Path(self.processed_dir)
        if _PREPARED_ONLY.get() and not folder.exists():
            raise FileNotFoundError(
                f"{folder}: not prepared; make the data set once, or run python -m tg_skeleton data prepare"
            )
        if force_reload or not folder.exists():
            with SequenceWriter.locked(folder):
                if force_reload:
                    SequenceWriter.forget(folder)
                if force_reload or not folder.exists():
                    self._process_into(folder, on_error, num_workers)
        SequenceWriter.tidy(folder)
        store = SequenceStore(folder)
        if store.topology != self.topology:
            raise RuntimeError(
                f"{folder}: processed for topology '{store.topology.name}', and this data set now has "
                f"'{self.topology.name}'; pass force_reload=True to process it again"
            )
        if store.skipped and on_error == "raise":
            raise ValueError(
                f"{folder}: {store.skipped} recordings were skipped when it was processed (see report.csv there); "
                "pass on_error='skip' to use the rest, or repair the raw data and pass force_reload=True"
            )
        return store

    def _process_into(self, folder: Path, on_error: OnError, num_workers: Workers) -> None:
        self.fetch()
        worker = copy.copy(self)  # what it keeps in order to read goes with it
        worker.transform = None  # may be what can't be pickled
        worker.root = os.path.abspath(worker.root)  # an executor's workers run in other folders
        names, about = worker.recording_names(), self._about()
        facts = {"topology": topology_facts(about.topology), "classes": about.class_names, "given": about.parameters}
        process_recordings(
            folder,
            names,
            worker.reader,
            about=about,
            on_error=on_error,
            num_workers=num_workers,
            job=job_of(type(self), names, {"version": self.version, **facts}, Path(self.raw_dir)),
        )

    # -- PyG's data set -----------------------------------------------------------------------------------------------

    def len(self) -> int:
        """The number of stored recordings, of all splits; ``len(dataset)`` counts those of this split."""
        return len(self._store.index.names)

    def get(self, idx: int) -> SkeletonSequence:
        """The stored recording ``idx`` (a row over all splits), before the transform."""
        return self._assembly.sequence(idx, self._store.pos(idx), self._store.score(idx))

    def __getitems__(self, indices: Sequence[int]) -> Sequence[Any]:
        """``[self[i] for i in indices]``, which loaders ask for; of clips only their own frames are read."""
        reader = ClipReader.of(self.transform, has_score=self._store.has_score)
        own = type(self).get is not SkeletonDataset.get or type(self).__getitem__ is not Dataset.__getitem__
        if reader is None or own or (reader.center and reader.center.joint >= self.topology.num_joints):
            return [self[i] for i in indices]
        rows = self.indices()
        return Clips(self._assembly, reader.read(self._store, np.array([rows[i] for i in indices])))

    @property
    def num_classes(self) -> int:
        """The number of classes, of all splits."""
        return len(self.class_names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)}, split={self.split!r})"

    # -- tables about this split --------------------------------------------------------------------------------------

    @property
    def index(self) -> RecordingIndex:
        """Names, labels, lengths and facts of the sequences of this split (or slice), in order."""
        return self._store.index.take(np.asarray(self.indices(), dtype=np.int64))

    @property
    def labels(self) -> np.ndarray:
        """The class of each sequence, ``[S]`` int64."""
        return self.index.labels

    @property
    def names(self) -> list[str]:
        """The name of each sequence."""
        return [str(name) for name in self.index.names]

    @property
    def fingerprint(self) -> str:
        """A checksum of this split: skeleton, classes, names, labels and lengths, and the stored coordinates."""
        return self._store.fingerprint(self.index, self.topology, self.class_names)

    @property
    def issues(self) -> list[Issue]:
        """What was noted when the recordings were processed: skipped ones, and warnings."""
        return self._store.issues()

    def bodies(self, most: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
        """``pos [T, M, V, D]`` and ``score [T, M, V]`` or None of ``most`` sequences, evenly spaced, or of all."""
        rows = self.indices()
        for row in rows[:: 1 if most is None else -(-len(rows) // most)]:
            yield self._store.pos(row), self._store.score(row)

    def body_statistics(self, most: int = 200) -> BodyStatistics | None:
        """How bodies of ``most`` sequences stand in their coordinates, for `ModelCard`; None where nobody is seen."""
        try:
            return BodyStatistics.measure(self.bodies(most), self.topology)
        except ValueError:
            return None

    def statistics(self) -> dict[str, int | float | dict[str, int]]:
        """Counts of this split: sequences, persons, frames (min, median, max, total) and sequences per class."""
        index = self.index
        counts = np.bincount(index.labels, minlength=self.num_classes)
        return {
            "sequences": len(index.names),
            "persons": int(index.persons.sum()),
            "frames_min": int(index.frames.min()),
            "frames_median": float(np.median(index.frames)),
            "frames_max": int(index.frames.max()),
            "frames_total": int(index.frames.sum()),
            "classes": {name: int(count) for name, count in zip(self.class_names, counts, strict=True)},
        }

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))
