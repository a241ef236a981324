"""Training and testing on Lightning, and recipes: a published setting is one function of literals."""

try:
    import lightning as _lightning
    import torchmetrics as _torchmetrics
except ImportError as error:
    raise ImportError(
        "tg_skeleton.training needs lightning and torchmetrics, and one of them is not installed; "
        "pip install 'tg_skeleton[train]'"
    ) from error

from tg_skeleton.training.callbacks import AverageWeights, BestCheckpoint, Reseed
from tg_skeleton.training.changes import changed
from tg_skeleton.training.datamodule import SkeletonDataModule
from tg_skeleton.training.finetune import finetune
from tg_skeleton.training.fit import evaluate, fit_and_test, load_checkpoint, make_trainer, training_seconds
from tg_skeleton.training.memory import keep_freed_memory
from tg_skeleton.training.network import Network, Setting, own_network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recognizer import Recognizer
from tg_skeleton.training.sampling import BalancedSampler
from tg_skeleton.training.start import Start
from tg_skeleton.training.strong import described, difference, strong
from tg_skeleton.transforms.preprocessing import Preprocessing

__all__ = [
    "AverageWeights",
    "BalancedSampler",
    "BestCheckpoint",
    "Network",
    "Preprocessing",
    "Recipe",
    "Recognizer",
    "Reseed",
    "Setting",
    "SkeletonDataModule",
    "Start",
    "changed",
    "described",
    "difference",
    "evaluate",
    "finetune",
    "fit_and_test",
    "keep_freed_memory",
    "load_checkpoint",
    "make_trainer",
    "own_network",
    "strong",
    "training_seconds",
]

del _lightning, _torchmetrics
