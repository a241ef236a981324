"""Pose estimators, which find the persons in a picture; they are separate packages."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Literal, Protocol

import numpy as np

from tg_skeleton.topologies import COCO17, HALPE26
from tg_skeleton.topology import Topology

Mode = Literal["performance", "balanced", "lightweight"]


class PoseEstimator(Protocol):
    """Finds the persons of a picture; anything that does can stand here.

    >>> import numpy as np
    >>> from tg_skeleton.topologies import COCO17
    >>> class Centred:  # one person, all of whose joints are in the middle
    ...     topology = COCO17
    ...
    ...     def __call__(self, image):
    ...         height, width, _ = image.shape
    ...         return np.full((1, 17, 2), (width / 2, height / 2)), np.ones((1, 17))
    >>> points, score = Centred()(np.zeros((480, 640, 3), np.uint8))
    >>> points.shape, points[0, 0].tolist()
    ((1, 17, 2), [320.0, 240.0])
    """

    @property
    def topology(self) -> Topology:
        """The joints that it finds."""
        ...

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The persons of a picture ``[H, W, 3]`` (uint8; blue, green, red).

        Returns:
            Their joints ``[M, V, 2]`` in pixels, y down, and the confidence of each, ``[M, V]`` 0-1.
        """
        ...


class RTMLibEstimator:
    """RTMPose behind a person detector, as `rtmlib_estimator` sets it up.

    Args:
        topology: The joints that the model finds.
        model: A ``Body`` or ``BodyWithFeet`` of rtmlib.
    """

    def __init__(self, topology: Topology, model: Any) -> None:
        self.topology = topology
        self.model = model

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The persons of a picture, see `PoseEstimator`."""
        boxes = self.model.det_model(image)
        if not len(boxes):  # without a box, rtmlib's own call takes the whole picture for a person
            joints = self.topology.num_joints
            return np.zeros((0, joints, 2), np.float32), np.zeros((0, joints), np.float32)
        points, score = self.model.pose_model(image, bboxes=boxes)
        return np.asarray(points, np.float32), np.asarray(score, np.float32).clip(0, 1)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.topology.name!r})"


def rtmlib_estimator(
    topology: Topology = HALPE26,
    mode: Mode = "balanced",
    *,
    device: str = "cpu",
    backend: Literal["onnxruntime", "opencv", "openvino"] = "onnxruntime",
) -> RTMLibEstimator:
    """RTMPose through rtmlib (the extra ``pose``), which fetches its models at first use and keeps them.

    Args:
        topology: Which joints: `tg_skeleton.topologies.COCO17` or ``HALPE26`` (with head, neck, hip and feet).
        mode: ``"performance"``, ``"balanced"`` or ``"lightweight"``: the greater and better, or the smaller and faster
            models.
        device: As rtmlib calls it: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
        backend: What runs the models.

    Raises:
        ImportError: rtmlib is not installed.
        ValueError: rtmlib has no model with these joints, or no such mode.

    Source: Jiang et al., RTMPose: Real-Time Multi-Person Pose Estimation based on MMPose, 2023; the package rtmlib.
    """
    if topology not in (COCO17, HALPE26):
        raise ValueError(
            f"topology: expected COCO17 or HALPE26, the joints that rtmlib's models find, got '{topology.name}'; carry "
            "them over with tg_skeleton.transforms.ToTopology"
        )
    if mode not in ("performance", "balanced", "lightweight"):
        raise ValueError(f"mode: expected 'performance', 'balanced' or 'lightweight', got {mode!r}")
    try:
        import rtmlib
    except ImportError as error:
        raise ImportError(
            "poses in videos are found with rtmlib, which is not installed; pip install 'tg_skeleton[pose]', or give "
            "an estimator of your own"
        ) from error
    solution = rtmlib.Body if topology == COCO17 else rtmlib.BodyWithFeet
    with contextlib.redirect_stdout(sys.stderr):  # it prints what it loads
        return RTMLibEstimator(topology, solution(mode=mode, backend=backend, device=device))
