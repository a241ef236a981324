"""Recordings from videos, by a pose estimator."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.io import Recording, aspect_of
from tg_skeleton.pose.estimator import PoseEstimator
from tg_skeleton.pose.finder import PersonFinder, PoseOptions, TrackedFrame, track_frames
from tg_skeleton.pose.pictures import VideoFile, camera_pictures
from tg_skeleton.pose.tracking import PersonTracker
from tg_skeleton.topology import Topology

_SLOWEST = 8.0  # frames a second
_BRIEF = 0.35  # seconds; who is seen for less beside others is mostly nobody (NTU RGB+D's cleaning has 11 frames)
_UNEVEN = 1.5  # of two intervals between frames, above which the rate is not one


@dataclass(frozen=True, eq=False, kw_only=True)
class VideoRecording(Recording):
    """A `tg_skeleton.io.Recording` of a video.

    Args:
        label: -1.
        topology: The joints.
        fps: Frames of the recording a second.
        ids: The tracker's number of each person; of several in one place, of the one seen most.
        picture: The joints in image units (parts of the picture's width and height from its middle, y up), for
            drawing: ``[T, M, V, 2]``.
        times: When each frame was taken, seconds, ``[T]``.

    Units:
        ``pos`` is in meters in a Kinect's axes (x to the camera's left, y up, z away from it), or in image units.

    >>> import numpy as np
    >>> from tg_skeleton.pose import VideoRecording
    >>> from tg_skeleton.topologies import COCO17
    >>> pos, score = np.ones((3, 1, 17, 2), np.float32), np.ones((3, 1, 17), np.float32)
    >>> recording = VideoRecording(
    ...     name="walk", pos=pos, score=score, topology=COCO17, fps=25.0, ids=(0,), picture=pos, times=np.arange(3) / 25
    ... )
    >>> recording.frames(1, 3).sequence().num_frames, recording.nobody
    (2, 0)
    """

    label: int = -1
    topology: Topology
    fps: float
    ids: tuple[int, ...]
    picture: np.ndarray
    times: np.ndarray

    def sequence(self) -> SkeletonSequence:
        """The recording as a graph."""
        return SkeletonSequence.from_array(self.pos, self.topology, score=self.score, name=self.name)

    def frames(self, start: int, end: int) -> VideoRecording:
        """A part of it, from frame ``start`` to before frame ``end``."""
        assert self.score is not None
        part = slice(start, end)
        return replace(
            self,
            pos=self.pos[part],
            score=self.score[part],
            picture=self.picture[part],
            times=self.times[part],
        )

    @property
    def nobody(self) -> int:
        """The number of frames without anybody."""
        assert self.score is not None
        return int((~(self.score > 0).any((1, 2))).sum())

    @property
    def visibility(self) -> float:
        """The mean score of the joints of persons who are there; 0 where nobody is."""
        assert self.score is not None
        there = (self.score > 0).any(-1)
        return float(self.score[there].mean()) if there.any() else 0.0


def read_video(
    path: str | os.PathLike[str],
    estimator: PoseEstimator,
    options: PoseOptions | None = None,
    *,
    persons: int | None = 2,
    every: int = 1,
    tracker: PersonTracker | None = None,
    progress: bool = False,
) -> VideoRecording:
    """The persons of a video, each followed through its frames; placed in space where the estimator knows it.

    The persons with the greatest sum of mean scores are kept, in that order; those who are seen for less than 0.35
    seconds, as an estimator sees them in shadows and blur, only where nobody is seen for longer. Where more are seen
    than are kept, who begins when another has ended takes that one's place. Who is not in a frame is zero there, and so
    are joints that the estimator did not see (score 0). A video without anybody has one person, all zero. The frame
    rate is the file's; where frames come at uneven times, the nearest of them are taken at even times. What will be
    hard to train on is among the ``remarks``.

    Assumption: a video that doesn't say how many frames it has a second has 30.

    Args:
        path: The file, of any kind that OpenCV reads.
        estimator: Finds the persons of a picture, such as `mediapipe_estimator` or `rtmlib_estimator` give.
        options: How persons become joints. Default: `PoseOptions`.
        persons: Maximum number of persons to keep; ``None``: all.
        every: Step between the frames that are read; 1 reads all.
        tracker: Follows the persons. Default: a `PersonTracker`.
        progress: Whether to show a progress bar.

    Shapes:
        ``pos`` ``[T, M, V, 3]`` (or ``[T, M, V, 2]`` in the picture) float32, ``score`` ``[T, M, V]`` float32.

    Raises:
        ImportError: OpenCV is not installed.
        FileNotFoundError: There is no such file.
        ValueError: The file is no video, or has no frames; the estimator returns other shapes than it should; an
            argument is out of its range.

    >>> from tg_skeleton.pose import mediapipe_estimator, read_video
    >>> recording = read_video("walk.mp4", mediapipe_estimator())  # doctest: +SKIP
    """
    if every < 1 or (persons is not None and persons < 1):
        raise ValueError(f"persons, every: expected whole numbers from 1, got persons={persons!r}, every={every!r}")
    finder = PersonFinder(estimator, options, tracker)
    with VideoFile(path, every) as video:
        bar = tqdm(video, str(path), video.count // every or None, disable=not progress)
        frames = list(track_frames(bar, finder))
        remarks = video.remarks
        fps = video.fps / every
    rows, fps, uneven = _even(np.array([frame.time for frame in frames]), fps)
    joints, dims = estimator.topology.num_joints, 3 if finder.in_space else 2
    taken = [frames[row] for row in rows]
    pos, score, picture, ids = _assemble(taken, (joints, dims), _kept(taken, persons, math.ceil(_BRIEF * fps)))
    times = frames[0].time + np.arange(len(rows)) / fps if uneven else np.array([frame.time for frame in frames])
    recording = VideoRecording(
        name=Path(path).stem,
        pos=pos,
        score=score,
        topology=estimator.topology,
        fps=fps,
        ids=ids,
        picture=picture,
        times=times,
        aspect=1.0 if finder.in_space else aspect_of(finder.size),
    )
    return replace(recording, remarks=(*remarks, *uneven, *_doubts(recording, finder.size)))


def camera_frames(
    source: int | str,
    estimator: PoseEstimator,
    options: PoseOptions | None = None,
    *,
    tracker: PersonTracker | None = None,
) -> Iterator[TrackedFrame]:
    """The persons of a camera's pictures, one after another, until it is closed; opened at the first picture.

    Args:
        source: The number of a camera, or the address of a stream.
        estimator: Finds the persons of a picture.
        options: How persons become joints. Default: `PoseOptions`.
        tracker: Numbers them. Default: a `PersonTracker`.

    Raises:
        ImportError: OpenCV is not installed.
        RuntimeError: The camera can't be opened.
        ValueError: The estimator returns other shapes than it should.

    >>> from tg_skeleton.pose import camera_frames, mediapipe_estimator
    >>> for frame in camera_frames(0, mediapipe_estimator()):  # doctest: +SKIP
    ...     stream.push(frame.points, frame.ids, frame.score)
    """
    yield from track_frames(camera_pictures(source), PersonFinder(estimator, options, tracker))


def _even(times: np.ndarray, fps: float) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """The frames to take ``[T]``, their rate, and a remark where they come at uneven times."""
    steps = np.diff(times)
    if len(steps) < 2 or (steps <= 0).any():
        return np.arange(len(times)), fps, ()
    low, high = np.quantile(steps, (0.05, 0.95))
    if high <= _UNEVEN * low:
        return np.arange(len(times)), fps, ()
    rate = len(steps) / float(times[-1] - times[0])
    even = times[0] + np.arange(len(times)) / rate
    rows = _nearest(times, even)
    remark = (
        f"frames come at uneven times, {1e3 * low:.0f} to {1e3 * high:.0f} ms apart: the nearest ones are taken at "
        f"{rate:.1f} a second"
    )
    return rows, rate, (remark,)


def _nearest(times: np.ndarray, even: np.ndarray) -> np.ndarray:
    after = np.searchsorted(times, even).clip(1, len(times) - 1)
    nearer: np.ndarray = after - (even - times[after - 1] <= times[after] - even)
    return nearer


def _doubts(recording: VideoRecording, size: tuple[int, int]) -> Iterator[str]:
    """What will be hard to train on."""
    frames = len(recording.pos)
    if recording.nobody >= frames / 2:
        yield f"nobody was found in {recording.nobody} of {frames} frames; a network will learn little from it"
    if recording.fps < _SLOWEST:
        yield f"{recording.fps:.1f} frames a second are too few for most actions; record 15 or more"
    if _on_its_side(recording, size):
        yield "persons lie on their side: the picture looks turned by 90 degrees; turn it (ffmpeg -vf transpose=1)"


def _on_its_side(recording: VideoRecording, size: tuple[int, int]) -> bool:
    """Whether bodies point across the picture in most frames, from hips to shoulders."""
    joints, score = recording.topology.joints, recording.score
    assert score is not None
    names = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
    if any(name not in joints for name in names):
        return False
    used = [joints.index(name) for name in names]
    seen = (score[..., used] > 0).all(-1)
    if seen.sum() < 5:
        return False
    hips, shoulders = np.split(recording.picture[..., used, :][seen] * size, 2, axis=1)
    across, up = (shoulders.mean(1) - hips.mean(1)).T
    return bool((np.abs(across) > 1.5 * np.abs(up)).mean() > 0.7)


def _kept(frames: list[TrackedFrame], persons: int | None, least: int) -> dict[int, int]:
    """The place of each number that is kept; a number that begins when another has ended may share its place."""
    weight: dict[int, float] = {}
    rows: dict[int, list[int]] = {}
    for row, frame in enumerate(frames):
        for number, mean in zip(frame.ids.tolist(), frame.score.mean(1).tolist(), strict=True):
            weight[number] = weight.get(number, 0.0) + mean
            rows.setdefault(number, []).append(row)
    steady = [number for number, seen in rows.items() if len(seen) >= least] or list(rows)
    places: dict[int, int] = {}
    for number in sorted(steady, key=lambda one: (-weight[one], one)):
        first, last = rows[number][0], rows[number][-1]
        taken = {place for other, place in places.items() if rows[other][0] <= last and first <= rows[other][-1]}
        used = len(set(places.values()))
        free = used if persons is None or used < persons else next((at for at in range(used) if at not in taken), None)
        if free is not None:
            places[number] = free
    return places


def _assemble(
    frames: list[TrackedFrame], shape: tuple[int, int], slot: dict[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, ...]]:
    """``[T, M, V, D]``, ``[T, M, V]``, ``[T, M, V, 2]`` and the first numbers of the M places."""
    joints, dims = shape
    ids = list(dict.fromkeys(slot.values()))
    pos = np.zeros((len(frames), max(len(ids), 1), joints, dims), np.float32)
    score = np.zeros(pos.shape[:-1], np.float32)
    picture = np.zeros((*score.shape, 2), np.float32)
    for row, frame in enumerate(frames):
        for person, number in enumerate(frame.ids.tolist()):
            if number in slot:
                place = row, slot[number]
                pos[place], score[place], picture[place] = (
                    frame.points[person],
                    frame.score[person],
                    frame.picture[person],
                )
    return pos, score, picture, tuple(next(n for n, place in slot.items() if place == at) for at in ids)
