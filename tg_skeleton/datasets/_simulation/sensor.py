"""A depth camera: where it stands, what is hidden from it, how it errs."""

from __future__ import annotations

import numpy as np

from tg_skeleton.datasets._simulation.body import rotation
from tg_skeleton.topologies import NTU25

CAMERAS = {1: -45.0, 2: 0.0, 3: 45.0}
"""The cameras by number, in degrees around the stage as NTU RGB+D's: 0 looks at the actor's front."""
DISTANCE = 3.1
"""Meters from a camera to the middle of the stage."""
HEIGHT = 1.1
"""Meters from the floor to a camera; the floor is at y = -HEIGHT in camera space."""

_EXTREMITIES = ("wrist", "hand", "hand_tip", "thumb", "ankle", "foot")
_SPREAD = np.array([2.2 if joint.endswith(_EXTREMITIES) else 1.0 for joint in NTU25.joints])
_NOISE = 0.004  # meters, of a trunk joint at 3 m
_DEPTH = 1.7  # depth errs more than x and y
_HIDDEN = 0.04  # meters, how far the estimate of a hidden joint wanders
_JUMP = 0.12  # meters, and how far it jumps at times
_TRUNK = [NTU25.index("spine_base"), NTU25.index("spine_shoulder")]
_TRUNK_RADIUS = 0.13


def view(world: np.ndarray, camera: int) -> np.ndarray:
    """Stage coordinates ``[..., 3]`` in the space of a camera: turned about the middle of the stage, then moved."""
    return world @ rotation("y", CAMERAS[camera]).T + np.array([0.0, -HEIGHT, DISTANCE])


def hidden(pos: np.ndarray) -> np.ndarray:
    """Which joints ``[T, M, V]`` of ``pos [T, M, V, 3]`` in camera space lie behind a trunk, their own or another's."""
    out = np.zeros(pos.shape[:-1], dtype=bool)
    for person in range(pos.shape[1]):
        low, high = (pos[:, person, joint][:, None, None] for joint in _TRUNK)  # [T, 1, 1, 3]
        # where the joint's line of sight passes the trunk, in the image plane
        point, start = pos[..., :2] / pos[..., 2:], low[..., :2] / low[..., 2:]
        axis = high[..., :2] / high[..., 2:] - start
        along = np.clip(((point - start) * axis).sum(-1) / (axis**2).sum(-1), 0.0, 1.0)  # [T, M, V]
        depth = low[..., 2] + along * (high[..., 2] - low[..., 2])
        apart = np.linalg.norm(point - start - along[..., None] * axis, axis=-1) * depth
        out |= (apart < _TRUNK_RADIUS) & (pos[..., 2] > depth + 0.1)
    return out


def measure(pos: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What the sensor reports ``[T, M, V, 3]`` float32 of the true positions in camera space; absent persons are zero.

    Noise of some millimeters, more in depth, in the distance and at the extremities; hidden joints wander by
    centimeters and jump at times; in some recordings a person is lost for a few frames; persons come in any order.
    """
    frames, persons = pos.shape[:2]
    white = rng.standard_normal((frames + 1, *pos.shape[1:]))
    noise = (white[1:] + white[:-1]) * np.sqrt(0.5)  # neighboring frames err alike
    noise[..., 2] *= _DEPTH
    noise *= _NOISE * _SPREAD[:, None] * (pos[..., 2:] / 3.0) ** 2
    lost = hidden(pos)
    walk = np.repeat(rng.standard_normal((frames // 8 + 1, *pos.shape[1:])), 8, axis=0)[:frames]
    jump = rng.standard_normal(pos.shape) * (rng.random(pos.shape[:-1]) < 0.06)[..., None]
    out = pos + noise + lost[..., None] * (_HIDDEN * walk + _JUMP * jump)
    for person in range(persons):
        if rng.random() < 0.12:
            length = int(rng.integers(1, 6))
            start = int(rng.integers(0, frames - length))
            out[start : start + length, person] = 0.0
    return np.ascontiguousarray(out[:, rng.permutation(persons)], dtype=np.float32)
