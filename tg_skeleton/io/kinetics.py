"""Kinetics-Skeleton: one JSON file of OpenPose skeletons per clip."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from reprlib import repr as short
from typing import Any, Literal

import numpy as np

from tg_skeleton.io.recording import Recording

_JOINTS = 18
_MOST_FRAMES = 100_000  # a damaged frame number must not ask for all memory
_REACH = 0.1  # image units; how far a person may be from where a track was last seen
_PATIENCE = 30  # frames without a person after which a track has ended

Tracks = Literal["confidence", "position"]


def read_kinetics_json(
    source: str | os.PathLike[str] | bytes, name: str | None = None, *, persons: int = 2, tracks: Tracks = "confidence"
) -> Recording:
    r"""A clip of Kinetics-Skeleton from a JSON file, or from the bytes of one.

    The file's x and y are parts of the picture (0..1, or a little outside), y down; they become
    :math:`(x - \tfrac12,\ \tfrac12 - y)`, and zero where the score is 0 (a joint that was not detected). The frames are
    those from 1 to the last ``frame_index``; one that the file leaves out, or lists without a person, is empty. A clip
    without anybody has one person, all zero.

    The files don't say who is who. ``tracks`` chooses what a person of the recording is:

    - ``"confidence"``, the usual reading: in every frame the persons by falling mean score, ties in the file's order,
      so a person of the recording may be one human in one frame and another one in the next.
    - ``"position"``: humans are followed from frame to frame by where they are, nearest pairs first; the tracks with
      the greatest sum of mean scores are kept, and a further track that overlaps in time with none of a person goes
      on as that person. Assumption: a human moves less than 0.1 image units on average over the joints seen both
      times, and is gone after 30 frames.

    >>> import json
    >>> from tg_skeleton.io import read_kinetics_json
    >>> human = {"pose": [0.75, 0.25] * 18, "score": [0.5] * 18}
    >>> content = {"data": [{"frame_index": 4, "skeleton": [human]}], "label": "abseiling", "label_index": 0}
    >>> recording = read_kinetics_json(json.dumps(content).encode(), "__NrybzYzUg")
    >>> recording.pos.shape, recording.pos[3, 0, 0].tolist(), recording.pos[2, 0, 0].tolist()
    ((4, 1, 18, 2), [0.25, 0.25], [0.0, 0.0])

    Args:
        source: The path of a file, or the content of one.
        name: The clip. Left out: the stem of the path.
        persons: At most so many are kept.
        tracks: ``"confidence"`` or ``"position"``.

    Shapes:
        - ``pos``: ``[T, M, 18, 2]`` float32, M = 1..``persons``
        - ``score``: ``[T, M, 18]`` float32

    Units:
        Image units: parts of the picture's width and height from its middle, y up.

    Raises:
        ValueError: The content is no such clip. The message names the file and the place in it, counted from 0.

    Source: Yan et al., Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition, AAAI 2018.
    """
    if type(persons) is not int or persons < 1:
        raise ValueError(f"persons: expected a whole number from 1, got {persons!r}")
    if tracks not in ("confidence", "position"):
        raise ValueError(f"tracks: expected 'confidence' or 'position', got {tracks!r}")
    if name is None:
        if isinstance(source, bytes):
            raise ValueError("name: expected the clip's name with bytes, got None; the content has no name")
        name = Path(source).stem
    said = name if isinstance(source, bytes) else os.fspath(source)
    clip = _parse(source if isinstance(source, bytes) else Path(source).read_bytes(), said)
    frame, pose, score = _bodies(clip["data"], said)
    slot = _rank(frame, score) if tracks == "confidence" else _track(frame, pose, score, persons)
    kept = (slot >= 0) & (slot < persons)
    shape = (clip["data"][-1]["frame_index"], int(slot[kept].max(initial=0)) + 1, _JOINTS)  # [T, M, V]
    recording = Recording(
        name, np.zeros((*shape, 2), np.float32), _label(clip["label_index"], said), np.zeros(shape, np.float32)
    )
    recording.pos[frame[kept], slot[kept]] = pose[kept]
    assert recording.score is not None
    recording.score[frame[kept], slot[kept]] = score[kept]
    return recording


def _parse(content: bytes, said: str) -> dict[str, Any]:
    try:
        clip = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{said}: expected JSON, got something else: {error}") from error
    return _keys(clip, ("data", "label_index"), said)


def _keys(value: Any, keys: tuple[str, ...], said: str) -> dict[str, Any]:
    if not isinstance(value, dict) or any(key not in value for key in keys):
        found = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise ValueError(f"{said}: expected an object with {' and '.join(map(repr, keys))}, got {found}")
    return value


def _label(label: Any, said: str) -> int:
    if type(label) is not int or label < 0:
        raise ValueError(f"{said}: expected 'label_index' to be a whole number from 0, got {short(label)}")
    return label


def _list(value: Any, said: str) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{said}: expected a list, got {short(value)}")
    return value


def _bodies(data: Any, said: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All bodies of a clip, one after another: frames ``[R]``, image units ``[R, 18, 2]``, scores ``[R, 18]``."""
    if not _list(data, f"{said}, data"):
        raise ValueError(f"{said}, data: expected at least one frame, got none")
    frames, poses, scores, places, before = [], [], [], [], 0
    for row, entry in enumerate(data):
        place = f"{said}, data[{row}]"
        index = _keys(entry, ("frame_index", "skeleton"), place)["frame_index"]
        if type(index) is not int or not before < index <= _MOST_FRAMES:
            raise ValueError(
                f"{place}.frame_index: expected whole numbers that ascend from 1 to at most {_MOST_FRAMES}, "
                f"got {short(index)} after {before}"
            )
        for body, skeleton in enumerate(_list(entry["skeleton"], f"{place}.skeleton")):
            places.append(f"{place}.skeleton[{body}]")
            _keys(skeleton, ("pose", "score"), places[-1])
            frames.append(index - 1)
            poses.append(skeleton["pose"])
            scores.append(skeleton["score"])
        before = index
    score = _table(scores, _JOINTS, [f"{place}.score" for place in places])
    pose = _table(poses, 2 * _JOINTS, [f"{place}.pose" for place in places]).reshape(-1, _JOINTS, 2)
    units = (pose - np.float32(0.5)) * np.array([1, -1], np.float32)
    return np.array(frames, np.int64), np.where(score[..., None] == 0, np.float32(0), units), score


