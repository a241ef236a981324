"""The data sets that can be named on the command line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tg_skeleton.datasets import (
    NTURGBD,
    NWUCLA,
    ArrayDataset,
    KineticsSkeleton,
    SBUInteraction,
    SimulatedActions,
    SkeletonDataset,
)
from tg_skeleton.topology import Topology


@dataclass(frozen=True)
class Place:
    """Where a data set lies, and how it gets there.

    Args:
        root: Its folder.
        source: Of NTU RGB+D: which files.
        mirror: The address or path that raw files are taken from; None: their public address.
        on_error: What to do at a bad recording.
        workers: Processes that read; 0: none but this one.
        force: Process again although that is done.
    """

    root: Path
    source: Any = "raw"
    mirror: str | None = None
    on_error: Any = "skip"
    workers: int = 0
    force: bool = False


Make = Callable[[Place, Any, Any, Any], SkeletonDataset]
"""Makes a split from the place, a protocol, the name of the split, and a transform or None."""


@dataclass(frozen=True)
class Body:
    """What the recordings of a data set are of.

    Args:
        dataset: Its name on the command line.
        topology: Their skeleton.
        dims: How many coordinates a joint has.
    """

    dataset: str
    topology: Topology
    dims: int


@dataclass(frozen=True)
class Known:
    """A data set that can be named on the command line.

    Args:
        kind: Its class.
        what: One line about it.
        folder: Its folder below ``datasets``, unless ``--root`` says another.
        protocols: What a split is taken from; each has statistics of its own.
        make: Makes a split of it.
        dims: How many coordinates a joint has; of data sets of your own they tell themselves.
    """

    kind: type[SkeletonDataset]
    what: str
    folder: str
    protocols: tuple[str, ...]
    make: Make
    dims: int = 3

    def body(self, name: str, root: Path) -> Body:
        """What the recordings in that folder are of.

        Raises:
            FileNotFoundError: They are your own, and the folder has none.
        """
        if self.kind is ArrayDataset:
            own = ArrayDataset(root)
            return Body(name, own.topology, own[0].pos.size(-1))
        return Body(name, self.kind.topology, self.dims)

    def chooses(self, root: Path) -> bool:
        """Whether there is a validation split that an epoch can be chosen by."""
        if self.kind is SBUInteraction:
            return False  # a tenth of 226 recordings chooses nothing
        return self.kind is not ArrayDataset or "val" in ArrayDataset(root).given_splits

    def root(self, root: Path | None) -> Path:
        """The folder that was named; of None its own below ``datasets``."""
        return Path("datasets", self.folder) if root is None else root


def _shared(place: Place, transform: Any) -> dict[str, Any]:
    """The options that all published data sets have."""
    return {
        "mirror": place.mirror,
        "force_reload": place.force,
        "on_error": place.on_error,
        "num_workers": place.workers,
        "transform": transform,
    }


def _nw_ucla(place: Place, protocol: Any, split: Any, transform: Any) -> SkeletonDataset:
    return NWUCLA(place.root, split, **_shared(place, transform))


def _simulated(place: Place, protocol: Any, split: Any, transform: Any) -> SkeletonDataset:
    return SimulatedActions(
        place.root,
        split,
        protocol=protocol,
        transform=transform,
        force_reload=place.force,
        num_workers=place.workers,
    )


def _ntu(subset: Any) -> Make:
    def make(place: Place, protocol: Any, split: Any, transform: Any) -> SkeletonDataset:
        return NTURGBD(place.root, subset, protocol, split=split, source=place.source, **_shared(place, transform))

    return make


def _kinetics(place: Place, protocol: Any, split: Any, transform: Any) -> SkeletonDataset:
    return KineticsSkeleton(place.root, split, **_shared(place, transform))


def _sbu(place: Place, protocol: Any, split: Any, transform: Any) -> SkeletonDataset:
    fold: Any = FOLDS.index(protocol) + 1
    return SBUInteraction(place.root, fold, split, **_shared(place, transform))


def _own(place: Place, protocol: Any, split: Any, transform: Any) -> SkeletonDataset:
    return ArrayDataset(place.root, split, transform=transform)


FOLDS = tuple(f"fold{fold}" for fold in range(1, len(SBUInteraction.folds) + 1))
KNOWN = {
    "nw_ucla": Known(NWUCLA, "NW-UCLA Multiview Action 3D", "nw_ucla", ("xview",), _nw_ucla),
    "ntu60": Known(NTURGBD, "NTU RGB+D 60", "ntu_rgbd", ("xsub", "xview"), _ntu("60")),
    "ntu120": Known(NTURGBD, "NTU RGB+D 120", "ntu_rgbd", ("xsub", "xset"), _ntu("120")),
    "kinetics": Known(KineticsSkeleton, "Kinetics-Skeleton", "kinetics_skeleton", ("",), _kinetics, 2),
    "sbu": Known(SBUInteraction, "SBU Kinect Interaction", "sbu_interaction", FOLDS, _sbu),
    "simulated": Known(SimulatedActions, "SimulatedActions (made here)", "simulated", ("xsub", "xview"), _simulated),
    "own": Known(ArrayDataset, "your own (ArrayDataset)", "own", ("",), _own),
}
