"""MediaPipe's pose landmarks, in the picture and in space; several persons."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from tg_skeleton.pose.estimator import Estimate, PoseEstimator
from tg_skeleton.pose.opencv import opencv
from tg_skeleton.pose.poses import landmark_array
from tg_skeleton.topologies import MEDIAPIPE33

_LOOK = 6  # pictures between two searches for one more person
_SAME = 0.25  # of a body's size; two bodies nearer than it on average are one
_AROUND = 0.12  # of a body's size; what is painted over around one
_KINECT = np.array([-1.0, -1.0, 1.0])  # MediaPipe's x is to the picture's right, y down, z away
_TICK = 33  # milliseconds between pictures, as far as the landmarker is concerned


class MediaPipeEstimator(PoseEstimator):
    """MediaPipe's 33 landmarks of several persons, as `mediapipe_estimator` sets it up.

    Args:
        finder: Finds the persons of pictures that follow one another.
    """

    topology = MEDIAPIPE33
    in_space = True

    def __init__(self, finder: _Solutions | _Landmarker) -> None:
        self._finder = finder

    def __call__(self, image: np.ndarray) -> Estimate:
        """The persons of a picture, in the picture and in space."""
        height, width = image.shape[:2]
        picture, world = self._finder.find(np.ascontiguousarray(image[..., ::-1]))
        score = picture[..., 3].clip(0, 1)
        return Estimate(picture[..., :2] * (width, height), score, world[..., :3] * _KINECT)

    def reset(self) -> None:
        """Forget the persons of the pictures so far."""
        self._finder.reset()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._finder})"


def mediapipe_estimator(model: str | os.PathLike[str] | None = None, *, persons: int = 2) -> MediaPipeEstimator:
    """MediaPipe's pose landmarks (the extra ``video``): 33 joints in the picture, and in meters.

    Where the installed wheel carries its models (up to 0.10.21), nothing has to be fetched. Its solution finds one
    person; each one found is painted over, and the picture searched for the next, every 6th picture as long as there is
    none. Newer releases have neither: they read a ``.task`` file, which finds several persons by itself.

    Args:
        model: A ``.task`` file, such as ``pose_landmarker_full.task``. Default: the model in the wheel.
        persons: Maximum number of persons to find.

    Raises:
        ImportError: MediaPipe is not installed, or can't live with the other packages that are.
        FileNotFoundError: There is no such file.
        ValueError: No model is given, and there is none in the wheel; or the file is none.

    Source: Bazarevsky et al., BlazePose: On-device Real-time Body Pose Tracking, 2020; the package mediapipe.

    >>> from tg_skeleton.pose import mediapipe_estimator
    >>> estimator = mediapipe_estimator(persons=2)  # doctest: +SKIP
    """
    if persons < 1:
        raise ValueError(f"persons: expected 1 or more, got {persons!r}")
    if model is not None and not Path(model).is_file():
        raise FileNotFoundError(f"model: expected a .task file of MediaPipe, got '{model}', which is not there")
    mediapipe = _mediapipe()
    if model is not None:
        return MediaPipeEstimator(_Landmarker(mediapipe, Path(model), persons))
    if getattr(mediapipe, "solutions", None) is None:
        raise ValueError(
            f"model: mediapipe {mediapipe.__version__} has no models in its wheel; pip install 'mediapipe==0.10.21' "
            "(Python up to 3.12), or give a .task file: --pose-model pose_landmarker_full.task (an address is fetched "
            "once)"
        )
    return MediaPipeEstimator(_Solutions(mediapipe, persons))


class _Solutions:
    """The models in the wheel: a solution of one person for each person."""

    def __init__(self, mediapipe: ModuleType, persons: int) -> None:
        self._solution = mediapipe.solutions.pose.Pose
        self._persons = persons
        self.reset()

    def reset(self) -> None:
        """Forget the persons so far."""
        self._poses: list[Any] = []
        self._fresh: set[int] = set()
        self._here = [False] * self._persons
        self._count = 0

    def find(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Landmarks in the picture and in space, ``[M, 33, 4]`` each, of a picture (red, green, blue)."""
        look = self._count % _LOOK == 0
        self._count += 1
        found: list[tuple[np.ndarray, np.ndarray]] = []
        left = image
        for number in range(self._persons):
            if not (number == 0 or self._here[number] or (look and len(found) == number)):
                continue
            marks = self._one(number, left)
            if marks is not None and any(_same(marks[0], other) for other, _ in found):
                self._poses[number] = self._made(number)  # it follows somebody who is found already
                marks = None
            self._here[number] = marks is not None
            if marks is not None:
                found.append(marks)
                if number + 1 < self._persons:
                    left = _without(left, marks[0])
        empty = np.zeros((0, 33, 4))
        return (
            np.stack([picture for picture, _ in found]) if found else empty,
            np.stack([world for _, world in found]) if found else empty,
        )

    def _one(self, number: int, image: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        while len(self._poses) <= number:
            self._poses.append(self._made(len(self._poses)))
        with _quiet(number in self._fresh):
            result = self._poses[number].process(image)
        self._fresh.discard(number)
        if result.pose_landmarks is None:
            return None
        return (
            landmark_array([list(result.pose_landmarks.landmark)], "pose_landmarks")[0],
            landmark_array([list(result.pose_world_landmarks.landmark)], "pose_world_landmarks")[0],
        )

    def _made(self, number: int) -> Any:
        self._fresh.add(number)
        with _quiet(True):
            return self._solution(model_complexity=1)  # the full model, the only one in the wheel

    def __repr__(self) -> str:
        return f"wheel, persons={self._persons}"


class _Landmarker:
    """A ``.task`` file."""

    def __init__(self, mediapipe: ModuleType, model: Path, persons: int) -> None:
        self._mediapipe, self._model, self._persons = mediapipe, model, persons
        self.reset()

    def reset(self) -> None:
        """Forget the persons so far."""
        from mediapipe.tasks import python as tasks

        vision = tasks.vision
        options = vision.PoseLandmarkerOptions(
            base_options=tasks.BaseOptions(model_asset_buffer=self._model.read_bytes()),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=self._persons,
        )
        try:
            with _quiet(True):
                self._landmarker = vision.PoseLandmarker.create_from_options(options)
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ValueError(
                f"'{self._model}': expected a .task file of MediaPipe's pose landmarker: {reason}"
            ) from error
        self._count = 0

    def find(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Landmarks in the picture and in space, ``[M, 33, 4]`` each, of a picture (red, green, blue)."""
        self._count += 1
        picture = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=image)
        with _quiet(self._count == 1):
            result = self._landmarker.detect_for_video(picture, _TICK * self._count)
        return (
            landmark_array(result.pose_landmarks, "pose_landmarks"),
            landmark_array(result.pose_world_landmarks, "pose_world_landmarks"),
        )

    def __repr__(self) -> str:
        return f"{self._model.name}, persons={self._persons}"


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    size = float(np.linalg.norm(np.ptp(other[:, :2], axis=0)))
    return float(np.linalg.norm(one[:, :2] - other[:, :2], axis=1).mean()) < _SAME * size


def _without(image: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """A picture in which a person is painted over in the picture's mean color."""
    cv2 = opencv()
    height, width = image.shape[:2]
    hull = cv2.convexHull(np.rint(marks[:, :2] * (width, height)).astype(np.int32))
    size = float(np.linalg.norm(np.ptp(hull[:, 0], axis=0)))
    color = image[:: max(height // 32, 1), :: max(width // 32, 1)].mean((0, 1)).tolist()
    out = image.copy()
    cv2.fillConvexPoly(out, hull, color)
    cv2.polylines(out, [hull], True, color, max(round(2 * _AROUND * size), 1))
    return out


def _mediapipe() -> ModuleType:
    os.environ.setdefault("GLOG_minloglevel", "2")
    try:
        with _quiet(True):
            import mediapipe
    except ImportError as error:
        raise ImportError(
            "poses in space are found with mediapipe, which is not installed; pip install 'tg_skeleton[video]' in one "
            "command with the other extras (as 'tg_skeleton[train,video]'), or give an estimator of your own"
        ) from error
    except (AttributeError, TypeError) as error:
        raise ImportError(
            f"mediapipe is broken by another package's protobuf ({error}); pip install 'tg_skeleton[train,video]' in "
            "one command finds releases that live together"
        ) from error
    module: ModuleType = mediapipe
    return module


@contextmanager
def _quiet(quiet: bool) -> Iterator[None]:
    """Without what MediaPipe's C++ writes to the terminal while its models load."""
    if not quiet:
        yield
        return
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
