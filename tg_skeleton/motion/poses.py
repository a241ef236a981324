"""Arm poses, seats and small helps that several actions share."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tg_skeleton.motion.body import INDEX, JOINT, SIDES
from tg_skeleton.motion.course import Motion, Pose
from tg_skeleton.motion.gait import walk

MOUTH, EAR, CROWN = (0.0, 0.05, 0.09), (0.06, 0.08, 0.02), (0.0, 0.17, 0.05)
CHEST, BELLY, HIP = (0.0, -0.07, 0.1), (0.0, -0.2, 0.12), (0.085, -0.26, 0.01)
"""Where a wrist goes, in statures: outward from the body's middle on its own side, above the shoulders, ahead."""


def touch(motion: Motion, side: str, point: Sequence[float], swivel: float = 15.0) -> Pose:
    """The pose of an arm whose wrist is at a point in statures; see `MOUTH`."""
    build = motion.person
    shoulder, neck = build.offsets[JOINT[f"{side}_shoulder"]], build.offsets[JOINT["mid_shoulder"]]
    outward = point[0] * build.height - abs(float(shoulder[0]))
    up = point[1] * build.height - float(shoulder[1] - neck[1])
    ahead = point[2] * build.height
    length = math.sqrt(outward**2 + up**2 + ahead**2)
    raised = math.degrees(math.acos(-up / length))
    return raised, math.degrees(math.atan2(outward, ahead)), length / (build.upper_arm + build.forearm), swivel


def hands(motion: Motion, both: float = 0.3) -> tuple[str, ...]:
    """Which hands act: the main one, the other (one in eight), or both with a probability."""
    if motion.chance(both):
        return SIDES
    return ("left",) if motion.chance(0.12) else ("right",)


def other(side: str) -> str:
    """The other side."""
    return "left" if side == "right" else "right"


def sit(motion: Motion) -> None:
    """Seated throughout, the hands in the lap, on the thighs or at rest."""
    seat(motion, np.ones(len(motion.clock)), motion.between(75.0, 95.0))
    lap = motion.between(0.0, 1.0)
    for side in SIDES:
        pose = (28.0 + 25.0 * lap, motion.between(-15.0, 15.0), motion.between(0.72, 0.95), 15.0)
        motion.arm(side, (0.0,), (pose,))


def seat(motion: Motion, share: np.ndarray, thigh: float) -> None:
    """Hips and knees flex as far as the share ``[T]`` says; with one, the person is seated."""
    for side in SIDES:
        forward = thigh + motion.between(-6.0, 6.0)
        for channel, degrees in (
            ("leg_forward", forward),
            ("knee", forward + motion.between(-25.0, 12.0)),
            ("leg_side", motion.between(-2.0, 8.0)),
        ):
            motion.angles[INDEX[f"{side}_{channel}"]] += degrees * share


def brace(motion: Motion, times: Sequence[float], strength: float = 1.0) -> None:
    """The trunk helps: it leans, bends and turns with the movement as it likes, now and then far too much."""
    rng = motion.rng
    far = strength * (2.5 if motion.chance(0.15) else 1.0)
    sizes = rng.normal((4.0, 4.0, 0.0, 0.0), (6.0, 8.0, 6.0, 9.0)) * far
    inner = np.array([0.0, *rng.uniform(0.6, 1.0, len(times) - 2), 0.0])
    motion.add(times, {c: size * inner for c, size in zip(("lean", "bend", "side", "twist"), sizes, strict=True)})


def pivot(motion: Motion, degrees: float, start: float, stop: float) -> None:
    """Turn about in small steps."""
    motion.angles[INDEX["turn"]] += degrees * motion.shares((start, stop))[1]
    look = 0.3 * degrees if abs(degrees) < 120 else 35.0 * np.sign(degrees)
    motion.add((start, start + 0.25 * (stop - start), stop), {"look": (0.0, look, 0.0)})
    walk(
        motion, motion.window(start, stop), hertz=motion.between(0.8, 1.3), stride=motion.between(4.0, 10.0), knee=40.0
    )


def come_and_go(motion: Motion, start: float, stop: float) -> None:
    """Some walk up to what they do, some walk away after it, some turn about in between."""
    if motion.chance(0.7) and start > 0.1:
        _walk(motion, motion.window(-0.2, start))
    if motion.chance(0.5) and stop < 0.95:
        if motion.chance(0.5):
            motion.angles[INDEX["turn"]] += motion.sign() * motion.between(40, 180) * motion.shares((stop, 1.0))[1]
        _walk(motion, motion.window(stop, 1.2))


def _walk(motion: Motion, envelope: np.ndarray) -> None:
    """Walk as somebody who is about to do something, or has done it."""
    hertz, stride, arms = motion.between(0.7, 1.1), motion.between(12.0, 28.0), motion.between(0.4, 2.0)
    walk(motion, envelope, hertz=hertz, stride=stride, arms=arms)


def step(motion: Motion, side: str, start: float, stop: float, degrees: float) -> None:
    """A step forward with one leg that is taken back at the end, or not."""
    if motion.seated:
        return
    middle, last = start + 0.5 * (stop - start), 0.0 if motion.chance(0.5) else 0.7
    rear = other(side)
    motion.add(
        (start, middle, stop, max(0.98, stop + 0.02)),
        {
            f"{side}_leg_forward": (0.0, 1.3 * degrees, degrees, last * degrees),
            f"{side}_knee": (0.0, 1.3 * degrees, 0.5 * degrees, 0.4 * last * degrees),
            f"{rear}_leg_forward": (0.0, -0.2 * degrees, -0.6 * degrees, -0.6 * last * degrees),
            f"{rear}_knee": (0.0, 0.1 * degrees, 0.2 * degrees, 0.2 * last * degrees),
        },
    )
