"""SBU Kinect Interaction."""

from __future__ import annotations

import os
import re
from typing import Literal

import numpy as np

from tg_skeleton.datasets.archive import Archive
from tg_skeleton.datasets.archive_dataset import ArchiveDataset
from tg_skeleton.datasets.base import Transform
from tg_skeleton.datasets.processing import OnError
from tg_skeleton.datasets.splits import rows_of
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.io import SBU_CLASSES, Recording, read_sbu_text
from tg_skeleton.topologies import SBU15
from tg_skeleton.work import Workers

_ARCHIVE = Archive(
    filename="sbu.zip",
    url=None,
    terms=(
        "SBU Kinect Interaction is published for research by K. Yun, J. Honorio, D. Chattopadhyay, T. L. Berg and D. "
        "Samaras (Two-person Interaction Detection Using Body-Pose Features and Multiple Instance Learning, CVPR "
        "Workshops 2012), who hand it out pair by pair; cite them when you use it. Zip the folders s01s02, s01s03, ... "
        "so that sbu.zip holds sbu/s01s02/01/001/skeleton_pos.txt and so on."
    ),
)
_MEMBER = re.compile(r"(?:.*/)?(s\d\ds\d\d)/(\d\d)/(\d\d\d)/skeleton_pos\.txt")

Fold = Literal[1, 2, 3, 4, 5]


class SBUInteraction(ArchiveDataset):
    r"""SBU Kinect Interaction: 282 recordings of two persons, 8 classes, 21 pairs of 7 persons (Kinect v1).

    The pairs are parted into five `folds`; a fold tests, the others train, and results are means over the folds. In
    every recording both persons are there in every frame, and it is not marked which of them acts.

    Assumption: ``"val"`` is, for each class, the recordings of a tenth of the training pairs (at least one), drawn by a
    fixed seed; ``"train"`` is the rest. Published work trains on all training pairs, which is ``"trainval"``.

    The archive is the one placed at ``<root>/raw/sbu.zip``, else taken from ``mirror`` or from the environment variable
    ``TG_SKELETON_MIRROR``; the authors hand the recordings out pair by pair.

    >>> from tg_skeleton.datasets import SBUInteraction
    >>> test = SBUInteraction("datasets/sbu_interaction", 1, "test")  # doctest: +SKIP
    >>> test[0]  # doctest: +SKIP
    SkeletonSequence(edge_index=[2, 56], y=[1], pos=[30, 30, 3], name='s01s02_01_001', first=1, second=2, trial=1, ...)

    Args:
        root: The folder of the data set; ``raw/`` and ``processed/`` lie in it.
        fold: Which fold tests, 1 to 5. One set of processed data serves all folds.
        split: ``"train"``, ``"val"``, ``"trainval"`` or ``"test"``.
        mirror: An http(s) or file address or a path, of the archive or of a folder that holds it.
        transform: Applied to a sequence on every access.
        force_reload: Process again although processed data are there.
        on_error: ``"raise"`` at a recording that can't be read, or ``"skip"`` it and report it.
        num_workers: Number of processes that read recordings, or an executor. Default: 0, this process.

    Shapes:
        - a sequence: ``pos`` ``[T, 30, 3]``; facts ``first``, ``second`` (the persons) and ``trial``

    Units:
        Meters in camera space, y up; see `read_sbu_text`.

    Raises:
        FileNotFoundError: The archive can't be had; the message says where to place it by hand.
        RuntimeError: The archive is damaged.
        ValueError: A recording is invalid, or the fold or the split is unknown.

    Source: Yun et al., Two-person Interaction Detection Using Body-Pose Features and Multiple Instance Learning, CVPR
    Workshops 2012.
    """

    topology = SBU15
    class_names = SBU_CLASSES
    archives = (_ARCHIVE,)
    example = "sbu/s01s02/01/001/skeleton_pos.txt"
    folds: tuple[tuple[str, ...], ...] = (
        ("s01s02", "s03s04", "s05s02", "s06s04"),
        ("s02s03", "s02s07", "s03s05", "s05s03"),
        ("s01s03", "s01s07", "s07s01", "s07s03"),
        ("s02s01", "s02s06", "s03s02", "s03s06"),
        ("s04s02", "s04s03", "s04s06", "s06s02", "s06s03"),
    )

    def __init__(
        self,
        root: str | os.PathLike[str],
        fold: Fold = 1,
        split: Literal["train", "val", "test", "trainval"] = "train",
        *,
        mirror: str | os.PathLike[str] | None = None,
        transform: Transform | None = None,
        force_reload: bool = False,
        on_error: OnError = "raise",
        num_workers: Workers = 0,
    ) -> None:
        if isinstance(fold, bool) or fold not in range(1, len(self.folds) + 1):
            raise ValueError(f"fold: expected 1, 2, 3, 4 or 5, got {fold!r}")
        self.fold = fold
        super().__init__(
            root,
            split,
            mirror=mirror,
            transform=transform,
            force_reload=force_reload,
            on_error=on_error,
            num_workers=num_workers,
        )

    def recording_of(self, member: str) -> str | None:
        """The name of the recording in a member of the archive; None for other members."""
        matched = _MEMBER.fullmatch(member.replace("\\", "/"))
        return "_".join(matched.groups()) if matched else None

    def read(self, content: bytes, name: str) -> Recording:
        """The recording in the content of a member.

        Raises:
            ValueError: Its pair is in none of the folds, or the content is invalid.
        """
        pair = _pair(name)
        if not any(pair in fold for fold in self.folds):
            raise ValueError(f"recording '{name}': expected one of the 21 pairs of the folds, got '{pair}'")
        return read_sbu_text(content, name)

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """The pairs of the fold are test, the others train and val."""
        tests = self.folds[self.fold - 1]
        training = np.array([_pair(str(name)) not in tests for name in index.names])
        return rows_of(self.split, training, labels=index.labels, names=index.names, group_of=_pair)


def _pair(name: str) -> str:
    return name.partition("_")[0]
