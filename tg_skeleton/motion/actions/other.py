"""Motion of no class, so that a network can say that it sees something else."""

from __future__ import annotations

import numpy as np

from tg_skeleton.motion import gait
from tg_skeleton.motion.actions.floor import lie
from tg_skeleton.motion.actions.posture import rest
from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion, Pose
from tg_skeleton.motion.poses import BELLY, CHEST, CROWN, EAR, HIP, MOUTH, brace, other, sit, touch


def something_else(motion: Motion) -> None:
    """One of many movements that no class names, or limbs that go from pose to pose at random."""
    choices = (wander, wander, wander, touch_head, scratch, talk, type_, wipe, arms_round, shrug, balance, sidestep)
    move = (*choices, dance, kneel, lie, hold_arms, rub, seated_fidget, crawl_legs)[motion.rng.integers(0, 19)]
    move(motion)


def wander(motion: Motion) -> None:
    """Arms, trunk and perhaps legs from pose to pose, at random times."""
    rng = motion.rng
    for side in SIDES:
        if motion.chance(0.8):
            count = int(rng.integers(2, 6))
            kept = [None if motion.chance(0.25) else _anywhere(motion) for _ in range(count)]
            motion.arm(side, np.linspace(motion.between(-0.1, 0.2), motion.between(0.8, 1.1), count), kept)
    count = int(rng.integers(3, 6))
    times = np.linspace(0.0, 1.0, count)
    spread = motion.between(0.2, 1.0)
    for channel, degrees in (
        ("lean", 18.0),
        ("bend", 18.0),
        ("side", 14.0),
        ("twist", 25.0),
        ("nod", 18.0),
        ("look", 30.0),
    ):
        motion.add(times, {channel: rng.normal(0.0, degrees * spread, count)})
    if motion.chance(0.5):
        for side in SIDES:
            knees = np.abs(rng.normal(0.0, 45.0 * spread, count))
            motion.add(times, {f"{side}_knee": knees, f"{side}_leg_forward": knees * rng.uniform(0.3, 1.0)})
            motion.add(times, {f"{side}_leg_side": rng.normal(4.0, 12.0 * spread, count)})
    if motion.chance(0.3):
        gait.walk(motion, motion.window(0.0, 1.0), hertz=motion.between(0.6, 1.2), stride=motion.between(4.0, 18.0))


def _anywhere(motion: Motion) -> Pose:
    return motion.between(5, 160), motion.between(-40, 130), motion.between(0.4, 1.0), motion.between(0, 60)


def scratch(motion: Motion) -> None:
    """A hand at the head, the neck, the other arm or the leg, moving a little."""
    side = "right" if motion.chance(0.7) else "left"
    points = ((0.02, 0.13, 0.05), (0.06, 0.05, -0.05), (-0.1, -0.1, 0.05), (0.1, -0.32, 0.05), (0.0, 0.08, 0.1), BELLY)
    point = points[motion.rng.integers(0, len(points))]
    pose = touch(motion, side, point, motion.between(10.0, 60.0))
    motion.arm(side, (0.0, 0.25, 0.75, 1.0), (None, pose, pose, None))
    motion.swing({f"{side}_raise": 5.0, f"{side}_reach": 0.03}, motion.between(3.0, 9.0), 0.2, 0.8)
    brace(motion, (0.0, 0.3, 0.7, 1.0), 0.7)


def talk(motion: Motion) -> None:
    """Gestures of a person who talks."""
    rest(motion)
    for side in SIDES if motion.chance(0.6) else ("right",):
        pose = (motion.between(28.0, 60.0), motion.between(-15.0, 35.0), motion.between(0.55, 0.8), 20.0)
        motion.arm(side, (0.0, 0.2, 0.8, 1.0), (None, pose, pose, None))
        for _ in range(2):
            sizes = {
                f"{side}_raise": motion.between(4, 18),
                f"{side}_out": motion.between(4, 18),
                f"{side}_reach": 0.05,
            }
            motion.swing(sizes, motion.between(1.0, 5.0), 0.1, 0.9, phase=motion.between(0.0, 1.0))
    motion.swing({"nod": motion.between(2.0, 8.0), "look": 8.0}, motion.between(1.0, 4.0))


def type_(motion: Motion) -> None:
    """Both hands at work before the body, at a desk or standing: small, fast, irregular."""
    if motion.chance(0.6):
        sit(motion)
    high, ahead = motion.between(-0.25, -0.08), motion.between(0.16, 0.28)
    for side in SIDES:
        motion.arm(side, (0.0,), (touch(motion, side, (motion.between(-0.02, 0.1), high, ahead), 20.0),))
        for cycles in motion.rng.uniform(3.0, 14.0, 2):
            motion.swing({f"{side}_out": motion.between(1.0, 7.0), f"{side}_reach": 0.02}, float(cycles), -0.2, 1.2)
    motion.add((0.0, 0.2), {"nod": (0.0, motion.between(5.0, 25.0))})


