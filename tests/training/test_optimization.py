"""Optimizers, schedules, averaged weights, class weights and trainings that are no longer finite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning import Trainer, seed_everything
from lightning.pytorch.callbacks import Callback
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torch_geometric.data import Batch
from torch_geometric.transforms import BaseTransform

from tg_skeleton.collate import collate
from tg_skeleton.training import (
    AverageWeights,
    Recipe,
    Recognizer,
    SkeletonDataModule,
    fit_and_test,
    load_checkpoint,
    make_trainer,
)


def everything(tiny: SimpleNamespace, *, epochs: int = 4) -> Recipe:
    """AdamW, a cosine by step with warm-up, clipping, averaged weights, balanced classes."""
    return replace(
        tiny.recipe(epochs=epochs, noisy=True),
        optimizer="adamw",
        weight_decay=0.1,
        milestones=(),
        decay="cosine",
        warmup_epochs=1,
        gradient_clip=1.0,
        ema=0.9,
        class_weights="balanced",
    )


def train(
    tiny: SimpleNamespace,
    folder: Path,
    recipe: Recipe,
    *,
    resume: Path | None = None,
    stop_after: int | None = None,
    extra: Callback | None = None,
    validated: bool = True,
) -> Recognizer:
    seed_everything(0, workers=True, verbose=False)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    trainer = make_trainer(recipe, folder, accelerator="cpu", progress_bar=False, deterministic=True)
    trainer.callbacks += [] if extra is None else [extra]
    val = tiny.recordings(9, "val") if validated else None
    data = SkeletonDataModule(tiny.recordings(10), val, tiny.recordings(7, "test"), batch_size=4)
    if stop_after is not None:
        trainer.callbacks.append(StopAfter(stop_after))
    fit_and_test(trainer, recognizer, data, resume=resume)
    return recognizer


class StopAfter(Callback):
    """Ends a training after an epoch, as an interruption would."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_train_epoch_end(self, trainer: Trainer, pl_module: Recognizer) -> None:
        trainer.should_stop = trainer.current_epoch + 1 >= self.epochs


class Watch(Callback):
    """Keeps the weights after each step, and those of each validation, saved by value."""

    def __init__(self) -> None:
        self.steps: list[Tensor] = []
        self.validated: list[Tensor] = []
        self.rates: list[list[float]] = []

    def on_train_batch_start(self, trainer: Trainer, *args: object) -> None:
        self.rates.append([group["lr"] for group in trainer.optimizers[0].param_groups])

    def on_train_batch_end(self, trainer: Trainer, pl_module: Recognizer, *args: object) -> None:
        self.steps.append(torch.cat([self.weight(pl_module), pl_module.model.norm.running_mean]))

    def on_validation_batch_start(self, trainer: Trainer, pl_module: Recognizer, *args: object) -> None:
        if not trainer.sanity_checking:
            self.validated.append(torch.cat([self.weight(pl_module), pl_module.model.norm.running_mean]))

    @staticmethod
    def weight(recognizer: Recognizer) -> Tensor:
        return recognizer.model.linear.weight.detach().flatten().clone()


def last(folder: Path) -> dict[str, Tensor]:
    return load_checkpoint(folder / "checkpoints" / "last.ckpt")["state_dict"]


def average(steps: list[Tensor], decay: float) -> Tensor:
    """The equation of `AverageWeights`, step by step."""
    mean = steps[0]
    for n, step in enumerate(steps[1:], start=1):
        d = min(decay, (1 + n) / (10 + n))
        mean = d * mean + (1 - d) * step
    return mean


def test_adamw_shrinks_matrices_alone(tiny: SimpleNamespace) -> None:
    recipe = replace(tiny.recipe(), optimizer="adamw", weight_decay=0.5)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    optimizer = recognizer.configure_optimizers()["optimizer"]
    assert type(optimizer) is torch.optim.AdamW
    before = {name: value.detach().clone() for name, value in recognizer.named_parameters()}
    for parameter in recognizer.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    shrunk = {name for name, value in recognizer.named_parameters() if not torch.equal(value, before[name])}
    assert shrunk == {"model.linear.weight"}
    expected = before["model.linear.weight"] * (1 - 0.05 * 0.5)
    torch.testing.assert_close(recognizer.model.linear.weight.detach(), expected)


