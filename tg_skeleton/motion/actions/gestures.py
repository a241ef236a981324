"""What arms and legs do in the air."""

from __future__ import annotations

import numpy as np

from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.poses import brace, hands, other, step, touch


def wave(motion: Motion) -> None:
    """A raised hand, or both, from side to side: out of the wrist, the forearm or the whole arm."""
    up, down = motion.between(0.1, 0.2), motion.between(0.82, 0.95)
    kind, cycles = motion.rng.random(), motion.between(2.0, 6.0)
    both = motion.chance(0.3)
    phase = 0.5 * motion.rng.integers(0, 2)
    for number, side in enumerate(hands(motion, both=float(both))):
        if kind < 0.6:  # the forearm, beside the head
            pose = touch(
                motion,
                side,
                (motion.between(0.14, 0.26), motion.between(0.02, 0.22), motion.between(0.02, 0.16)),
                motion.between(10.0, 40.0),
            )
            sizes = {f"{side}_out": motion.between(10.0, 26.0), f"{side}_swivel": motion.between(0.0, 25.0)}
        elif kind < 0.9:  # the whole arm, over the head
            pose = (motion.between(125.0, 165.0), motion.between(30.0, 90.0), motion.between(0.85, 1.0), 30.0)
            sizes = {f"{side}_raise": motion.between(10.0, 28.0), f"{side}_reach": 0.03}
        else:  # the hand, low
            pose = touch(motion, side, (0.14, -0.1, 0.12), 20.0)
            sizes = {f"{side}_out": motion.between(12.0, 22.0), f"{side}_wrist": 25.0}
        motion.arm(side, (0.0, up, down, 1.0), (None, pose, pose, None))
        motion.swing(sizes, cycles, up - 0.05, down, phase=phase * number)
    brace(motion, (0.0, up, down, 1.0), 0.6)


def clap(motion: Motion) -> None:
    """The hands meet again and again, before the chest, the face or overhead."""
    high = motion.between(-0.24, 0.1) if motion.chance(0.85) else motion.between(0.15, 0.35)
    ahead, wide = motion.between(0.13, 0.24), motion.between(0.03, 0.13)
    up, down = motion.between(0.08, 0.18), motion.between(0.84, 0.95)
    closed = {side: touch(motion, side, (0.012, high, ahead), swivel=25.0) for side in SIDES}
    opened = {side: touch(motion, side, (0.012 + wide, high, ahead), swivel=25.0) for side in SIDES}
    cycles = np.round(motion.between(3.0, 9.0))
    progress = np.clip((motion.clock - up) / (down - up), 0.0, 1.0)
    share = 0.5 * (1.0 + np.cos(2 * np.pi * cycles * progress + motion.between(-0.3, 0.3))) ** motion.ease
    lead = 1.0 if motion.chance(0.7) else 0.3  # some beat one hand against the other
    spread = motion.rng.normal(0.0, (3.0, 0.0, 0.02, 12.0))
    inside = motion.shares((0.0, up, down, 1.0))[1:3].sum(axis=0)
    for side in SIDES:
        own = share if side == "right" else lead * share
        rows = [INDEX[f"{side}_{channel}"] for channel in ("raise", "out", "reach", "swivel")]
        near, far = np.array(closed[side]) + spread, np.array(opened[side]) + spread
        course = near[:, None] * (1.0 - own) + far[:, None] * own
        motion.angles[rows] = motion.angles[rows] * (1.0 - inside) + course * inside
    brace(motion, (0.0, up, down, 1.0), 0.5)


def raise_hand(motion: Motion) -> None:
    """A hand, or both, goes up and stays up for a while."""
    up, down = motion.between(0.25, 0.4), motion.between(0.65, 0.85)
    last = None
    for side in hands(motion, both=0.35):
        pose = (
            motion.between(140.0, 178.0),
            motion.between(0.0, 80.0),
            motion.between(0.75, 1.0),
            motion.between(15.0, 60.0),
        )
        via = (motion.between(60.0, 100.0), motion.between(0.0, 90.0), motion.between(0.6, 0.95), 20.0)
        motion.arm(side, (0.05, 0.6 * up, up, down, 0.98), (None, via, pose, pose, last))
    brace(motion, (0.05, up, down, 0.98), 0.4)