def wipe(motion: Motion) -> None:
    """A hand to and fro over a table or a wall, many times."""
    side = "right" if motion.chance(0.75) else "left"
    high = motion.between(-0.3, 0.15)
    pose = touch(motion, side, (0.06, high, motion.between(0.2, 0.3)), 25.0)
    motion.arm(side, (-0.1, 0.1, 0.9, 1.1), (None, pose, pose, None))
    motion.swing({f"{side}_out": motion.between(14.0, 32.0)}, motion.between(3.0, 8.0), 0.05, 0.95)
    lean = motion.between(0.0, 35.0) if high < -0.1 else 5.0
    motion.add((-0.1, 0.1, 0.9, 1.1), {"lean": (0.0, lean, lean, 0.0)})


def arms_round(motion: Motion) -> None:
    """Both arms go round, or to and fro sideways or ahead, as in exercise."""
    kind = motion.rng.random()
    cycles = motion.between(1.5, 5.0)
    for number, side in enumerate(SIDES):
        middle = (90.0, motion.between(10.0, 80.0), motion.between(0.8, 1.0), 25.0)
        motion.arm(side, (0.0, 0.12, 0.88, 1.0), (None, middle, middle, None))
        phase = 0.5 * number if motion.chance(0.3) else 0.0
        motion.swing({f"{side}_raise": 60.0 if kind < 0.5 else 10.0}, cycles, 0.05, 0.95, phase=phase)
        if kind > 0.3:
            motion.swing({f"{side}_out": 40.0}, cycles, 0.05, 0.95, phase=phase + 0.25 * motion.rng.integers(0, 2))


def shrug(motion: Motion) -> None:
    """Shoulders up and down, palms turned out; or a shaken or nodded head."""
    if motion.chance(0.4):
        motion.add((0.0, 0.3, 0.6, 1.0), {"both_shrug": (0.0, 0.025, 0.025, 0.0)})
        for side in SIDES:
            pose = (30.0, 50.0, 0.65, 5.0)
            motion.arm(side, (0.0, 0.3, 0.6, 1.0), (None, pose, pose, None))
    else:
        channel = "look" if motion.chance(0.5) else "nod"
        motion.swing({channel: motion.between(10.0, 30.0)}, motion.between(2.0, 7.0), 0.1, 0.9)


def balance(motion: Motion) -> None:
    """Stands on one leg, the other raised ahead, behind or to a side, the arms out."""
    leg = "right" if motion.chance(0.5) else "left"
    times = (0.0, 0.3, 0.75, 1.0)
    raised, knee = motion.between(-40.0, 85.0), motion.between(0.0, 110.0)
    motion.add(times, {f"{leg}_leg_forward": (0.0, raised, raised, 0.0), f"{leg}_knee": (0.0, knee, knee, 0.0)})
    motion.add(times, {f"{leg}_leg_side": (0.0, *(motion.between(0.0, 30.0),) * 2, 0.0)})
    for side in SIDES if motion.chance(0.6) else ():
        out = (motion.between(40.0, 95.0), motion.between(60.0, 110.0), 0.95, 20.0)
        motion.arm(side, times, (None, out, out, None))
    motion.swing({"side": 6.0, "tilt": 4.0}, motion.between(1.0, 4.0), 0.2, 0.8)


def sidestep(motion: Motion) -> None:
    """Steps to a side and back."""
    way, far = motion.sign(), motion.between(0.3, 1.2)
    motion.add((0.0, 0.45, 0.55, 1.0), {"aside": (0.0, way * far, way * far, 0.0)})
    motion.swing({"right_leg_side": 14.0, "left_leg_side": 14.0}, motion.between(2.0, 4.0), 0.0, 1.0)
    motion.swing({"right_knee": 12.0}, motion.between(2.0, 4.0))


def dance(motion: Motion) -> None:
    """Everything sways to a beat."""
    beat = motion.between(2.0, 5.0)
    for channel in ("side", "tilt", "twist", "turn", "look", "bend"):
        motion.swing(
            {channel: motion.between(2.0, 15.0)},
            beat * (0.5 if motion.chance(0.5) else 1.0),
            -0.1,
            1.1,
            phase=motion.between(0.0, 1.0),
        )
    for side in SIDES:
        pose = (motion.between(30.0, 130.0), motion.between(0.0, 90.0), motion.between(0.5, 0.9), 25.0)
        motion.arm(side, (-0.1, 0.1, 0.9, 1.1), (None, pose, pose, None))
        for channel in ("raise", "out"):
            motion.swing(
                {f"{side}_{channel}": motion.between(5.0, 30.0)}, beat, -0.1, 1.1, phase=motion.between(0.0, 1.0)
            )
    gait.on_the_spot(
        motion, motion.window(-0.2, 1.2), hertz=motion.between(0.8, 1.5), thigh=motion.between(5, 25), heel=8.0, hop=0.0
    )


