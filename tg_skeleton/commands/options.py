"""The options of a training."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tg_skeleton.commands.recipes import MOST_EPOCHS
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.datasets.folds import Fold
from tg_skeleton.datasets.table import DataSet, Location
from tg_skeleton.training import Recipe


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a training, whatever the network.

    Args:
        dataset: The row of the data set.
        protocol: One of its protocols.
        location: Its folder.
        seed: Seed for all random number generators.
        epochs: Epochs of training. Default: the recipe's.
        steps: Steps of training, rounded up to epochs. Default: the epochs.
        batch_size: Recordings per step, of all devices together. Default: the recipe's.
        learning_rate: The learning rate. Default: the recipe's.
        class_weights: The weights of the classes. Default: the recipe's.
        sampling: How recordings are drawn. Default: the recipe's.
        trainval: Train on the validation split too, and test the last epoch.
        device: Lightning's accelerator.
        devices: Lightning's number of devices on each machine.
        num_nodes: The number of machines.
        strategy: Lightning's strategy, such as ``"ddp"`` and ``"fsdp"``.
        sync_norm: Whether batch norms take their statistics over all devices.
        precision: Lightning's precision.
        resume: Continue an unfinished run in the folder, prolong a finished one to more epochs, or read it.
        overwrite: Replace the run in the folder.
        fast_dev_run: Run one batch of each split.
    """

    dataset: DataSet
    protocol: str
    location: Location
    seed: int = 0
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    class_weights: Any = None
    sampling: Any = None
    trainval: bool = False
    device: str = "auto"
    devices: str = "auto"
    num_nodes: int = 1
    strategy: str = "auto"
    sync_norm: bool = False
    precision: Any = "32-true"
    resume: bool = False
    overwrite: bool = False
    fast_dev_run: bool = False

    def recordings(self, split: str, transform: Any = None) -> SkeletonDataset:
        """A split of the data set; fetched and processed where that is not done yet."""
        return self.dataset.split(self.location, self.protocol, split, transform=transform)

    def recipe(self, recipe: Recipe, num_recordings: int) -> Recipe:
        """A recipe with the values of the command line, for a training split of ``num_recordings``."""
        if self.epochs is not None and self.steps is not None:
            raise ValueError(f"--steps: expected --epochs or --steps, got {self.epochs} and {self.steps}")
        recipe = recipe if self.batch_size is None else recipe.with_batch_size(self.batch_size)
        if self.epochs is not None:
            recipe = recipe.with_epochs(self.epochs)
        elif self.steps is not None:
            recipe = recipe.with_steps(self.steps, num_recordings)
        elif self.dataset.least_steps is not None:
            enough = recipe.with_steps(self.dataset.least_steps, num_recordings).epochs
            recipe = recipe.with_epochs(max(recipe.epochs, min(enough, MOST_EPOCHS)))
        chosen = {key: getattr(self, key) for key in ("learning_rate", "class_weights", "sampling")}
        return replace(recipe, **{key: value for key, value in chosen.items() if value is not None})

    def facts(self) -> dict[str, Any]:
        """The facts about the recordings, which a test must have as the training had them."""
        return {
            "dataset": self.dataset.name,
            "protocol": self.protocol,
            "source": str(self.location.source),
            "recordings": self.recordings("test").fingerprint,
        }


@dataclass(frozen=True, kw_only=True)
class LeaveOut(Options):
    """The options of a training on a part of the training recordings; the others of them are its test.

    The test recordings of the protocol can't be had from it.

    Args:
        fold: The recordings that are left out.
    """

    fold: Fold
    trainval: bool = True

    def recordings(self, split: str, transform: Any = None) -> SkeletonDataset:
        """``"trainval"``: the recordings to train on; ``"test"``: those that are left out.

        Raises:
            ValueError: Another split is asked for, or the fold does not fit the recordings.
        """
        if split not in ("trainval", "test"):
            raise ValueError(f"split: expected 'trainval' or 'test' where recordings are left out, got {split!r}")
        rest, left_out = self.fold.sides(super().recordings("trainval", transform))
        return rest if split == "trainval" else left_out

    def facts(self) -> dict[str, Any]:
        """The facts about the recordings, and what is left out."""
        training = self.recordings("trainval").fingerprint
        return {**super().facts(), "held_out": self.fold.label, "trained_on": training}
