"""Files on disk to PyG data sets: download, verify, process, split."""

from tg_skeleton.datasets.archive import Archive, fetch_archive
from tg_skeleton.datasets.arrays import ArrayDataset
from tg_skeleton.datasets.base import SkeletonDataset
from tg_skeleton.datasets.download import download, verify
from tg_skeleton.datasets.nw_ucla import NWUCLA
from tg_skeleton.datasets.simulated import SimulatedActions, simulate
from tg_skeleton.datasets.splits import hold_out
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.datasets.validate import Issue, validate

__all__ = [
    "NWUCLA",
    "Archive",
    "ArrayDataset",
    "Issue",
    "RecordingIndex",
    "SimulatedActions",
    "SkeletonDataset",
    "download",
    "fetch_archive",
    "hold_out",
    "simulate",
    "validate",
    "verify",
]
