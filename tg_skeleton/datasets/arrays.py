"""Bring your own data: arrays, labels and a topology become a data set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from tg_skeleton.datasets.base import SkeletonDataset, Transform
from tg_skeleton.datasets.from_files import import_files
from tg_skeleton.datasets.given_arrays import GivenArrays
from tg_skeleton.datasets.labels import understand_labels
from tg_skeleton.datasets.processing import OnError, process_recordings
from tg_skeleton.datasets.splits import SPLITS, HeldOut
from tg_skeleton.datasets.store import About, RecordingIndex, SequenceStore
from tg_skeleton.datasets.validate import Issue
from tg_skeleton.datasets.video_poses import KeptVideos
from tg_skeleton.datasets.writer import SequenceWriter
from tg_skeleton.io import Channels, CoordinateChange, ReadOptions, Recording, Tracks, as_coordinates
from tg_skeleton.missing import NaN, Zeros
from tg_skeleton.plausibility import summarized
from tg_skeleton.pose import PoseEstimator, PoseOptions, fitting_estimator
from tg_skeleton.topologies import find
from tg_skeleton.topology import Topology
from tg_skeleton.work import Workers


class ArrayDataset(SkeletonDataset):
    """A data set of your own, made once by `from_arrays` and opened by its folder from then on.

    >>> import tempfile
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.datasets import ArrayDataset, simulate
    >>> root = tempfile.mkdtemp()
    >>> arrays = [simulate(action).pos for action in ("squat", "wave", "wave")]
    >>> ArrayDataset.from_arrays(
    ...     root, arrays, [0, 1, 1], NTU25, class_names=("squat", "wave"), splits=("train", "train", "test")
    ... )
    ArrayDataset(3, split='all')
    >>> train = ArrayDataset(root, "train")
    >>> train[1].y, train.class_names
    (tensor([1]), ('squat', 'wave'))

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
            raise FileNotFoundError(
                f"{folder}: nothing is prepared here; call ArrayDataset.from_arrays first, or from_files"
            )
        store = SequenceStore(folder)
        self.topology = store.topology
        self.class_names = store.class_names
        super().__init__(root, split, transform=transform, on_error="skip")

    @classmethod
    def from_arrays(
        cls,
        root: str | os.PathLike[str],
        arrays: Sequence[Any],
        labels: Sequence[Any],
        topology: Topology | str,
        *,
        class_names: Sequence[str] | None = None,
        names: Sequence[str] | None = None,
        splits: Sequence[str] | None = None,
        facts: Mapping[str, Sequence[int | str]] | None = None,
        scores: Sequence[Any] | None = None,
        layout: str | None = None,
        channels: Channels | None = None,
        image_size: tuple[float, float] | None = None,
        zeros: Zeros = "missing",
        nan: NaN = "refuse",
        on_error: OnError = "raise",
    ) -> ArrayDataset:
        """Validate recordings, write them to ``<root>/processed`` (in place of earlier ones) and open all of them.

        Joints that were not seen are stored with score 0, and empty frames at both ends are cut (see
        `tg_skeleton.io.as_coordinates` and `tg_skeleton.missing.find_missing`). What was taken for what, and what does
        not look like a body, is warned of once and listed in `issues`.

        Args:
            root: The folder to keep them in.
            arrays: Coordinates ``[T, M, V, D]`` or ``[T, V, D]`` each, or in another ``layout``; T and M may differ.
                Any sequence will do, also one that loads an array when it is asked for it: only one is in memory at a
                time.
            labels: The class of each: its number from 0, its name, or a one-hot row; see `understand_labels`.
            topology: Their skeleton, or the name of one of `tg_skeleton.topologies.TOPOLOGIES`.
            class_names: The classes. Default: from the labels.
            names: A unique name of each. Default: its position, ``"000000"``, ``"000001"``, …
            splits: ``"train"``, ``"val"`` or ``"test"`` for each. Default: there is only ``"all"``.
            facts: Further integers or texts of each, such as ``{"subject": [...]}``.
            scores: Confidence of each joint, the arrays' shapes without D.
            layout: The order of the axes, such as ``"C T V M"``. Default: recognized.
            channels: ``"xy"``, ``"xyz"``, ``"xys"`` or ``"xyzs"``, s being a confidence. Default: recognized.
            image_size: (W, H) of the picture, where the coordinates are pixels.
            zeros: ``"real"`` where joints at exactly zero lie there. Default: they were not seen.
            nan: ``"missing"`` where NaN marks joints that were not seen. Default: NaN is refused.
            on_error: ``"raise"`` at an invalid recording, or ``"skip"`` it and list it in `issues`.

        Raises:
            ValueError: A recording is invalid (the message names it), or the sequences differ in length.
        """
        body = find(topology)
        columns: dict[str, Sequence[int | str]] = dict(facts or {})
        if splits is not None:
            columns["split"] = [_split_code(split) for split in splits]
        if names is None:
            names = [f"{row:06d}" for row in range(len(arrays))]
        understood = understand_labels(labels, class_names)
        options = partial(
            as_coordinates, joints=body.num_joints, layout=layout, channels=channels, image_size=image_size
        )
        given = GivenArrays(arrays, understood.numbers, names, columns, scores, options, nan, body, zeros)
        folder = cls.folder_of(root, {})
        about = About(body, understood.class_names)
        issues = [Issue("labels", "warning", remark) for remark in understood.remarks]
        with SequenceWriter.locked(folder):
            process_recordings(
                folder,
                names,
                lambda: nullcontext(given.read),
                about=about,
                on_error=on_error,
                fill_scores=scores is None,
                remarks=issues,
            )
        dataset = cls(root)
        for remark in (*understood.remarks, *given.general, *dataset.implausible()):
            warnings.warn(f"ArrayDataset.from_arrays: {remark}", stacklevel=2)
        return dataset

    @classmethod
    def from_files(
        cls,
        root: str | os.PathLike[str],
        sources: Sequence[str | os.PathLike[str]],
        topology: Topology | str | None = None,
        *,
        class_names: Sequence[str] | None = None,
        layout: str | None = None,
        channels: Channels | None = None,
        image_size: tuple[float, float] | None = None,
        persons: int = 2,
        tracks: Tracks = "position",
        hold_out: HeldOut | None = None,
        change: CoordinateChange = CoordinateChange(),  # noqa: B008 - it is frozen
        zeros: Zeros = "missing",
        on_error: OnError = "raise",
        strict: bool = False,
        num_workers: Workers = 0,
        estimator: Callable[[], PoseEstimator] = fitting_estimator,
        pose: PoseOptions | None = None,
    ) -> ArrayDataset:
        """Import files of any form in `tg_skeleton.io.FORMS`, or of another package, and open all recordings.

        The sources are those of `tg_skeleton.datasets.collections.open_collection`: pickles of PYSKL and MMAction2,
        arrays of CTR-GCN and ST-GCN, or folders of files, whose classes are the names of the folders. They are read one
        by one; work that was interrupted goes on where it was. What was taken for what is listed in `issues`.

        >>> import tempfile
        >>> from pathlib import Path
        >>> import numpy as np
        >>> from tg_skeleton.datasets import ArrayDataset
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("walk", "sit"):
        ...     (folder / "mine" / name).mkdir(parents=True)
        ...     np.save(folder / "mine" / name / f"{name}1.npy", np.random.rand(40, 17, 2))
        >>> dataset = ArrayDataset.from_files(folder / "made", [folder / "mine"], "COCO17")
        >>> dataset, dataset.class_names, dataset.names
        (ArrayDataset(2, split='all'), ('sit', 'walk'), ['sit1', 'walk1'])

        Args:
            root: The folder to keep the recordings in.
            sources: Files and folders.
            topology: The skeleton, or the name of one of `tg_skeleton.topologies.TOPOLOGIES`. Default: the files state
                theirs.
            class_names: The classes. Default: from the labels.
            layout: The order of the axes of arrays, such as ``"C T V M"``. Default: recognized.
            channels: ``"xy"``, ``"xyz"``, ``"xys"`` or ``"xyzs"`` of arrays, s being a confidence. Default: recognized.
            image_size: (W, H) of the pictures, where coordinates are pixels.
            persons: Maximum number of persons to keep per recording, where a file has more.
            tracks: How persons are told apart where a file does not say, see `read_kinetics_json`.
            hold_out: The recordings to test, of sources without splits of their own: a share of each class, such as
                0.2, or patterns of names, such as ``["anna*"]``. Default: there is only ``"all"``.
            change: From the axes and units of the files to y up and meters.
            zeros: ``"real"`` where joints at exactly zero lie there. Default: they were not seen.
            on_error: ``"raise"`` at an invalid recording, or ``"skip"`` it and list it in `issues`.
            strict: Recordings that do not look like bodies are invalid. Default: they are warned of.
            num_workers: Number of processes that read recordings, or an executor. Default: 0, this process reads.
            estimator: Makes what finds the persons of videos, in each process that reads. What it found is kept in
                ``<root>/poses``, so that no video is done twice, with ``videos.csv``, a report of each.
            pose: How persons of videos become joints.

        Raises:
            FileNotFoundError: A source does not exist.
            ValueError: A recording is invalid, or has no class or no skeleton. The message names the file.
        """
        options = ReadOptions(
            topology=None if topology is None else find(topology),
            persons=persons,
            tracks=tracks,
            image_size=image_size,
            layout=layout,
            channels=channels,
            video=KeptVideos(Path(root, "poses"), estimator, pose, persons=persons),
        )
        import_files(
            cls.folder_of(root, {}),
            sources,
            options,
            kind=cls,
            class_names=class_names,
            change=change,
            zeros=zeros,
            on_error=on_error,
            strict=strict,
            num_workers=num_workers,
            hold_out=hold_out,
        )
        dataset = cls(root)
        for remark in dataset.implausible():
            warnings.warn(f"ArrayDataset.from_files: {remark}", stacklevel=2)
        return dataset

    def implausible(self) -> list[str]:
        """A line for each thing that did not look like a body when recordings were written; see `summarized`."""
        found: dict[str, list[str]] = {}
        for issue in self.issues:
            found.setdefault(issue.name, []).append(issue.reason)
        return summarized(found, len(self.recording_names()))

    @property
    def given_splits(self) -> tuple[str, ...]:
        """The splits that recordings were given."""
        codes = self._store.index.facts.get("split", np.empty(0, dtype=int))
        return tuple(split for split in SPLITS if _split_code(split) in codes)

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
            facts = {key: column[row].item() for key, column in index.facts.items()}
            return Recording(
                name, self._store.pos(row), int(index.labels[row]), score=self._store.score(row), facts=facts
            )

        yield read

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """The recordings that were given this split."""
        if self.split == "all":
            return np.arange(len(index.names))
        if "split" not in index.facts:
            raise ValueError(
                f"split: the recordings have no splits, got {self.split!r}; use 'all', or write them with splits= "
                "(from_files: hold_out=0.2; data import: --hold-out 0.2)"
            )
        wanted = ("train", "val") if self.split == "trainval" else (self.split,)
        return np.flatnonzero(np.isin(index.facts["split"], [_split_code(split) for split in wanted]))


def _split_code(split: str) -> int:
    if split not in SPLITS:
        raise ValueError(f"splits: expected {', '.join(map(repr, SPLITS))} for each recording, got {split!r}")
    return SPLITS.index(split)
