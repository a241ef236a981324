"""Actions of the whole body on one place."""

from __future__ import annotations

import numpy as np

from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.gait import walk
from tg_skeleton.motion.poses import BELLY, CHEST, HIP, MOUTH, brace, other, pivot, seat, touch


def stand(motion: Motion) -> None:
    """Stands about: weight from leg to leg, a look around, hands at rest, on the hips, crossed or behind the back."""
    rest(motion)
    for _ in range(motion.rng.integers(0, 4)):
        at = motion.between(0.0, 0.8)
        shift = motion.sign() * motion.between(2.0, 7.0)
        motion.add((at, at + 0.1), {"tilt": (0.0, shift), "side": (0.0, shift), "right_leg_side": (0.0, 0.6 * shift)})
        motion.add((at, at + 0.12, at + 0.3), {"look": (0.0, motion.rng.normal(0.0, 25.0), 0.0)})


def rest(motion: Motion) -> None:
    """The arms as people keep them when they do nothing; mostly hanging."""
    kind = motion.rng.random()
    if kind > 0.4:
        return
    for side in SIDES:
        if kind < 0.08:
            pose = touch(motion, side, HIP, swivel=motion.between(60.0, 85.0))
        elif kind < 0.16:
            pose = touch(motion, side, (-0.08, -0.12, 0.1), swivel=25.0)
        elif kind < 0.24:
            pose = touch(motion, side, (0.03, -0.3, -0.06), swivel=30.0)
        elif kind < 0.34:
            pose = touch(motion, side, BELLY, swivel=20.0)
        elif side == "right":
            pose = touch(motion, side, HIP, swivel=70.0)
        else:
            continue
        motion.arm(side, (0.0,), (pose,))


def sit_down(motion: Motion) -> None:
    """Hips and knees flex until the person is seated; the trunk leans forward on the way, arms help or hang."""
    if motion.chance(0.35):
        pivot(motion, motion.sign() * motion.between(60.0, 180.0), -0.1, 0.4)
    elif motion.chance(0.3):
        walk(motion, motion.window(-0.2, 0.35), hertz=0.8, stride=motion.between(6.0, 14.0), back=motion.chance(0.6))
    start = motion.between(0.1, 0.35)
    _to_seat(motion, (start, motion.between(0.75, 0.95)), sitting=1)


def stand_up(motion: Motion) -> None:
    """From a seat to standing, perhaps walking on."""
    stop = motion.between(0.6, 0.9)
    _to_seat(motion, (motion.between(0.05, 0.3), stop), sitting=0)
    if motion.chance(0.35):
        walk(motion, motion.window(stop - 0.1, 1.2), hertz=0.8, stride=motion.between(8.0, 18.0))


def _to_seat(motion: Motion, times: tuple[float, float], sitting: int) -> None:
    share = motion.shares(times)[sitting]
    seat(motion, share, motion.between(55.0, 98.0) if motion.chance(0.7) else motion.between(32.0, 65.0))
    start, stop = times
    middle = start + (0.55 if sitting else 0.4) * (stop - start)
    lean, back = motion.between(15.0, 62.0), motion.rng.normal(0.0, 7.0)
    ends = (0.0, back) if sitting else (back, 0.0)
    motion.add((start, middle, stop), {"lean": (ends[0], lean, ends[1]), "nod": (0.0, -0.4 * lean, 0.0)})
    motion.add((start, middle, stop), {"bend": (0.0, motion.between(0.0, 25.0), 4.0)})
    kind = motion.rng.random()
    for side in SIDES:
        lap = (motion.between(12.0, 46.0), motion.between(-12.0, 25.0), motion.between(0.7, 0.95), 15.0)
        help_ = lap
        if kind < 0.15:  # hands on the seat or the arm rests
            help_ = (motion.between(8.0, 30.0), motion.between(110.0, 170.0), 0.85, 20.0)
        elif kind < 0.3:  # hands ahead for balance
            help_ = (motion.between(35.0, 75.0), 5.0, 0.95, 15.0)
        poses = (None, help_, lap) if sitting else (lap, help_, None)
        motion.arm(side, (start, middle, stop), poses)


