"""Pose estimators: what finds the persons of a picture, and what it says about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from tg_skeleton.topology import Topology


class Estimate(NamedTuple):
    """The persons of a picture.

    Args:
        points: Their joints in pixels from the upper left corner, y down.
        score: The confidence of each joint, 0-1.
        space: Where the estimator knows them, the same joints in meters about the body's own origin, in a Kinect's
            axes: x to the camera's left, y up, z away from it.

    Shapes:
        ``[M, V, 2]``, ``[M, V]``, ``[M, V, 3]``

    >>> import numpy as np
    >>> from tg_skeleton.pose import Estimate
    >>> Estimate(np.full((1, 17, 2), 320.0), np.ones((1, 17))).space is None
    True
    """

    points: np.ndarray
    score: np.ndarray
    space: np.ndarray | None = None


class PoseEstimator(ABC):
    """Finds the persons of a picture; derive one of your own from it.

    >>> import numpy as np
    >>> from tg_skeleton.pose import Estimate, PoseEstimator
    >>> from tg_skeleton.topologies import COCO17
    >>> class Centered(PoseEstimator):  # one person, all of whose joints are in the middle
    ...     topology = COCO17
    ...
    ...     def __call__(self, image):
    ...         height, width, _ = image.shape
    ...         return Estimate(np.full((1, 17, 2), (width / 2, height / 2)), np.ones((1, 17)))
    >>> estimate = Centered()(np.zeros((480, 640, 3), np.uint8))
    >>> estimate.points.shape, estimate.points[0, 0].tolist(), estimate.space
    ((1, 17, 2), [320.0, 240.0], None)
    """

    topology: Topology
    """The joints that it finds."""

    in_space: bool = False
    """Whether its estimates have ``space``."""

    @abstractmethod
    def __call__(self, image: np.ndarray) -> Estimate:
        """The persons of a picture ``[H, W, 3]`` (uint8; blue, green, red)."""

    def reset(self) -> None:  # noqa: B027  # most have nothing to forget
        """Forget the pictures so far: the next one begins another video."""
