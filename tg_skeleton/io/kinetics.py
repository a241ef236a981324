"""Kinetics-Skeleton: one JSON file of OpenPose skeletons per clip."""

from __future__ import annotations

import os
from pathlib import Path
from reprlib import repr as short
from typing import Any

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io._poses import MOST_FRAMES, Tracks, arrange, as_list, check_persons, parse, table, with_keys
from tg_skeleton.io.recording import Recording

_JOINTS = 18

_ASPECT = 340 / 256
"""Of the pictures in which the data set's joints were found (Yan et al. 2018, section 4.1); the files do not say it."""


def read_kinetics_json(
    source: str | os.PathLike[str] | bytes, name: str | None = None, *, persons: int = 2, tracks: Tracks = "position"
) -> Recording:
    r"""A clip of Kinetics-Skeleton from a JSON file, or from the bytes of one.

    The file's x and y are parts of the picture (0..1, or a little outside), y down; they become
    :math:`(x - \tfrac12,\ \tfrac12 - y)`, and zero where the score is 0 (a joint that was not detected). The frames are
    those from 1 to the last ``frame_index``; one that the file leaves out, or lists without a person, is empty. A clip
    without anybody has one person, all zero.

    The files don't say who is who. ``tracks`` chooses what a person of the recording is:

    - ``"position"``: humans are followed from frame to frame by where they are, nearest pairs first; the tracks with
      the greatest sum of mean scores are kept, and a further track that overlaps in time with none of a person goes
      on as that person. Assumption: a human moves less than 0.1 image units on average over the joints seen both
      times, and is gone after 30 frames.
    - ``"confidence"``, as published: in every frame the persons by falling mean score, ties in the file's order, so a
      person of the recording may be one human in one frame and another one in the next.

    >>> import json
    >>> from tg_skeleton.io import read_kinetics_json
    >>> human = {"pose": [0.75, 0.25] * 18, "score": [0.5] * 18}
    >>> content = {"data": [{"frame_index": 4, "skeleton": [human]}], "label": "abseiling", "label_index": 0}
    >>> recording = read_kinetics_json(json.dumps(content).encode(), "__NrybzYzUg")
    >>> recording.pos.shape, recording.pos[3, 0, 0].tolist(), recording.pos[2, 0, 0].tolist()
    ((4, 1, 18, 2), [0.25, 0.25], [0.0, 0.0])

    Args:
        source: The path of a file, or the content of one.
        name: The clip. Default: the stem of the path.
        persons: Maximum number of persons to keep.
        tracks: ``"position"`` or ``"confidence"``.

    Shapes:
        - ``pos``: ``[T, M, 18, 2]`` float32, M = 1..``persons``
        - ``score``: ``[T, M, 18]`` float32

    Units:
        Image units: parts of the picture's width and height from its middle, y up.

    Raises:
        ValueError: The content is no such clip. The message names the file and the place in it, counted from 0.

    Source: Yan et al., Spatial Temporal Graph Convolutional Networks for Skeleton-Based Action Recognition, AAAI 2018.
    """
    check_persons(persons, tracks)
    if name is None:
        if isinstance(source, bytes):
            raise ValueError("name: expected the clip's name with bytes, got None; the content has no name")
        name = Path(source).stem
    origin = name if isinstance(source, bytes) else os.fspath(source)
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    with reading(origin):
        clip = parse(content, ("data", "label_index"), origin)
        frame, pose, score = _bodies(clip["data"], origin)
        label, num_frames = _label(clip["label_index"], origin), clip["data"][-1]["frame_index"]
        pos, confidence = arrange(frame, pose, score, num_frames=num_frames, persons=persons, tracks=tracks)
    return Recording(name, pos, label, confidence, aspect=_ASPECT)


def _label(label: Any, origin: str) -> int:
    if type(label) is not int or label < 0:
        raise ValueError(f"{origin}: expected 'label_index' to be a whole number from 0, got {short(label)}")
    return label


def _bodies(data: Any, origin: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All bodies of a clip, one after another: frames ``[R]``, image units ``[R, 18, 2]``, scores ``[R, 18]``."""
    if not as_list(data, f"{origin}, data"):
        raise ValueError(f"{origin}, data: expected at least one frame, got none")
    frames, poses, scores, places, before = [], [], [], [], 0
    for row, entry in enumerate(data):
        place = f"{origin}, data[{row}]"
        index = with_keys(entry, ("frame_index", "skeleton"), place)["frame_index"]
        if type(index) is not int or not before < index <= MOST_FRAMES:
            raise ValueError(
                f"{place}.frame_index: expected whole numbers that ascend from 1 to at most {MOST_FRAMES}, "
                f"got {short(index)} after {before}"
            )
        for body, skeleton in enumerate(as_list(entry["skeleton"], f"{place}.skeleton")):
            places.append(f"{place}.skeleton[{body}]")
            with_keys(skeleton, ("pose", "score"), places[-1])
            frames.append(index - 1)
            poses.append(skeleton["pose"])
            scores.append(skeleton["score"])
        before = index
    score = table(scores, _JOINTS, [f"{place}.score" for place in places])
    pose = table(poses, 2 * _JOINTS, [f"{place}.pose" for place in places]).reshape(-1, _JOINTS, 2)
    units = (pose - np.float32(0.5)) * np.array([1, -1], np.float32)
    return np.array(frames, np.int64), np.where(score[..., None] == 0, np.float32(0), units), score