def test_a_cosine_changes_the_rate_at_each_step(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe, watch = everything(tiny, epochs=2), Watch()
    train(tiny, tmp_path, recipe, extra=watch)
    expected = [0.05 * recipe.rate_factor(step, steps_per_epoch=3) for step in range(6)]  # 10 recordings, 4 a step
    assert [rate for rate, _ in watch.rates] == pytest.approx(expected)
    assert [rate for _, rate in watch.rates] == pytest.approx(expected)


def test_averaged_weights_are_validated_saved_and_tested(tiny: SimpleNamespace, tmp_path: Path) -> None:
    watch = Watch()
    recognizer = train(tiny, tmp_path, everything(tiny, epochs=3), extra=watch)
    for epoch, validated in enumerate(watch.validated[::3]):  # 9 recordings, 4 a step
        torch.testing.assert_close(validated, average(watch.steps[: 3 * (epoch + 1)], 0.9))
    state = last(tmp_path)
    saved = torch.cat([state["model.linear.weight"].flatten(), state["model.norm.running_mean"]])
    torch.testing.assert_close(saved, average(watch.steps, 0.9))
    best = load_checkpoint(tmp_path / "checkpoints" / "best.ckpt")
    saved = torch.cat(
        [best["state_dict"]["model.linear.weight"].flatten(), best["state_dict"]["model.norm.running_mean"]]
    )
    torch.testing.assert_close(saved, average(watch.steps[: best["global_step"]], 0.9))
    assert torch.equal(recognizer.model.linear.weight, best["state_dict"]["model.linear.weight"])


def test_without_a_validation_split_the_average_is_tested(tiny: SimpleNamespace, tmp_path: Path) -> None:
    watch = Watch()
    recognizer = train(tiny, tmp_path, everything(tiny, epochs=2), extra=watch, validated=False)
    tested = torch.cat([watch.weight(recognizer), recognizer.model.norm.running_mean])
    torch.testing.assert_close(tested, average(watch.steps, 0.9))
    assert not torch.equal(tested, watch.steps[-1])


def test_the_average_of_a_long_training_has_the_decay() -> None:
    averaged, current = torch.zeros(1), torch.ones(1)
    AverageWeights(0.99)._average([averaged], [current], torch.tensor(10**6))
    assert averaged.item() == pytest.approx(0.01)


@pytest.mark.parametrize("stop_after", [1, 3])
def test_a_resumed_training_ends_as_an_uninterrupted_one(
    tiny: SimpleNamespace, tmp_path: Path, stop_after: int
) -> None:
    recipe = everything(tiny)
    train(tiny, tmp_path / "whole", recipe)
    train(tiny, tmp_path / "parts", recipe, stop_after=stop_after)
    interrupted = last(tmp_path / "parts")
    train(tiny, tmp_path / "parts", recipe, resume=tmp_path / "parts" / "checkpoints" / "last.ckpt")
    whole, parts = last(tmp_path / "whole"), last(tmp_path / "parts")
    assert list(whole) == list(parts)
    assert all(torch.equal(whole[key], parts[key]) for key in whole)
    assert not torch.equal(interrupted["model.linear.weight"], whole["model.linear.weight"])


def test_rare_classes_weigh_more(tiny: SimpleNamespace) -> None:
    recordings = [one for one in tiny.recordings(12) if one.y < 2 or one.name == "train2"]  # 4, 4 and 1
    recipe = replace(tiny.recipe(epochs=1), learning_rate=1e-12, class_weights="balanced")
    model = tiny.model()
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        max_epochs=1,
        limit_val_batches=0,
    )
    trainer.fit(Recognizer(model, 3, recipe), datamodule=SkeletonDataModule(recordings, batch_size=9))
    batch = tiny.pos_to_x()(Batch.from_data_list(recordings))
    with torch.no_grad():
        losses = F.cross_entropy(model.train()(batch.x, batch.batch, 9), batch.y, reduction="none")
    expected = (losses * torch.tensor([0.75, 0.75, 3.0])[batch.y]).mean()
    assert trainer.callback_metrics["train/loss"].item() == pytest.approx(expected.item(), abs=1e-5)


def test_balanced_classes_need_recordings_to_count(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(), 3, replace(tiny.recipe(), class_weights="balanced"))
    trainer = Trainer(
        accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, max_epochs=1
    )
    loader = SkeletonDataModule(tiny.recordings(8), batch_size=4).train_dataloader()
    with pytest.raises(ValueError, match="class_weights: 'balanced' counts the recordings of a SkeletonDataModule"):
        trainer.fit(recognizer, loader)


