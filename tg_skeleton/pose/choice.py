"""Which estimator, where nobody names one: the one that is installed and fits the network."""

from __future__ import annotations

import os
from importlib.util import find_spec

from tg_skeleton.pose.blazepose import mediapipe_estimator
from tg_skeleton.pose.estimator import PoseEstimator
from tg_skeleton.pose.rtmpose import rtmlib_estimator
from tg_skeleton.topologies import COCO17, HALPE26
from tg_skeleton.topology import Topology


def fitting_estimator(
    topology: Topology | None = None,
    dims: int | None = None,
    *,
    persons: int = 2,
    model: str | os.PathLike[str] | None = None,
) -> PoseEstimator:
    """The estimator whose joints need the least carrying over, of those that are installed.

    A network of joints in space (``dims=3``), or none (``dims=None``), takes MediaPipe; one of joints in the picture
    RTMPose, if rtmlib is installed, and MediaPipe if not.

    Args:
        topology: The joints of the network.
        dims: The coordinates of each.
        persons: Maximum number of persons to find.
        model: A ``.task`` file of MediaPipe's.

    Raises:
        ImportError: No estimator that fits is installed.

    >>> from tg_skeleton.pose import fitting_estimator
    >>> estimator = fitting_estimator(dims=3)  # doctest: +SKIP
    """
    if dims != 2 or find_spec("rtmlib") is None:
        if dims is None and find_spec("mediapipe") is None and find_spec("rtmlib") is not None:
            return rtmlib_estimator(_rtmlib_joints(topology))
        return mediapipe_estimator(model, persons=persons)
    return rtmlib_estimator(_rtmlib_joints(topology))


def _rtmlib_joints(topology: Topology | None) -> Topology:
    return COCO17 if topology is not None and topology.joints == COCO17.joints else HALPE26