def squat(motion: Motion) -> None:
    """Deep in the knees and up again; arms held out, up, behind the head, on the hips or hanging."""
    down, up = motion.between(0.35, 0.5), motion.between(0.52, 0.65)
    depth = motion.between(0.6, 1.1)
    times = (0.05, down, up, 0.95)
    for channel, degrees in (("both_knee", 112.0), ("both_leg_forward", 98.0), ("both_leg_side", 12.0)):
        motion.add(times, {channel: (0.0, degrees * depth, degrees * depth, 0.0)})
    lean = motion.between(8.0, 45.0)
    motion.add(times, {"lean": (0.0, lean, lean, 0.0), "bend": (0.0, 8.0, 8.0, 0.0), "nod": (0.0, -20.0, -20.0, 0.0)})
    kind = motion.rng.random()
    for side in SIDES:
        if kind < 0.35:
            motion.arm(side, times, (None, *((80.0, 5.0, 0.95, 20.0),) * 2, None))
        elif kind < 0.5:
            motion.arm(side, (0.0,), ((165.0, 20.0, 0.95, 20.0),))
        elif kind < 0.6:
            motion.arm(side, (0.0,), (touch(motion, side, (0.1, 0.1, -0.03), swivel=80.0),))
        elif kind < 0.7:
            motion.arm(side, (0.0,), (touch(motion, side, HIP, swivel=70.0),))
        elif kind < 0.85:
            motion.arm(side, times, (None, *(touch(motion, side, CHEST, swivel=30.0),) * 2, None))


def lunge(motion: Motion) -> None:
    """A long step, both knees bend, and back; forward, back or to the side."""
    front = "right" if motion.chance(0.6) else "left"
    rear = other(front)
    down, up = motion.between(0.35, 0.45), motion.between(0.55, 0.65)
    times = (0.05, down - 0.14, down, up, 0.95)
    if motion.chance(0.2):  # to the side
        wide = motion.between(28.0, 42.0)
        motion.add(
            times, {f"{front}_leg_side": (0.0, wide, wide, wide, 0.0), f"{rear}_leg_side": (0.0, 8, 22, 22, 0.0)}
        )
        motion.add(times, {f"{front}_knee": (0.0, 20, 70, 70, 0.0), f"{front}_leg_forward": (0.0, 20, 60, 60, 0.0)})
    else:
        deep = motion.between(0.7, 1.1)
        motion.add(times, {f"{front}_leg_forward": (0.0, 62.0, 76 * deep, 76 * deep, 0.0)})
        motion.add(times, {f"{front}_knee": (0.0, 50.0, 84 * deep, 84 * deep, 0.0)})
        motion.add(
            times,
            {f"{rear}_leg_forward": (0.0, -16, -18, -18, 0.0), f"{rear}_knee": (0.0, 12, 75 * deep, 75 * deep, 0)},
        )
        motion.add(times, {f"{rear}_foot": (0.0, 10.0, 35.0, 35.0, 0.0)})
    lean = motion.between(-4.0, 25.0)
    motion.add(times, {"lean": (0.0, lean, lean, lean, 0.0)})
    kind = motion.rng.random()
    for side in SIDES:
        if kind < 0.35:
            motion.arm(side, (0.0,), (touch(motion, side, HIP, swivel=70.0),))
        elif kind < 0.5:
            motion.arm(side, times, (None, *((75.0, 15.0, 0.95, 20.0),) * 3, None))
        elif kind < 0.6:
            motion.arm(side, times, (None, *(touch(motion, side, CHEST, 30.0),) * 3, None))


def jump(motion: Motion) -> None:
    """Crouch, leap, land in the knees; on the spot or ahead, with the arms' help or without."""
    deep, high = motion.between(0.4, 1.2), motion.between(0.08, 0.4)
    times = (0.05, 0.34, 0.45, 0.55, 0.64, 0.75, 0.97)
    tuck = motion.between(5.0, 50.0)
    motion.add(times, {"both_knee": (0.0, 75 * deep, 0.0, tuck, 8.0, 58 * deep, 0.0)})
    motion.add(times, {"both_leg_forward": (0.0, 60 * deep, 0.0, 0.8 * tuck, 6.0, 46 * deep, 0.0)})
    motion.add(times, {"lean": (0.0, 28 * deep, 0.0, 4.0, 4.0, 20 * deep, 0.0), "both_foot": (0, 0, 28, 25, 5, 0, 0)})
    progress = np.clip((motion.clock - 0.42) / 0.24, 0.0, 1.0)
    motion.angles[INDEX["lift"]] += high * 4.0 * progress * (1.0 - progress)
    if motion.chance(0.35):
        motion.angles[INDEX["ahead"]] += motion.between(-0.1, 0.9) * progress
    kind = motion.rng.random()
    for side in SIDES:
        if kind < 0.6:
            top = motion.between(60.0, 170.0)
            motion.arm(
                side,
                (0.0, 0.28, 0.55, 0.8, 1.0),
                (None, (40, 170, 0.95, 15), (top, 10, 0.9, 15), (40, 10, 0.9, 15), None),
            )
        elif kind < 0.75:
            motion.arm(side, (0.05, 0.3, 0.75, 1.0), (None, (40, 20, 0.7, 15), (50, 20, 0.7, 15), None))


