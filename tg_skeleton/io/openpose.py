"""OpenPose: a folder with one JSON file per frame, as ``--write_json`` leaves it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from reprlib import repr as short
from typing import Any

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io._poses import MOST_FRAMES, Tracks, arrange, as_list, check_persons, parse, table, with_keys
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.units import aspect_of, image_units

NO_LABEL = -1
_NAME = re.compile(r"(?:(?P<video>.*?)[_-]?)??(?P<frame>\d*)_keypoints\.json", re.ASCII | re.DOTALL)
_JOINTS = (18, 25)
_KEY = "pose_keypoints_2d"


def openpose_videos(folder: str | os.PathLike[str]) -> dict[str, list[Path]]:
    """The per-frame files of a folder by the video that their names begin with, each in the order of its frames.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.io import openpose_videos
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("walk_2", "walk_10", "walk_1"):
    ...     (folder / f"{name}_keypoints.json").touch()
    >>> {video: [file.name for file in files] for video, files in openpose_videos(folder).items()}
    {'walk': ['walk_1_keypoints.json', 'walk_2_keypoints.json', 'walk_10_keypoints.json']}
    """
    found: dict[str, list[tuple[int, str, Path]]] = {}
    for path in Path(folder).iterdir():
        matched = _NAME.fullmatch(path.name)
        if matched is not None and path.is_file():
            frame = int(matched["frame"][:18] or 0)
            found.setdefault(matched["video"] or "", []).append((frame, path.name, path))
    return {video: [path for _, _, path in sorted(found[video])] for video in sorted(found)}


def read_openpose_folder(
    folder: str | os.PathLike[str],
    image_size: tuple[float, float] | None = None,
    video: str | None = None,
    *,
    persons: int = 2,
    tracks: Tracks = "position",
) -> Recording:
    r"""A recording from a folder of OpenPose's files ``<video>_<frame>_keypoints.json``, one per frame.

    18 or 25 joints, as ``pose_keypoints_2d`` has three numbers for each: x, y, confidence. With the picture's width W
    and height H, pixels become

    .. math:: (x / W - \tfrac12,\ \tfrac12 - y / H),

    and zero where the confidence is 0 (a joint that was not detected): the units of `read_kinetics_json`. The frames
    are those from the lowest number to the highest; a number without a file is an empty frame, and `Recording.remarks`
    counts them. Confidences above 1, which occur, are 1. Hands and faces are not read.

    >>> import json, tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.io import read_openpose_folder
    >>> folder = Path(tempfile.mkdtemp())
    >>> content = {"version": 1.3, "people": [{"pose_keypoints_2d": [480.0, 120.0, 0.5] * 25}]}
    >>> for frame in range(3):
    ...     _ = (folder / f"walk_{frame:012}_keypoints.json").write_text(json.dumps(content))
    >>> recording = read_openpose_folder(folder, image_size=(640, 480))
    >>> recording.pos.shape, recording.pos[0, 0, 0].tolist(), recording.score.shape
    ((3, 1, 25, 2), [0.25, 0.25], (3, 1, 25))

    Args:
        folder: The folder, whose name is the recording's.
        image_size: (W, H) of the picture in pixels, which the files don't say; (1, 1) for coordinates in 0..1
            (OpenPose's ``--keypoint_scale 3``).
        video: The video whose files are read, and the recording's name. Default: the folder holds one video.
        persons: Maximum number of persons to keep.
        tracks: Who a person is: ``"position"`` or ``"confidence"``, see `read_kinetics_json`.

    Shapes:
        - ``pos``: ``[T, M, V, 2]`` float32, V = 18 or 25, M = 1..``persons``
        - ``score``: ``[T, M, V]`` float32
        - ``label``: -1, for the files have none

    Units:
        Image units: parts of the picture's width and height from its middle, y up.

    Raises:
        ValueError: The folder holds no such files, or those of several videos; a file is damaged, or has other joints;
            an argument is out of its range. The message names the file and the place in it, counted from 0.

    Source: Cao et al., OpenPose: Realtime Multi-Person 2D Pose Estimation using Part Affinity Fields, TPAMI 2021.
    """
    check_persons(persons, tracks)
    origin = os.fspath(folder)
    size = _size(image_size, origin)
    files = _files(folder, video, origin)
    with reading(origin):
        number = _frame_numbers(files, origin)
        row, values = _bodies(files)  # [R], [R, V, 3]
        frame = number[row]
        score = values[..., 2].clip(0, 1)
        pose = image_units(values[..., :2], score, size)
        pos, confidence = arrange(frame, pose, score, num_frames=int(number[-1]) + 1, persons=persons, tracks=tracks)
    absent = len(pos) - len(files)
    remarks = (f"{absent} of {len(pos)} frames have no file; they are empty frames",) if absent else ()
    return Recording(
        video or Path(folder).resolve().name, pos, NO_LABEL, confidence, remarks=remarks, aspect=aspect_of(size)
    )


def _frame_numbers(files: Sequence[Path], origin: str) -> np.ndarray:
    """The frame of each file ``[F]``, from 0."""
    matches = [_NAME.fullmatch(file.name) for file in files]
    numbers = [int(matched["frame"][:18] or 0) for matched in matches if matched]
    frames = np.array(numbers, np.int64) - numbers[0]
    if len(np.unique(frames)) < len(frames):
        twice = int(np.flatnonzero(np.diff(frames) == 0)[0])
        raise ValueError(
            f"{origin}: expected every frame once, got number {numbers[twice]} in '{files[twice].name}' and in "
            f"'{files[twice + 1].name}'"
        )
    if frames[-1] >= MOST_FRAMES:
        raise ValueError(
            f"{origin}: expected at most {MOST_FRAMES} frames, got numbers from {numbers[0]} to {numbers[-1]}; number "
            "the files by frames"
        )
    return frames


def _size(image_size: Any, origin: str) -> tuple[float, float]:
    try:
        width, height = image_size
        if width > 0 and height > 0 and width + height < float("inf"):
            return float(width), float(height)
    except (TypeError, ValueError):
        pass
    raise ValueError(
        f"{origin}: image_size: expected (width, height) of the picture in pixels, which OpenPose's files don't say, "
        f"or (1, 1) for coordinates in 0..1, got {image_size!r}"
    )


def _files(folder: str | os.PathLike[str], video: str | None, origin: str) -> list[Path]:
    videos = openpose_videos(folder)
    if not videos:
        raise ValueError(
            f"{origin}: expected files <video>_<frame>_keypoints.json, found none; OpenPose's --write_json writes them"
        )
    if video is None:
        if len(videos) > 1:
            raise ValueError(
                f"{origin}: expected the files of one video, found those of {len(videos)}: {short(list(videos))}; "
                "name one with video="
            )
        video = next(iter(videos))
    if video not in videos:
        raise ValueError(f"{origin}: video: expected one of {short(list(videos))}, got {video!r}")
    return videos[video]


def _bodies(files: Sequence[Path]) -> tuple[np.ndarray, np.ndarray]:
    """All bodies of the files, one after another: frames ``[R]``; x, y in pixels and confidence ``[R, V, 3]``."""
    frames, rows, places = [], [], []
    for frame, file in enumerate(files):
        content = parse(file.read_bytes(), ("people",), str(file))
        for body, human in enumerate(as_list(content["people"], f"{file}, people")):
            place = f"{file}, people[{body}]"
            rows.append(as_list(with_keys(human, (_KEY,), place)[_KEY], f"{place}.{_KEY}"))
            frames.append(frame)
            places.append(f"{place}.{_KEY}")
    joints = _joints(rows, places)
    return np.array(frames, np.int64), table(rows, 3 * joints, places).reshape(-1, joints, 3)


def _joints(rows: Sequence[list[Any]], places: Sequence[str]) -> int:
    """V, the same for all bodies; where there is nobody, 25, which OpenPose looks for unless told otherwise."""
    if not rows:
        return _JOINTS[1]
    for row, place in zip(rows, places, strict=True):
        if len(row) not in (3 * joints for joints in _JOINTS):
            expected = " or ".join(f"{3 * joints} numbers ({joints} joints x, y, c)" for joints in _JOINTS)
            raise ValueError(f"{place}: expected {expected}, got {len(row)}")
        if len(row) != len(rows[0]):
            raise ValueError(f"{place}: expected {len(rows[0])} numbers, as {places[0]} has, got {len(row)}")
    return len(rows[0]) // 3
