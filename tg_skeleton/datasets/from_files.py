"""From files of any form to a data set of one's own; see `ArrayDataset.from_files`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tg_skeleton.datasets.collection import Collection, read_source
from tg_skeleton.datasets.collections import open_collection
from tg_skeleton.datasets.entering import entering
from tg_skeleton.datasets.journal import job_of
from tg_skeleton.datasets.labels import Labels, understand_labels
from tg_skeleton.datasets.processing import CHUNK, OnError, process_recordings
from tg_skeleton.datasets.splits import SPLITS
from tg_skeleton.datasets.store import About
from tg_skeleton.datasets.validate import Issue
from tg_skeleton.datasets.video_poses import KeptVideos
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.io import CoordinateChange, ReadOptions, Recording, Source, is_video
from tg_skeleton.missing import Zeros
from tg_skeleton.topology import Topology
from tg_skeleton.work import Workers, in_order


@dataclass(frozen=True)
class _Item:
    """What is known of a recording before it is read.

    Args:
        name: Its name.
        row: Its place among the recordings of all sources.
        source: The file that is its own.
        number: Its class.
        split: Its split.
        facts: Further facts.
    """

    name: str
    row: int
    source: Source | None = None
    number: int = -1
    split: str | None = None
    facts: tuple[tuple[str, int | str], ...] = ()


class FilesReader:
    """Makes the context in which recordings are read, in this process or in a worker.

    Args:
        sources: Files and folders.
        options: Facts that the files do not state.
        collection: The opened sources. A worker that is not a fork of this process opens them when it reads the first
            recording of an archive; of files it opens those that it reads.
        change: To other axes and units.
        zeros: ``"missing"`` or ``"real"``.
        strict: What does not look like a body is an error.
    """

    def __init__(
        self,
        sources: Sequence[Path],
        options: ReadOptions,
        collection: Collection,
        *,
        change: CoordinateChange,
        zeros: Zeros,
        strict: bool,
    ) -> None:
        self.sources = sources
        self.options = options
        self.change = change
        self.zeros: Zeros = zeros
        self.strict = strict
        self.collection: Collection | None = collection

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "collection": None}  # its maps would be copied

    def read(self, item: _Item) -> Recording:
        """The recording as it is in the file."""
        if item.source is not None:
            return read_source(item.source, item.name, self.options)
        if self.collection is None:
            self.collection = open_collection(self.sources, self.options)
        return replace(self.collection.read(item.row), name=item.name)

    @contextmanager
    def entering(self, topology: Topology) -> Iterator[Callable[[_Item], Recording]]:
        """Reads recordings as they enter a data set."""

        def read(item: _Item) -> Recording:
            recording = self.read(item)
            facts: dict[str, int | str] = {**recording.facts, **dict(item.facts)}
            if _is_video(item) and recording.fps is not None:
                facts["fps"] = round(recording.fps)
            if item.split is not None:
                facts["split"] = SPLITS.index(item.split)
            changed = replace(recording, pos=self.change(recording.pos), label=item.number, facts=facts)
            return entering(changed, topology, self.zeros, strict=self.strict)

        yield read

    @contextmanager
    def stating(self) -> Iterator[Callable[[_Item], int | str | None]]:
        """Reads the classes that recordings state; None for one that can't be read."""
        yield self._stated

    def _stated(self, item: _Item) -> int | str | None:
        if _is_video(item):  # before minutes are spent on it
            raise _no_class(item)
        try:
            recording = self.read(item)
        except ValueError:
            return None
        label = recording.class_name if recording.class_name is not None else recording.label
        if label == -1:
            raise _no_class(item)
        return label

    @contextmanager
    def skeletons(self) -> Iterator[Callable[[_Item], tuple[Topology | None, str]]]:
        """Reads skeletons; with the reason where there is none."""

        def skeleton(item: _Item) -> tuple[Topology | None, str]:
            try:
                topology = self.read(item).topology
            except ValueError as error:
                return None, str(error)
            return topology, f"'{item.name}' does not state it"

        yield skeleton


def _no_class(item: _Item) -> ValueError:
    return ValueError(
        f"'{item.name}': expected a class, got none; put the files into folders that are named by their classes, such "
        "as mine/walk/a.npy, or list them in a .csv with the columns path and class"
    )


