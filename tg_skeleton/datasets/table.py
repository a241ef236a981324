"""The data sets as a table: one row each, read by the command line, the recipes and the examples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tg_skeleton.datasets.arrays import ArrayDataset
from tg_skeleton.datasets.base import SkeletonDataset
from tg_skeleton.datasets.kinetics_skeleton import KineticsSkeleton
from tg_skeleton.datasets.ntu_rgbd import NTURGBD
from tg_skeleton.datasets.nw_ucla import NWUCLA
from tg_skeleton.datasets.preprocessing import (
    nw_ucla_preprocessing,
    own_preprocessing,
    sbu_preprocessing,
    simulated_preprocessing,
)
from tg_skeleton.datasets.sbu_interaction import SBUInteraction
from tg_skeleton.datasets.simulated import SimulatedActions
from tg_skeleton.topologies import COCO17
from tg_skeleton.topology import Topology
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, Transform


@dataclass(frozen=True)
class Location:
    """The folder of a data set, and how its recordings get there; the fields are arguments of its constructor.

    Args:
        root: The folder of the data set.
        source: The files of NTU RGB+D to read.
        mirror: Address or path of the raw files. Default: their public address.
        on_error: Raise at a bad recording, or skip it and list it in ``report.csv``.
        num_workers: Processes that read recordings; 0: the calling process.
        force_reload: Process again what is processed already.
        executor: Its workers read recordings instead of processes.
    """

    root: Path
    source: Any = "raw"
    mirror: str | None = None
    on_error: Any = "skip"
    num_workers: int = 0
    force_reload: bool = False
    executor: Executor | None = None


@dataclass(frozen=True)
class Body:
    """The skeleton of a data set's recordings.

    Args:
        dataset: The row of the data set.
        topology: The skeleton of the recordings.
        dims: D, coordinates of a joint.
        scored: Whether every recording has a pose estimator's scores.
    """

    dataset: DataSet
    topology: Topology
    dims: int
    scored: bool = False

    @property
    def in_pictures(self) -> bool:
        """Whether the recordings are those in pictures of a data set in space."""
        return self.topology == self.dataset.pictures


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """The facts about a data set.

    >>> from tg_skeleton.datasets.table import DATASETS, Location
    >>> row = DATASETS["sbu"]
    >>> row.description, list(row.protocols), row.body(Location("datasets/sbu_interaction")).topology.name
    ('SBU Kinect Interaction', ['fold1', 'fold2', 'fold3', 'fold4', 'fold5'], 'SBU15')

    Args:
        name: Its name on the command line.
        cls: Its class.
        description: One line about it.
        folder: Its folder below ``datasets``.
        protocols: The arguments of the constructor for each protocol; the first protocol is the default.
        options: The fields of `Location`, besides the folder, that the constructor takes.
        dims: D, coordinates of a joint; None: every folder has a skeleton of its own, with its own D.
        scored: Whether every recording has a pose estimator's scores.
        pictures: The skeleton of its recordings in pictures, the `Location.source` ``"openmmlab-2d"``, if it has some.
        validation: Whether an epoch can be selected on the validation split; None: it depends on the folder.
        preprocessing: The preprocessing, of channels, topology and D, for networks without a recipe of their own; None:
            networks are trained by recipes of their own alone.
        least_steps: Steps that a training has at least, by more epochs if need be. Default: any number.
        epochs: Epochs of the networks without a recipe of their own. Default: as the network's recipe says.
    """

    name: str
    cls: type[SkeletonDataset]
    description: str
    folder: str
    protocols: Mapping[str, Mapping[str, Any]]
    options: tuple[str, ...]
    dims: int | None = 3
    scored: bool = False
    pictures: Topology | None = None
    validation: bool | None = True
    preprocessing: Callable[[Channels, Topology, int], Preprocessing] | None = None
    epochs: int | None = None
    least_steps: int | None = None

    def split(
        self, location: Location, protocol: str, split: str, *, transform: Transform | None = None
    ) -> SkeletonDataset:
        """Open a split of a protocol; fetch and process the recordings where that is not done yet.

        Raises:
            ValueError: The data set has no such protocol.
        """
        if protocol not in self.protocols:
            raise ValueError(f"protocol: {self.name} has {', '.join(self.protocols) or 'none'}, got {protocol!r}")
        options = {key: getattr(location, key) for key in self.options}
        if "num_workers" in options and location.executor is not None:
            options["num_workers"] = location.executor
        arguments: dict[str, Any] = {**self.protocols[protocol], **options, "split": split, "transform": transform}
        return self.cls(location.root, **arguments)

    def body(self, location: Location) -> Body:
        """The skeleton of the recordings in a folder.

        Raises:
            FileNotFoundError: Every folder has a skeleton of its own, and this one has no recordings.
        """
        if self.pictures is not None and location.source == "openmmlab-2d":
            return Body(self, self.pictures, 2, scored=True)
        if self.dims is not None:
            return Body(self, self.cls.topology, self.dims, self.scored)
        recordings = self.cls(location.root, "all")
        return Body(self, recordings.topology, recordings[0].pos.size(-1))

    @property
    def terms(self) -> str:
        """The terms on which its archives are published; empty: there are none of others.

        >>> from tg_skeleton.datasets.table import DATASETS
        >>> DATASETS["nw_ucla"].terms[:56], DATASETS["own"].terms
        ('NW-UCLA Multiview Action 3D is published for research by', '')
        """
        return " ".join(dict.fromkeys(archive.terms for archive in getattr(self.cls, "archives", ())))

    def has_validation(self, location: Location) -> bool:
        """Whether an epoch can be selected on the validation split of the recordings in a folder.

        Raises:
            FileNotFoundError: It depends on the folder, and this one has no recordings.
        """
        if self.validation is not None:
            return self.validation
        try:
            return len(self.split(location, next(iter(self.protocols)), "val")) > 0
        except ValueError:  # the recordings were written without this split
            return False

    def default_root(self) -> Path:
        """The folder of the data set where no other is given."""
        return Path("datasets", self.folder)


_PROCESSED = ("force_reload", "num_workers")
_ARCHIVE = ("mirror", "on_error", *_PROCESSED)

DATASETS: Mapping[str, DataSet] = {
    row.name: row
    for row in (
        DataSet(
            name="nw_ucla",
            cls=NWUCLA,
            description="NW-UCLA Multiview Action 3D",
            folder="nw_ucla",
            protocols={"xview": {}},
            options=_ARCHIVE,
            preprocessing=nw_ucla_preprocessing,
        ),
        DataSet(
            name="ntu60",
            cls=NTURGBD,
            description="NTU RGB+D 60",
            folder="ntu_rgbd",
            protocols={name: {"subset": "60", "protocol": name} for name in ("xsub", "xview")},
            options=("source", *_ARCHIVE),
            pictures=COCO17,
        ),
        DataSet(
            name="ntu120",
            cls=NTURGBD,
            description="NTU RGB+D 120",
            folder="ntu_rgbd",
            protocols={name: {"subset": "120", "protocol": name} for name in ("xsub", "xset")},
            options=("source", *_ARCHIVE),
            pictures=COCO17,
        ),
        DataSet(
            name="kinetics",
            cls=KineticsSkeleton,
            description="Kinetics-Skeleton",
            folder="kinetics_skeleton",
            protocols={"": {}},
            options=_ARCHIVE,
            dims=2,
            scored=True,
        ),
        DataSet(
            name="sbu",
            cls=SBUInteraction,
            description="SBU Kinect Interaction",
            folder="sbu_interaction",
            protocols={f"fold{fold}": {"fold": fold} for fold in range(1, len(SBUInteraction.folds) + 1)},
            options=_ARCHIVE,
            validation=False,  # about 22 recordings, too few to select an epoch
            preprocessing=sbu_preprocessing,
        ),
        DataSet(
            name="simulated",
            cls=SimulatedActions,
            description="SimulatedActions (made here)",
            folder="simulated",
            protocols={name: {"protocol": name} for name in ("xsub", "xview")},
            options=_PROCESSED,
            preprocessing=simulated_preprocessing,
            epochs=8,
        ),
        DataSet(
            name="own",
            cls=ArrayDataset,
            description="your own (ArrayDataset)",
            folder="own",
            protocols={"": {}},
            options=(),
            dims=None,
            validation=None,
            preprocessing=own_preprocessing,
            least_steps=1500,  # the small data sets' recipes have as many on NW-UCLA; 100 recordings would have 200
        ),
    )
}
"""The rows by name."""
