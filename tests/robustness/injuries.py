"""What is done to recordings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from tg_skeleton import SkeletonSequence, Topology

Array = np.ndarray
Draw = np.random.Generator

HANDS = ("left_hand", "left_wrist")
"""The joint that is injured: the first of these that the skeleton has."""


def dense(one: SkeletonSequence, topology: Topology) -> Array:
    """``[T, M, V, D]``"""
    pos: Array = one.pos.numpy().reshape(one.num_frames, -1, topology.num_joints, one.pos.size(-1))
    return pos


def hand_of(topology: Topology) -> int:
    return next(topology.index(name) for name in HANDS if name in topology.joints)


def orders(topology: Topology) -> dict[str, list[int]]:
    """Other orders of a body's joints: each place gets the joint that stands there."""
    names = list(topology.joints)
    inner, exchanged = list(range(len(names))), list(range(len(names)))
    for side in ("left", "right"):
        for arm, leg in (("shoulder", "hip"), ("elbow", "knee"), ("wrist", "ankle"), ("hand", "foot")):
            if f"{side}_{arm}" in names and f"{side}_{leg}" in names:
                one, other = names.index(f"{side}_{arm}"), names.index(f"{side}_{leg}")
                exchanged[one], exchanged[other] = other, one
    rest = [joint for joint in inner if joint != topology.root]
    return {
        "order: backward": inner[::-1],
        "order: alphabetical": sorted(inner, key=lambda joint: names[joint]),
        "order: shifted by one": inner[-1:] + inner[:-1],
        "order: arms for legs": exchanged,
        "order: root last": [*rest, topology.root],
    }


def injuries(topology: Topology) -> dict[str, Callable[[Array, Draw], Any]]:
    """By name, what is done to ``[T, M, V, D]``; a result with two parts is coordinates and scores."""
    hand = hand_of(topology)

    def at(pos: Array, value: float, *, frames: Any = slice(None), joint: int = hand) -> Array:
        out = pos.copy()
        there = (pos[frames] != 0).any((-2, -1))  # absent persons stay absent
        out[frames, :, joint] = np.where(there[..., None], value, out[frames, :, joint])
        return out

    def scattered(pos: Array, draw: Draw, share: float, value: float) -> Array:
        out = pos.copy()
        out[(draw.random(pos.shape[:3]) < share) & (pos != 0).any((-2, -1))[..., None]] = value
        return out

    def astray(pos: Array, frames: Any, meters: float) -> Array:
        out = pos.copy()
        there = (pos[frames] != 0).any((-2, -1))
        out[frames, :, hand] += np.where(there[..., None], np.array([meters, 0, 0], pos.dtype), 0)
        return out

    def middle(pos: Array) -> list[int]:
        return [len(pos) // 2]

    def empty_ends(pos: Array) -> Array:
        nobody = np.zeros((10, *pos.shape[1:]), pos.dtype)
        return np.concatenate([nobody, pos, nobody])

    found: dict[str, Callable[[Array, Draw], Any]] = {
        "untouched": lambda pos, draw: pos,
        "a hand missing in every frame": lambda pos, draw: at(pos, 0.0),
        "a hand missing in one frame": lambda pos, draw: at(pos, 0.0, frames=middle(pos)),
        "any joint missing in every frame": lambda pos, draw: at(pos, 0.0, joint=int(draw.integers(pos.shape[2]))),
        "2 % of the joints missing": lambda pos, draw: scattered(pos, draw, 0.02, 0.0),
        "2 % missing, score 0 given": lambda pos, draw: _with_scores(scattered(pos, draw, 0.02, 0.0)),
        "10 % of the joints missing": lambda pos, draw: scattered(pos, draw, 0.1, 0.0),
        "2 % of the joints NaN": lambda pos, draw: scattered(pos, draw, 0.02, np.nan),
        "a hand 10 m away in one frame": lambda pos, draw: astray(pos, middle(pos), 10.0),
        "a hand 10 m away in every fifth frame": lambda pos, draw: astray(pos, slice(None, None, 5), 10.0),
        "ten empty frames at both ends": lambda pos, draw: empty_ends(pos),
        "C T V M": lambda pos, draw: pos.transpose(3, 0, 2, 1),
        "y down": lambda pos, draw: pos * np.array([1, -1, 1], pos.dtype),
        "z up": lambda pos, draw: pos[..., [0, 2, 1]],
        "mirrored": lambda pos, draw: pos * np.array([-1, 1, 1], pos.dtype),
        "left and right exchanged": lambda pos, draw: pos[:, :, list(topology.mirror)],
        "millimeters": lambda pos, draw: pos * 1000,
        "centimeters": lambda pos, draw: pos * 100,
    }
    for name, order in orders(topology).items():
        found[name] = partial(_reordered, order)
    return found


def _reordered(order: list[int], pos: Array, draw: Draw) -> Array:
    return pos[:, :, order]


def _with_scores(pos: Array) -> tuple[Array, Array]:
    return pos, (pos != 0).any(-1).astype(pos.dtype)
