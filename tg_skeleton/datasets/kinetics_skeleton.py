"""Kinetics-Skeleton."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from tg_skeleton.datasets.archive import Archive
from tg_skeleton.datasets.archive_dataset import ArchiveDataset
from tg_skeleton.datasets.base import Transform
from tg_skeleton.datasets.members import ZipMembers
from tg_skeleton.datasets.processing import OnError
from tg_skeleton.datasets.splits import rows_of
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.io import KINETICS_CLASSES, Recording, read_kinetics_json
from tg_skeleton.topologies import OPENPOSE18
from tg_skeleton.work import Workers

_ARCHIVE = Archive(
    filename="kinetics-skeleton.zip",
    url="https://drive.google.com/uc?id=1SPQ6FmFsjGg3f59uCWfdUWI-5HJM_YhZ",
    terms=(
        "Kinetics-Skeleton was made by S. Yan, Y. Xiong and D. Lin (Spatial Temporal Graph Convolutional Networks for "
        "Skeleton-Based Action Recognition, AAAI 2018) with OpenPose from the videos of Kinetics-400 (W. Kay et al., "
        "The Kinetics Human Action Video Dataset, 2017); for research; cite both when you use it."
    ),
)
_MEMBER = re.compile(r"(?:.*/)?kinetics_((?:train|val)(?:_label|/[^/]+)\.json)")
_PARTS = ("train", "val")


class KineticsSkeleton(ArchiveDataset):
    r"""Kinetics-Skeleton: some 260,000 clips from videos, 400 classes, 18 joints found by OpenPose in the picture.

    The clips that the label files list with a skeleton. Published work trains on all of ``kinetics_train``
    (``"trainval"``) and tests on ``kinetics_val`` (``"test"``). Assumption: ``"val"`` is a tenth of the training clips
    of each class, drawn by a fixed seed, and ``"train"`` the rest.

    The archive is the one placed at ``<root>/raw/kinetics-skeleton.zip``, else a download (7.5 GB) from ``mirror``,
    from the environment variable ``TG_SKELETON_MIRROR``, or from its public address. Clips are read where they lie.

    >>> from tg_skeleton.datasets import KineticsSkeleton
    >>> train = KineticsSkeleton("datasets/kinetics_skeleton", "train", num_workers=8)  # doctest: +SKIP
    >>> train[0]  # doctest: +SKIP
    SkeletonSequence(edge_index=[2, 68], y=[1], pos=[300, 36, 2], name='--07WQ2iBlw', part=0, score=[300, 36], ...)

    Args:
        root: The folder of the data set; ``raw/`` and ``processed/`` lie in it.
        split: ``"train"``, ``"val"``, ``"trainval"`` or ``"test"``.
        persons: Maximum number of persons to keep per clip.
        tracks: ``"confidence"``: in every frame the most confident persons, as published; ``"position"``: persons that
            are followed over the frames. See `read_kinetics_json`.
        mirror: An http(s) or file address or a path, of the archive or of a folder that holds it.
        transform: Applied to a sequence on every access.
        force_reload: Process again although processed data are there.
        on_error: ``"raise"`` at a clip that can't be read, or ``"skip"`` it and report it.
        num_workers: Number of processes that read clips, or an executor. Default: 0, this process.

    Shapes:
        - a sequence: ``pos`` ``[T, 18 M, 2]`` and ``score`` ``[T, 18 M]``, T up to 300, M 1 to ``persons``; fact
          ``part``: 0 for a clip of ``kinetics_train``, 1 for one of ``kinetics_val``

    Units:
        Image units: parts of the picture's width and height from its middle, y up; zero where no joint was found.

    Raises:
        FileNotFoundError: The archive can't be had; the message says where to place it by hand.
        RuntimeError: The archive is damaged.
        ValueError: A clip is invalid, a label file is missing or damaged, or an argument is unknown.

    Source: Yan et al., Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition, AAAI 2018.
    """

    topology = OPENPOSE18
    class_names = KINETICS_CLASSES
    archives = (_ARCHIVE,)
    example = "kinetics-skeleton/kinetics_val/<clip>.json"

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: Literal["train", "val", "test", "trainval"] = "train",
        *,
        persons: int = 2,
        tracks: Literal["confidence", "position"] = "confidence",
        mirror: str | os.PathLike[str] | None = None,
        transform: Transform | None = None,
        force_reload: bool = False,
        on_error: OnError = "raise",
        num_workers: Workers = 0,
    ) -> None:
        if tracks not in ("confidence", "position"):
            raise ValueError(f"tracks: expected 'confidence' or 'position', got {tracks!r}")
        if isinstance(persons, bool) or not isinstance(persons, int) or persons < 1:
            raise ValueError(f"persons: expected a whole number from 1, got {persons!r}")
        self.persons = persons
        self.tracks: Literal["confidence", "position"] = tracks
        super().__init__(
            root,
            split,
            mirror=mirror,
            transform=transform,
            force_reload=force_reload,
            on_error=on_error,
            num_workers=num_workers,
        )

    def parameters(self) -> Mapping[str, Any]:
        """What the recordings depend on."""
        return {"persons": self.persons, "tracks": self.tracks}

    def recording_names(self) -> list[str]:
        """The names of the clips that the label files list with a skeleton, those of ``kinetics_train`` first."""
        with self.members() as members:
            return [clip for part in _PARTS for clip in sorted(self._labels(members, part))]

    def recording_of(self, member: str) -> str | None:
        """``train/<clip>.json`` or ``val/<clip>.json``, or ``train_label.json``; None for other members."""
        matched = _MEMBER.fullmatch(member.replace("\\", "/"))
        return matched[1] if matched else None

    def read(self, content: bytes, name: str) -> Recording:
        """The clip in the content of a member."""
        return read_kinetics_json(content, name, persons=self.persons, tracks=self.tracks)

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        """Reads clips in place, inside the archive, and compares their labels with those of the label files."""
        with self.members() as members:
            train, val = (self._labels(members, part) for part in _PARTS)

            def read(name: str) -> Recording:
                if name in train and name in val:
                    raise ValueError(f"clip '{name}': expected it in one label file, found it in both")
                part = int(name in val)
                recording = self.read(members.read(f"{_PARTS[part]}/{name}.json"), name)
                label = (train, val)[part][name]
                if label != recording.label:
                    raise ValueError(
                        f"clip '{name}': expected label_index {label} as in kinetics_{_PARTS[part]}_label.json, got "
                        f"{recording.label}"
                    )
                return replace(recording, facts={"part": part})

            yield read

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """``kinetics_train`` is train and val, ``kinetics_val`` is test."""
        training = index.facts["part"] == 0
        return rows_of(self.split, training, labels=index.labels, names=index.names, group_of=str)

    def _labels(self, members: ZipMembers, part: str) -> dict[str, int]:
        """``label_index`` of the clips of one part that have a skeleton."""
        file = f"{self.archive_paths[0]}, kinetics_{part}_label.json"
        try:
            entries = json.loads(members.read(f"{part}_label.json"))
            return {str(clip): int(entry["label_index"]) for clip, entry in entries.items() if entry["has_skeleton"]}
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise ValueError(
                f"{file}: expected an object of clips, each with 'has_skeleton' and 'label_index': "
                f"{type(error).__name__} {error}"
            ) from error
