"""Holding out a validation part without a leak."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np


def hold_out(labels: Sequence[int] | np.ndarray, groups: Sequence[str], fraction: float, seed: int) -> np.ndarray:
    """A mask ``[S]`` of the recordings to hold out: about ``fraction`` of the groups of every class.

    Recordings of one group (views of one execution, clips of one video) go to the same side. The draw orders groups by
    a hash of seed and name, so it is the same on every machine, and for every order of the recordings. A class with at
    least two groups has at least one on either side.

    >>> from tg_skeleton.datasets.splits import hold_out
    >>> hold_out([0, 0, 0, 0, 1, 1], ["a", "a", "b", "b", "c", "d"], fraction=0.5, seed=0).sum()
    np.int64(3)

    Args:
        labels: The class of each recording; recordings of one group share it.
        groups: The group of each recording.
        fraction: The part to hold out, between 0 and 1.
        seed: Another seed, another draw.

    Raises:
        ValueError: The fraction is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"fraction: expected a number between 0 and 1 to hold out, got {fraction}")
    members: dict[int, set[str]] = {}
    for label, group in zip(labels, groups, strict=True):
        members.setdefault(int(label), set()).add(group)
    held: set[tuple[int, str]] = set()
    for label, names in members.items():
        order = sorted(names, key=lambda name: hashlib.sha256(f"{seed}:{name}".encode()).digest())
        count = min(max(round(fraction * len(order)), 1), len(order) - 1)
        held.update((label, name) for name in order[:count])
    return np.array([(int(label), group) in held for label, group in zip(labels, groups, strict=True)], dtype=bool)
