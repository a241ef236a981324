"""Recordings whose classes are known, from files or a data set, and how often a network is right about them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import Tensor

from tg_skeleton.commands.answers import true_class
from tg_skeleton.commands.known import KNOWN
from tg_skeleton.commands.options import place_of, protocol_of
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.inference import Card
from tg_skeleton.inference.files import FileReader, read_recordings
from tg_skeleton.inference.sources import Skipped, find_recordings, nothing_found

Arguments = argparse.Namespace

_CHUNK = 32  # recordings that are asked about at once

Ask = Callable[[Sequence[SkeletonSequence]], Tensor]
"""Recordings to logits ``[B, K]``."""


@dataclass(frozen=True)
class Labelled:
    """Recordings with their classes.

    Args:
        sequences: The recordings as they are, untransformed.
        labels: One class each, ``[B]``.
    """

    sequences: Sequence[SkeletonSequence]
    labels: np.ndarray

    def accuracy(self, ask: Ask) -> float:
        """How large a part of the recordings a network is right about."""
        right = 0
        for first in range(0, len(self.sequences), _CHUNK):
            said = ask(self.sequences[first : first + _CHUNK]).argmax(1).numpy()
            right += int((said == self.labels[first : first + _CHUNK]).sum())
        return right / len(self.sequences)


def from_files(paths: Sequence[Path], card: Card) -> Labelled:
    """The recordings of files and folders whose names or contents say a class of the network's.

    Raises:
        ValueError: There are none, or one can't be read.
    """
    found, skipped = find_recordings(paths)
    unread: list[Skipped] = [*skipped]
    sequences, labels = [], []
    for recording in read_recordings(found, FileReader(card), unread, on_error="raise"):
        label = true_class(recording, card)
        if label is not None:
            sequences.append(recording.sequence)
            labels.append(label)
    if not found:
        raise nothing_found(paths, unread)
    if not sequences:
        raise ValueError(
            f"--test: none of {len(found)} recordings says a class of the network's; npz files have a 'label', NTU "
            "RGB+D's and NW-UCLA's files say it of themselves"
        )
    return Labelled(sequences, np.array(labels))


def from_dataset(args: Arguments, card: Card) -> Labelled:
    """The test split of the data set that was named.

    Raises:
        ValueError: It has other classes or another skeleton than the network.
    """
    dataset = KNOWN[args.dataset].make(place_of(args), protocol_of(args), "test", None)
    if tuple(dataset.class_names) != card.class_names:
        raise ValueError(
            f"--dataset: expected the network's {len(card.class_names)} classes, {card.class_names[0]!r} first, got "
            f"{len(dataset.class_names)}, {dataset.class_names[0]!r} first; name the one that it was trained on"
        )
    sequences = [dataset[number] for number in range(len(dataset))]
    return Labelled(sequences, np.array([int(one.y) for one in sequences]))
