"""What sensors make of a scene: where they stand, what they miss, how they err. One function a sensor.

A sensor gives coordinates with y up and a score from 0 (not seen) to 1 for every joint.

===============  ==============================================  ==================================================
sensor           gives                                           errs
===============  ==============================================  ==================================================
`kinect_v1`      metres in camera space (see `body`)             joints that wander and jump, sides exchanged from
                                                                 behind, hips too high
`kinect_v2`      metres in camera space                          less of each
`detector`       image units: x right, 1 is the image's height   scores, missing joints, jitter, exchanged limbs,
                                                                 a body cut off by the image's edge
`mediapipe`      metres around the middle of the hips            flat and flipped depth, jitter, missing joints
`motion_capture` metres in the room                              hardly
===============  ==============================================  ==================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np

from tg_skeleton.motion.body import BODY, JOINT
from tg_skeleton.motion.scene import Scene
from tg_skeleton.topology import Topology


@dataclass(frozen=True)
class Seen:
    """What a sensor reports.

    Args:
        pos: Coordinates ``[T, M, V, D]`` float32; zero where nothing was seen.
        score: Confidence ``[T, M, V]`` float32; 0 where nothing was seen.
    """

    pos: np.ndarray
    score: np.ndarray


class Sensor(Protocol):
    """A function that looks at a scene and reports the joints of a topology."""

    __name__: str

    def __call__(self, scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen: ...


def kinect_v1(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """A Kinect of the first generation, or OpenNI."""
    pos, score, behind = _look(scene, topology, rng, shifts=_KINECT_V1)
    noise = 0.006 * np.exp(rng.normal(0.0, 0.5))
    pos = pos + _shake(pos, noise, rng) * (pos[..., 2:] / 2.5) ** 2
    pos += behind[..., None] * (_shake(pos, 0.06, rng, every=8) + _jumps(pos, 0.15, 0.05, rng))
    if rng.random() < 0.6:
        pos = _exchange_from_behind(pos, topology)
    return _lose(_handed(pos, 0.2, rng), score, topology, rng)


def kinect_v2(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """A Kinect of the second generation."""
    pos, score, behind = _look(scene, topology, rng)
    pos = pos + _shake(pos, 0.004 * np.exp(rng.normal(0.0, 0.5)), rng) * (pos[..., 2:] / 3.0) ** 2
    pos += behind[..., None] * (_shake(pos, 0.04, rng, every=8) + _jumps(pos, 0.12, 0.04, rng))
    if rng.random() < 0.25:
        pos = _exchange_from_behind(pos, topology)
    return _lose(_handed(pos, 0.2, rng), score, topology, rng)


def detector(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """A camera and a detector of joints in its pictures."""
    pos, score, behind = _look(scene, topology, rng, near=1.2)
    depth = np.maximum(pos[..., 2:], 0.3)
    length = 1.0 / (2.0 * np.tan(np.radians(rng.uniform(20.0, 38.0))))  # of the focus, in image heights
    image = length * pos[..., :2] / depth * np.array([-1.0, 1.0])  # pictures have x to the right
    body = 0.25 * length / depth.mean(axis=(0, 2), keepdims=True)  # about half a trunk
    image += body * _shake(image, 0.05 * np.exp(rng.normal(0.0, 0.6)), rng)
    image += body * behind[..., None] * (_shake(image, 0.25, rng, every=6) + _jumps(image, 0.8, 0.05, rng))
    score = np.clip(score * rng.normal(rng.uniform(0.7, 0.95), 0.08, score.shape) - 0.35 * behind, 0.02, 1.0)
    if rng.random() < 0.25:
        image = _exchange_limbs(image, topology, rng)
    wide = rng.uniform(0.28, 0.9)  # half the width of the picture
    outside = (np.abs(image[..., 0]) > wide) | (np.abs(image[..., 1]) > 0.5)
    if rng.random() < 0.6:
        outside[:] = False  # a picture that holds everything
    weak = score < rng.uniform(0.0, 0.35)
    return _lose(image, np.where(outside | weak, 0.0, score), topology, rng)


def mediapipe(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """Positions in space out of one picture, around the middle of the hips."""
    pos, score, behind = _look(scene, topology, rng, near=1.5, tilt=12.0)
    middle = _middle(pos, topology)
    pos = pos - middle
    flat = rng.uniform(0.3, 1.0)
    pos = pos + _shake(pos, 0.012 * np.exp(rng.normal(0.0, 0.5)), rng)
    pos[..., 2] = flat * pos[..., 2] + _shake(pos[..., 2:], 0.05, rng, every=10)[..., 0]
    pos += behind[..., None] * _shake(pos, 0.06, rng, every=6)
    if rng.random() < 0.15:  # for a while, what is ahead is taken to be behind
        pos[_while(len(pos), rng), ..., 2] *= -1.0
    score = np.clip(score * rng.normal(0.95, 0.04, score.shape) - 0.5 * behind, 0.01, 1.0)
    return _lose(_handed(pos, 0.5, rng), score, topology, rng)


def motion_capture(scene: Scene, topology: Topology, rng: np.random.Generator) -> Seen:
    """Markers, or several cameras: the room's axes, next to no error."""
    pos = _joints(scene.pos, topology, rng, shifts=())
    pos = _turned(pos, np.radians(rng.uniform(0.0, 360.0)), 1) + _shake(pos, 0.001, rng)
    score = np.ones(pos.shape[:3]) * _present(topology)
    return _lose(_handed(pos, 0.2, rng), score, topology, rng)


