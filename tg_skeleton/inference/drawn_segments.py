"""Sampling with a seed, for recordings whose length is not known yet."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms import SampleSegments


class DrawnSegments(BaseTransform):
    """A `SampleSegments` with a seed, whose draws for every length are the remainders of numbers that are known.

    torch draws a number below T as the remainder of a number of 32 bits, which two draws of known T reveal.

    Args:
        segments: The transform.
        number: The numbers, ``[1, k, n]``.
    """

    def __init__(self, segments: SampleSegments, number: Tensor) -> None:
        self.segments = segments
        self.number = number

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        """What the transform does."""
        out: SkeletonSequence = self.segments(data)
        return out

    @classmethod
    def of(cls, step: BaseTransform) -> BaseTransform:
        """The same transform with its numbers, where it has a seed, and torch draws as it used to."""
        if not isinstance(step, SampleSegments) or step.mode == "center" or step.seed is None:
            return step
        cpu, size = torch.device("cpu"), 1 << 16
        low, high = step.draw(1, size, cpu), step.draw(1, size + 1, cpu)
        number = low + size * ((low - high) % (size + 1))
        known = all(torch.equal(number % length, step.draw(1, length, cpu)) for length in (1, 7, 300, 54321))
        return cls(step, number) if known else step
