"""The order in which a training sees its recordings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import Sampler, WeightedRandomSampler

Sampling = Literal["uniform", "balanced"]
"""Each recording once an epoch, or as many draws of which each class has the same share."""


class BalancedSampler(Sampler[int]):
    """Draws recordings with replacement, each class equally often on average, as many an epoch as there are.

    The draws follow from the seed and the epoch alone, so they are the same on all devices, which Lightning gives each
    its part of them, and after a training is resumed.

    >>> from tg_skeleton.training.sampling import BalancedSampler
    >>> sampler = BalancedSampler([0] * 900 + [1] * 100, seed=0)
    >>> rare = sum(row >= 900 for row in sampler)
    >>> len(sampler), 450 < rare < 550
    (1000, True)

    Args:
        labels: The class of each recording.
        seed: With another one, other draws.

    Raises:
        ValueError: There are no labels.
    """

    def __init__(self, labels: Tensor | Sequence[int], seed: int) -> None:
        classes = torch.as_tensor(labels, dtype=torch.long)
        if not classes.numel():
            raise ValueError("labels: expected the class of at least one recording, got none")
        self.weights = 1.0 / torch.bincount(classes)[classes].double()
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the draws of an epoch; Lightning calls it at the start of each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return len(self.weights)

    def __iter__(self) -> Iterator[int]:
        # 2^20 epochs of a seed before the draws of the next one come
        generator = torch.Generator().manual_seed((self.seed << 20) + self.epoch)
        return iter(WeightedRandomSampler(self.weights.tolist(), len(self), generator=generator))