def kneel(motion: Motion) -> None:
    """Kneels on one knee or both, ties a shoe, or stays there."""
    down, deep = motion.between(0.2, 0.45), motion.between(0.0, 30.0)
    both = motion.chance(0.4)
    times = (0.0, down)
    motion.add(times, {"right_knee": (0.0, 105.0), "right_leg_forward": (0.0, 12.0), "right_foot": (0.0, 35.0)})
    motion.add(times, {"left_knee": (0.0, 105.0 if both else 95.0), "left_leg_forward": (0.0, 12.0 if both else 92.0)})
    motion.add(times, {"lean": (0.0, deep), "bend": (0.0, deep)})
    for side in SIDES if motion.chance(0.5) else ():
        pose = (motion.between(20.0, 60.0), motion.between(-25.0, 10.0), motion.between(0.7, 1.0), 15.0)
        motion.arm(side, times, (None, pose))
        motion.swing({f"{side}_out": 6.0, f"{side}_reach": 0.04}, motion.between(2.0, 8.0), 0.3, 1.0)


def hold_arms(motion: Motion) -> None:
    """Arms out to the sides, or hands before the face or on the hips, and held there."""
    kind = motion.rng.random()
    for side in SIDES:
        if kind < 0.35:
            pose = (motion.between(75.0, 105.0), motion.between(70.0, 100.0), 0.97, 20.0)
        elif kind < 0.6:
            pose = touch(motion, side, (0.03, 0.04, 0.12), 20.0)
        elif kind < 0.8:
            pose = touch(motion, side, HIP, 70.0)
        else:
            pose = touch(motion, side, (-0.09, -0.1, 0.1), 30.0)
        motion.arm(side, (0.0, 0.3, 0.7, 1.0), (None, pose, pose, None))
    brace(motion, (0.0, 0.3, 0.7, 1.0))


def rub(motion: Motion) -> None:
    """One hand rubs the other, or the face, or brushes dust off the clothes."""
    point = ((0.0, -0.15, 0.16), CHEST, MOUTH, EAR)[motion.rng.integers(0, 4)]
    cycles = motion.between(3.0, 9.0)
    for side in SIDES if motion.chance(0.6) else ("right",):
        pose = touch(motion, side, point, 25.0)
        motion.arm(side, (0.0, 0.2, 0.8, 1.0), (None, pose, pose, None))
        motion.swing({f"{side}_raise": 8.0, f"{side}_reach": 0.03}, cycles, 0.15, 0.85, phase=motion.between(0.0, 1.0))


def seated_fidget(motion: Motion) -> None:
    """Sits, and moves as people who sit do."""
    sit(motion)
    side = "right" if motion.chance(0.5) else "left"
    at = motion.between(0.0, 0.5)
    if motion.chance(0.5):
        motion.add((at, at + 0.3), {f"{side}_leg_forward": (0.0, 18.0), f"{side}_leg_side": (0.0, -22.0)})
    if motion.chance(0.5):
        pose = touch(motion, other(side), (MOUTH, EAR, CHEST, BELLY)[motion.rng.integers(0, 4)], 20.0)
        motion.arm(other(side), (at, at + 0.3), (None, pose))
    motion.add(
        (0.0, 0.5, 1.0), {"lean": (0.0, motion.rng.normal(0.0, 12.0), 0.0), "twist": (0, motion.rng.normal(0, 15), 0)}
    )


def crawl_legs(motion: Motion) -> None:
    """On hands and knees, going on or not."""
    motion.angles[INDEX["lean"]] += motion.between(68.0, 88.0)
    motion.angles[INDEX["nod"]] -= 40.0
    cycle = motion.between(0.5, 1.2) * motion.seconds * motion.rng.integers(0, 2)
    for number, side in enumerate(SIDES):
        swing = np.sin(2 * np.pi * (cycle + 0.5 * number))
        motion.angles[INDEX[f"{side}_leg_forward"]] += 14.0 * swing
        motion.angles[INDEX[f"{side}_knee"]] += 88.0
        motion.angles[INDEX[f"{side}_foot"]] += 40.0
        motion.arm(side, (0.0,), ((5.0, 0.0, 0.97, 20.0),))
        motion.swing_arm(side, -14.0 * swing)


def touch_head(motion: Motion) -> None:
    """Hands behind or on the head; none of the classes."""
    for side in SIDES if motion.chance(0.5) else ("right",):
        pose = touch(motion, side, CROWN, swivel=60.0)
        motion.arm(side, (0.0, 0.3, 0.7, 1.0), (None, pose, pose, None))
        if motion.chance(0.5):
            motion.swing({f"{side}_out": 9.0, f"{side}_raise": 5.0}, motion.between(2.0, 6.0), 0.3, 0.7)
