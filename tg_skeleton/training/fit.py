"""From a recipe to a Lightning trainer, and from a trainer to test scores."""

from __future__ import annotations

import logging
import os
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from lightning import Trainer
from lightning.fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning.fabric.plugins.io import TorchCheckpointIO
from lightning.pytorch.callbacks import LearningRateMonitor, Timer
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger

from tg_skeleton.evaluation import Scores
from tg_skeleton.files import atomic_write, reading
from tg_skeleton.folders import writing_into
from tg_skeleton.training.callbacks import AverageWeights, BestCheckpoint, LastCheckpoint, Reseed
from tg_skeleton.training.datamodule import SkeletonDataModule
from tg_skeleton.training.precision import warn_of_slow_precision
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recognizer import Recognizer


def make_trainer(
    recipe: Recipe,
    folder: str | Path,
    *,
    accelerator: str = "auto",
    devices: int | str | list[int] = "auto",
    num_nodes: int = 1,
    strategy: str = "auto",
    precision: Literal["32-true", "bf16-mixed", "16-mixed"] = "32-true",
    deterministic: bool = False,
    progress_bar: bool = True,
    fast_dev_run: bool = False,
) -> Trainer:
    """Lightning's ``Trainer`` for a recipe, with checkpoints and logs in ``folder``.

    ``checkpoints/best.ckpt`` is the best epoch on the validation split (where there is one), ``checkpoints/last.ckpt``
    the last one, from which a training resumes; ``logs/version_N`` holds ``metrics.csv`` and the TensorBoard events.
    Call ``lightning.seed_everything(seed, workers=True)`` before the network is built.

    Args:
        recipe: Gives the number of epochs, the clipping of gradients and the averaging of weights.
        folder: The folder for checkpoints and logs.
        accelerator: Lightning's argument: ``"cpu"``, ``"gpu"``, ``"auto"``.
        devices: Lightning's argument: number of devices of each machine, or a list of them.
        num_nodes: Lightning's argument: number of machines.
        strategy: Lightning's argument: ``"ddp"``, ``"fsdp"``, ... Default: DDP on more than one device.
        precision: Lightning's argument.
        deterministic: Raise at operations that are not deterministic.
        progress_bar: Show a progress bar.
        fast_dev_run: Run one batch of each split, and write no checkpoints.
    """
    folder = Path(folder)
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(_is_about_training)
    checkpoints = str(folder / "checkpoints")
    csv = CSVLogger(str(folder), name="logs")
    trainer = Trainer(
        accelerator=accelerator,
        devices=devices,
        num_nodes=num_nodes,
        strategy=strategy,
        plugins=[_environment(), WholeFiles()],
        precision=precision,
        max_epochs=recipe.epochs,
        gradient_clip_val=recipe.gradient_clip,
        deterministic=deterministic,
        logger=[csv, TensorBoardLogger(str(folder), name="logs", version=csv.version)],
        # The best one comes first: Trainer.test(ckpt_path="best") uses the first, and the last one stores its state.
        callbacks=[
            Reseed(),
            LearningRateMonitor("epoch"),
            BestCheckpoint(checkpoints),
            LastCheckpoint(checkpoints),
            Timer(),
            *([AverageWeights(recipe.ema)] if recipe.ema else []),
        ],
        enable_progress_bar=progress_bar,
        enable_model_summary=False,
        log_every_n_steps=1,
        fast_dev_run=fast_dev_run,
    )
    warn_of_slow_precision(trainer)
    return trainer


def _is_about_training(record: logging.LogRecord) -> bool:
    """Whether Lightning's line is about the training; its tips are about other products."""
    return not record.getMessage().startswith("\N{ELECTRIC LIGHT BULB}")


def _environment() -> ClusterEnvironment:
    """The launcher of this process, named: Lightning's own choice by the environment takes SLURM's for torchrun's."""
    if TorchElasticEnvironment.detect():
        return TorchElasticEnvironment()
    if "SLURM_STEP_ID" in os.environ and SLURMEnvironment.detect():
        # SLURM starts a job again by itself (--requeue), and the training resumes from last.ckpt.
        return SLURMEnvironment(auto_requeue=False)
    return LightningEnvironment()


