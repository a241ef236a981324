"""Files on disk to PyG data sets: download, verify, process, split."""

from tg_skeleton.datasets.archive import Archive, fetch_archive
from tg_skeleton.datasets.archive_dataset import ArchiveDataset
from tg_skeleton.datasets.arrays import ArrayDataset
from tg_skeleton.datasets.base import SkeletonDataset, prepared_only
from tg_skeleton.datasets.check import check_store, doubts_about
from tg_skeleton.datasets.described import DescribedRecordings
from tg_skeleton.datasets.download import download, verify
from tg_skeleton.datasets.folds import Fold, folds_of
from tg_skeleton.datasets.generated import GeneratedActions, write_generated
from tg_skeleton.datasets.kinetics_skeleton import KineticsSkeleton
from tg_skeleton.datasets.ntu_rgbd import NTURGBD
from tg_skeleton.datasets.nw_ucla import NWUCLA
from tg_skeleton.datasets.sbu_interaction import SBUInteraction
from tg_skeleton.datasets.simulated import SimulatedActions, simulate
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.datasets.splits import hold_out
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.datasets.validate import Issue, validate

__all__ = [
    "NTURGBD",
    "NWUCLA",
    "Archive",
    "ArchiveDataset",
    "ArrayDataset",
    "DescribedRecordings",
    "Fold",
    "GeneratedActions",
    "Issue",
    "KineticsSkeleton",
    "RecordingIndex",
    "SBUInteraction",
    "SimulatedActions",
    "SkeletonDataset",
    "check_store",
    "doubts_about",
    "download",
    "export_ntu",
    "fetch_archive",
    "folds_of",
    "hold_out",
    "prepared_only",
    "simulate",
    "validate",
    "verify",
    "write_generated",
]
