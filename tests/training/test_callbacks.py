from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from lightning import Trainer

from tg_skeleton.training import BestCheckpoint, Recognizer, Reseed, SkeletonDataModule, load_checkpoint


class Scripted(Recognizer):
    """Reports given validation accuracies, and notes the epoch in its weights."""

    accuracies: tuple[float, ...] = ()

    def validation_step(self, batch: object, batch_idx: int) -> None:
        torch.nn.init.constant_(self.model.linear.bias, self.current_epoch)
        self.log("val/top1", self.accuracies[self.current_epoch], batch_size=1)


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [((0.2, 0.9, 0.5), 1), ((0.9, 0.2, 0.5), 0), ((0.5, 0.9, 0.9), 2), ((0.9, 0.2, 0.9), 2), ((0.0, 0.0, 0.0), 2)],
)
def test_best_is_the_last_of_the_best_epochs(
    tiny: SimpleNamespace, tmp_path: Path, accuracies: tuple[float, ...], best: int
) -> None:
    recognizer = Scripted(tiny.model(), 3, tiny.recipe(epochs=3))
    recognizer.accuracies = accuracies
    trainer = Trainer(
        accelerator="cpu",
        max_epochs=3,
        num_sanity_val_steps=0,
        logger=False,
        enable_progress_bar=False,
        callbacks=[BestCheckpoint(str(tmp_path))],
    )
    trainer.fit(recognizer, datamodule=SkeletonDataModule(tiny.recordings(4), tiny.recordings(4, "val")))
    assert [file.name for file in tmp_path.iterdir()] == ["best.ckpt"]
    assert load_checkpoint(tmp_path / "best.ckpt")["state_dict"]["model.linear.bias"].tolist() == [best] * 3


def test_reseed_tells_seeds_epochs_and_devices_apart() -> None:
    def draw(seed: int, epoch: int, rank: int) -> float:
        reseed = Reseed()
        reseed.load_state_dict({"seed": seed})
        reseed.on_train_epoch_start(SimpleNamespace(current_epoch=epoch, global_rank=rank), None)
        return torch.rand(()).item()

    places = [(seed, epoch, rank) for seed in range(3) for epoch in range(3) for rank in range(3)]
    assert len({draw(*place) for place in places}) == 27
    assert draw(1, 2, 0) == draw(1, 2, 0)


@pytest.mark.parametrize("start", [Reseed.on_validation_start, Reseed.on_test_start])
def test_evaluation_draws_the_same_whatever_went_before(start: Callable[..., None]) -> None:
    reseed = Reseed()
    torch.manual_seed(7)
    reseed.setup(None, None, "test")
    torch.rand(5)
    start(reseed, SimpleNamespace(global_rank=0, sanity_checking=False), None)
    first = torch.rand(())
    reseed.on_train_epoch_start(SimpleNamespace(current_epoch=3, global_rank=0), None)
    start(reseed, SimpleNamespace(global_rank=0, sanity_checking=False), None)
    assert torch.equal(first, torch.rand(()))


def test_the_check_before_training_leaves_the_draws_as_they_are() -> None:
    reseed = Reseed()
    reseed.load_state_dict({"seed": 7})
    torch.manual_seed(3)
    reseed.on_validation_start(SimpleNamespace(global_rank=0, sanity_checking=True), None)
    first = torch.rand(())
    torch.manual_seed(3)
    assert torch.equal(first, torch.rand(()))