def point(motion: Motion) -> None:
    """An arm is stretched out at something, ahead, aside, up or down, and held there."""
    out, back = motion.between(0.2, 0.4), motion.between(0.65, 0.85)
    side = hands(motion, both=0.0)[0]
    where = (motion.between(58.0, 118.0), motion.between(-25.0, 95.0), motion.between(0.9, 1.0), 25.0)
    motion.arm(side, (0.05, out, back, 0.98), (None, where, where, None))
    turned = motion.between(0.0, 0.6) * where[1] * (-1.0 if side == "right" else 1.0)
    motion.add(
        (0.05, out, back, 0.98), {"look": (0.0, turned, turned, 0.0), "twist": (0, 0.3 * turned, 0.3 * turned, 0)}
    )
    if motion.chance(0.25):
        motion.swing({f"{side}_raise": 6.0}, motion.between(2.0, 4.0), out, back)
    brace(motion, (0.05, out, back, 0.98), 0.5)


def swipe(motion: Motion) -> None:
    """A hand goes across before the body, or up or down, in one stroke."""
    side = hands(motion, both=0.0)[0]
    start, stop = motion.between(0.25, 0.38), motion.between(0.55, 0.7)
    times = (0.02, start, stop, 0.98)
    level, reach, sweep = motion.between(55.0, 105.0), motion.between(0.55, 0.98), motion.between(30.0, 55.0)
    kind = motion.rng.random()
    if kind < 0.8:
        middle = motion.between(-10.0, 20.0)
        one, two = (level, middle + sweep, reach, 25.0), (level, middle - sweep, reach, 25.0)
    else:
        one, two = (level + 0.7 * sweep, 0.0, reach, 20.0), (level - 0.7 * sweep, 0.0, reach, 20.0)
    if motion.chance(0.5):
        one, two = two, one
    motion.arm(side, times, (None, one, two, None))
    way = (two[1] - one[1]) * (0.12 if side == "left" else -0.12)
    motion.add(times, {"twist": (0.0, -way, way, 0.0)})
    brace(motion, times, 0.3)


def draw_circle(motion: Motion) -> None:
    """A hand goes round and round before or beside the body."""
    side = hands(motion, both=0.0)[0]
    up, down = motion.between(0.1, 0.22), motion.between(0.8, 0.92)
    large = motion.chance(0.3)  # out of the shoulder
    middle = (motion.between(65.0, 115.0), motion.between(-10.0, 70.0), motion.between(0.7, 0.95), 25.0)
    size = motion.between(30.0, 60.0) if large else motion.between(12.0, 30.0)
    motion.arm(side, (0.0, up, down, 1.0), (None, middle, middle, None))
    cycles = motion.between(1.0, 3.0) * (1.0 if motion.chance(0.5) else -1.0)
    phase = motion.between(0.0, 1.0)
    motion.swing({f"{side}_raise": size}, cycles, up - 0.05, down + 0.05, phase=phase)
    motion.swing({f"{side}_out": size * motion.between(0.8, 1.2)}, cycles, up - 0.05, down + 0.05, phase=phase + 0.25)


def knock(motion: Motion) -> None:
    """Several short beats against a door with a raised fist."""
    side = hands(motion, both=0.0)[0]
    up, down = motion.between(0.2, 0.32), motion.between(0.7, 0.85)
    high = motion.between(-0.1, 0.15)
    far = touch(motion, side, (motion.between(0.04, 0.14), high, motion.between(0.2, 0.28)), swivel=20.0)
    motion.arm(side, (0.02, up, down, 0.98), (None, far, far, None))
    beats = np.round(motion.between(2.0, 6.0))
    motion.swing(
        {f"{side}_reach": motion.between(0.06, 0.13), f"{side}_raise": motion.between(0, 8)}, beats, up - 0.03, down
    )
    brace(motion, (0.02, up, down, 0.98), 0.5)
    if motion.chance(0.3):
        step(motion, "right", 0.0, up, motion.between(5.0, 18.0))


