"""The data sets of a training as a Lightning data module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from lightning import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, RandomSampler

from tg_skeleton.collate import collate, with_scores
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets import SkeletonDataset

Recordings = Dataset[SkeletonSequence] | Sequence[SkeletonSequence]
"""A data set of `tg_skeleton.datasets`, any PyG or torch data set of sequences, or a list of them."""


class SkeletonDataModule(LightningDataModule):
    """Loaders of PyG batches for training (shuffled), validation and test.

    Workers draw from generators that differ between workers, epochs and, with ``seed_everything(seed, workers=True)``,
    devices. No batch is dropped.

    Args:
        train: The training split.
        val: The validation split, on which the best checkpoint is selected.
        test: The test split.
        batch_size: Recordings per step, of all devices together.
        num_workers: Processes that load and transform; 0: the calling process.

    Raises:
        ValueError: A requested split was not given or is empty, or a number is out of range. The devices do not divide
            the batch.
    """

    def __init__(
        self,
        train: Recordings | None = None,
        val: Recordings | None = None,
        test: Recordings | None = None,
        *,
        batch_size: int = 64,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise ValueError(f"batch_size: expected at least 1, got {batch_size}")
        if num_workers < 0:
            raise ValueError(f"num_workers: expected at least 0, got {num_workers}")
        self.train = train
        self.val = val
        self.test = test
        self.batch_size = batch_size
        self.num_workers = num_workers

    def class_counts(self, num_classes: int) -> Tensor:
        """The number of recordings of each class in the training split, ``[K]`` int64."""
        recordings: Any = self.train
        if isinstance(recordings, SkeletonDataset):
            labels = torch.from_numpy(recordings.labels)
        else:
            labels = torch.tensor([int(recordings[number].y) for number in range(len(recordings))])
        return torch.bincount(labels, minlength=num_classes)

    def train_dataloader(self) -> DataLoader[SkeletonSequence]:
        """Shuffled batches of the training split."""
        return self._loader("train", self.train, shuffle=True)

    def val_dataloader(self) -> DataLoader[SkeletonSequence]:
        """Batches of the validation split, in order."""
        return self._loader("val", self.val)

    def test_dataloader(self) -> DataLoader[SkeletonSequence]:
        """Batches of the test split, in order."""
        return self._loader("test", self.test)

    def predict_dataloader(self) -> DataLoader[SkeletonSequence]:
        """The same as `test_dataloader`."""
        return self.test_dataloader()

    def _loader(self, split: str, recordings: Recordings | None, shuffle: bool = False) -> DataLoader[SkeletonSequence]:
        if recordings is None:
            raise ValueError(f"{split}: no data set was given; SkeletonDataModule(..., {split}=...)")
        if not len(recordings):  # type: ignore[arg-type]
            raise ValueError(f"{split}: expected at least one recording, got an empty data set")
        # A generator of its own keeps the loader from drawing from torch's, whose state `Reseed` sets per epoch;
        # the sampler draws from torch's.
        generator = torch.Generator().manual_seed(torch.initial_seed())
        return DataLoader(
            recordings,  # type: ignore[arg-type]
            batch_size=self._recordings_per_device(),
            sampler=RandomSampler(recordings) if shuffle else None,  # type: ignore[arg-type]
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            collate_fn=_batch,
            pin_memory=torch.cuda.is_available(),
            generator=generator,
        )

    def _recordings_per_device(self) -> int:
        devices = 1 if self.trainer is None else self.trainer.world_size
        if self.batch_size % devices:
            more = self.batch_size + -self.batch_size % devices
            raise ValueError(
                f"batch_size: expected a multiple of the {devices} devices that share a batch, got {self.batch_size}; "
                f"take {more} (--batch-size {more})"
            )
        return self.batch_size // devices


def _batch(sequences: Sequence[SkeletonSequence]) -> SkeletonSequence:
    """A batch; where `RemoveStrays` or `FillMissing` gave some recordings scores, the others get some, too."""
    return collate(with_scores(sequences))
