"""Training and testing on Lightning, and recipes: a published setting as one function of literals."""

try:
    import lightning as _lightning
    import torchmetrics as _torchmetrics
except ImportError as error:
    raise ImportError(
        "tg_skeleton.training stands on lightning and torchmetrics, and one of them is not installed; "
        "pip install 'tg_skeleton[train]'"
    ) from error

from tg_skeleton.training.amanet_recipes import (
    amanet_kinetics,
    amanet_ntu60,
    amanet_ntu120,
    amanet_nw_ucla,
    amanet_sbu,
    amanet_simulated,
)
from tg_skeleton.training.baseline_recipes import (
    agcn_ntu60,
    ctrgcn_ntu60,
    msg3d_ntu60,
    sgn_ntu60,
    stgcn_ntu60,
)
from tg_skeleton.training.callbacks import BestCheckpoint, Reseed
from tg_skeleton.training.datamodule import SkeletonDataModule
from tg_skeleton.training.fit import evaluate, fit_and_test, load_checkpoint, make_trainer, training_seconds
from tg_skeleton.training.memory import keep_freed_memory
from tg_skeleton.training.preprocessings import (
    nw_ucla_preprocessing,
    own_preprocessing,
    sbu_preprocessing,
    simulated_preprocessing,
)
from tg_skeleton.training.recipe import Preprocessing, Recipe
from tg_skeleton.training.recipes import (
    esan_ntu60_xsub,
    esan_ntu60_xview,
    esan_nw_ucla,
    esan_sbu,
    esan_simulated,
)
from tg_skeleton.training.recognizer import Recognizer
from tg_skeleton.training.small_sets import amanet_own, esan_own, gcn_small, msg3d_small, sgn_small

__all__ = [
    "BestCheckpoint",
    "Preprocessing",
    "Recipe",
    "Recognizer",
    "Reseed",
    "SkeletonDataModule",
    "agcn_ntu60",
    "amanet_kinetics",
    "amanet_ntu60",
    "amanet_ntu120",
    "amanet_nw_ucla",
    "amanet_own",
    "amanet_sbu",
    "amanet_simulated",
    "ctrgcn_ntu60",
    "esan_ntu60_xsub",
    "esan_ntu60_xview",
    "esan_nw_ucla",
    "esan_own",
    "esan_sbu",
    "esan_simulated",
    "evaluate",
    "fit_and_test",
    "gcn_small",
    "keep_freed_memory",
    "load_checkpoint",
    "make_trainer",
    "msg3d_ntu60",
    "msg3d_small",
    "nw_ucla_preprocessing",
    "own_preprocessing",
    "sbu_preprocessing",
    "sgn_ntu60",
    "sgn_small",
    "simulated_preprocessing",
    "stgcn_ntu60",
    "training_seconds",
]

del _lightning, _torchmetrics
