"""Recordings from videos and cameras, by a pose estimator and a tracker."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.inference.pose import PoseEstimator
from tg_skeleton.inference.tracking import PersonTracker
from tg_skeleton.io import Recording, image_units
from tg_skeleton.topology import Topology

_FPS = 30.0
_MOST_FPS = 1000.0  # more is no rate


class TrackedFrame(NamedTuple):
    """The persons of one picture: ``points`` ``[M, V, 2]`` in image units, ``score`` ``[M, V]``, ``ids`` ``[M]``."""

    points: np.ndarray
    score: np.ndarray
    ids: np.ndarray


@dataclass(frozen=True, kw_only=True)
class VideoRecording(Recording):
    """A `tg_skeleton.io.Recording` of a video.

    ``pos`` is in image units (parts of the picture's width and height from its middle, y up), ``label`` is -1.

    Args:
        topology: The joints.
        fps: Frames of the recording a second.
        ids: The tracker's number of each person.
    """

    label: int = -1
    topology: Topology
    fps: float
    ids: tuple[int, ...]

    def sequence(self) -> SkeletonSequence:
        """The recording as a graph."""
        return SkeletonSequence.from_array(self.pos, self.topology, score=self.score, name=self.name)


def read_video(
    path: str | os.PathLike[str],
    estimator: PoseEstimator,
    *,
    persons: int | None = 2,
    every: int = 1,
    tracker: PersonTracker | None = None,
    progress: bool = False,
) -> VideoRecording:
    """The persons of a video, each followed through its frames.

    The persons with the greatest sum of mean scores are kept, in that order. Who is not in a frame is zero there, and
    so are joints that the estimator did not see (score 0). A video without anybody has one person, all zero.

    Assumption: a video that doesn't say how many frames it has a second has 30.

    Args:
        path: The file, of any kind that OpenCV reads.
        estimator: Finds the persons of a picture, such as `tg_skeleton.inference.pose.rtmlib_estimator`.
        persons: Maximum number of persons to keep; ``None``: all.
        every: Step between the frames that are read; 1 reads all.
        tracker: Follows the persons. Default: a `PersonTracker`.
        progress: Whether to show a progress bar.

    Shapes:
        ``pos`` ``[T, M, V, 2]`` float32, ``score`` ``[T, M, V]`` float32.

    Raises:
        ImportError: OpenCV is not installed.
        FileNotFoundError: There is no such file.
        ValueError: The file is no video, or has no frames; the estimator returns other shapes than it should; an
            argument is out of its range.
    """
    if every < 1 or (persons is not None and persons < 1):
        raise ValueError(f"persons, every: expected whole numbers from 1, got persons={persons!r}, every={every!r}")
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: there is no such video")
    cv2 = _cv2()
    capture = cv2.VideoCapture(os.fspath(path))
    try:
        if not capture.isOpened():
            raise ValueError(f"{path}: expected a video, got a file that OpenCV can't open")
        fps = capture.get(cv2.CAP_PROP_FPS)
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) // every
        images = tqdm(_images(capture, every), str(path), count if count > 0 else None, disable=not progress)
        frames = list(track_frames(images, estimator, tracker))
    finally:
        capture.release()
    if not frames:
        raise ValueError(f"{path}: expected a video, got a file without a frame that OpenCV can read")
    pos, score, ids = _assemble(frames, estimator.topology.num_joints, persons)
    return VideoRecording(
        name=Path(path).stem,
        pos=pos,
        score=score,
        topology=estimator.topology,
        fps=(fps if 0 < fps < _MOST_FPS else _FPS) / every,
        ids=ids,
    )


def camera_frames(
    source: int | str, estimator: PoseEstimator, *, tracker: PersonTracker | None = None
) -> Iterator[TrackedFrame]:
    """The persons of a camera's pictures, one after another, until it is closed; opened at the first picture.

    ``for points, score, ids in camera_frames(0, estimator): ...``

    Args:
        source: The number of a camera, or the address of a stream.
        estimator: Finds the persons of a picture.
        tracker: Numbers them. Default: a `PersonTracker`.

    Raises:
        ImportError: OpenCV is not installed.
        RuntimeError: The camera can't be opened.
        ValueError: The estimator returns other shapes than it should.
    """
    with opened_camera(source) as camera:
        yield from track_frames(camera.images, estimator, tracker)


class Camera(NamedTuple):
    """A camera that is open: its pictures ``[H, W, 3]``, and how many it has a second; None: it does not say."""

    images: Iterator[np.ndarray]
    fps: float | None


@contextmanager
def opened_camera(source: int | str) -> Iterator[Camera]:
    """A camera that is closed at the end of the block.

    Args:
        source: The number of a camera, or the address of a stream.

    Raises:
        ImportError: OpenCV is not installed.
        RuntimeError: The camera can't be opened.
    """
    cv2 = _cv2()
    capture = cv2.VideoCapture(source)
    try:
        if not capture.isOpened():
            raise RuntimeError(
                f"camera {source}: it can't be opened; check that it is there, that no other program uses it, and that "
                "you may read it"
            )
        fps = capture.get(cv2.CAP_PROP_FPS)
        yield Camera(_images(capture, 1), fps if 0 < fps < _MOST_FPS else None)
    finally:
        capture.release()


def track_frames(
    images: Iterable[np.ndarray], estimator: PoseEstimator, tracker: PersonTracker | None = None
) -> Iterator[TrackedFrame]:
    """The persons of pictures ``[H, W, 3]`` that follow one another.

    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.inference.video import track_frames
    >>> class Estimator:
    ...     topology = Topology("stick", ("a", "b"), ("a", "a"))
    ...
    ...     def __call__(self, image):
    ...         return np.array([[[32.0, 12.0], [32.0, 24.0]]]), np.ones((1, 2))
    >>> for points, score, ids in track_frames(np.zeros((2, 48, 64, 3), np.uint8), Estimator()):
    ...     print(points.tolist(), score.tolist(), ids.tolist())
    [[[0.0, 0.25], [0.0, 0.0]]] [[1.0, 1.0]] [0]
    [[[0.0, 0.25], [0.0, 0.0]]] [[1.0, 1.0]] [0]

    Raises:
        ValueError: The estimator returns other shapes than it should.
    """
    follow = PersonTracker() if tracker is None else tracker
    for image in images:
        height, width = image.shape[:2]
        points, score = _checked(*estimator(image), estimator.topology)
        ids = follow.update(points, score)
        there = ids >= 0
        yield TrackedFrame(image_units(points, score, (width, height))[there], score[there], ids[there])


def _images(capture: Any, every: int) -> Iterator[np.ndarray]:
    number = 0
    while capture.grab():
        if number % every == 0:
            read, image = capture.retrieve()
            if not read:
                return
            yield image
        number += 1


def _checked(points: np.ndarray, score: np.ndarray, topology: Topology) -> tuple[np.ndarray, np.ndarray]:
    points, score = np.asarray(points, np.float32), np.asarray(score, np.float32)
    joints = topology.num_joints
    if points.shape != (len(points), joints, 2) or score.shape != points.shape[:2]:
        raise ValueError(
            f"estimator: expected points [M, {joints}, 2] and scores [M, {joints}] of '{topology.name}', got "
            f"{list(points.shape)} and {list(score.shape)}"
        )
    seen = np.isfinite(points).all(-1) & np.isfinite(score)
    return np.where(seen[..., None], points, 0), np.where(seen, score, 0).clip(0, 1)


def _assemble(
    frames: list[TrackedFrame], joints: int, persons: int | None
) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """``[T, M, V, 2]``, ``[T, M, V]`` and the numbers of the M persons who are kept."""
    weight: dict[int, float] = {}
    for frame in frames:
        for number, mean in zip(frame.ids.tolist(), frame.score.mean(1).tolist(), strict=True):
            weight[number] = weight.get(number, 0.0) + mean
    kept = sorted(weight, key=lambda number: (-weight[number], number))[:persons]
    slot = {number: place for place, number in enumerate(kept)}
    pos = np.zeros((len(frames), max(len(kept), 1), joints, 2), np.float32)
    score = np.zeros(pos.shape[:-1], np.float32)
    for row, frame in enumerate(frames):
        for person, number in enumerate(frame.ids.tolist()):
            if number in slot:
                pos[row, slot[number]], score[row, slot[number]] = frame.points[person], frame.score[person]
    return pos, score, tuple(kept)


def _cv2() -> ModuleType:
    try:
        import cv2
    except ImportError as error:
        raise ImportError(
            "videos and cameras are read with OpenCV, which is not installed; pip install 'tg_skeleton[pose]'"
        ) from error
    module: ModuleType = cv2
    return module
