"""What sensors make of a scene: where they stand, what they miss, how they err. One function a sensor.

A sensor gives coordinates with y up and a score from 0 (not seen) to 1 for every joint.

===============  ==============================================  ==================================================
sensor           gives                                           errs
===============  ==============================================  ==================================================
`kinect_v1`      meters in camera space (see `body`)             joints that wander and jump, sides exchanged from
                                                                 behind, hips too high
`kinect_v2`      meters in camera space                          less of each
`detector`       image units: x right, 1 is the image's height   scores, missing joints, jitter, exchanged limbs,
                                                                 a body cut off by the image's edge
`mediapipe`      meters around the middle of the hips            flat and flipped depth, jitter, missing joints
`motion_capture` meters in the room                              hardly
===============  ==============================================  ==================================================
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from tg_skeleton.motion.errors import (
    Seen,
    exchange_from_behind,
    exchange_limbs,
    handed,
    jumps,
    lose,
    piece,
    shake,
)
from tg_skeleton.motion.scene import Scene
from tg_skeleton.motion.view import hip_middle, look, present, read_joints, turned
from tg_skeleton.topology import Topology


class Sensor(Protocol):
    """A function that looks at a scene and reports the joints of a topology."""

    __name__: str

    def __call__(self, scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen: ...


def kinect_v1(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """A Kinect of the first generation, or OpenNI."""
    pos, score, behind = look(scene, topology, rng, shifts=_KINECT_V1[int(rng.integers(0, len(_KINECT_V1)))])
    noise = 0.006 * np.exp(rng.normal(0.0, 0.5))
    pos = pos + shake(pos, noise, rng) * (pos[..., 2:] / 2.5) ** 2
    pos += behind[..., None] * (shake(pos, 0.06, rng, every=8) + jumps(pos, 0.15, 0.05, rng))
    if rng.random() < 0.6:
        pos = exchange_from_behind(pos, topology)
    return lose(handed(pos, 0.2, rng), score, topology, rng)


def kinect_v2(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """A Kinect of the second generation."""
    pos, score, behind = look(scene, topology, rng)
    pos = pos + shake(pos, 0.004 * np.exp(rng.normal(0.0, 0.5)), rng) * (pos[..., 2:] / 3.0) ** 2
    pos += behind[..., None] * (shake(pos, 0.04, rng, every=8) + jumps(pos, 0.12, 0.04, rng))
    if rng.random() < 0.25:
        pos = exchange_from_behind(pos, topology)
    return lose(handed(pos, 0.2, rng), score, topology, rng)


def detector(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """A camera and a detector of joints in its pictures."""
    pos, score, behind = look(scene, topology, rng, near=1.2)
    depth = np.maximum(pos[..., 2:], 0.3)
    length = 1.0 / (2.0 * np.tan(np.radians(rng.uniform(20.0, 38.0))))  # of the focus, in image heights
    image = length * pos[..., :2] / depth * np.array([-1.0, 1.0])  # pictures have x to the right
    body = 0.25 * length / depth.mean(axis=(0, 2), keepdims=True)  # about half a trunk
    image += body * shake(image, 0.05 * np.exp(rng.normal(0.0, 0.6)), rng)
    image += body * behind[..., None] * (shake(image, 0.25, rng, every=6) + jumps(image, 0.8, 0.05, rng))
    score = np.clip(score * rng.normal(rng.uniform(0.7, 0.95), 0.08, score.shape) - 0.35 * behind, 0.02, 1.0)
    if rng.random() < 0.25:
        image = exchange_limbs(image, topology, rng)
    wide = rng.uniform(0.28, 0.9)  # half the width of the picture
    outside = (np.abs(image[..., 0]) > wide) | (np.abs(image[..., 1]) > 0.5)
    if rng.random() < 0.6:
        outside[:] = False  # a picture that holds everything
    weak = score < rng.uniform(0.0, 0.35)
    return lose(image, np.where(outside | weak, 0.0, score), topology, rng)


def mediapipe(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """Positions in space out of one picture, around the middle of the hips."""
    pos, score, behind = look(scene, topology, rng, near=1.5, tilt=12.0)
    middle = hip_middle(pos, topology)
    pos = pos - middle
    flat = rng.uniform(0.3, 1.0)
    pos = pos + shake(pos, 0.012 * np.exp(rng.normal(0.0, 0.5)), rng)
    pos[..., 2] = flat * pos[..., 2] + shake(pos[..., 2:], 0.05, rng, every=10)[..., 0]
    pos += behind[..., None] * shake(pos, 0.06, rng, every=6)
    if rng.random() < 0.15:  # for a while, what is ahead is taken to be behind
        pos[piece(len(pos), rng), ..., 2] *= -1.0
    score = np.clip(score * rng.normal(0.95, 0.04, score.shape) - 0.5 * behind, 0.01, 1.0)
    return lose(handed(pos, 0.5, rng), score, topology, rng)


def motion_capture(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """Markers, or several cameras: the room's axes, next to no error."""
    pos = read_joints(scene.pos, topology, rng, shifts=())
    pos = turned(pos, np.radians(rng.uniform(0.0, 360.0)), 1) + shake(pos, 0.001, rng)
    score = np.ones(pos.shape[:3]) * present(topology)
    return lose(handed(pos, 0.2, rng), score, topology, rng)


SENSORS: tuple[Sensor, ...] = (kinect_v1, kinect_v2, detector, mediapipe, motion_capture)
"""All sensors."""

FRAME_RATES = {
    **{"kinect_v1": (8, 30), "kinect_v2": (10, 30), "detector": (8, 60), "mediapipe": (8, 60)},
    **{"motion_capture": (15, 60)},
}
"""Frames a second of each sensor, the least and the most."""

_KINECT_V1_LIMBS = (
    *(("left_elbow", "left_shoulder", 0.1), ("right_elbow", "right_shoulder", 0.1)),
    *(("left_wrist", "left_elbow", 0.08), ("right_wrist", "right_elbow", 0.08)),
    *(("left_ankle", "left_knee", 0.08), ("right_ankle", "right_knee", 0.08)),
    *(("left_foot", "left_ankle", 0.35), ("right_foot", "right_ankle", 0.35)),
    *(("left_ear", "head_top", 0.45), ("right_ear", "head_top", 0.45)),
)

_KINECT_V1 = tuple(
    (
        *(
            ("left_hip", "mid_shoulder", hips),
            ("right_hip", "mid_shoulder", hips),
            ("mid_hip", "mid_shoulder", hips + 0.06),
        ),
        *_KINECT_V1_LIMBS,
    )
    for hips in (0.04, 0.08, 0.12, 0.16, 0.2, 0.24)
)
"""Where this sensor puts joints: towards which other one, by what share of the way; one table a height of the hips."""