def fit_and_test(
    trainer: Trainer,
    recognizer: Recognizer,
    data: SkeletonDataModule,
    *,
    resume: str | Path | None = None,
) -> Scores:
    """Train, select the epoch with the best validation accuracy, and test it.

    Without a validation split (``data.val`` None) the last epoch is tested.

    Args:
        trainer: From `make_trainer`.
        recognizer: The network and its recipe; on return it has the tested weights.
        data: The splits; ``train`` and ``test`` at least.
        resume: A ``last.ckpt`` to continue from.

    Raises:
        FileNotFoundError: There is no such checkpoint.
        ValueError: The checkpoint can't be read, or a split is missing.
        OSError: The disk is full; `checkpoint_to_resume` gives the checkpoint from which the training goes on.
    """
    for split, recordings in (("train", data.train), ("test", data.test)):
        if recordings is None:
            raise ValueError(f"{split}: no data set was given; SkeletonDataModule(..., {split}=...)")
    if data.val is None:
        trainer.limit_val_batches = 0
        kept = [part for part in trainer.callbacks if not isinstance(part, BestCheckpoint)]  # type: ignore[attr-defined]
        trainer.callbacks = kept  # type: ignore[attr-defined]
    if resume is not None:
        load_checkpoint(resume)  # raises at a damaged file, or one with pickled code, before Lightning opens it
    logs = trainer.log_dir or trainer.default_root_dir
    with writing_into(logs), _expected_warnings_ignored(frozen=recognizer.start is not None):
        trainer.fit(recognizer, datamodule=data, ckpt_path=None if resume is None else str(resume))
        best = trainer.strategy.broadcast(getattr(trainer.checkpoint_callback, "best_model_path", ""))
        if best and data.val is not None:
            recognizer.load_state_dict(load_checkpoint(best)["state_dict"])
    return evaluate(trainer, recognizer, data)


def evaluate(trainer: Trainer, recognizer: Recognizer, data: SkeletonDataModule) -> Scores:
    """The scores of the network on ``data.test``, with the clips and the transforms of a test.

    Raises:
        ValueError: There is no test split.
    """
    with _expected_warnings_ignored():
        trainer.test(recognizer, datamodule=data, verbose=False)
    assert recognizer.scores is not None
    return recognizer.scores


def training_seconds(trainer: Trainer) -> float:
    """The time that a trainer of `make_trainer` has trained, with validations, before and after it was resumed.

    >>> from tg_skeleton.training import make_trainer, training_seconds
    >>> from tg_skeleton.training.recipes.esan import esan_simulated
    >>> trainer = make_trainer(esan_simulated("joint"), "runs", accelerator="cpu")
    >>> f"{training_seconds(trainer):.1f}"  # before the training
    '0.0'
    """
    timer = next(part for part in trainer.callbacks if isinstance(part, Timer))  # type: ignore[attr-defined]
    return timer.time_elapsed("train")


def load_checkpoint(path: str | Path) -> dict[str, Any]:
    """The content of a checkpoint, read without running code from the file.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is damaged, or contains other objects than tensors and plain values, or compressed parts.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"'{path}': no such checkpoint; trainings write checkpoints/last.ckpt into their folder"
        )
    with reading(path, "checkpoint", "take one that Recognizer's training wrote, or train anew"):
        with zipfile.ZipFile(path) as archive:  # torch compresses nothing; what is compressed could have any size
            if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
                raise ValueError("expected uncompressed parts, as torch writes them, got compressed ones")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about pickles of other protocols
            content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        if not isinstance(content, dict) or "state_dict" not in content:
            raise ValueError("expected a dictionary with a state_dict")
    return content


def checkpoint_to_resume(folder: str | Path) -> Path | None:
    """The checkpoint from which an interrupted training in a folder goes on; None: it begins anew.

    That is ``checkpoints/last.ckpt``; where it is damaged, ``best.ckpt``, with a warning.

    >>> from tg_skeleton.training.fit import checkpoint_to_resume
    >>> checkpoint_to_resume("runs/none")
    """
    for name in ("last.ckpt", "best.ckpt"):
        path = Path(folder) / "checkpoints" / name
        if path.is_file():
            try:
                load_checkpoint(path)
                return path
            except ValueError as error:
                warnings.warn(f"{error}; the training goes on from an earlier epoch", stacklevel=2)
    return None


class WholeFiles(TorchCheckpointIO):
    """Write Lightning's checkpoints by `tg_skeleton.files.atomic_write`, and read them without running their code."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        """Write a whole checkpoint, or leave the earlier one."""
        with atomic_write(path) as part:
            torch.save(checkpoint, part)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> dict[str, Any]:
        """Read a checkpoint."""
        return load_checkpoint(path)


@contextmanager
def _expected_warnings_ignored(*, frozen: bool = False) -> Iterator[None]:
    """Ignore Lightning's warnings about intended behavior."""
    expected = (
        ".*overridden `on_after_batch_transfer` in `LightningModule`",  # the Recognizer implements it
        ".*does not have many workers",  # 0 workers is the default, recordings are small
        ".*it is recommended to use `Trainer\\(devices=1",  # the Recognizer counts repeated recordings once
        ".*Checkpoint directory .* exists and is not empty",  # a resumed training continues in its folder
        ".*isinstance\\(treespec, LeafSpec\\)",  # between Lightning and torch
    )
    with warnings.catch_warnings():
        if frozen:  # frozen parts stay in evaluation mode
            warnings.filterwarnings("ignore", message=".*in eval mode at the start of training")
        for message in expected:
            warnings.filterwarnings("ignore", message=f"(?s){message}")
        yield
