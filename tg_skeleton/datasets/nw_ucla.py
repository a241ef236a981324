"""NW-UCLA Multiview Action 3D."""

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
from tg_skeleton.io import NW_UCLA_CLASSES, Recording, read_nw_ucla_json
from tg_skeleton.topologies import NWUCLA20
from tg_skeleton.work import Workers

_ARCHIVE = Archive(
    filename="all_sqe.zip",
    url="https://www.dropbox.com/s/10pcm4pksjy6mkq/all_sqe.zip?dl=1",
    terms=(
        "NW-UCLA Multiview Action 3D is published for research by J. Wang, X. Nie, Y. Xia, Y. Wu and S.-C. Zhu "
        "(Cross-view Action Modeling, Learning and Recognition, CVPR 2014); cite them when you use it."
    ),
)
_NAME = re.compile(r"a\d\d_s\d\d_e\d\d_v\d\d")
_TEST_CAMERA = 3


class NWUCLA(ArchiveDataset):
    r"""NW-UCLA Multiview Action 3D: 1484 sequences of one person, 10 classes, 3 cameras (Kinect v1), cross-view.

    Cameras 1 and 2 train (1020 sequences), camera 3 tests (464). ``"val"`` is drawn from cameras 1 and 2, class by
    class, by whole executions (action, subject, episode), so that no execution is seen from one camera in training and
    from the other in validation; ``"train"`` is the rest, ``"trainval"`` both.

    The archive is the one placed at ``<root>/raw/all_sqe.zip``, else a download (15 MB) from ``mirror``, from the
    environment variable ``TG_SKELETON_MIRROR``, or from its public address.

    >>> from tg_skeleton.datasets import NWUCLA
    >>> train = NWUCLA("datasets/nw_ucla", "train")  # doctest: +SKIP
    >>> train[0]  # doctest: +SKIP
    SkeletonSequence(edge_index=[2, 38], y=[1], pos=[44, 20, 3], name='a01_s01_e00_v01', parent_index=[20], ...)

    Args:
        root: The folder of the data set; ``raw/`` and ``processed/`` lie in it.
        split: ``"train"``, ``"val"``, ``"trainval"`` or ``"test"``.
        mirror: An http(s) or file address or a path, of the archive or of a folder that holds it.
        transform: Applied to a sequence on every access.
        force_reload: Process again although processed data are there.
        on_error: ``"raise"`` at a recording that can't be read, or ``"skip"`` it and report it.
        num_workers: Number of processes that read recordings, or an executor. Default: 0, this process.
        val_fraction: The part of the executions of cameras 1 and 2 that is ``"val"``.
        val_seed: Another seed, another draw.

    Shapes:
        - a sequence: ``pos`` ``[T, 20, 3]``, T = 1..201, facts ``action``, ``subject``, ``episode``, ``camera``

    Units:
        Meters in camera space, y up.

    Raises:
        FileNotFoundError: The archive can't be had; the message says where to place it by hand.
        RuntimeError: The archive is damaged.
        ValueError: A recording is invalid, or the split unknown.

    Source: Wang et al., Cross-view Action Modeling, Learning and Recognition, CVPR 2014.
    """

    topology = NWUCLA20
    class_names = NW_UCLA_CLASSES
    archives = (_ARCHIVE,)
    example = "all_sqe/aAA_sSS_eEE_vVV.json"

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: Literal["train", "val", "test", "trainval"] = "train",
        *,
        mirror: str | os.PathLike[str] | None = None,
        transform: Transform | None = None,
        force_reload: bool = False,
        on_error: OnError = "raise",
        num_workers: Workers = 0,
        val_fraction: float = 0.1,
        val_seed: int = 0,
    ) -> None:
        self.val_fraction = val_fraction
        self.val_seed = val_seed
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
        name, _, suffix = re.split(r"[\\/]", member)[-1].partition(".")
        return name if suffix == "json" and _NAME.fullmatch(name) else None

    def read(self, content: bytes, name: str) -> Recording:
        """The recording in the content of a member."""
        return read_nw_ucla_json(content, name)

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """Cameras 1 and 2 are train and val, camera 3 is test."""
        return rows_of(
            self.split,
            index.facts["camera"] != _TEST_CAMERA,
            labels=index.labels,
            names=index.names,
            group_of=lambda name: name.rpartition("_v")[0],  # the execution
            fraction=self.val_fraction,
            seed=self.val_seed,
        )