def jumping_jack(motion: Motion) -> None:
    """Legs apart and arms up, legs together and arms down, with a hop for each."""
    apart = motion.between(18.0, 36.0)
    motion.add((0.0, 0.45, 0.55, 1.0), {"both_leg_side": (0.0, apart, apart, 0.0)})
    hop = motion.between(0.03, 0.14)
    motion.angles[INDEX["lift"]] += hop * np.abs(np.sin(2 * np.pi * np.clip(motion.clock, 0.0, 1.0)))
    motion.add(
        (0.0, 0.12, 0.25, 0.45, 0.6, 0.75, 0.95),
        {"both_knee": (25, 5, 5, 22, 5, 5, 25), "both_leg_forward": (14, 2, 2, 12, 2, 2, 14)},
    )
    top, bend = motion.between(95.0, 178.0), motion.between(0.8, 0.99)
    for side in SIDES:
        low, high = (14.0, 85.0, 0.95, 20.0), (top, 85.0, bend, 30.0)
        motion.arm(side, (0.0, 0.45, 0.55, 1.0), (low, high, high, low))


def bow(motion: Motion) -> None:
    """The trunk bends from hips and spine and comes up; hands at the sides, on the thighs, before the chest."""
    down, up = motion.between(0.3, 0.45), motion.between(0.55, 0.7)
    times = (0.05, down, up, 0.95)
    depth, spine = motion.between(20.0, 75.0), motion.between(5.0, 35.0)
    for channel, degrees in (("lean", depth), ("bend", spine), ("nod", motion.between(0.0, 25.0))):
        motion.add(times, {channel: (0.0, degrees, degrees, 0.0)})
    motion.add(times, {"both_leg_forward": (0.0, -0.1 * depth, -0.1 * depth, 0.0)})
    motion.angles[INDEX["hang"]] = motion.between(0.0, 0.9)
    kind = motion.rng.random()
    for side in SIDES:
        if kind < 0.2:
            motion.arm(side, (0.0, 0.15, 0.85, 1.0), (None, *(touch(motion, side, CHEST, swivel=40.0),) * 2, None))
        elif kind < 0.35 and side == "right":
            motion.arm(side, times, (None, *(touch(motion, side, BELLY, swivel=30.0),) * 2, None))
        elif kind < 0.5:
            motion.arm(side, (0.0,), ((8.0, 20.0, 0.98, 15.0),))


def turn_around(motion: Motion) -> None:
    """About a quarter to a whole turn, in small steps."""
    rest(motion)
    pivot(motion, motion.sign() * motion.between(110.0, 360.0), 0.05, 0.95)


def stretch(motion: Motion) -> None:
    """Arms up, out or behind, the back arched, perhaps to the side; a yawn."""
    times = (0.0, 0.3, 0.7, 1.0)
    kind = motion.rng.random()
    arch = motion.between(-22.0, 2.0)
    motion.add(times, {"bend": (0.0, arch, arch, 0.0), "nod": (0.0, arch, arch, 0.0)})
    for side in SIDES:
        if kind < 0.4:
            pose = (motion.between(155.0, 178.0), motion.between(0.0, 50.0), motion.between(0.75, 1.0), 45.0)
        elif kind < 0.65:
            pose = (motion.between(85.0, 115.0), motion.between(95.0, 120.0), motion.between(0.45, 1.0), 30.0)
        elif kind < 0.8:
            pose = (motion.between(30.0, 50.0), motion.between(155.0, 175.0), 0.95, 15.0)
        elif kind < 0.9:
            pose = (92.0, -55.0, 0.85, 15.0) if side == "right" else touch(motion, side, (-0.15, -0.02, 0.12), 30.0)
        else:  # one hand yawns
            pose = (150.0, 60.0, 0.8, 50.0) if side == "left" else touch(motion, side, MOUTH, swivel=50.0)
        motion.arm(side, times, (None, pose, pose, None))
    if kind < 0.5 and motion.chance(0.6):
        motion.swing({"side": motion.between(10.0, 28.0)}, motion.between(0.5, 2.0), 0.2, 0.8)
    if motion.chance(0.3):
        motion.add(times, {"both_foot": (0.0, 25.0, 25.0, 0.0)})
    brace(motion, times, 0.5)
