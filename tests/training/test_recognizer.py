from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from lightning import Trainer
from torch.nn import functional as F
from torch_geometric.data import Batch

from tg_skeleton.training import Recognizer, SkeletonDataModule


def quiet_trainer(**options: object) -> Trainer:
    return Trainer(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, **options)


def batch_of(tiny: SimpleNamespace, number: int = 4, **options: object) -> Batch:
    return tiny.pos_to_x()(Batch.from_data_list(tiny.recordings(number, **options)))


def test_forward_hands_x_batch_and_size_to_the_network(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(), 3, tiny.recipe()).eval()
    batch = batch_of(tiny)
    assert torch.equal(recognizer(batch), recognizer.model(batch.x, batch.batch, 4))


def test_clips_are_averaged_as_if_run_one_by_one(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(), 3, tiny.recipe()).eval()
    batch = batch_of(tiny, frames=12)
    one_by_one = [recognizer.model(clip, batch.batch, 4) for clip in batch.x.split(4)]
    torch.testing.assert_close(recognizer(batch, clips=3), torch.stack(one_by_one).mean(0))


def test_the_training_loss_is_smoothed_and_the_validation_loss_is_not(tiny: SimpleNamespace) -> None:
    recipe = replace(tiny.recipe(epochs=1), label_smoothing=0.2, learning_rate=1e-12, batch_size=8)
    model = tiny.model()
    data = SkeletonDataModule(tiny.recordings(8), tiny.recordings(8, "val"), batch_size=8)
    trainer = quiet_trainer(max_epochs=1, num_sanity_val_steps=0)
    trainer.fit(Recognizer(model, 3, recipe), datamodule=data)
    train, val = batch_of(tiny, 8), batch_of(tiny, 8, split="val")
    with torch.no_grad():
        plain = F.cross_entropy(model.eval()(val.x, val.batch, 8), val.y)
        smoothed = F.cross_entropy(model.train()(train.x, train.batch, 8), train.y, label_smoothing=0.2)
    assert trainer.callback_metrics["val/loss"].item() == pytest.approx(plain.item(), abs=1e-5)
    assert trainer.callback_metrics["train/loss"].item() == pytest.approx(smoothed.item(), abs=1e-5)


