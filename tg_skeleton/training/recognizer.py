"""Any network of `tg_skeleton.models` (or one with their calling convention) as a Lightning module."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from lightning import LightningModule
from lightning.pytorch.utilities import rank_zero_warn
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import LambdaLR
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.evaluation import Scores
from tg_skeleton.evaluation.clips import clip_logits, read
from tg_skeleton.training.recipe import Recipe


@runtime_checkable
class WithLoss(Protocol):
    """A network that brings its own training loss, such as `models.DualHeadNet`."""

    def loss(
        self, x: Tensor, y: Tensor, batch: Tensor, batch_size: int, *, label_smoothing: float
    ) -> tuple[Tensor, Tensor]:
        """The loss of a batch with classes ``y [B]``, and its logits ``[B, K]``."""


class Recognizer(LightningModule):
    """Train and test a network by a recipe.

    A step is ``logits = model(batch.x, batch.batch, batch.num_graphs)`` and the cross-entropy against ``batch.y``; a
    network with a ``loss`` of its own is trained with that (`WithLoss`).
    Batch transforms run on the device, after the transfer. Logged once an epoch: ``train/loss``, ``train/top1``,
    ``val/loss``, ``val/top1``, ``test/top1`` and, of more than 5 classes, ``val/top5`` and ``test/top5``. Precision,
    devices and nodes are arguments of Lightning's ``Trainer``.

    In a test, ``recipe.preprocessing.test_clips`` clips of each recording are run as one batch and their logits
    averaged (paper A); `scores` then holds the result, from every device.

    A checkpoint holds plain values and loads with ``weights_only=True``; network and recipe are given by the caller::

        Recognizer.load_from_checkpoint("best.ckpt", model=ESAN(NTU25, num_classes=60), recipe=esan_ntu60_xsub())

    Args:
        model: Maps ``x``, ``batch``, ``batch_size`` to logits.
        num_classes: K, the number of classes.
        recipe: Optimizer, learning rates and preprocessing.

    Shapes:
        x ``[T, N, C]``, batch ``[N]``, logits ``[B, K]``; x ``[test_clips * T, N, C]`` in a test.

    Raises:
        ValueError: A batch has no ``x``, ``y`` or (in a test) ``name``, the frames of a test batch can't be split into
            the clips, or the network's logits have another number of classes.
    """

    def __init__(self, model: nn.Module, num_classes: int, recipe: Recipe) -> None:
        super().__init__()
        self.model = model
        self.num_classes = num_classes
        self.recipe = recipe
        self.scores: Scores | None = None
        self.train_top1 = self._accuracy(1)
        self.val_metrics = MetricCollection({f"val/top{k}": self._accuracy(k) for k in self._ks()})
        self._tested: list[tuple[list[str], Tensor, Tensor]] = []
        # Plain values only: the checkpoint must load without unpickling anything of ours.
        self.save_hyperparameters({"num_classes": num_classes, "preprocessing": repr(recipe.preprocessing)})

    def forward(self, batch: SkeletonSequence, clips: int = 1) -> Tensor:
        """The logits ``[B, K]`` of a batch, averaged over ``clips`` clips of equal length."""
        return self._checked(clip_logits(self.model, batch, clips))

    # -- steps ---------------------------------------------------------------------------------------------------------

    def on_after_batch_transfer(self, batch: SkeletonSequence, dataloader_idx: int) -> SkeletonSequence:
        """Apply the batch transform of the recipe."""
        preprocessing = self.recipe.preprocessing
        training = self.trainer.training
        transform = preprocessing.train_batch_transform if training else preprocessing.eval_batch_transform
        return batch if transform is None else transform(batch)

    def training_step(self, batch: SkeletonSequence, batch_idx: int) -> Tensor:
        """The smoothed cross-entropy of a batch."""
        y, smoothing = _labels(batch), self.recipe.label_smoothing
        if isinstance(self.model, WithLoss):
            loss, logits = self.model.loss(read(batch), y, batch.batch, batch.num_graphs, label_smoothing=smoothing)
            self._checked(logits)
        else:
            logits = self(batch)
            loss = F.cross_entropy(logits, y, label_smoothing=smoothing)
        self.train_top1.update(logits, y)
        self.log("train/loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=y.numel())
        self.log("train/top1", self.train_top1, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def validation_step(self, batch: SkeletonSequence, batch_idx: int) -> None:
        """Update the accuracies; the loss is the cross-entropy without label smoothing."""
        logits, y = self(batch, self.recipe.preprocessing.val_clips), _labels(batch)
        self.val_metrics.update(logits, y)
        loss = F.cross_entropy(logits, y)
        self.log("val/loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=y.numel())
        self.log_dict(self.val_metrics, on_step=False, on_epoch=True, prog_bar=True)

    def on_test_epoch_start(self) -> None:
        """Clear the results of an earlier test."""
        self._tested.clear()

    def test_step(self, batch: SkeletonSequence, batch_idx: int) -> None:
        """Store names, logits and labels."""
        logits, y = self(batch, self.recipe.preprocessing.test_clips), _labels(batch)
        self._tested.append((_names(batch), logits, y))

    def on_test_epoch_end(self) -> None:
        """Gather the scores of all devices and log their accuracy."""
        self.scores = self._gather()
        self._tested.clear()
        for k in self._ks():
            self.log(f"test/top{k}", self.scores.top_k(k), sync_dist=True)

    def predict_step(self, batch: SkeletonSequence, batch_idx: int) -> tuple[list[str], Tensor]:
        """Names and logits ``[B, K]`` of a batch, over the test's clips; needs no labels."""
        return _names(batch), self(batch, self.recipe.preprocessing.test_clips)

    # -- optimization --------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The optimizer of the recipe, and its learning rate by epoch."""
        recipe = self.recipe
        rate, decay = recipe.learning_rate, recipe.weight_decay
        optimizer: torch.optim.Optimizer
        if recipe.optimizer == "adam":
            optimizer = torch.optim.Adam(self.parameters(), lr=rate, weight_decay=decay)
        else:
            optimizer = torch.optim.SGD(self.parameters(), lr=rate, weight_decay=decay, momentum=0.9, nesterov=True)
        return {"optimizer": optimizer, "lr_scheduler": LambdaLR(optimizer, self.recipe.rate_factor)}

    # -- helpers -------------------------------------------------------------------------------------------------------

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Warn if the weights were trained with other preprocessing than this recipe's."""
        trained = checkpoint.get("hyper_parameters", {}).get("preprocessing")
        given = repr(self.recipe.preprocessing)
        if trained is not None and trained != given:
            rank_zero_warn(
                f"the checkpoint was trained with {trained}, the recipe has {given}; "
                "accuracies will differ from those of the training unless the network sees the same"
            )

    def _checked(self, logits: Tensor) -> Tensor:
        if logits.size(-1) != self.num_classes:
            raise ValueError(
                f"num_classes: the Recognizer expects {self.num_classes}, the network gives {logits.size(-1)} logits; "
                "build both with the same number"
            )
        return logits

    def _ks(self) -> tuple[int, ...]:
        return (1, 5) if self.num_classes > 5 else (1,)

    def _accuracy(self, k: int) -> MulticlassAccuracy:
        # validate_args=False: the checks would synchronize with the device at every batch.
        return MulticlassAccuracy(self.num_classes, top_k=k, average="micro", validate_args=False)

    def _gather(self) -> Scores:
        names = [name for batch, _, _ in self._tested for name in batch]
        logits = torch.cat([logits.float() for _, logits, _ in self._tested]).cpu().numpy()
        labels = torch.cat([y for _, _, y in self._tested]).cpu().numpy()
        if self.trainer.world_size == 1:
            return Scores(np.array(names), logits, labels)
        parts: list[Any] = [None] * self.trainer.world_size
        torch.distributed.all_gather_object(parts, (names, logits, labels))
        everything = [np.concatenate(column) for column in zip(*parts, strict=True)]
        # Distributed samplers repeat recordings to give every device the same number; each counts once.
        first = np.sort(np.unique(everything[0], return_index=True)[1])
        return Scores(*(column[first] for column in everything))


def _labels(batch: SkeletonSequence) -> Tensor:
    if "y" not in batch:
        raise ValueError("the batch has no y; give the recordings labels: SkeletonSequence.from_array(..., y=3)")
    y: Tensor = batch.y
    return y


def _names(batch: SkeletonSequence) -> list[str]:
    if "name" not in batch:
        raise ValueError(
            "the batch has no name, by which scores are joined; name the recordings: "
            "SkeletonSequence.from_array(..., name='a01_s03')"
        )
    return list(batch.name)
