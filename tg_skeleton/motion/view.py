"""Where a sensor stands, and which joints it reports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tg_skeleton.motion.body import BODY, JOINT
from tg_skeleton.motion.scene import Scene
from tg_skeleton.topology import Topology


def look(
    scene: Scene, topology: Topology, rng: np.random.Generator, *, near: float = 1.7, tilt: float = 8.0,
    shifts: Sequence[tuple[str, str, float]] = (),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """Joints in the camera's space ``[T, M, V, 3]``, their presence, and which are behind a trunk."""
    pos = read_joints(scene.pos, topology, rng, shifts=shifts)
    two = scene.pos.shape[1] > 1
    kind = rng.random()
    if two and kind < 0.7:  # those who face each other are seen from their side
        facing = rng.choice([-90.0, 90.0]) + rng.normal(0.0, 20.0)
    else:
        facing = rng.normal(0.0, 40.0) if kind < 0.6 else rng.uniform(-180.0, 180.0)
    far, high = rng.uniform(near, 4.5) + 0.5 * two, rng.uniform(0.3, 2.4)
    pos = turned(pos, np.radians(facing), 1) + np.array([rng.normal(0.0, 0.3), -high, far])
    aim = np.degrees(np.arctan2(high - 0.9, far)) + rng.normal(0.0, 7.0) if rng.random() < 0.7 else 0.0
    pos = turned(pos, np.radians(-aim - rng.normal(0.0, 0.3 * tilt)), 0)
    pos = turned(pos, np.radians(rng.normal(0.0, 0.4 * tilt)), 2)
    pos[..., 2] = np.maximum(pos[..., 2], 0.4)
    behind = behind_trunks(pos, topology)
    return pos, np.broadcast_to(present(topology), pos.shape[:3]).astype(float), behind


def read_joints(
    body: np.ndarray, topology: Topology, rng: np.random.Generator, *, shifts: Sequence[tuple[str, str, float]]
) -> np.ndarray:
    """The joints of a topology ``[T, M, V, 3]``, each a little off its anatomical place: every sensor has its own."""
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
    for row, mapped in enumerate(BODY.mapping(topology).joints):
        for column, weight in mapped.weights:
            out[row] += weight * places[column]
    return out


@lru_cache(maxsize=64)
def present(topology: Topology) -> np.ndarray:
    """Which joints of a topology the body has, ``[V']``."""
    return np.array([joint.kind != "missing" for joint in BODY.mapping(topology).joints], dtype=float)


def turned(pos: np.ndarray, radians: float, axis: int) -> np.ndarray:
    """Positions turned about an axis of space, right-handed."""
    c, s = np.cos(radians), np.sin(radians)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    turn = np.eye(3)
    turn[i, i] = turn[j, j] = c
    turn[j, i], turn[i, j] = s, -s
    return pos @ turn.T


def behind_trunks(pos: np.ndarray, topology: Topology) -> np.ndarray:
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


def hip_middle(pos: np.ndarray, topology: Topology) -> np.ndarray:
    """The middle of the hips of each person in each frame, ``[T, M, 1, 3]``."""
    middle: np.ndarray = pos[:, :, _trunk(topology)[0]].mean(axis=2, keepdims=True)
    return middle