def _table(rows: Sequence[Any], count: int, places: Sequence[str]) -> np.ndarray:
    """Rows of ``count`` numbers as float32 ``[R, count]``; `places` says where each is."""
    if not rows:
        return np.empty((0, count), np.float32)
    table = _array(rows)  # all at once is much faster than row by row
    if table is not None and table.shape == (len(rows), count) and np.isfinite(table).all():
        return table
    return np.stack([_row(values, count, place) for values, place in zip(rows, places, strict=True)])


def _row(values: Any, count: int, place: str) -> np.ndarray:
    if len(_list(values, place)) != count:
        raise ValueError(f"{place}: expected {count} numbers, got {len(values)}")
    row = _array(values)
    if row is None or row.shape != (count,):
        wrong = next((value for value in values if type(value) not in (int, float)), values)
        raise ValueError(f"{place}: expected numbers, got {short(wrong)}")
    if not np.isfinite(row).all():
        raise ValueError(f"{place}: expected finite numbers, got {values[int(np.argmin(np.isfinite(row)))]}")
    return row


def _array(values: Any) -> np.ndarray | None:
    """Nested lists of numbers as float32; None if they are anything else."""
    try:
        array = np.array(values)
    except ValueError:
        return None
    if array.dtype.kind not in "fiu":
        return None
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def _rank(frame: np.ndarray, score: np.ndarray) -> np.ndarray:
    """The place ``[R]`` of each body among those of its frame, by falling mean score."""
    mean = score.mean(axis=1, dtype=np.float64)
    order = np.lexsort((-mean, frame))  # stable, and `frame` ascends: frames stay where they are
    rank = np.empty(len(frame), np.int64)
    rank[order] = np.arange(len(frame)) - np.searchsorted(frame, frame)
    return rank


def _track(frame: np.ndarray, pose: np.ndarray, score: np.ndarray, persons: int) -> np.ndarray:
    """The person ``[R]`` of each body when humans are followed; -1 for a body that is left out."""
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
        apart = np.linalg.norm(pose[old][:, None] - pose[bodies], axis=-1)
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
