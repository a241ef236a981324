"""From files of any form to a data set of one's own; see `ArrayDataset.from_files`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tg_skeleton.datasets.collections import Collection, open_collection
from tg_skeleton.datasets.entering import entering
from tg_skeleton.datasets.journal import job_of
from tg_skeleton.datasets.labels import Labels, understand_labels
from tg_skeleton.datasets.processing import OnError, process_recordings
from tg_skeleton.datasets.splits import SPLITS
from tg_skeleton.datasets.store import About
from tg_skeleton.datasets.validate import Issue
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.io import CoordinateChange, ReadOptions, Recording
from tg_skeleton.missing import Zeros
from tg_skeleton.topology import Topology


class FilesReader:
    """Makes the context in which recordings are read, in this process or in a worker.

    Args:
        sources: Files and folders.
        options: Facts that the files do not state.
        topology: The skeleton of all recordings.
        numbers: The class of each recording by its name.
        splits: The split of each recording by its name; None: there are none.
        collection: The opened sources; a process that is spawned opens them itself.
        change: To other axes and units.
        zeros: ``"missing"`` or ``"real"``.
        strict: What does not look like a body is an error.
    """

    def __init__(
        self,
        sources: Sequence[Path],
        options: ReadOptions,
        *,
        topology: Topology,
        numbers: Mapping[str, int],
        splits: Mapping[str, str] | None,
        collection: Collection,
        change: CoordinateChange,
        zeros: Zeros,
        strict: bool,
    ) -> None:
        self.sources = sources
        self.options = options
        self.topology = topology
        self.numbers = numbers
        self.splits = splits
        self.change = change
        self.zeros: Zeros = zeros
        self.strict = strict
        self.collection: Collection | None = collection

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "collection": None}  # its maps would be copied

    @contextmanager
    def __call__(self) -> Iterator[Callable[[str], Recording]]:
        collection = self.collection or open_collection(self.sources, self.options)
        rows = {name: row for row, name in enumerate(collection.names)}

        def read(name: str) -> Recording:
            recording = collection.read(rows[name])
            facts: dict[str, int | str] = dict(recording.facts)
            if self.splits is not None:
                facts["split"] = SPLITS.index(self.splits[name])
            changed = replace(recording, pos=self.change(recording.pos), label=self.numbers[name], facts=facts)
            return entering(changed, self.topology, self.zeros, strict=self.strict)

        yield read


def import_files(
    folder: Path,
    sources: Sequence[str | os.PathLike[str]],
    options: ReadOptions,
    *,
    kind: type,
    class_names: Sequence[str] | None,
    change: CoordinateChange,
    zeros: Zeros,
    on_error: OnError,
    strict: bool,
    num_workers: int,
) -> None:
    """Process the recordings of some sources into a folder, unless another process has just done so."""
    paths = [Path(source) for source in sources]
    collection = open_collection(paths, options, class_names=class_names)
    labels = _labels(collection)
    topology = options.topology or _first_topology(collection)
    splits = None if collection.splits is None else dict(zip(collection.names, collection.splits, strict=True))
    numbers = dict(zip(collection.names, labels.numbers, strict=True))
    reader = FilesReader(
        paths,
        options,
        topology=topology,
        numbers=numbers,
        splits=splits,
        collection=collection,
        change=change,
        zeros=zeros,
        strict=strict,
    )
    facts = {
        "options": {key: str(value) for key, value in asdict(replace(options, topology=None)).items()},
        "change": repr(change),
        "zeros": zeros,
        "topology": [topology.name, *topology.joints],
        "classes": labels.class_names,
        "files": [_state(path) for source in paths for path in _files(source)],
    }
    issues = [Issue("labels", "warning", remark) for remark in labels.remarks]
    issues += [Issue(path, "warning", f"skipped: {reason}") for path, reason in collection.skipped]
    with SequenceWriter.locked(folder):
        process_recordings(
            folder,
            collection.names,
            reader,
            about=About(topology, labels.class_names),
            on_error=on_error,
            num_workers=num_workers,
            job=job_of(kind, collection.names, facts, folder / "raw"),
            fill_scores=True,
            remarks=issues,
        )


def _labels(collection: Collection) -> Labels:
    """The classes of the recordings; where the sources don't state them, each recording is read for its own."""
    given = collection.labels
    if given is None:
        read = [_stated(collection, row) for row in range(len(collection.names))]
        known = [label for label in read if label is not None]
        if not known:
            raise ValueError(
                "expected a class for each recording, got none; put the files into folders that are named by their "
                "classes, such as mine/walk/a.npy"
            )
        given = [known[0] if label is None else label for label in read]  # those that can't be read are reported later
    return understand_labels(given, collection.class_names)


def _stated(collection: Collection, row: int) -> Any:
    try:
        recording = collection.read(row)
    except ValueError:
        return None
    label = recording.class_name if recording.class_name is not None else recording.label
    if label == -1:
        raise ValueError(
            f"'{collection.names[row]}': expected a class, got none; put the files into folders that are named by "
            "their classes, such as mine/walk/a.npy"
        )
    return label


def _first_topology(collection: Collection) -> Topology:
    reason = "none could be read"
    for row in range(len(collection.names)):
        try:
            topology = collection.read(row).topology
        except ValueError as error:
            reason = str(error)
            continue
        if topology is None:
            reason = f"'{collection.names[row]}' does not state it"
            break
        return topology
    raise ValueError(f"topology: expected the skeleton of the recordings, got none ({reason}); name it, as 'COCO17'")


def _files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]


def _state(path: Path) -> list[Any]:
    state = path.stat()
    return [str(path), state.st_size, state.st_mtime_ns]
