"""Batches with the statistics of NTU RGB+D: one person in 80 % of the clips, two in 20 %."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

CLASSES = 60


class Clips(NamedTuple):
    """A batch in both layouts.

    Args:
        x: ``[T, N, C]``, nodes of present persons.
        batch: The clip of each node, ``[N]``.
        size: B.
        padded: The same for the comparators, ``[B, C, T, V, 2]``, zeros for absent persons.
        y: Classes, ``[B]``.
    """

    x: Tensor
    batch: Tensor
    size: int
    padded: Tensor
    y: Tensor

    @property
    def persons(self) -> int:
        """Of all clips."""
        return self.x.size(1) // self.padded.size(3)


def ntu_like(
    size: int,
    frames: int,
    channels: int,
    *,
    joints: int = 25,
    persons: tuple[int, ...] = (2, 1, 1, 1, 1),
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> Clips:
    """Noise; the number of ``persons`` cycles over the clips."""
    generator = torch.Generator().manual_seed(0)
    counts = torch.tensor([persons[clip % len(persons)] for clip in range(size)])
    present = torch.arange(2) < counts[:, None]  # [B, 2]
    padded = torch.randn(size, 2, frames, joints, channels, generator=generator, dtype=dtype)
    padded = padded * present[:, :, None, None, None]
    x = padded[present].transpose(0, 1).flatten(1, 2).contiguous()  # [T, P V, C]
    batch = torch.arange(size).repeat_interleave(counts * joints)
    y = torch.randint(CLASSES, (size,), generator=generator)
    folded = padded.permute(0, 4, 2, 3, 1).contiguous()  # [B, C, T, V, 2]
    return Clips(x.to(device), batch.to(device), size, folded.to(device), y.to(device))
