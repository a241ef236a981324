"""How sensors err."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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


def shake(like: np.ndarray, size: float, rng: np.random.Generator, every: int = 2) -> np.ndarray:
    """Noise whose values wander from one to the next within ``every`` frames, in the shape of ``like [T, ...]``."""
    frames = len(like)
    knots = rng.standard_normal((frames // every + 2, *like.shape[1:]), dtype=np.float32) * size
    at = np.arange(frames) / every + rng.random()
    before = at.astype(int)
    share = (at - before).reshape(-1, *(1,) * (like.ndim - 1))
    before = np.minimum(before, len(knots) - 2)
    return knots[before] * (1.0 - share) + knots[before + 1] * share


def jumps(like: np.ndarray, size: float, often: float, rng: np.random.Generator) -> np.ndarray:
    """Single frames in which a joint is somewhere else."""
    out = np.zeros_like(like)
    where = rng.random(like.shape[:-1]) < often
    out[where] = rng.normal(0.0, size, (int(where.sum()), like.shape[-1]))
    return out


def exchange_from_behind(pos: np.ndarray, topology: Topology) -> np.ndarray:
    """Sides exchanged wherever a person turns their back: the sensor takes everybody to face it.

    Nothing is exchanged in somebody who stands sideways, whose shoulders are less than 0.1 m apart in the picture.
    """
    names = topology.joints
    if "left_shoulder" not in names or "right_shoulder" not in names:
        return pos
    across = pos[:, :, names.index("right_shoulder"), 0] - pos[:, :, names.index("left_shoulder"), 0]
    return np.where((across < -0.1)[..., None, None], pos[:, :, list(topology.mirror)], pos)


def exchange_limbs(pos: np.ndarray, topology: Topology, rng: np.random.Generator) -> np.ndarray:
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
    frames = piece(len(pos), rng)
    out = pos.copy()
    out[frames] = pos[frames][:, :, order]
    return out


_LEG_NAMES = ("hip", "knee", "ankle", "heel", "foot", "toe", "foot_index")


def piece(frames: int, rng: np.random.Generator) -> slice:
    """A piece of a recording."""
    start = int(rng.integers(0, frames))
    return slice(start, start + int(rng.integers(1, max(2, frames // 2))))


def handed(pos: np.ndarray, often: float, rng: np.random.Generator) -> np.ndarray:
    """Now and then x points to the other side: not everyone's axes are right-handed."""
    return pos * np.array([-1.0, 1.0, 1.0]) if rng.random() < often else pos


def lose(pos: np.ndarray, score: np.ndarray, topology: Topology, rng: np.random.Generator) -> Seen:
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
