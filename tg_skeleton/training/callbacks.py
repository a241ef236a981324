"""Lightning callbacks: the best checkpoint, and the seeds of each epoch."""

from __future__ import annotations

from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, ModelCheckpoint
from torch import Tensor


class BestCheckpoint(ModelCheckpoint):
    """Keep the weights of the epoch with the highest top-1 accuracy on the validation split, in ``best.ckpt``.

    Ties go to the later epoch, whose learning rate is lower. The test split is not used.

    Args:
        dirpath: The folder of the file.
    """

    def __init__(self, dirpath: str) -> None:
        super().__init__(dirpath, "best", monitor="val/top1", mode="max", enable_version_counter=False)

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        """Whether this epoch is at least as good as the best so far."""
        best = self.best_model_score
        tie = current is not None and best is not None and bool(current == best.to(current.device))
        return super().check_monitor_top_k(trainer, current) or bool(trainer.strategy.reduce_boolean_decision(tie))


class Reseed(Callback):
    """Seed every epoch by the seed of the run, the epoch and the device.

    A resumed training continues as if it had not been interrupted (bit by bit without loader workers; persistent
    workers draw other augmentations), a test draws the same clips after a training as in a new process, and all epochs
    are validated on the same clips. The seed is that of ``seed_everything``, or of the checkpoint.
    """

    def __init__(self) -> None:
        self.seed: int | None = None

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Store the seed of the run."""
        if self.seed is None:
            self.seed = torch.initial_seed()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed torch for the epoch."""
        self._reseed(trainer, 1 + trainer.current_epoch)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed torch for a validation, except Lightning's sanity check before training."""
        if not trainer.sanity_checking:
            self._reseed(trainer, 0)

    def on_test_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed torch for the test."""
        self._reseed(trainer, 0)

    def state_dict(self) -> dict[str, Any]:
        """The seed."""
        return {"seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the seed of the interrupted run."""
        self.seed = state_dict["seed"]

    def _reseed(self, trainer: Trainer, epoch: int) -> None:
        assert self.seed is not None
        # Two odd multipliers keep (seed, epoch, rank) apart from (seed + 1, epoch - 1, rank) and the like.
        torch.manual_seed((self.seed + 1_000_003 * epoch + 998_244_353 * trainer.global_rank) % 2**63)
