"""Holding out a validation part without a leak."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import numpy as np

SPLITS = ("train", "val", "test")
"""The parts of a data set, by the numbers that stand for them in an index."""


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


HeldOut = float | Sequence[str]
"""A share of the recordings of each class, or patterns of the names of recordings, such as ``"anna*"``."""


def tested(names: Sequence[str], labels: Sequence[int], chosen: HeldOut) -> list[str]:
    """``"test"`` for the chosen recordings, ``"train"`` for the others.

    >>> from tg_skeleton.datasets.splits import tested
    >>> tested(["anna1", "ben1", "anna2"], [0, 0, 1], ["anna*"])
    ['test', 'train', 'test']
    >>> tested([f"clip{row}" for row in range(8)], [0, 1] * 4, 0.25).count("test")
    2

    Args:
        names: The name of each recording.
        labels: The class of each.
        chosen: The recordings to test.

    Raises:
        ValueError: The share is not between 0 and 1, a pattern matches no name, or all recordings match.
    """
    if isinstance(chosen, float | int):
        mask = hold_out(labels, list(names), chosen, seed=0).tolist()
    else:
        for pattern in chosen:
            if not any(fnmatchcase(name, pattern) for name in names):
                raise ValueError(f"hold_out: expected patterns of names, such as {names[0]!r}, got {pattern!r}")
        mask = [any(fnmatchcase(name, pattern) for pattern in chosen) for name in names]
    if all(mask):
        raise ValueError(f"hold_out: expected some recordings left to train on, got {chosen!r}, which are all of them")
    return ["test" if row else "train" for row in mask]


def rows_of(
    split: str,
    training: np.ndarray,
    *,
    labels: np.ndarray,
    names: np.ndarray,
    group_of: Callable[[str], str],
    fraction: float = 0.1,
    seed: int = 0,
) -> np.ndarray:
    """The rows of a split: ``"test"``, ``"trainval"``, or its two sides, ``"val"`` (held out) and ``"train"``.

    >>> import numpy as np
    >>> from tg_skeleton.datasets.splits import rows_of
    >>> names, labels = np.array(["a1", "a2", "b1", "c1"]), np.zeros(4, int)
    >>> training = np.array([True, True, True, False])
    >>> [rows_of(split, training, labels=labels, names=names, group_of=lambda name: name[0]).tolist()
    ...  for split in ("train", "val", "trainval", "test")]
    [[2], [0, 1], [0, 1, 2], [3]]

    Args:
        split: Which rows are wanted.
        training: A mask ``[S]`` of the recordings that train; the others test.
        labels: The class of each recording, ``[S]``.
        names: The name of each recording, ``[S]``.
        group_of: The group of a recording by its name; those of one group go to the same side, see `hold_out`.
        fraction: The part of the groups of every class that is ``"val"``.
        seed: Another seed, another draw.
    """
    if split == "test":
        return np.flatnonzero(~training)
    rows = np.flatnonzero(training)
    if split == "trainval":
        return rows
    held = hold_out(labels[rows], [group_of(str(name)) for name in names[rows]], fraction, seed)
    chosen: np.ndarray = rows[held if split == "val" else ~held]
    return chosen
