"""From pictures to persons: estimate, follow, put sides right, place in space, smooth; one frame after another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tg_skeleton.io import image_units
from tg_skeleton.pose.estimator import Estimate, PoseEstimator
from tg_skeleton.pose.pictures import Picture
from tg_skeleton.pose.placing import FIELD_OF_VIEW, place_in_space
from tg_skeleton.pose.sides import SideKeeper
from tg_skeleton.pose.smoothing import OneEuro
from tg_skeleton.pose.tracking import PersonTracker
from tg_skeleton.topology import Topology

_TALL = 1.7  # meters that a person in a picture is taken to be, for judging sides


@dataclass(frozen=True)
class PoseOptions:
    """How the persons of pictures become joints.

    Args:
        in_space: Whether joints are placed in space, in meters, or in the picture. Default: in space where the
            estimator knows them.
        field_of_view: Of the camera, along the picture's longer side, in degrees; see `place_in_space`.
        min_score: A joint that the estimator is less sure of was not seen: it has score 0.
        smooth: Whether positions in space are smoothed over the frames before, see `OneEuro`.
        sides: Whether left and right that the estimator exchanges for a while are put right, see `SideKeeper`.

    Raises:
        ValueError: A number is out of its range.

    >>> from tg_skeleton.pose import PoseOptions
    >>> PoseOptions(field_of_view=78.0).min_score
    0.1
    """

    in_space: bool | None = None
    field_of_view: float = FIELD_OF_VIEW
    min_score: float = 0.1
    smooth: bool = True
    sides: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.field_of_view < 180:
            raise ValueError(f"field_of_view: expected degrees between 0 and 180, got {self.field_of_view!r}")
        if not 0 <= self.min_score < 1:
            raise ValueError(f"min_score: expected a number from 0 to below 1, got {self.min_score!r}")

    def places(self, estimator: PoseEstimator) -> bool:
        """Whether joints of this estimator are placed in space.

        Raises:
            ValueError: They shall be, and the estimator knows the picture alone.
        """
        if self.in_space and not estimator.in_space:
            raise ValueError(
                f"estimator: expected one that knows joints in space, got {estimator!r}, which knows the picture "
                "alone; take mediapipe_estimator (--estimator mediapipe), or a network of 2-D joints"
            )
        return estimator.in_space if self.in_space is None else self.in_space


class TrackedFrame(NamedTuple):
    """The persons of one picture.

    Args:
        points: Their joints: meters in a Kinect's axes (x to the camera's left, y up, z away), or image units; zero
            where a joint was not seen.
        score: The confidence of each joint.
        ids: The number of each person.
        picture: The joints in image units (parts of the picture's width and height from its middle, y up).
        time: Seconds since the stream began.

    Shapes:
        ``[M, V, D]``, ``[M, V]``, ``[M]``, ``[M, V, 2]``

    >>> import numpy as np
    >>> from tg_skeleton.pose import TrackedFrame
    >>> frame = TrackedFrame(np.zeros((2, 17, 3)), np.ones((2, 17)), np.array([0, 3]), np.zeros((2, 17, 2)), 0.04)
    >>> frame.ids.tolist()
    [0, 3]
    """

    points: np.ndarray
    score: np.ndarray
    ids: np.ndarray
    picture: np.ndarray
    time: float


class PersonFinder:
    """Finds and follows the persons of pictures; a file and a camera go through it alike.

    Args:
        estimator: Finds the persons of a picture.
        options: How they become joints.
        tracker: Numbers them. Default: a `PersonTracker`.

    Raises:
        ValueError: Joints in space are wanted, and the estimator knows none.

    >>> import numpy as np
    >>> from tg_skeleton.pose import Estimate, PersonFinder, Picture, PoseEstimator
    >>> from tg_skeleton.topologies import COCO17
    >>> class Centered(PoseEstimator):  # one person, all of whose joints are in the middle
    ...     topology = COCO17
    ...
    ...     def __call__(self, image):
    ...         height, width, _ = image.shape
    ...         return Estimate(np.full((1, 17, 2), (width / 2, height / 2)), np.ones((1, 17)))
    >>> finder = PersonFinder(Centered())
    >>> frame = finder(Picture(np.zeros((480, 640, 3), np.uint8), 0.0))
    >>> frame.points.shape, frame.ids.tolist()
    ((1, 17, 2), [0])
    """

    def __init__(
        self, estimator: PoseEstimator, options: PoseOptions | None = None, tracker: PersonTracker | None = None
    ) -> None:
        self.estimator = estimator
        self.options = PoseOptions() if options is None else options
        self.in_space = self.options.places(estimator)
        self.size = (1, 1)
        """Width and height of the last picture."""
        self._tracker = PersonTracker() if tracker is None else tracker
        self._sides = SideKeeper(estimator.topology)
        self._place = OneEuro(cutoff=1.0, beta=0.5)
        self._body = OneEuro(cutoff=3.0, beta=1.0)
        estimator.reset()

    def __call__(self, picture: Picture) -> TrackedFrame:
        """The persons of the next picture.

        Raises:
            ValueError: The estimator returns other shapes than it should.
        """
        image, time = picture
        height, width = image.shape[:2]
        size = self.size = (width, height)
        points, score, space = _checked(Estimate(*self.estimator(image)), self.estimator.topology, self.in_space)
        ids = self._tracker.update(points, score)
        there = ids >= 0
        points, score, ids = points[there], score[there], ids[there]
        space = None if space is None else space[there]
        if self.options.sides and len(ids):
            order = self._sides.order(ids.tolist(), _bodies(points, score) if space is None else space, score, time)
            points, score = (np.take_along_axis(each, order[..., None], 1) for each in (points, score[..., None]))
            score = score[..., 0]
            space = None if space is None else np.take_along_axis(space, order[..., None], 1)
        placed = None if space is None else self._in_space(space, points, score, size, (ids, time))
        score = np.where(score >= self.options.min_score, score, 0)
        if placed is not None:
            score = np.where(np.isfinite(placed).all(-1), score, 0)
        seen = (score > 0).any(-1)
        shown = image_units(points, score, size)
        out = shown if placed is None else np.where(score[..., None] > 0, placed, 0).astype(np.float32)
        return TrackedFrame(out[seen], score[seen], ids[seen], shown[seen], time)

    def _in_space(
        self,
        space: np.ndarray,
        points: np.ndarray,
        score: np.ndarray,
        size: tuple[int, int],
        who: tuple[np.ndarray, float],
    ) -> np.ndarray:
        """Bodies where the picture shows them, smoothed."""
        placed = place_in_space(space, points, score, size, field_of_view=self.options.field_of_view)
        if not self.options.smooth:
            return placed
        ids, time = who
        place = (placed - space).mean(1)  # the same for all joints
        known = np.isfinite(place).all(-1)
        for row, number in enumerate(ids.tolist()):
            if known[row]:
                body = self._body(number, space[row], time, score[row] > 0)
                placed[row] = self._place(number, place[row], time) + body
        self._place.keep(time)
        self._body.keep(time)
        return placed


def track_frames(pictures: Iterable[Picture], finder: PersonFinder) -> Iterator[TrackedFrame]:
    """The persons of pictures that follow one another.

    >>> import numpy as np
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.pose import Estimate, PersonFinder, Picture, PoseEstimator, track_frames
    >>> class Stick(PoseEstimator):
    ...     topology = Topology("stick", ("a", "b"), ("a", "a"))
    ...
    ...     def __call__(self, image):
    ...         return Estimate(np.array([[[32.0, 12.0], [32.0, 24.0]]]), np.ones((1, 2)))
    >>> pictures = [Picture(np.zeros((48, 64, 3), np.uint8), time) for time in (0.0, 0.04)]
    >>> for frame in track_frames(pictures, PersonFinder(Stick())):
    ...     print(frame.points.tolist(), frame.score.tolist(), frame.ids.tolist())
    [[[0.0, 0.25], [0.0, 0.0]]] [[1.0, 1.0]] [0]
    [[[0.0, 0.25], [0.0, 0.0]]] [[1.0, 1.0]] [0]

    Raises:
        ValueError: The estimator returns other shapes than it should.
    """
    for picture in pictures:
        yield finder(picture)


def _bodies(points: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Joints in the picture about the persons' middles, in meters if all of them were as tall."""
    seen = score > 0
    low = np.where(seen[..., None], points, np.inf).min(1, keepdims=True)
    high = np.where(seen[..., None], points, -np.inf).max(1, keepdims=True)
    extent = np.maximum((high - low).max(-1, keepdims=True), 1e-9)
    bodies: np.ndarray = (points - (low + high) / 2) / extent * _TALL
    return bodies


def _checked(
    estimate: Estimate, topology: Topology, in_space: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    points, score = np.asarray(estimate.points, np.float32), np.asarray(estimate.score, np.float32)
    joints = topology.num_joints
    if points.shape != (len(points), joints, 2) or score.shape != points.shape[:2]:
        raise ValueError(
            f"estimator: expected points [M, {joints}, 2] and scores [M, {joints}] of '{topology.name}', got "
            f"{list(points.shape)} and {list(score.shape)}"
        )
    seen = np.isfinite(points).all(-1) & np.isfinite(score)
    space = None
    if in_space:
        space = np.empty(0) if estimate.space is None else np.asarray(estimate.space, np.float32)
        if space.shape != (*score.shape, 3):
            raise ValueError(
                f"estimator: expected joints in space {[*score.shape, 3]} of '{topology.name}', as in_space says, got "
                f"{'none' if estimate.space is None else list(space.shape)}"
            )
        seen &= np.isfinite(space).all(-1)
        space = np.where(seen[..., None], space, 0)
    return np.where(seen[..., None], points, 0), np.where(seen, score, 0).clip(0, 1), space
