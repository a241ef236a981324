"""NTU RGB+D 60 and 120."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Literal, get_args

import numpy as np

from tg_skeleton.datasets.archive import Archive
from tg_skeleton.datasets.archive_dataset import ArchiveDataset
from tg_skeleton.datasets.base import Transform
from tg_skeleton.datasets.ntu_lists import (
    MISSING_SKELETONS,
    SETUPS,
    NTUProtocol,
    Subset,
    check_protocol,
    trains,
)
from tg_skeleton.datasets.processing import OnError
from tg_skeleton.datasets.splits import rows_of
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.io import (
    NTU_CLASSES,
    NTUCleaning,
    OpenMMLabSet,
    Recording,
    clean_ntu,
    read_ntu_skeleton,
    read_openmmlab_pickle,
)
from tg_skeleton.topologies import COCO17, NTU25
from tg_skeleton.work import Workers

Source = Literal["raw", "openmmlab-3d", "openmmlab-2d"]

_TERMS = (
    "NTU RGB+D 60 and 120 are published by the ROSE Lab of Nanyang Technological University for academic research, not "
    "for redistribution. Registration, terms of use and download: https://rose1.ntu.edu.sg/dataset/actionRecognition/. "
    "Cite A. Shahroudy et al., NTU RGB+D, CVPR 2016, and for 120 J. Liu et al., NTU RGB+D 120, TPAMI 2020."
)
_DRIVE = "https://drive.google.com/uc?id="
_OPENMMLAB = "https://download.openmmlab.com/mmaction"


def _pickle(old: str, new: str) -> Archive:
    others = (f"{_OPENMMLAB}/v1.0/skeleton/data/{new}",)
    return Archive(old, f"{_OPENMMLAB}/pyskl/data/nturgbd/{old}", _TERMS, others=others)


_RAW_60 = Archive("nturgbd_skeletons_s001_to_s017.zip", _DRIVE + "1CUZnBtYwifVXS21yVg62T-vrPVayso5H", _TERMS)
_RAW_120 = Archive("nturgbd_skeletons_s018_to_s032.zip", _DRIVE + "1tEbuaEqMxAV7dNc4fqu1O4M7mC6CJ50w", _TERMS)
_ARCHIVES: dict[tuple[Source, Subset], tuple[Archive, ...]] = {
    ("raw", "60"): (_RAW_60,),
    ("raw", "120"): (_RAW_60, _RAW_120),
    ("openmmlab-3d", "60"): (_pickle("ntu60_3danno.pkl", "ntu60_3d.pkl"),),
    ("openmmlab-3d", "120"): (_pickle("ntu120_3danno.pkl", "ntu120_3d.pkl"),),
    ("openmmlab-2d", "60"): (_pickle("ntu60_hrnet.pkl", "ntu60_2d.pkl"),),
    ("openmmlab-2d", "120"): (_pickle("ntu120_hrnet.pkl", "ntu120_2d.pkl"),),
}
_NAME = re.compile(r"S(\d{3})C\d{3}P\d{3}R\d{3}A\d{3}")


class NTURGBD(ArchiveDataset):
    r"""NTU RGB+D: 56,578 recordings of 60 actions, or 113,945 of 120; 11 actions, or 26, of two persons (Kinect v2).

    The recordings whose skeletons the authors found missing or incomplete (302 and 535) are excluded, from every
    source. The recordings that train and test:

    ====== ======== ====== ======
    subset protocol train  test
    ====== ======== ====== ======
    60     xsub     40,091 16,487
    60     xview    37,646 18,932
    120    xsub     63,026 50,919
    120    xset     54,468 59,477
    ====== ======== ====== ======

    Assumption: published work trains on all training recordings (``"trainval"``) and names no validation part. Here
    ``"val"`` is a tenth of the executions of each class, drawn by a fixed seed, with all views of an execution on one
    side; ``"train"`` is the rest.

    The archives are those placed at ``<root>/raw/``, else downloads, from ``mirror``, from the environment variable
    ``TG_SKELETON_MIRROR``, or from their public addresses. Raw files are read where they lie in the zip archives.

    >>> from tg_skeleton.datasets import NTURGBD
    >>> train = NTURGBD("datasets/ntu_rgbd", "60", "xsub", split="train")  # doctest: +SKIP
    >>> train[0]  # doctest: +SKIP
    SkeletonSequence(edge_index=[2, 48], y=[1], pos=[103, 25, 3], name='S001C001P001R001A001', setup=1, camera=1, ...)

    Args:
        root: The folder of the data set; ``raw/`` and ``processed/`` lie in it.
        subset: ``"60"`` or ``"120"``.
        protocol: ``"xsub"``: by subjects. ``"xview"`` (of 60): cameras 2 and 3 train, camera 1 tests. ``"xset"`` (of
            120): even setups train, odd ones test. One set of processed data serves all protocols.
        split: ``"train"``, ``"val"``, ``"trainval"`` or ``"test"``.
        source: ``"raw"``: Kinect's skeletons in the authors' archives, with the usual cleaning; an `NTUCleaning`: the
            same with thresholds of your own. ``"openmmlab-3d"``: those skeletons as OpenMMLab cleaned them.
            ``"openmmlab-2d"``: 17 joints in the picture that a pose estimator (HRNet) found, with its scores.
        transform: Applied to a sequence on every access.
        mirror: An http(s) or file address or a path, of the archive or of a folder that holds it (or them).
        force_reload: Process again although processed data are there.
        on_error: ``"raise"`` at a recording that can't be read, or ``"skip"`` it and report it.
        num_workers: Number of processes that read raw files, or an executor. Default: 0, this process, which always
            reads pickles.

    Shapes:
        - a sequence: ``pos`` ``[T, 25 M, 3]``, or ``[T, 17 M, 2]`` and ``score`` ``[T, 17 M]``; M 1 or 2; facts
          ``setup``, ``camera``, ``subject``, ``repetition`` and ``action``, counted from 1 as in the names

    Units:
        Meters in camera space, y up; 2D: image units, see `read_openmmlab_pickle`. 30 frames a second.

    Raises:
        FileNotFoundError: An archive can't be had; the message says where to place it by hand, and the terms.
        RuntimeError: An archive is damaged.
        ValueError: A recording is invalid, or an argument is unknown.

    Source: Shahroudy et al., NTU RGB+D: A Large Scale Dataset for 3D Human Activity Analysis, CVPR 2016; Liu et al.,
    NTU RGB+D 120: A Large-Scale Benchmark for 3D Human Activity Understanding, TPAMI 2020.
    """

    topology = NTU25
    archives = _ARCHIVES["raw", "60"]

    def __init__(
        self,
        root: str | os.PathLike[str],
        subset: Subset = "60",
        protocol: NTUProtocol = "xsub",
        *,
        split: Literal["train", "val", "test", "trainval"] = "train",
        source: Source | NTUCleaning = "raw",
        transform: Transform | None = None,
        mirror: str | os.PathLike[str] | None = None,
        force_reload: bool = False,
        on_error: OnError = "raise",
        num_workers: Workers = 0,
    ) -> None:
        check_protocol(subset, protocol)
        self.cleaning = source if isinstance(source, NTUCleaning) else NTUCleaning()
        self.source: Source = "raw" if isinstance(source, NTUCleaning) else source
        if self.source not in get_args(Source):
            sources = ", ".join(map(repr, get_args(Source)))
            raise ValueError(f"source: expected one of {sources}, or an NTUCleaning, got {source!r}")
        self.subset, self.protocol = subset, protocol
        self.archives = _ARCHIVES[self.source, subset]
        self.example = f"of NTU RGB+D {subset} with names such as S001C001P001R001A001"
        if self.source == "openmmlab-2d":
            self.topology = COCO17
        self.class_names = NTU_CLASSES[: int(subset)]
        self._pickled: OpenMMLabSet | None = None
        raw = self.source == "raw"
        super().__init__(
            root,
            split,
            mirror=mirror,
            transform=transform,
            force_reload=force_reload,
            on_error=on_error,
            num_workers=num_workers if raw else 0,  # each process would hold the whole pickle
        )

    def parameters(self) -> Mapping[str, Any]:
        """What the recordings depend on; the protocol is a matter of the index."""
        cleaning = asdict(self.cleaning) if self.source == "raw" else {}
        return {"subset": self.subset, "source": self.source, **cleaning}

    def recording_names(self) -> list[str]:
        """The names of the recordings of this subset in the archives, but for the missing ones, sorted."""
        if self.source == "raw":
            with self.members() as members:
                found = members.names
        else:
            found = self._records().records.names
        matches = ((name, _NAME.fullmatch(name)) for name in found)
        setups = {name: int(match[1]) for name, match in matches if match}
        names = sorted(name for name, setup in setups.items() if 1 <= setup <= SETUPS[self.subset])
        return [name for name in self.check_found(names) if name not in MISSING_SKELETONS]

    def recording_of(self, member: str) -> str | None:
        """The name of the recording in a member of an archive; None for other members."""
        name, _, suffix = re.split(r"[\\/]", member)[-1].partition(".")
        return name if suffix == "skeleton" and _NAME.fullmatch(name) else None

    def read(self, content: bytes, name: str) -> Recording:
        """The cleaned recording in the content of a member."""
        return clean_ntu(read_ntu_skeleton(content, name), self.cleaning)

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        """Reads and cleans raw files in place, inside the archives, or takes recordings from the pickle."""
        if self.source == "raw":
            with super().reader() as read:
                yield read
            return
        records = self._records().records
        rows = {name: row for row, name in enumerate(records.names)}
        self._pickled = None  # it is large, and the data set shall not keep it
        yield lambda name: records[rows[name]]

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """The rows of the split under the protocol."""
        return rows_of(
            self.split,
            trains(index.facts, self.subset, self.protocol),
            labels=index.labels,
            names=index.names,
            group_of=lambda name: name[:4] + name[8:],  # without the camera
        )

    def _records(self) -> OpenMMLabSet:
        if self._pickled is None:
            self._pickled = read_openmmlab_pickle(self.archive_paths[0])
        return self._pickled