def test_a_loss_that_is_not_finite_stops_the_training_at_its_step(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe, watch = tiny.recipe(epochs=2), Watch()
    recordings = tiny.recordings(8)
    recordings[5].pos[0, 0, 0] = torch.nan
    seed_everything(0, workers=True, verbose=False)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    trainer = make_trainer(recipe, tmp_path, accelerator="cpu", progress_bar=False)
    trainer.callbacks.append(watch)
    data = SkeletonDataModule(recordings, None, tiny.recordings(7, "test"), batch_size=4)
    message = r"loss: expected finite numbers, got NaN or infinity in epoch 0 for the recordings (train\d, ){3}train\d;"
    with pytest.raises(ValueError, match=message) as raised:
        fit_and_test(trainer, recognizer, data)
    assert "train5" in str(raised.value)
    assert len(watch.steps) < 2
    assert all(bool(value.isfinite().all()) for value in recognizer.parameters())


def test_weights_that_are_not_finite_stop_the_training_after_the_epoch(tiny: SimpleNamespace, tmp_path: Path) -> None:
    class Explode(Callback):
        def on_train_batch_end(self, trainer: Trainer, pl_module: Recognizer, *args: object) -> None:
            pl_module.model.linear.bias.data[0] = torch.inf

    recipe = tiny.recipe(epochs=2)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    trainer = make_trainer(recipe, tmp_path, accelerator="cpu", progress_bar=False)
    trainer.callbacks.append(Explode())
    data = SkeletonDataModule(tiny.recordings(4), None, tiny.recordings(7, "test"), batch_size=4)
    with pytest.raises(ValueError, match="weights: expected finite numbers, got NaN or infinity in epoch 0; look for"):
        fit_and_test(trainer, recognizer, data)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_an_accelerator_the_first_batch_that_was_not_finite_is_named(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recordings = tiny.recordings(8)
    recordings[5].pos[0, 0, 0] = torch.nan
    recipe = tiny.recipe(epochs=2)
    trainer = make_trainer(recipe, tmp_path, accelerator="gpu", devices=1, progress_bar=False)
    data = SkeletonDataModule(recordings, None, tiny.recordings(7, "test"), batch_size=4)
    with pytest.raises(ValueError, match=r"weights: .* in epoch 0 for the recordings .*train5"):
        fit_and_test(trainer, Recognizer(tiny.model(), 3, recipe), data)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_average_lies_on_the_accelerator(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = everything(tiny, epochs=2)
    seed_everything(0, workers=True, verbose=False)
    recognizer = Recognizer(tiny.model(), 3, recipe)
    trainer = make_trainer(recipe, tmp_path, accelerator="gpu", devices=1, progress_bar=False)
    data = SkeletonDataModule(tiny.recordings(10), tiny.recordings(9, "val"), tiny.recordings(7, "test"), batch_size=4)
    watch = Watch()
    trainer.callbacks.append(watch)
    fit_and_test(trainer, recognizer, data)
    mean = next(part for part in trainer.callbacks if isinstance(part, AverageWeights))._average_model
    assert next(mean.module.parameters()).is_cuda
    assert mean.n_averaged.is_cpu
    torch.testing.assert_close(watch.validated[-1], average(watch.steps, 0.9))


def test_a_mixed_recording_has_two_labels(tiny: SimpleNamespace) -> None:
    class Mixed(BaseTransform):
        def forward(self, batch: Batch) -> Batch:
            batch.x, batch.other_y = batch.pos, (batch.y + 1) % 3
            batch.share = torch.tensor([1.0, 0.75, 0.5, 0.25])
            return batch

    recipe = replace(tiny.recipe(epochs=1), learning_rate=1e-12)
    recipe = replace(recipe, preprocessing=replace(recipe.preprocessing, train_batch_transform=Mixed()))
    model = tiny.model()
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        max_epochs=1,
        limit_val_batches=0,
    )
    recordings = tiny.recordings(4)
    data = SkeletonDataModule(recordings, batch_size=4)
    data._loader = lambda split, recordings, shuffle=False: DataLoader(recordings, batch_size=4, collate_fn=collate)
    trainer.fit(Recognizer(model, 3, recipe), datamodule=data)
    batch = tiny.pos_to_x()(Batch.from_data_list(recordings))
    share = torch.tensor([1.0, 0.75, 0.5, 0.25])
    with torch.no_grad():
        log = model.train()(batch.x, batch.batch, 4).log_softmax(1)
    one, other = (-log[range(4), (batch.y + shift) % 3] for shift in (0, 1))
    assert trainer.callback_metrics["train/loss"].item() == pytest.approx(
        float((share * one + (1 - share) * other).mean()), abs=1e-5
    )
