"""Lightning callbacks: the best checkpoint, the seeds of each epoch, and averaged weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, WeightAveraging
from torch import Tensor


class BestCheckpoint(ModelCheckpoint):
    """Keep the weights of the epoch with the highest top-1 accuracy on the validation split, in ``best.ckpt``.

    Ties go to the later epoch, whose learning rate is lower. The test split is not used.

    Args:
        dirpath: The folder of the file.
    """

    def __init__(self, dirpath: str) -> None:
        super().__init__(dirpath, "best", monitor="val/top1", mode="max", enable_version_counter=False)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the best accuracy and its file, whose folder may have been moved or renamed since."""
        best = Path(str(self.dirpath), "best.ckpt")
        if not state_dict["best_model_path"] or not best.is_file():
            return  # no epoch was validated, or its weights are gone: the best of those to come
        score, path = state_dict["best_model_score"], str(best)
        here = {"dirpath": self.dirpath, "best_model_path": path, "kth_best_model_path": path}
        super().load_state_dict({**state_dict, **here, "best_k_models": {path: score}, "last_model_path": ""})

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        """Whether this epoch is at least as good as the best so far."""
        best = self.best_model_score
        tie = current is not None and best is not None and bool(current == best.to(current.device))
        return super().check_monitor_top_k(trainer, current) or bool(trainer.strategy.reduce_boolean_decision(tie))


class LastCheckpoint(ModelCheckpoint):
    """Keep the state of the last epoch, from which a training resumes, in ``last.ckpt``.

    Args:
        dirpath: The folder of the file.
    """

    def __init__(self, dirpath: str) -> None:
        super().__init__(dirpath, "last", enable_version_counter=False)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Keep the folder of this training, which may have been moved or renamed since."""


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


class AverageWeights(WeightAveraging):
    r"""Validates, saves and tests an exponential moving average of the weights; training goes on with the weights.

    .. math:: \bar w_n = d_n \bar w_{n-1} + (1 - d_n)\, w_n, \qquad
        d_n = \min\left(\mathrm{decay}, \frac{1 + n}{10 + n}\right)

    after step n + 1 of the optimizer, with :math:`\bar w_0 = w_0`: the average of a short training is not one of its
    initial weights. Buffers (the statistics of batch norms) are averaged too, integers are copied.

    Args:
        decay: The decay of a long training.
    """

    def __init__(self, decay: float) -> None:
        super().__init__(multi_avg_fn=self._average)
        self.decay = decay

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Moves the average to the device of the weights."""
        assert self._average_model is not None
        self._average_model.module.to(pl_module.device)
        # The number of steps stays on the CPU, where it can be read without waiting for the device.
        self._average_model.n_averaged = self._average_model.n_averaged.cpu()

    def _average(self, averaged: list[Tensor], current: list[Tensor], steps: Tensor | int) -> None:
        share = (9 / (10 + torch.as_tensor(steps))).clamp(min=1 - self.decay)  # 1 - d, without its rounding
        for mean, new in zip(averaged, current, strict=True):
            if mean.is_floating_point():
                mean.lerp_(new, share.to(mean.dtype))
            else:
                mean.copy_(new)