def test_a_network_that_brings_its_own_loss_is_trained_with_it(tiny: SimpleNamespace) -> None:
    class Halved(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = deepcopy(plain)

        def forward(self, *read: object) -> torch.Tensor:
            return self.model(*read)

        def loss(
            self, criterion: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, *batch: object
        ) -> tuple[torch.Tensor, torch.Tensor]:
            logits = self.model(x, *batch)
            return criterion(logits) / 2, logits

    recipe, losses = replace(tiny.recipe(epochs=1), label_smoothing=0.2, learning_rate=1e-12, batch_size=8), []
    plain = tiny.model()
    for model in (deepcopy(plain), Halved()):
        data = SkeletonDataModule(tiny.recordings(8), tiny.recordings(8, "val"), batch_size=8)
        trainer = quiet_trainer(max_epochs=1, num_sanity_val_steps=0)
        trainer.fit(Recognizer(model, 3, recipe), datamodule=data)
        losses.append({key: value.item() for key, value in trainer.callback_metrics.items()})
    assert losses[1]["train/loss"] == pytest.approx(losses[0]["train/loss"] / 2, abs=1e-5)
    assert losses[1]["val/loss"] == pytest.approx(losses[0]["val/loss"], abs=1e-5)
    assert losses[1]["train/top1"] == losses[0]["train/top1"]


def test_batch_transforms_of_training_and_evaluation_are_told_apart(tiny: SimpleNamespace) -> None:
    seen = []

    def note(key: str):
        def transform(batch: Batch) -> Batch:
            seen.append(key)
            return tiny.pos_to_x()(batch)

        return transform

    recipe = tiny.recipe(epochs=1)
    prepare = replace(recipe.preprocessing, train_batch_transform=note("train"), eval_batch_transform=note("eval"))
    recognizer = Recognizer(tiny.model(), 3, replace(recipe, preprocessing=prepare))
    data = SkeletonDataModule(tiny.recordings(4), tiny.recordings(4, "val"), tiny.recordings(4, "test"), batch_size=4)
    trainer = quiet_trainer(max_epochs=1, num_sanity_val_steps=0)
    trainer.fit(recognizer, datamodule=data)
    trainer.test(recognizer, datamodule=data, verbose=False)
    assert seen == ["train", "eval", "eval"]


def test_a_test_keeps_names_logits_and_labels(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(), 3, tiny.recipe(test_clips=2))
    test = tiny.recordings(5, "test", frames=8)
    metrics = quiet_trainer().test(recognizer, datamodule=SkeletonDataModule(test=test, batch_size=2), verbose=False)
    scores = recognizer.scores
    assert scores.names.tolist() == ["test0", "test1", "test2", "test3", "test4"]
    assert scores.labels.tolist() == [0, 1, 2, 0, 1]
    whole = recognizer.eval()(tiny.pos_to_x()(Batch.from_data_list(test)), clips=2)
    torch.testing.assert_close(torch.from_numpy(scores.logits), whole.detach())
    assert metrics == [{"test/top1": pytest.approx(scores.top_k(1))}]


def test_top_5_is_logged_of_more_than_five_classes(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(6), 6, tiny.recipe())
    data = SkeletonDataModule(val=tiny.recordings(6, classes=6), test=tiny.recordings(6, classes=6))
    trainer = quiet_trainer()
    trainer.validate(recognizer, datamodule=data, verbose=False)
    assert {"val/top1", "val/top5", "val/loss"} == set(trainer.callback_metrics)
    trainer.test(recognizer, datamodule=data, verbose=False)
    assert {"test/top1", "test/top5"} == set(trainer.callback_metrics)


def test_validation_accuracy_is_that_of_all_recordings(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(), 3, tiny.recipe())
    val = tiny.recordings(7)
    trainer = quiet_trainer()
    trainer.validate(recognizer, datamodule=SkeletonDataModule(val=val, batch_size=3), verbose=False)
    batch = batch_of(tiny, 7)
    hits = (recognizer.eval()(batch).argmax(1) == batch.y).float().mean()
    assert trainer.callback_metrics["val/top1"] == pytest.approx(float(hits))


def test_validation_averages_its_clips(tiny: SimpleNamespace) -> None:
    recipe = tiny.recipe()
    recipe = replace(recipe, preprocessing=replace(recipe.preprocessing, val_clips=2))
    recognizer = Recognizer(tiny.model(), 3, recipe)
    val = tiny.recordings(7, frames=8)
    trainer = quiet_trainer()
    trainer.validate(recognizer, datamodule=SkeletonDataModule(val=val, batch_size=7), verbose=False)
    batch = batch_of(tiny, 7, frames=8)
    loss = F.cross_entropy(recognizer.eval()(batch, clips=2), batch.y)
    assert trainer.callback_metrics["val/loss"] == pytest.approx(float(loss))


def test_prediction_needs_no_labels(tiny: SimpleNamespace) -> None:
    unlabelled = tiny.recordings(3)
    for recording in unlabelled:
        del recording.y
    recognizer = Recognizer(tiny.model(), 3, tiny.recipe())
    (names, logits), *_ = quiet_trainer().predict(recognizer, datamodule=SkeletonDataModule(test=unlabelled))
    assert names == ["train0", "train1", "train2"]
    assert logits.shape == (3, 3)


@pytest.mark.parametrize(("optimizer", "kind"), [("adam", torch.optim.Adam), ("sgd", torch.optim.SGD)])
def test_optimizer_is_the_recipe_s(tiny: SimpleNamespace, optimizer: str, kind: type) -> None:
    recipe = replace(tiny.recipe(), optimizer=optimizer, weight_decay=0.5)
    made = Recognizer(tiny.model(), 3, recipe).configure_optimizers()["optimizer"]
    assert type(made) is kind
    assert (made.defaults["lr"], made.defaults["weight_decay"]) == (0.05, 0.5)


def test_bfloat16_trains(tiny: SimpleNamespace) -> None:
    recognizer = Recognizer(tiny.model(), 3, tiny.recipe(epochs=1))
    data = SkeletonDataModule(tiny.recordings(6), test=tiny.recordings(6, "test"))
    trainer = quiet_trainer(max_epochs=1, precision="bf16-mixed")
    trainer.fit(recognizer, datamodule=SkeletonDataModule(tiny.recordings(6), tiny.recordings(6, "val")))
    trainer.test(recognizer, datamodule=data, verbose=False)
    assert len(recognizer.scores) == 6


@pytest.mark.parametrize(
    ("missing", "message"),
    [("y", "the batch has no y"), ("name", "the batch has no name"), ("pos", "the batch has no x, which")],
)
def test_a_missing_attribute_is_named(tiny: SimpleNamespace, missing: str, message: str) -> None:
    recordings = tiny.recordings(3)
    recipe = tiny.recipe()
    for recording in recordings:
        recording.x = recording.pos
        del recording[missing]
        if missing == "pos":
            del recording.x
    plain = replace(recipe, preprocessing=replace(recipe.preprocessing, eval_batch_transform=None))
    with pytest.raises(ValueError, match=message):
        quiet_trainer().test(Recognizer(tiny.model(), 3, plain), datamodule=SkeletonDataModule(test=recordings))


def test_a_network_of_other_classes_is_refused(tiny: SimpleNamespace) -> None:
    with pytest.raises(ValueError, match="num_classes: the Recognizer expects 4, the network gives 3 logits"):
        Recognizer(tiny.model(3), 4, tiny.recipe())(batch_of(tiny))
