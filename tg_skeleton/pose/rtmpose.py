"""RTMPose, through rtmlib."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Literal

import numpy as np

from tg_skeleton.pose.estimator import Estimate, PoseEstimator
from tg_skeleton.topologies import COCO17, HALPE26
from tg_skeleton.topology import Topology

Mode = Literal["performance", "balanced", "lightweight"]


class RTMLibEstimator(PoseEstimator):
    """RTMPose behind a person detector, as `rtmlib_estimator` sets it up.

    Args:
        topology: The joints that the model finds.
        model: A ``Body`` or ``BodyWithFeet`` of rtmlib.
    """

    def __init__(self, topology: Topology, model: Any) -> None:
        self.topology = topology
        self.model = model

    def __call__(self, image: np.ndarray) -> Estimate:
        """The persons of a picture, in the picture alone."""
        boxes = self.model.det_model(image)
        if not len(boxes):  # without a box, rtmlib's own call takes the whole picture for a person
            joints = self.topology.num_joints
            return Estimate(np.zeros((0, joints, 2), np.float32), np.zeros((0, joints), np.float32))
        points, score = self.model.pose_model(image, bboxes=boxes)
        return Estimate(np.asarray(points, np.float32), np.asarray(score, np.float32).clip(0, 1))

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
