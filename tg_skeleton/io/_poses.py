"""Poses in JSON: tables of numbers, and who of the humans in a frame is which person of the recording."""

from __future__ import annotations

import json
from collections.abc import Sequence
from reprlib import repr as short
from typing import Any, Literal

import numpy as np

from tg_skeleton.files import reason

Tracks = Literal["confidence", "position"]

MOST_FRAMES = 100_000
"""Frames of a recording at most; a damaged frame number must not ask for all memory."""

_REACH = 0.1  # image units; how far a person may be from where a track was last seen
_PATIENCE = 30  # frames without a person after which a track has ended


def parse(content: bytes, keys: tuple[str, ...], origin: str) -> dict[str, Any]:
    """The JSON object of a file, which must have these keys."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{origin}: expected JSON, got something else: {reason(error)}") from error
    return with_keys(value, keys, origin)


def with_keys(value: Any, keys: tuple[str, ...], origin: str) -> dict[str, Any]:
    """The value, if it is an object with these keys."""
    if not isinstance(value, dict) or any(key not in value for key in keys):
        found = short(sorted(value)) if isinstance(value, dict) else type(value).__name__
        raise ValueError(f"{origin}: expected an object with {' and '.join(map(repr, keys))}, got {found}")
    return value


def as_list(value: Any, origin: str) -> list[Any]:
    """The value, if it is a list."""
    if not isinstance(value, list):
        raise ValueError(f"{origin}: expected a list, got {short(value)}")
    return value


def table(rows: Sequence[Any], count: int, places: Sequence[str]) -> np.ndarray:
    """Rows of ``count`` numbers as float32 ``[R, count]``; `places` says where each is."""
    if not rows:
        return np.empty((0, count), np.float32)
    array = numbers(rows)  # all at once is much faster than row by row
    if array is not None and array.shape == (len(rows), count) and np.isfinite(array).all():
        return array
    return np.stack([_row(values, count, place) for values, place in zip(rows, places, strict=True)])


def _row(values: Any, count: int, place: str) -> np.ndarray:
    if len(as_list(values, place)) != count:
        raise ValueError(f"{place}: expected {count} numbers, got {len(values)}")
    row = numbers(values)
    if row is None or row.shape != (count,):
        wrong = next((value for value in values if type(value) not in (int, float)), values)
        raise ValueError(f"{place}: expected numbers, got {short(wrong)}")
    if not np.isfinite(row).all():
        raise ValueError(f"{place}: expected finite numbers, got {values[int(np.argmin(np.isfinite(row)))]}")
    return row


def numbers(values: Any) -> np.ndarray | None:
    """Nested lists of numbers as float32; None if they are anything else."""
    try:
        array = np.array(values)
    except (ValueError, OverflowError, RecursionError):
        return None
    if array.dtype.kind not in "fiu":
        return None
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def check_persons(persons: int, tracks: Tracks) -> None:
    """Raises if an argument of `arrange` is none."""
    if type(persons) is not int or persons < 1:
        raise ValueError(f"persons: expected a whole number from 1, got {persons!r}")
    if tracks not in ("confidence", "position"):
        raise ValueError(f"tracks: expected 'confidence' or 'position', got {tracks!r}")


def arrange(
    frame: np.ndarray, pose: np.ndarray, score: np.ndarray, *, num_frames: int, persons: int, tracks: Tracks
) -> tuple[np.ndarray, np.ndarray]:
    """Bodies one after another as ``pos`` ``[T, M, V, 2]`` and ``score`` ``[T, M, V]``; frames ``[R]`` ascend.

    ``"confidence"``: in every frame the persons by falling mean score. ``"position"``: humans are followed by where
    they are, in image units.
    """
    slot = _rank(frame, score) if tracks == "confidence" else _track(frame, pose, score, persons)
    kept = (slot >= 0) & (slot < persons)
    shape = (num_frames, int(slot[kept].max(initial=0)) + 1, pose.shape[1])  # [T, M, V]
    pos, confidence = np.zeros((*shape, 2), np.float32), np.zeros(shape, np.float32)
    pos[frame[kept], slot[kept]] = pose[kept]
    confidence[frame[kept], slot[kept]] = score[kept]
    return pos, confidence


def _rank(frame: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The place ``[R]`` of each body among those of its frame, by falling mean score."""
    mean = score.mean(axis=1, dtype=np.float64)
    order = np.lexsort((-mean, frame))  # stable, and `frame` ascends: frames stay where they are
    rank = np.empty(len(frame), np.int64)
    rank[order] = np.arange(len(frame)) - np.searchsorted(frame, frame)
    return rank


def _track(frame: np.ndarray, pose: np.ndarray, score: np.ndarray, persons: int) -> np.ndarray:
    """The person ``[R]`` of each body when humans are followed; -1 for a body that is dropped."""
    track = _follow(frame, pose, score > 0)
    count = int(track.max(initial=-1)) + 1
    weight = np.bincount(track, score.mean(axis=1, dtype=np.float64), minlength=count)
    taken: list[list[tuple[int, int]]] = [[] for _ in range(persons)]
    person = np.full(count, -1)
    for one in np.argsort(-weight, kind="stable"):
        span = frame[track == one]
        first, last = int(span[0]), int(span[-1])
        free = (m for m, spans in enumerate(taken) if all(last < start or end < first for start, end in spans))
        person[one] = next(free, -1)
        if person[one] >= 0:
            taken[person[one]].append((first, last))
    return person[track]


def _follow(frame: np.ndarray, pose: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The track ``[R]`` of each body: that of the nearest body which was last seen there, else a new one."""
    track = np.full(len(frame), -1, np.int64)
    latest: list[int] = []  # per track, its latest body
    for now in np.unique(frame):
        bodies = np.flatnonzero(frame == now)
        alive = [one for one, body in enumerate(latest) if now - frame[body] <= _PATIENCE]
        old = np.array([latest[one] for one in alive], np.int64)
        both = seen[old][:, None] & seen[bodies]  # [tracks, bodies, V]
        apart = np.linalg.norm(pose[old][:, None] - pose[bodies].astype(np.float64), axis=-1)
        mean = np.where(both.any(-1), (apart * both).sum(-1) / both.sum(-1).clip(1), np.inf)  # [tracks, bodies]
        for pair in np.argsort(mean, axis=None, kind="stable"):
            row, column = divmod(int(pair), len(bodies))
            if mean[row, column] > _REACH:
                break
            if track[bodies[column]] < 0 and latest[alive[row]] == old[row]:
                track[bodies[column]] = alive[row]
                latest[alive[row]] = int(bodies[column])
        for body in bodies[track[bodies] < 0]:
            track[body] = len(latest)
            latest.append(int(body))
    return track