SENSORS: tuple[Sensor, ...] = (kinect_v1, kinect_v2, detector, mediapipe, motion_capture)
"""All sensors."""

FRAME_RATES = {"kinect_v1": (8, 30), "kinect_v2": (10, 30), "detector": (8, 60), "mediapipe": (8, 60), "motion_capture": (15, 60)}  # fmt: skip
"""Frames a second of each sensor, the least and the most."""

_KINECT_V1 = (
    *(("left_hip", "mid_shoulder", 0.1), ("right_hip", "mid_shoulder", 0.1), ("mid_hip", "mid_shoulder", 0.16)),
    *(("left_elbow", "left_shoulder", 0.1), ("right_elbow", "right_shoulder", 0.1)),
    *(("left_ankle", "left_knee", 0.08), ("right_ankle", "right_knee", 0.08)),
)
"""Where this sensor puts joints: towards which other one, by what share of the way."""


# -- where the sensor stands ------------------------------------------------------------------------------------------


def _look(
    scene: Scene, topology: Topology, rng: np.random.Generator, *, near: float = 1.7, tilt: float = 8.0,
    shifts: Sequence[tuple[str, str, float]] = (),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Joints in the camera's space ``[T, M, V, 3]``, their presence, and which are behind a trunk."""
    pos = _joints(scene.pos, topology, rng, shifts=shifts)
    two = scene.pos.shape[1] > 1
    kind = rng.random()
    if two and kind < 0.7:  # those who face each other are seen from their side
        facing = rng.choice([-90.0, 90.0]) + rng.normal(0.0, 20.0)
    else:
        facing = rng.normal(0.0, 40.0) if kind < 0.6 else rng.uniform(-180.0, 180.0)
    far, high = rng.uniform(near, 5.0) + 0.5 * two, rng.uniform(0.3, 2.4)
    pos = _turned(pos, np.radians(facing), 1) + np.array([rng.normal(0.0, 0.3), -high, far])
    aim = np.degrees(np.arctan2(high - 0.9, far)) + rng.normal(0.0, 4.0) if rng.random() < 0.7 else 0.0
    pos = _turned(pos, np.radians(-aim - rng.normal(0.0, 0.3 * tilt)), 0)
    pos = _turned(pos, np.radians(rng.normal(0.0, 0.4 * tilt)), 2)
    pos[..., 2] = np.maximum(pos[..., 2], 0.4)
    behind = _behind(pos, topology)
    return pos, np.broadcast_to(_present(topology), pos.shape[:3]).astype(float), behind


def _joints(
    body: np.ndarray, topology: Topology, rng: np.random.Generator, *, shifts: Sequence[tuple[str, str, float]]
) -> np.ndarray:
    """The joints of a topology ``[T, M, V, 3]``, each a little off its anatomical place, as every sensor has its own."""
    weights = _weights(topology, tuple(shifts))
    along = rng.normal(0.0, 0.06, (topology.num_joints, 1))
    weights = (1.0 - along) * weights + along * weights[list(topology.parents)]
    return weights @ body


@lru_cache(maxsize=64)
def _weights(topology: Topology, shifts: tuple[tuple[str, str, float], ...]) -> np.ndarray:
    """The joints of the body in each joint of a topology, ``[V', V]``."""
    places = np.eye(BODY.num_joints)
    for joint, toward, share in shifts:
        places[JOINT[joint]] = (1.0 - share) * places[JOINT[joint]] + share * places[JOINT[toward]]
    out = np.zeros((topology.num_joints, BODY.num_joints))
    for row, joint in enumerate(BODY.mapping(topology).joints):
        for column, weight in joint.weights:
            out[row] += weight * places[column]
    return out


@lru_cache(maxsize=64)
def _present(topology: Topology) -> np.ndarray:
    """Which joints of a topology the body has, ``[V']``."""
    return np.array([joint.kind != "missing" for joint in BODY.mapping(topology).joints], dtype=float)


def _turned(pos: np.ndarray, radians: float, axis: int) -> np.ndarray:
    """Positions turned about an axis of space, right-handed."""
    c, s = np.cos(radians), np.sin(radians)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[i, i] = turn[j, j] = c
    turn[j, i], turn[i, j] = s, -s
    return pos @ turn.T


# -- how it errs ------------------------------------------------------------------------------------------------------


def _shake(like: np.ndarray, size: float, rng: np.random.Generator, every: int = 2) -> np.ndarray:
    """Noise whose values wander from one to the next within ``every`` frames, in the shape of ``like [T, ...]``."""
    frames = len(like)
    knots = rng.standard_normal((frames // every + 2, *like.shape[1:]), dtype=np.float32) * size
    at = np.arange(frames) / every + rng.random()
    before = at.astype(int)
    share = (at - before).reshape(-1, *(1,) * (like.ndim - 1))
    before = np.minimum(before, len(knots) - 2)
    return knots[before] * (1.0 - share) + knots[before + 1] * share


def _jumps(like: np.ndarray, size: float, often: float, rng: np.random.Generator) -> np.ndarray:
    """Single frames in which a joint is somewhere else."""
    out = np.zeros_like(like)
    where = rng.random(like.shape[:-1]) < often
    out[where] = rng.normal(0.0, size, (int(where.sum()), like.shape[-1]))
    return out


def _behind(pos: np.ndarray, topology: Topology) -> np.ndarray:
    """Which joints ``[T, M, V]`` lie behind a trunk, seen from the camera."""
    out = np.zeros(pos.shape[:-1], dtype=bool)
    low, high = _trunk(topology)
    for person in range(pos.shape[1]):
        bottom, top = (pos[:, person, joints].mean(axis=1)[:, None, None] for joints in (low, high))
        point, start = pos[..., :2] / pos[..., 2:], bottom[..., :2] / bottom[..., 2:]
        axis = top[..., :2] / top[..., 2:] - start
        along = np.clip(((point - start) * axis).sum(-1) / ((axis**2).sum(-1) + 1e-9), 0.0, 1.0)
        depth = bottom[..., 2] + along * (top[..., 2] - bottom[..., 2])
        apart = np.sqrt(((point - start - along[..., None] * axis) ** 2).sum(-1)) * depth
        out |= (apart < 0.12) & (pos[..., 2] > depth + 0.1)
    return out


@lru_cache(maxsize=64)
def _trunk(topology: Topology) -> tuple[list[int], list[int]]:
    """The joints at the lower and at the upper end of the trunk; the root where there are none."""
    names = topology.joints

    def ends(part: str) -> list[int]:
        found = [joint for joint, name in enumerate(names) if name in (f"left_{part}", f"right_{part}")]
        return found or [topology.root]

    return ends("hip"), ends("shoulder")


def _middle(pos: np.ndarray, topology: Topology) -> np.ndarray:
    """The middle of the hips of each person in each frame, ``[T, M, 1, 3]``."""
    middle: np.ndarray = pos[:, :, _trunk(topology)[0]].mean(axis=2, keepdims=True)
    return middle


def _exchange_from_behind(pos: np.ndarray, topology: Topology) -> np.ndarray:
    """Sides exchanged wherever a person turns their back: the sensor takes everybody to face it."""
    names = topology.joints
    if "left_shoulder" not in names or "right_shoulder" not in names:
        return pos
    across = pos[:, :, names.index("right_shoulder"), 0] - pos[:, :, names.index("left_shoulder"), 0]
    return np.where((across < 0.0)[..., None, None], pos[:, :, list(topology.mirror)], pos)


def _exchange_limbs(pos: np.ndarray, topology: Topology, rng: np.random.Generator) -> np.ndarray:
    """For a while, the joints of arms or of legs, or of both, belong to the wrong side."""
    order = np.arange(topology.num_joints)
    legs = [joint for joint, name in enumerate(topology.joints) if name.endswith(_LEG_NAMES)]
    kind = rng.random()
    mirror = np.array(topology.mirror)
    if kind < 0.4:
        order[legs] = mirror[legs]
    elif kind < 0.6:
        rest = np.setdiff1d(order, legs)
        order[rest] = mirror[rest]
    else:
        order = mirror
    frames = _while(len(pos), rng)
    out = pos.copy()
    out[frames] = pos[frames][:, :, order]
    return out


_LEG_NAMES = ("hip", "knee", "ankle", "heel", "foot", "toe", "foot_index")


def _while(frames: int, rng: np.random.Generator) -> slice:
    """A piece of a recording."""
    start = int(rng.integers(0, frames))
    return slice(start, start + int(rng.integers(1, max(2, frames // 2))))


def _handed(pos: np.ndarray, often: float, rng: np.random.Generator) -> np.ndarray:
    """Now and then x points to the other side: not everyone's axes are right-handed."""
    return pos * np.array([-1.0, 1.0, 1.0]) if rng.random() < often else pos


def _lose(pos: np.ndarray, score: np.ndarray, topology: Topology, rng: np.random.Generator) -> Seen:
    """Frames that are lost, persons who are not seen for a while, joints that are missing throughout or at times."""
    frames, persons = pos.shape[:2]
    score = score.copy()
    kind = rng.random(4)
    if kind[0] < 0.1:
        names = topology.joints
        gone = (
            ("ankle", "foot", "toe", "heel", "knee")
            if rng.random() < 0.5
            else ("hand", "thumb", "tip", "index", "pinky")
        )
        score[:, :, [joint for joint, name in enumerate(names) if any(part in name for part in gone)]] = 0.0
    elif kind[0] < 0.2:
        score[:, :, rng.random(topology.num_joints) < rng.uniform(0.0, 0.3)] = 0.0
    if kind[1] < 0.25:
        score[rng.random(score.shape) < rng.uniform(0.0, 0.12)] = 0.0
    if kind[2] < 0.12:
        length = max(1, frames // 10)
        start = int(rng.integers(0, frames))
        score[start : start + length, int(rng.integers(0, persons))] = 0.0
    pos = np.where(score[..., None] > 0.0, pos, 0.0)
    if persons > 1:
        order = rng.permutation(persons)
        pos, score = pos[:, order], score[:, order]
    if kind[3] < 0.15:
        kept = np.flatnonzero(rng.random(frames) > rng.uniform(0.02, 0.2))
        if len(kept) >= 8:
            pos, score = pos[kept], score[kept]
    return Seen(np.ascontiguousarray(pos, dtype=np.float32), np.ascontiguousarray(score, dtype=np.float32))