def _is_video(item: _Item) -> bool:
    return item.source is not None and is_video(item.source.path)


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
    num_workers: Workers,
) -> None:
    """Process the recordings of some sources into a folder, unless another process has just done so."""
    paths = [Path(os.path.abspath(source)) for source in sources]  # an executor's workers run in other folders
    collection = open_collection(paths, options, class_names=class_names)
    reader = FilesReader(paths, options, collection, change=change, zeros=zeros, strict=strict)
    own = collection.sources or [None] * len(collection.names)
    items = [_Item(name, row, source) for row, (name, source) in enumerate(zip(collection.names, own, strict=True))]
    labels = _labels(collection, reader, items, num_workers)
    videos = [item for item in items if _is_video(item)]
    topology = (None if videos else options.topology) or _first_topology(reader, videos or items, num_workers)
    if videos and options.topology is not None and options.topology.joints != topology.joints:
        raise ValueError(
            f"topology: expected {topology.name}, the joints that the estimator finds in videos, got "
            f"{options.topology.name}; carry the data set over with tg_skeleton.transforms.ToTopology"
        )
    splits: Sequence[str | None] = collection.splits or [None] * len(items)
    items = [
        replace(item, number=int(number), split=split, facts=tuple(facts.items()))
        for item, number, split, facts in zip(
            items, labels.numbers, splits, collection.facts or [{}] * len(items), strict=True
        )
    ]
    facts = {
        "options": {key: str(value) for key, value in vars(options).items() if key != "topology"},
        "change": repr(change),
        "zeros": zeros,
        "topology": [topology.name, *topology.joints],
        "classes": labels.class_names,
        "files": [_state(path) for source in (*paths, *_listed(items)) for path in _files(source)],
    }
    issues = [Issue("labels", "warning", remark) for remark in labels.remarks]
    issues += [Issue(path, "warning", f"skipped: {reason}") for path, reason in collection.skipped]
    with SequenceWriter.locked(folder):
        process_recordings(
            folder,
            collection.names,
            partial(reader.entering, topology),
            about=About(topology, labels.class_names),
            on_error=on_error,
            num_workers=num_workers,
            job=job_of(kind, collection.names, facts, folder / "raw"),
            fill_scores=True,
            remarks=issues,
            items=items,
            chunk=1 if videos else None,  # a kill costs the videos at work, and no other
        )
    _report_videos(options, videos)


def _labels(collection: Collection, reader: FilesReader, items: Sequence[_Item], num_workers: Workers) -> Labels:
    """The classes of the recordings; where the sources don't state them, each recording is read for its own."""
    given = collection.labels
    if given is None:
        with closing(in_order(reader.stating, items, num_workers, chunk=CHUNK)) as stated:
            read = list(stated)
        known = [label for label in read if label is not None]
        if not known:
            raise ValueError(
                "expected a class for each recording, got none; put the files into folders that are named by their "
                "classes, such as mine/walk/a.npy"
            )
        given = [known[0] if label is None else label for label in read]  # those that can't be read are reported later
    return understand_labels(given, collection.class_names)


def _first_topology(reader: FilesReader, items: Sequence[_Item], num_workers: Workers) -> Topology:
    reason = "none could be read"
    with closing(in_order(reader.skeletons, items, num_workers)) as skeletons:
        for topology, reason in skeletons:
            if topology is not None:
                return topology
            if reason.endswith("does not state it"):
                break
    raise ValueError(f"topology: expected the skeleton of the recordings, got none ({reason}); name it, as 'COCO17'")


def _listed(items: Sequence[_Item]) -> list[Path]:
    """Videos, which a list of clips may name anywhere."""
    return sorted({item.source.path for item in items if item.source is not None and _is_video(item)})


def _files(source: Path) -> list[Path]:
    return sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]


def _state(path: Path) -> list[Any]:
    state = path.stat()
    return [str(path), state.st_size, state.st_mtime_ns]


def _report_videos(options: ReadOptions, videos: Sequence[_Item]) -> None:
    if isinstance(options.video, KeptVideos) and videos:
        options.video.report([item.source.path for item in videos if item.source is not None])
