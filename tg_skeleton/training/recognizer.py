"""Any network of `tg_skeleton.models` (or one with their calling convention) as a Lightning module."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

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
from tg_skeleton.evaluation.clips import clip_logits, labels_of, names_of, read
from tg_skeleton.nn.blocks.drop_path import regularize
from tg_skeleton.training.datamodule import SkeletonDataModule
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.start import Start
from tg_skeleton.training.sync_norm import SyncedNorms
from tg_skeleton.training.with_loss import WithLoss
from tg_skeleton.transforms.preprocessing import Preprocessing


class Recognizer(LightningModule):
    """Train and test a network by a recipe.

    A step is ``logits = model(batch.x, batch.batch, batch.num_graphs)`` and the cross-entropy against ``batch.y``; of
    mixed recordings (`MixUp`, `PartMix`), against both labels by their shares; a network with a loss of its own is
    trained with that (`WithLoss`). A training whose loss is not finite stops. Batch transforms run on the device, after
    the transfer. Logged once an epoch: ``train/loss``, ``train/top1``, ``val/loss``, ``val/top1``, ``test/top1`` and,
    of more than 5 classes, ``val/top5`` and ``test/top5``. Precision, devices and nodes are arguments of Lightning's
    ``Trainer``.

    In a test, ``recipe.preprocessing.test_clips`` clips of each recording are run as one batch and their logits
    averaged (paper A); `scores` then holds the result, from every device.

    A checkpoint holds plain values and loads with ``weights_only=True``; network and recipe are given by the caller::

        Recognizer.load_from_checkpoint("best.ckpt", model=ESAN(NTU25, num_classes=60), recipe=esan_ntu60_xsub())

    Args:
        model: Maps ``x``, ``batch``, ``batch_size`` to logits.
        num_classes: K, the number of classes.
        recipe: Optimizer, learning rates and preprocessing.
        start: Of a network that was trained before (`finetune`), which weights change, and how fast. Default: all.
        sync_norm: Whether batch norms take their statistics over all devices (`SyncedNorms`), so that a step is the
            same on any number of them. Default: over each device's share.

    Shapes:
        x ``[T, N, C]``, batch ``[N]``, logits ``[B, K]``; x ``[test_clips * T, N, C]`` in a test.

    Raises:
        ValueError: A batch has no ``x``, ``y`` or (in a test) ``name``, the frames of a test batch can't be split into
            the clips, the network's logits have another number of classes, or the loss or the weights are not finite.
            The recipe has a dropout that the network has no place for.
    """

    def __init__(
        self,
        model: nn.Module,
        num_classes: int,
        recipe: Recipe,
        *,
        start: Start | None = None,
        sync_norm: bool = False,
    ) -> None:
        super().__init__()
        regularize(model, attention_dropout=recipe.attention_dropout, drop_path=recipe.drop_path)
        if start is not None:
            start.freeze(model)
        self.model = model
        self.num_classes = num_classes
        self.recipe = recipe
        self.start = start
        self.sync_norm = sync_norm
        self.scores: Scores | None = None
        self.train_top1 = self._accuracy(1)
        self.val_metrics = MetricCollection({f"val/top{k}": self._accuracy(k) for k in self._ks()})
        self._class_weights: Tensor | None = None
        self._first_bad: Tensor | None = None
        self._trained: list[list[str]] = []
        self._tested: list[tuple[list[str], Tensor, Tensor]] = []
        # Plain values only: the checkpoint must load without unpickling anything of ours.
        self.save_hyperparameters({"num_classes": num_classes, "preprocessing": repr(_evaluation(recipe))})

    def forward(self, batch: SkeletonSequence, clips: int = 1) -> Tensor:
        """The logits ``[B, K]`` of a batch, averaged over ``clips`` clips of equal length."""
        return self._checked(clip_logits(self.model, batch, clips))

    def train(self, mode: bool = True) -> Recognizer:
        """Training or evaluation mode; frozen parts stay in evaluation mode."""
        super().train(mode)
        if self.start is not None:
            self.start.freeze(self.model)
        return self

    # -- steps ---------------------------------------------------------------------------------------------------------

    def on_after_batch_transfer(self, batch: SkeletonSequence, dataloader_idx: int) -> SkeletonSequence:
        """Apply the batch transform of the recipe."""
        preprocessing = self.recipe.preprocessing
        training = self.trainer.training
        transform = preprocessing.train_batch_transform if training else preprocessing.eval_batch_transform
        return batch if transform is None else transform(batch)

    def on_fit_start(self) -> None:
        """Weights the classes by their recordings, if the recipe says so."""
        if self.recipe.class_weights == "equal":
            return
        data = getattr(self.trainer, "datamodule", None)
        if not isinstance(data, SkeletonDataModule):
            raise ValueError(
                "class_weights: 'balanced' counts the recordings of a SkeletonDataModule, got other data; "
                "fit(recognizer, datamodule=SkeletonDataModule(...))"
            )
        counts = data.class_counts(self.num_classes)
        weights = counts.sum() / (self.num_classes * counts.clamp(min=1))
        self._class_weights = weights.to(self.device)

    def on_train_epoch_start(self) -> None:
        """Forgets the batches of the last epoch."""
        self._trained.clear()
        self._first_bad = None

    def training_step(self, batch: SkeletonSequence, batch_idx: int) -> Tensor:
        """The smoothed cross-entropy of a batch."""
        y = labels_of(batch)

        def criterion(logits: Tensor) -> Tensor:
            loss = self._loss(self._checked(logits), y)
            if "other_y" in batch:
                loss = batch.share * loss + (1 - batch.share) * self._loss(logits, batch.other_y)
            return loss.mean()

        with SyncedNorms() if self.sync_norm else nullcontext():
            if isinstance(self.model, WithLoss):
                loss, logits = self.model.loss(criterion, read(batch), batch.batch, batch.num_graphs)
            else:
                logits = self(batch)
                loss = criterion(logits)
        self._note(loss, batch, batch_idx)
        self.train_top1.update(logits, y)
        self.log("train/loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=y.numel())
        self.log("train/top1", self.train_top1, on_step=False, on_epoch=True, prog_bar=True)
        return loss

    def on_train_epoch_end(self) -> None:
        """Refuses to go on with weights that are not finite."""
        finite = torch.stack([parameter.detach().isfinite().all() for parameter in self.parameters()]).all()
        if not finite:
            first = None if self._first_bad is None else int(self._first_bad)
            self._stop("weights", None if first is None or first < 0 else self._trained[first])

    def validation_step(self, batch: SkeletonSequence, batch_idx: int) -> None:
        """Update the accuracies; the loss is the cross-entropy without label smoothing."""
        logits, y = self(batch, self.recipe.preprocessing.val_clips), labels_of(batch)
        self.val_metrics.update(logits, y)
        loss = F.cross_entropy(logits, y)
        self.log("val/loss", loss, on_step=False, on_epoch=True, sync_dist=True, batch_size=y.numel())
        self.log_dict(self.val_metrics, on_step=False, on_epoch=True, prog_bar=True)

    def on_test_epoch_start(self) -> None:
        """Clear the results of an earlier test."""
        self._tested.clear()

    def test_step(self, batch: SkeletonSequence, batch_idx: int) -> None:
        """Store names, logits and labels."""
        logits, y = self(batch, self.recipe.preprocessing.test_clips), labels_of(batch)
        self._tested.append((names_of(batch), logits, y))

    def on_test_epoch_end(self) -> None:
        """Gather the scores of all devices and log their accuracy."""
        self.scores = self._gather()
        self._tested.clear()
        for k in self._ks():
            self.log(f"test/top{k}", self.scores.top_k(k), sync_dist=True)

    def predict_step(self, batch: SkeletonSequence, batch_idx: int) -> tuple[list[str], Tensor]:
        """Names and logits ``[B, K]`` of a batch, over the test's clips; needs no labels."""
        return names_of(batch), self(batch, self.recipe.preprocessing.test_clips)

    # -- optimization --------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The recipe's optimizer, and its learning rate by epoch or by step."""
        recipe = self.recipe
        rate, decay = recipe.learning_rate, recipe.weight_decay
        optimizer: torch.optim.Optimizer
        if recipe.optimizer == "adam":
            optimizer = torch.optim.Adam(self._groups(), lr=rate, weight_decay=decay)
        elif recipe.optimizer == "adamw":
            optimizer = torch.optim.AdamW(self._groups(), lr=rate, weight_decay=decay)
        else:
            optimizer = torch.optim.SGD(self._groups(), lr=rate, weight_decay=decay, momentum=0.9, nesterov=True)
        if recipe.decay == "steps":
            return {"optimizer": optimizer, "lr_scheduler": LambdaLR(optimizer, recipe.rate_factor)}
        steps = -(-int(self.trainer.estimated_stepping_batches) // recipe.epochs)
        schedule = LambdaLR(optimizer, partial(recipe.rate_factor, steps_per_epoch=steps))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    # -- helpers -------------------------------------------------------------------------------------------------------

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Warn if the weights were validated with other preprocessing than this recipe's."""
        trained = checkpoint.get("hyper_parameters", {}).get("preprocessing")
        given = repr(_evaluation(self.recipe))
        if trained is not None and trained != given:
            rank_zero_warn(
                f"the checkpoint was trained with {trained}, the recipe has {given}; "
                "accuracies will differ from those of the training unless the network sees the same"
            )

    def _groups(self) -> list[dict[str, Any]]:
        """The parameters that are trained, grouped by learning rate and weight decay."""
        groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
        for name, parameter in self.model.named_parameters():
            if self.start is not None and name in self.start.frozen:
                continue
            factor = 1.0 if self.start is None else self.start.rate(name)
            shrinks = self.recipe.optimizer != "adamw" or parameter.dim() > 1
            groups.setdefault((factor, shrinks), []).append(parameter)
        rate = self.recipe.learning_rate
        return [
            {"params": parameters, "lr": factor * rate, **({} if shrinks else {"weight_decay": 0.0})}
            for (factor, shrinks), parameters in groups.items()
        ]

    def _loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """The smoothed, weighted cross-entropy of each clip, ``[B]``."""
        loss = F.cross_entropy(logits, y, reduction="none", label_smoothing=self.recipe.label_smoothing)
        return loss if self._class_weights is None else loss * self._class_weights[y]

    def _note(self, loss: Tensor, batch: SkeletonSequence, batch_idx: int) -> None:
        """Stops at a loss that is not finite; on an accelerator, notes it for the end of the epoch."""
        names = list(batch.name) if "name" in batch else []
        finite = loss.detach().isfinite()
        if loss.is_cpu:
            if not finite:
                self._stop("loss", names)
            return
        # Reading the loss back would make every step wait for the device.
        self._trained.append(names)
        bad = torch.where(finite, -1, len(self._trained) - 1)
        self._first_bad = bad if self._first_bad is None else torch.where(self._first_bad < 0, bad, self._first_bad)

    def _stop(self, what: str, names: list[str] | None) -> None:
        where = f" for the recordings {', '.join(names)}" if names else ""
        raise ValueError(
            f"{what}: expected finite numbers, got NaN or infinity in epoch {self.current_epoch}{where}; "
            "look for values that are not finite in the recordings, or train with a lower learning rate, "
            "gradient_clip, or a higher precision"
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


def _evaluation(recipe: Recipe) -> Preprocessing:
    """What a test depends on: the preprocessing without the part of training."""
    return replace(recipe.preprocessing, train_transform=None, train_batch_transform=None)
