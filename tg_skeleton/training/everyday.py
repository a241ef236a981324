"""Training a network for every skeleton on an endless source."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import torch.nn.functional as F
from lightning import LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader

from tg_skeleton.collate import collate
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets import GeneratedActions
from tg_skeleton.models import AnyESAN
from tg_skeleton.training.fit import WholeFiles, load_checkpoint
from tg_skeleton.training.memory import keep_freed_memory
from tg_skeleton.training.precision import warn_of_slow_precision
from tg_skeleton.transforms import SampleSegments


class AnyRecognizer(LightningModule):
    """A network of ``(x, batch, batch_size)`` on an endless source, and how it learns.

    AdamW under one cycle of the learning rate; cross entropy with smoothed labels.

    Args:
        model: The network, such as `tg_skeleton.models.AnyESAN`.
        steps: Updates in all.
        lr: The largest learning rate.
        weight_decay: Of AdamW.
        smoothing: Share of a label that is spread over all classes.
    """

    def __init__(
        self, model: nn.Module, *, steps: int, lr: float = 2e-3, weight_decay: float = 0.02, smoothing: float = 0.05
    ) -> None:
        super().__init__()
        self.model = model
        self.steps, self.lr, self.weight_decay, self.smoothing = steps, lr, weight_decay, smoothing

    def forward(self, batch: SkeletonSequence) -> Tensor:
        """Logits ``[B, num_classes]`` of a batch of described sequences (`DescribeJoints`) of one length."""
        logits: Tensor = self.model(batch.x, batch.batch, batch.num_graphs)
        return logits.float()

    def training_step(self, batch: SkeletonSequence, batch_idx: int) -> Tensor:
        """The loss of a batch."""
        logits = self(batch)
        loss = F.cross_entropy(logits, batch.y, label_smoothing=self.smoothing)
        accuracy = (logits.argmax(1) == batch.y).float().mean()
        self.log_dict({"train_loss": loss, "train_accuracy": accuracy}, prog_bar=True, batch_size=batch.num_graphs)
        return loss

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW, with a learning rate that rises over a tenth of the steps and falls to zero."""
        optimizer = AdamW(self.parameters(), lr=self.lr, weight_decay=self.weight_decay)
        schedule = OneCycleLR(optimizer, max_lr=self.lr, total_steps=self.steps, pct_start=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit_everyday(
    model: nn.Module,
    batches: Iterable[SkeletonSequence],
    folder: str | Path,
    *,
    steps: int,
    seed: int = 0,
    lr: float = 2e-3,
    precision: Literal["32-true", "bf16-mixed"] = "32-true",
    save_every: int = 1000,
    progress_bar: bool = True,
) -> AnyRecognizer:
    """Train on batches that never end, and keep ``last.ckpt`` in a folder, from which the training resumes.

    Args:
        model: The network; initialized by the caller, under the same seed.
        batches: A loader of an endless source. A training that resumes needs one that starts where the last one was:
            at recording ``steps done * batch size``.
        folder: For checkpoints and logs.
        steps: Updates in all.
        seed: Seed for all random number generators.
        lr: The largest learning rate.
        precision: Lightning's; ``"bf16-mixed"`` takes half as long on CPUs with instructions for bfloat16.
        save_every: Steps between two checkpoints.
        progress_bar: Show one.
    """
    seed_everything(seed, workers=True, verbose=False)
    folder = Path(folder)
    last = folder / "last.ckpt"
    module = AnyRecognizer(model, steps=steps, lr=lr)
    trainer = Trainer(
        max_steps=steps,
        max_epochs=1,
        logger=CSVLogger(str(folder), name="logs"),
        callbacks=[ModelCheckpoint(str(folder), save_last=True, save_top_k=0, every_n_train_steps=save_every)],
        plugins=[WholeFiles()],
        gradient_clip_val=1.0,
        precision=precision,
        enable_progress_bar=progress_bar,
        enable_model_summary=False,
        log_every_n_steps=min(50, steps),
        use_distributed_sampler=False,
    )
    warn_of_slow_precision(trainer)
    trainer.fit(module, batches, ckpt_path=str(last) if last.exists() else None, weights_only=True)
    return module


def steps_done(folder: str | Path) -> int:
    """How many updates the training in a folder has made; 0 where there is none."""
    last = Path(folder) / "last.ckpt"
    if not last.exists():
        return 0
    return int(load_checkpoint(last)["global_step"])


def train_everyday(
    folder: str | Path,
    *,
    steps: int,
    batch_size: int = 64,
    seed: int = 0,
    lr: float = 2e-3,
    precision: Literal["32-true", "bf16-mixed"] = "32-true",
    num_workers: int = 1,
    num_frames: int = 24,
    progress_bar: bool = True,
) -> AnyESAN:
    """Train `AnyESAN` on `GeneratedActions`; in a folder with the checkpoint of an unfinished training, go on there.

    Args:
        folder: For checkpoints and logs.
        steps: Updates in all.
        batch_size: Recordings a step.
        seed: Of the weights and of the motion.
        lr: The largest learning rate.
        precision: Lightning's.
        num_workers: Processes that generate motion; 0: this one.
        num_frames: Frames of a clip.
        progress_bar: Show one.

    Raises:
        ValueError: The training in the folder has made more steps than ``steps``, or a number is below 1.
    """
    for name, value in (("steps", steps), ("batch_size", batch_size)):
        if value < 1:
            raise ValueError(f"{name}: expected 1 or more, got {value}")
    done = steps_done(folder)
    if done > steps:
        raise ValueError(f"steps: the training in '{folder}' has made {done} of them, got {steps}; take another folder")
    keep_freed_memory()
    seed_everything(seed, workers=True, verbose=False)
    source = GeneratedActions(seed=seed, start=done * batch_size, transform=SampleSegments(num_frames))
    model = AnyESAN(num_classes=source.num_classes, num_frames=num_frames)
    if done == steps:
        state = load_checkpoint(Path(folder) / "last.ckpt")["state_dict"]
        model.load_state_dict({name.removeprefix("model."): value for name, value in state.items()})
        return model.eval()
    batches: DataLoader[SkeletonSequence] = DataLoader(
        source, batch_size=batch_size, num_workers=num_workers, collate_fn=collate
    )
    fit_everyday(
        model, batches, folder, steps=steps, seed=seed, lr=lr, precision=precision, save_every=100,
        progress_bar=progress_bar,
    )  # fmt: skip
    return model.eval()
