"""Orders of joints that files have, and which of them a recording looks like."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from tg_skeleton.body_statistics import (
    Array,
    BodyStatistics,
    deviation,
    length_spread,
    measure_body,
    unevenness,
)
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

_SIDES = ("left", "right")


def _sides(*joints: str) -> tuple[str, ...]:
    """Each joint, left and right."""
    return tuple(f"{side}_{joint}" for joint in joints for side in _SIDES)


def _limbs(*joints: str) -> tuple[str, ...]:
    """All joints of the left side, then those of the right one."""
    return tuple(f"{side}_{joint}" for side in _SIDES for joint in joints)


ORDERS: Mapping[str, tuple[str, ...]] = {
    "KINECT_V1 in MSR's order": (
        *_sides("shoulder"),
        *("shoulder_center", "spine"),
        *_sides("hip"),
        "hip_center",
        *_sides("elbow", "wrist", "hand", "knee", "ankle", "foot"),
        "head",
    ),
    "KINECT_V1 in UTD-MHAD's order": (
        *("head", "shoulder_center", "spine", "hip_center"),
        *_limbs("shoulder", "elbow", "wrist", "hand"),
        *_limbs("hip", "knee", "ankle", "foot"),
    ),
    "OpenNI's joints in CAD-60's order": (
        *("head", "neck", "torso"),
        *_limbs("shoulder", "elbow"),
        *_limbs("hip", "knee"),
        *_sides("hand", "foot"),
    ),
}
"""Joints of `NWUCLA20` and `SBU15` in the order of other data sets; which side comes first is seen in the recording."""


class LikelyOrder(NamedTuple):
    """An order of joints that a recording looks like.

    Args:
        name: Its name.
        fix: What to do.
        gain: How many times as irregular bones are in the order that was taken.
    """

    name: str
    fix: str
    gain: float


def likely_order(
    pos: Array, score: Array | None, topology: Topology, expected: BodyStatistics | None = None
) -> LikelyOrder | None:
    """The known order of joints in which bones are steady and even, and as expected; None where there is none.

    >>> from tg_skeleton.datasets import simulate
    >>> from tg_skeleton.joint_orders import likely_order
    >>> from tg_skeleton.topologies import NTU25, OPENPOSE25
    >>> pos = NTU25.mapping(OPENPOSE25).weights.numpy() @ simulate("wave").pos
    >>> likely_order(pos, None, NTU25).name
    'OPENPOSE25'

    Args:
        pos: ``[T, M, V, 3]``.
        score: ``[T, M, V]``, 0 where a joint was not seen, or None.
        topology: The skeleton whose order the joints are said to have.
        expected: What the training data are like, in the order of ``topology``.
    """
    given, _ = _irregularity(pos, score, topology, expected)
    best: tuple[float, str, str] | None = None
    for name, fix, body, order in _candidates(topology):
        usual = expected if body is topology else None
        found, mirrored = _irregularity(pos[:, :, order], None if score is None else score[:, :, order], body, usual)
        if best is None or found + mirrored < best[0]:
            best = found + mirrored, name, fix.format(order=order)
    if best is None or not best[0] < min(0.6 * given, 0.6):
        return None
    return LikelyOrder(best[1], best[2], given / max(best[0], 1e-3))


def _candidates(topology: Topology) -> Iterable[tuple[str, str, Topology, list[int]]]:
    """Names, fixes, skeletons, and the place in the recording of each of the skeleton's joints."""
    for name, joints in ORDERS.items():
        if sorted(joints) == sorted(topology.joints):
            order = [joints.index(joint) for joint in topology.joints]
            for places in (order, [order[other] for other in topology.mirror]):
                yield name, "reorder the joints: pos[:, :, {order}]", topology, places
    for other in TOPOLOGIES:
        if other.num_joints == topology.num_joints and other.joints != topology.joints:
            yield other.name, f"--skeleton {other.name}", other, list(range(other.num_joints))


def _irregularity(
    pos: Array, score: Array | None, topology: Topology, expected: BodyStatistics | None
) -> tuple[float, float]:
    """How unsteady, uneven and unusual bones are, in all; and a little more where the body is mirrored."""
    measured = measure_body(pos, score, topology)
    if measured is None:
        return float("inf"), 0.0
    parts = [length_spread(measured), unevenness(measured, topology)]
    if expected is not None:
        parts.append(deviation(measured, np.array(expected.bones)))
    return float(np.nansum(parts)), 0.01 * (measured.facing < 0)