def punch(motion: Motion) -> None:
    """A fist flies out from the guard and comes back; straight, hooked or from below, left and right in turn."""
    guard = {s: touch(motion, s, (motion.between(0.03, 0.08), motion.between(-0.1, 0.04), 0.12), 15.0) for s in SIDES}
    guarded = motion.chance(0.7)
    twice = motion.chance(0.4)
    sides = ("right", "left") if twice else ("right",) if motion.chance(0.65) else ("left",)
    kind, twist = motion.rng.random(), motion.between(8.0, 35.0)
    for number, side in enumerate(sides):
        hit = motion.between(0.4, 0.52) if not twice else 0.32 + 0.34 * number
        sign = 1.0 if side == "right" else -1.0
        if kind < 0.7:
            out = (motion.between(78.0, 102.0), motion.between(-18.0, 6.0), motion.between(0.9, 1.0), 30.0)
        elif kind < 0.85:
            out = (motion.between(80.0, 95.0), motion.between(-50.0, -20.0), 0.65, 80.0)
        else:
            out = (motion.between(95.0, 125.0), -15.0, 0.6, 0.0)
        times = (hit - 0.13, hit, hit + 0.04, hit + 0.2)
        at = guard[side] if guarded else (35.0, 20.0, 0.5, 15.0)
        rest = None if not guarded else guard[side]
        motion.arm(side, (-0.1, 0.08, *times, 0.92, 1.1), (rest, at, at, out, out, at, at, rest))
        motion.add(
            times,
            {"twist": (0.0, sign * twist, sign * twist, 0.0), "turn": (0, sign * 0.3 * twist, sign * 0.3 * twist, 0)},
        )
    for side in SIDES:
        if guarded and side not in sides:
            motion.arm(side, (0.0,), (guard[side],))
    lean = motion.between(0.0, 18.0)
    motion.add((0.1, 0.4, 0.7, 0.95), {"lean": (0.0, lean, lean, 0.0), "both_knee": (0.0, 12.0, 12.0, 0.0)})
    if motion.chance(0.5):
        step(motion, "left" if motion.chance(0.7) else "right", 0.05, 0.4, motion.between(8.0, 26.0))


def kick(motion: Motion) -> None:
    """A leg flies forward or to the side; the arms balance or hang."""
    leg = "right" if motion.chance(0.75) else "left"
    back, hit = motion.between(0.25, 0.36), motion.between(0.46, 0.56)
    times = (0.06, back, hit, hit + 0.07, 0.94)
    high = motion.between(28.0, 100.0)
    if motion.chance(0.8):
        drawn = motion.between(-30.0, 10.0) if motion.chance(0.7) else 0.8 * high  # or from the raised knee
        motion.add(times, {f"{leg}_leg_forward": (0.0, drawn, high, high, 0.0)})
        motion.add(times, {f"{leg}_knee": (0.0, motion.between(40, 110), 5.0, 8.0, 0.0)})
        lean = motion.between(-34.0, 6.0)
        motion.add(times, {"lean": (0.0, 4.0, lean, lean, 0.0)})
    else:
        motion.add(times, {f"{leg}_leg_side": (0.0, 0.3 * high, 0.85 * high, 0.8 * high, 0.0)})
        motion.add(
            times, {f"{leg}_knee": (0.0, 80.0, 5.0, 10.0, 0.0), f"{leg}_leg_forward": (0.0, 45.0, 12.0, 12.0, 0.0)}
        )
        tip = motion.between(4.0, 26.0) * (-1.0 if leg == "right" else 1.0)
        motion.add(times, {"side": (0.0, 0.4 * tip, tip, tip, 0.0), "tilt": (0, 0.3 * tip, 0.5 * tip, 0.5 * tip, 0)})
    motion.add(times, {f"{other(leg)}_knee": (0.0, 14.0, 8.0, 8.0, 0.0), f"{other(leg)}_leg_forward": (0, 8, 4, 4, 0)})
    kind = motion.rng.random()
    for side in SIDES:
        if kind < 0.3:
            pose = touch(motion, side, (0.05, -0.06, 0.13), 15.0)
            motion.arm(side, (0.0, 0.12, 0.88, 1.0), (None, pose, pose, None))
        elif kind < 0.75:
            out = (motion.between(25.0, 75.0), motion.between(50.0, 130.0), motion.between(0.75, 0.98), 20.0)
            motion.arm(side, times, (None, out, (0.8 * out[0], *out[1:]), out, None))
    if motion.chance(0.3):
        step(motion, other(leg), 0.0, back, motion.between(8.0, 22.0))
