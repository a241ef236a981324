"""Scores of several streams as one array, joined by the names of the recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from tg_skeleton.evaluation.scores import Scores

Streams = Sequence[Scores] | Mapping[str, Scores]
"""The scores of several networks on the same recordings, with or without names of the streams."""

Of = Literal["softmax", "logits"]
"""The quantity to average: probabilities or logits."""

SHOWN = 3
"""The largest number of recordings that an error lists."""


class Joined(NamedTuple):
    """Streams in one order of recordings: ``logits [S, R, K]`` float64, the first stream's ``names`` and ``labels``."""

    streams: list[str]
    names: np.ndarray
    logits: np.ndarray
    labels: np.ndarray


def join(scores: Streams) -> Joined:
    """Reorder the rows of every stream to the order of the first, by the names of the recordings.

    Raises:
        TypeError: A single `Scores` is given instead of several.
        ValueError: There are no streams, or they differ in recordings, classes or labels.
    """
    if isinstance(scores, Scores):
        raise TypeError("scores: expected a list or a dict of Scores, one per stream, got one Scores; write [scores]")
    named = dict(scores) if isinstance(scores, Mapping) else {f"scores[{i}]": one for i, one in enumerate(scores)}
    if not named:
        raise ValueError("scores: expected at least one stream, got none")
    first, reference = next(iter(named.items()))
    logits = [_aligned(first, reference, other, one) for other, one in named.items()]
    return Joined(list(named), reference.names, np.stack(logits).astype(np.float64), reference.labels)


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """The logarithms of the probabilities along the last axis; finite for any finite logits."""
    shifted = logits - logits.max(-1, keepdims=True)
    normed: np.ndarray = shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))
    return normed


def check_of(of: str) -> None:
    """Raise unless ``of`` is one of the two choices.

    Raises:
        ValueError: ``of`` is neither ``"softmax"`` nor ``"logits"``.
    """
    if of not in ("softmax", "logits"):
        raise ValueError(f"of: expected 'softmax' or 'logits', got {of!r}")


def _aligned(first: str, reference: Scores, other: str, scores: Scores) -> np.ndarray:
    """The logits of ``scores`` in the order of ``reference``."""
    if scores.num_classes != reference.num_classes:
        raise ValueError(
            f"scores: '{first}' has {reference.num_classes} classes, '{other}' has {scores.num_classes}; "
            "fuse networks of one data set and protocol"
        )
    missing = np.setdiff1d(reference.names, scores.names)
    extra = np.setdiff1d(scores.names, reference.names)
    if missing.size or extra.size:
        sides = ((first, missing), (other, extra))
        differences = [f"{_listed(names)} only in '{stream}'" for stream, names in sides if names.size]
        raise ValueError(
            f"scores: '{first}' and '{other}' are not of the same recordings: {', '.join(differences)}; "
            "test every stream on the same split"
        )
    order = np.empty(len(scores), dtype=np.int64)
    order[np.argsort(reference.names)] = np.argsort(scores.names)
    labels = scores.labels[order]
    wrong = np.flatnonzero(labels != reference.labels)
    if wrong.size:
        raise ValueError(
            f"scores: '{reference.names[wrong[0]]}' is of class {reference.labels[wrong[0]]} in '{first}' and of class "
            f"{labels[wrong[0]]} in '{other}' ({wrong.size} such recordings); use one labelling for all streams"
        )
    aligned: np.ndarray = scores.logits[order]
    return aligned


def _listed(names: np.ndarray) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:SHOWN]) + more
