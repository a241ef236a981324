"""The poses of one frame in one form, from the arrays that pose estimators give; none of them is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from tg_skeleton.io import image_units


class Poses(NamedTuple):
    """The persons of one frame; those none of whose joints was seen are not among them.

    ``points`` is ``[M, V, D]`` float32, zero where a joint was not seen, and ``score`` ``[M, V]`` float32, its
    confidence 0-1.
    """

    points: np.ndarray
    score: np.ndarray


class Landmark(Protocol):
    """What is read of a MediaPipe landmark."""

    @property
    def x(self) -> float | None: ...

    @property
    def y(self) -> float | None: ...

    @property
    def z(self) -> float | None: ...

    @property
    def visibility(self) -> float | None: ...


def rtmlib_poses(
    keypoints: np.ndarray | Sequence[np.ndarray],
    scores: np.ndarray | Sequence[np.ndarray],
    image_size: tuple[float, float],
    *,
    joints: int = 17,
) -> Poses:
    """The persons of a frame from what rtmlib's ``Body``, ``BodyWithFeet`` and ``PoseTracker`` return for it.

    Scores above 1, which occur, are 1. The joints are those of `tg_skeleton.topologies.COCO17` (``Body``) or
    ``HALPE26`` (``BodyWithFeet``), both with ``to_openpose=False``.

    >>> import numpy as np
    >>> from tg_skeleton.pose import rtmlib_poses
    >>> poses = rtmlib_poses(np.full((2, 17, 2), 120.0), np.full((2, 17), 0.8), (640, 480))
    >>> poses.points.shape, poses.points[0, 0].tolist(), poses.score.shape
    ((2, 17, 2), [-0.3125, 0.25], (2, 17))

    Args:
        keypoints: Pixels.
        scores: The confidence of each joint.
        image_size: (W, H) of the picture in pixels.
        joints: V, 17 or 26.

    Shapes:
        - ``keypoints``: ``[M, V, 2]``; of nobody, also an empty list
        - ``scores``: ``[M, V]``
        - output: ``[M, V, 2]`` and ``[M, V]``

    Units:
        Image units, see `image_units`.

    Raises:
        ValueError: The arrays have other shapes.
    """
    points, score = _array(keypoints, (joints, 2), "keypoints"), _array(scores, (joints,), "scores")
    return _seen(points, score, image_size)


def openpose_poses(keypoints: np.ndarray | None, image_size: tuple[float, float], *, joints: int = 25) -> Poses:
    """The persons of a frame from the ``poseKeypoints`` of OpenPose's Python interface.

    >>> import numpy as np
    >>> from tg_skeleton.pose import openpose_poses
    >>> openpose_poses(np.tile([480.0, 120.0, 0.5], (1, 25, 1)), (640, 480)).points[0, 0].tolist()
    [0.25, 0.25]
    >>> openpose_poses(None, (640, 480)).points.shape
    (0, 25, 2)

    Args:
        keypoints: x and y in pixels, and the confidence; ``None`` or empty where there is nobody.
        image_size: (W, H) of the picture in pixels.
        joints: V, 25 (`tg_skeleton.topologies.OPENPOSE25`) or 18 (``OPENPOSE18``).

    Shapes:
        - ``keypoints``: ``[M, V, 3]``
        - output: ``[M, V, 2]`` and ``[M, V]``

    Units:
        Image units, see `image_units`.

    Raises:
        ValueError: The array has another shape.
    """
    values = _array([] if keypoints is None else keypoints, (joints, 3), "keypoints")
    return _seen(values[..., :2], values[..., 2], image_size)


def mediapipe_poses(landmarks: Sequence[Sequence[Landmark]] | None) -> Poses:
    """The persons of a frame from the ``pose_landmarks`` of MediaPipe's pose landmarker, in the picture.

    Their x and y are parts of the picture already, so its size is not asked for; their z, whose unit is vague, is left
    out. The score is the visibility; a landmark without one counts as seen.

    >>> from types import SimpleNamespace
    >>> from tg_skeleton.pose import mediapipe_poses
    >>> nose = SimpleNamespace(x=0.75, y=0.25, z=0.0, visibility=0.5)
    >>> poses = mediapipe_poses([[nose] * 33])
    >>> poses.points[0, 0].tolist(), poses.score[0, 0].item()
    ([0.25, 0.25], 0.5)

    Shapes:
        - ``landmarks``: M lists of the 33 landmarks of `tg_skeleton.topologies.MEDIAPIPE33`; None or an empty list
          where there is nobody
        - output: ``[M, 33, 2]`` and ``[M, 33]``

    Units:
        Image units, see `image_units`.

    Raises:
        ValueError: The landmarks are no list of persons, or a person has another number of them.
    """
    values = landmark_array(landmarks, "pose_landmarks")
    return _seen(values[..., :2], values[..., 3], (1, 1))


def mediapipe_world_poses(landmarks: Sequence[Sequence[Landmark]] | None) -> Poses:
    """The persons of a frame from the ``pose_world_landmarks`` of MediaPipe's pose landmarker, in space.

    MediaPipe's x is to the picture's right, y down, z away from the camera; the axes become those of a Kinect, x to the
    camera's left, y up, z away from it: half a turn about z, which exchanges no sides. The origin stays in the middle
    of each person's hips, so persons stand in one another.

    >>> from types import SimpleNamespace
    >>> from tg_skeleton.pose import mediapipe_world_poses
    >>> hand = SimpleNamespace(x=0.5, y=-0.25, z=-0.125, visibility=1.0)
    >>> mediapipe_world_poses([[hand] * 33]).points[0, 0].tolist()
    [-0.5, 0.25, -0.125]

    Shapes:
        - ``landmarks``: M lists of the 33 landmarks of `tg_skeleton.topologies.MEDIAPIPE33`; None or an empty list
          where there is nobody
        - output: ``[M, 33, 3]`` and ``[M, 33]``

    Units:
        Meters.

    Raises:
        ValueError: The landmarks are no list of persons, or a person has another number of them.
    """
    values = landmark_array(landmarks, "pose_world_landmarks")
    points, score = _known(values[..., :3] * (-1, -1, 1), values[..., 3])
    return Poses(np.where(score[..., None] > 0, points, 0).astype(np.float32), score.astype(np.float32))


def landmark_array(persons: Sequence[Sequence[Landmark]] | None, argument: str) -> np.ndarray:
    """x, y, z and visibility ``[M, 33, 4]`` of MediaPipe's landmarks; NaN for a coordinate that is unset."""
    if persons is None:  # the legacy solution's answer where there is nobody
        return np.empty((0, 33, 4))
    if not isinstance(persons, Sequence) or any(not isinstance(person, Sequence) for person in persons):
        raise ValueError(
            f"{argument}: expected a list of persons, each a list of 33 landmarks, as the pose landmarker gives, got "
            f"{type(persons).__name__}{' of single landmarks' if isinstance(persons, Sequence) else ''}; of the legacy "
            f"solution give [result.{argument}.landmark]"
        )
    rows = [[(mark.x, mark.y, mark.z, mark.visibility) for mark in person] for person in persons]
    for number, row in enumerate(rows):
        if len(row) != 33:
            raise ValueError(f"{argument}[{number}]: expected 33 landmarks, got {len(row)}")
    values = np.array(rows, np.float64).reshape(-1, 33, 4)  # None becomes NaN
    values[..., 3] = np.where(np.isnan(values[..., 3]), 1, values[..., 3])
    return values


def _array(values: np.ndarray | Sequence[np.ndarray], shape: tuple[int, ...], argument: str) -> np.ndarray:
    array = np.asarray(values, np.float64)
    if not array.size:
        return np.empty((0, *shape))
    if array.shape[1:] != shape:
        expected = ", ".join(map(str, ("M", *shape)))
        raise ValueError(f"{argument}: expected [{expected}], got {list(array.shape)}; joints= is the estimator's")
    return array


def _seen(points: np.ndarray, score: np.ndarray, image_size: tuple[float, float]) -> Poses:
    if len(points) != len(score):
        raise ValueError(f"scores: expected those of {len(points)} persons, as keypoints has, got {len(score)}")
    points, score = _known(points, score)
    return Poses(image_units(points, score, image_size), score.astype(np.float32))


def _known(points: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores 0-1, 0 for a joint whose numbers are not finite, of the persons who have a joint that was seen."""
    finite = np.isfinite(points).all(-1) & np.isfinite(score)
    score = np.where(finite, score, 0).clip(0, 1)
    points = np.where(finite[..., None], points, 0)
    there = (score > 0).any(-1)
    return points[there], score[there]
