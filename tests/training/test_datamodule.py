from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning.fabric.utilities.distributed import DistributedSamplerWrapper
from torch import Tensor
from torch.utils.data import Dataset

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.collate import Joined
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.training import BalancedSampler, Recognizer, SkeletonDataModule, fit_and_test, make_trainer
from tg_skeleton.training.recipes.esan import esan_ntu60_xsub


class OneByOne(Dataset):
    """Recordings of a data set, without its way to read a batch at once."""

    def __init__(self, dataset: ArrayDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> SkeletonSequence:
        return self.dataset[index]


class Draws(Dataset):
    """Recordings whose only coordinate is drawn anew at every access, as augmentation does."""

    def __init__(self, tiny: SimpleNamespace) -> None:
        self.tiny = tiny

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> SkeletonSequence:
        return SkeletonSequence.from_array(torch.rand(1, 1, 2, 1), self.tiny.topology)


def drawn(loader) -> Tensor:
    return torch.cat([batch.pos.flatten() for batch in loader])


def test_training_is_shuffled_and_keeps_the_last_batch(tiny: SimpleNamespace) -> None:
    torch.manual_seed(0)
    loader = SkeletonDataModule(tiny.recordings(9), batch_size=4).train_dataloader()
    batches = [batch.name for batch in loader]
    assert [len(names) for names in batches] == [4, 4, 1]
    names = [name for batch in batches for name in batch]
    assert names != sorted(names)
    assert sorted(names) == [f"train{number}" for number in range(9)]


@pytest.mark.parametrize("split", ["val", "test", "predict"])
def test_evaluation_is_in_order_and_complete(tiny: SimpleNamespace, split: str) -> None:
    data = SkeletonDataModule(val=tiny.recordings(5), test=tiny.recordings(5), batch_size=2)
    names = [name for batch in getattr(data, f"{split}_dataloader")() for name in batch.name]
    assert names == ["train0", "train1", "train2", "train3", "train4"]


@pytest.mark.parametrize("workers", [0, 2])
def test_every_recording_and_epoch_has_draws_of_its_own(tiny: SimpleNamespace, workers: int) -> None:
    torch.manual_seed(0)
    loader = SkeletonDataModule(Draws(tiny), batch_size=2, num_workers=workers).train_dataloader()
    values = torch.cat([drawn(loader), drawn(loader)])
    assert values.unique().numel() == 2 * 8 * 2


def test_draws_of_workers_follow_the_seed(tiny: SimpleNamespace) -> None:
    def draw(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return drawn(SkeletonDataModule(Draws(tiny), batch_size=2, num_workers=2).train_dataloader())

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_clips_that_are_read_at_once_are_what_the_recipe_says(tmp_path: Path, split: str) -> None:
    """Only training reads at once: where it is tested, joints astray of whole recordings are looked for."""
    draw = np.random.default_rng(0)
    arrays = [draw.standard_normal((9 * row + 2, 1 + row % 2, 25, 3)) for row in range(6)]
    dataset = ArrayDataset.from_arrays(tmp_path, arrays, range(6), NTU25)
    dataset.transform = getattr(esan_ntu60_xsub().preprocessing, f"{split}_transform")
    assert isinstance(dataset.__getitems__([0]), Joined) == (split == "train")
    seen = []
    for recordings in (dataset, OneByOne(dataset)):
        torch.manual_seed(0)
        loader = getattr(SkeletonDataModule(**{split: recordings}, batch_size=4), f"{split}_dataloader")()
        seen.append([(batch.pos, batch.y, batch.person) for batch in loader])
    assert all(torch.equal(one, other) for pair in zip(*seen, strict=True) for one, other in zip(*pair, strict=True))


def test_a_split_that_was_not_given_is_named() -> None:
    with pytest.raises(ValueError, match=r"val: no data set was given; SkeletonDataModule\(..., val=...\)"):
        SkeletonDataModule().val_dataloader()


def test_an_empty_split_is_named() -> None:
    with pytest.raises(ValueError, match="test: expected at least one recording, got an empty data set"):
        SkeletonDataModule(test=[]).test_dataloader()


def test_batch_size_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="batch_size: expected at least 1, got 0"):
        SkeletonDataModule(batch_size=0)


def test_num_workers_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="num_workers: expected at least 0, got -1"):
        SkeletonDataModule(num_workers=-1)


def test_balanced_sampling_shows_each_class_equally_often() -> None:
    labels = [0] * 60 + [1] * 30 + [2] * 10
    sampler = BalancedSampler(labels, seed=3)
    drawn = [torch.tensor(labels)[list(sampler)] for epoch in range(30) if sampler.set_epoch(epoch) is None]
    counts = torch.bincount(torch.cat(drawn))
    assert len(sampler) == len(drawn[0]) == 100
    assert bool(((counts - 1000).abs() < 100).all()), counts  # four standard deviations of 26


def test_balanced_draws_follow_the_seed_and_the_epoch_alone() -> None:
    def draws(seed: int, epoch: int) -> list[int]:
        torch.rand(1)  # whatever else draws in between
        sampler = BalancedSampler([0, 1, 1, 1, 1, 1, 1, 1], seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert draws(0, 0) == draws(0, 0) and draws(0, 1) == draws(0, 1)
    assert draws(0, 0) != draws(0, 1) != draws(1, 1)


def test_two_devices_share_the_draws_of_an_epoch() -> None:
    sampler = BalancedSampler([0, 1] * 8, seed=0)
    parts = [DistributedSamplerWrapper(sampler, num_replicas=2, rank=rank, shuffle=False) for rank in (0, 1)]
    for part in parts:
        part.set_epoch(4)  # as Lightning does
    one, other = (list(part) for part in parts)
    assert [row for pair in zip(one, other, strict=True) for row in pair] == list(sampler)


def test_a_data_module_balances_where_it_is_asked_to(tiny: SimpleNamespace) -> None:
    rare = [*tiny.recordings(30), *[one for one in tiny.recordings(90) if one.y == 2][10:]]  # 10, 10 and 30
    torch.manual_seed(0)
    data = SkeletonDataModule(rare, batch_size=50, sampling="balanced")
    assert isinstance(data.train_dataloader().sampler, BalancedSampler)
    (batch,) = data.train_dataloader()
    assert torch.bincount(batch.y).tolist()[2] < 25
    assert SkeletonDataModule(rare).train_dataloader().sampler.__class__.__name__ == "RandomSampler"
    with pytest.raises(ValueError, match=r"sampling: expected one of \('uniform', 'balanced'\), got 'fair'"):
        SkeletonDataModule(rare, sampling="fair")
    with pytest.raises(ValueError, match="labels: expected the class of at least one recording, got none"):
        BalancedSampler([], 0)


def test_a_recipe_that_balances_needs_data_that_do(tiny: SimpleNamespace, tmp_path: Path) -> None:
    recipe = replace(tiny.recipe(epochs=1), sampling="balanced")
    trainer = make_trainer(recipe, tmp_path, accelerator="cpu", progress_bar=False)
    data = SkeletonDataModule(tiny.recordings(8), test=tiny.recordings(8), batch_size=4)
    with pytest.raises(ValueError, match="sampling: the recipe has 'balanced', the data have 'uniform'; build"):
        fit_and_test(trainer, Recognizer(tiny.model(), 3, recipe), data)
    with pytest.raises(ValueError, match="sampling: expected 'uniform' with class_weights='balanced', got 'balanced'"):
        replace(recipe, class_weights="balanced")
