"""Actions with a thing, which no skeleton shows."""

from __future__ import annotations

from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion, Pose
from tg_skeleton.motion.poses import BELLY, CHEST, EAR, brace, come_and_go, hands, other, step, touch


def pick_up_with_one_hand(motion: Motion) -> None:
    """Bends or squats, reaches down with one hand, and comes up with what lay there."""
    _stoop(motion, ("left",) if motion.chance(0.15) else ("right",), before=False, after=True)


def pick_up_with_both_hands(motion: Motion) -> None:
    """Bends or squats, reaches down with both hands, and comes up with what lay there."""
    _stoop(motion, SIDES, before=False, after=True)


def put_down(motion: Motion) -> None:
    """Bends or squats, leaves on the ground or on a table what the hands held, and comes up without."""
    _stoop(motion, hands(motion, both=0.55), before=True, after=False)


def _stoop(motion: Motion, sides: tuple[str, ...], *, before: bool, after: bool) -> None:
    """Down to a thing and up; the hands hold it before or after."""
    near, far = ((0.08, 0.25), (0.75, 0.92)) if motion.chance(0.5) else ((0.2, 0.42), (0.6, 0.8))
    start, stop = motion.between(*near), motion.between(*far)
    down = start + motion.between(0.38, 0.5) * (stop - start)
    up = down + motion.between(0.05, 0.15)
    times = (start, down, up, stop)
    come_and_go(motion, start, stop)
    table = motion.chance(0.12)
    deep = motion.between(0.3, 0.55) if table else motion.between(0.85, 1.25)
    deep /= motion.person.size**0.8  # the ground is where it is, however slightly a person moves
    knees = motion.rng.random() ** (0.5 if len(sides) == 1 else 0.28) * (0.4 if table else 1.0)  # 0: from the back
    lean, bend = deep * (58.0 - 34.0 * knees), deep * (32.0 - 18.0 * knees)
    motion.add(times, {"lean": (0.0, lean, lean, 0.0), "bend": (0.0, bend, bend, 0.0)})
    split = motion.between(0.0, 28.0) if len(sides) == 1 else motion.between(0.0, 12.0)
    for side in SIDES:
        bias = split if side == sides[0] else -split
        motion.add(times, {f"{side}_knee": (0.0, *(deep * (12.0 + 108.0 * knees),) * 2, 0.0)})
        leg = deep * (8.0 + 86.0 * knees) + bias
        motion.add(times, {f"{side}_leg_forward": (0.0, leg, leg, 0.0)})
    if len(sides) == 1:
        tip = motion.between(0.0, 16.0) * (1.0 if sides == ("right",) else -1.0)
        motion.add(times, {"side": (0.0, tip, tip, 0.0), "twist": (0.0, tip, tip, 0.0)})
    held = (motion.between(0.02, 0.1), motion.between(-0.3, -0.08), motion.between(0.12, 0.2))
    low = (motion.between(15.0, 45.0), motion.between(-25.0, 10.0), motion.between(0.88, 1.0), 15.0)
    for side in SIDES:
        if side in sides:
            carried = touch(motion, side, held, swivel=20.0) if motion.chance(0.6) else None
            motion.arm(side, times, (carried if before else None, low, low, carried if after else None))
        elif motion.chance(0.4):
            knee = (motion.between(25.0, 60.0), motion.between(-10.0, 20.0), motion.between(0.75, 0.95), 25.0)
            motion.arm(side, times, (None, knee, knee, None))


def throw(motion: Motion) -> None:
    """Draws back and lets fly.

    Overhand, underhand, from the side, from the chest, over the head with both hands, or with the forearm alone.
    """
    back = motion.between(0.25, 0.45) if motion.chance(0.7) else motion.between(0.45, 0.62)
    release = back + motion.between(0.1, 0.22)
    held = motion.chance(0.4)  # the thing is held before the chest, or looked at, until it is thrown
    times = (
        back - motion.between(0.1, 0.2) if held else 0.02,
        back,
        release,
        min(release + motion.between(0.1, 0.22), 0.85),
        0.98,
    )
    kind = motion.rng.random()
    sides = ("right",) if kind < 0.85 else SIDES
    drawn, out, end = _arm_that_throws(motion, kind)
    high, near = motion.between(-0.22, -0.02), motion.between(0.1, 0.18)
    for side in SIDES if held else sides:
        start = touch(motion, side, (0.03, high, near), swivel=25.0) if held else None
        drawn_back = (start, drawn, out, end, None) if side in sides else (start, None, None, None, None)
        motion.arm(side, times, drawn_back)
    come_and_go(motion, 0.75 * back if motion.chance(0.45) else 0.0, max(times[3], 0.7))
    _throw_with_the_body(motion, times, kind, one_handed=len(sides) == 1)
    if motion.chance(0.6):
        step(motion, "left" if motion.chance(0.75) else "right", back - 0.15, release, motion.between(8.0, 34.0))
    if len(sides) == 1 and not held and motion.chance(0.5):
        free = (motion.between(40, 95), motion.between(-10, 60), 0.9, 20.0)
        motion.arm("left", times, (None, free, None, None, None))


def _arm_that_throws(motion: Motion, kind: float) -> tuple[Pose, Pose, Pose]:
    """An arm drawn back, as it lets go, and after that."""
    if kind < 0.15:  # the forearm alone, from the shoulder, like a dart
        return (
            touch(motion, "right", (motion.between(0.04, 0.16), motion.between(-0.06, 0.12), 0.08), swivel=30.0),
            (motion.between(55, 105), motion.between(-10, 30), motion.between(0.82, 0.99), 25.0),
            (motion.between(30, 75), motion.between(-20, 15), motion.between(0.7, 0.95), 20.0),
        )
    if kind < 0.55:  # overhand
        return (
            (motion.between(95, 135), motion.between(95, 140), motion.between(0.4, 0.75), 40.0),
            (motion.between(85, 125), motion.between(-5, 25), 0.98, 30.0),
            (motion.between(25, 60), motion.between(-40, 0), 0.95, 20.0),
        )
    if kind < 0.75:  # underhand
        return (
            (motion.between(25, 70), motion.between(145, 180), 0.95, 10.0),
            (motion.between(50, 95), motion.between(-10, 10), 0.98, 10.0),
            (motion.between(90, 140), -5.0, 0.9, 10.0),
        )
    if kind < 0.85:  # from the side
        return (
            (motion.between(55, 85), motion.between(90, 150), 0.9, 25.0),
            (75.0, motion.between(10, 40), 0.98, 20.0),
            (70.0, motion.between(-60, -20), 0.85, 20.0),
        )
    drawn = touch(motion, "right", (0.06, 0.22, -0.03) if kind < 0.95 else CHEST, swivel=40.0)
    return drawn, (motion.between(80.0, 120.0), -5.0, 0.98, 25.0), (60.0, -5.0, 0.9, 20.0)


def _throw_with_the_body(motion: Motion, times: tuple[float, ...], kind: float, *, one_handed: bool) -> None:
    """The trunk winds up and follows the arm."""
    twist, bend = motion.between(0.0, 42.0), 38.0 * motion.rng.random() ** 2 - 4.0
    back_bend = motion.between(-16.0, 4.0) if kind >= 0.55 or motion.chance(0.7) else motion.between(0.0, 25.0)
    if one_handed:
        motion.add(times, {"twist": (0, -twist, 0.5 * twist, twist, 0), "turn": (0, -0.4 * twist, 0, 0.4 * twist, 0)})
    leans = (0, 0.3 * back_bend, 0.2 * bend, 0.4 * bend, 0)
    motion.add(times, {"bend": (0.0, back_bend, 0.3 * bend, bend, 0.0), "lean": leans})


def catch(motion: Motion) -> None:
    """The hands go out to meet what comes, high, low or to a side, give way and draw it in."""
    meet = motion.between(0.35, 0.5)
    times = (meet - motion.between(0.15, 0.3), meet, meet + motion.between(0.08, 0.18), 0.75, 0.98)
    high, aside = motion.between(-0.35, 0.3), motion.rng.normal(0.0, 0.12)
    sides = SIDES if motion.chance(0.8) else ("right",)
    for side in sides:
        right = aside if side == "right" else -aside
        out = touch(motion, side, (0.05 + right, high, motion.between(0.25, 0.36)), swivel=30.0)
        held = touch(motion, side, (0.04 + 0.3 * right, 0.4 * high - 0.1, 0.12), swivel=25.0)
        last = None if motion.chance(0.7) else held
        motion.arm(side, times, (None, out, held, held, last))
    give = motion.between(0.0, 30.0)
    motion.add(
        times,
        {
            "both_knee": (0.0, 0.6 * give, give, 0.2 * give, 0.0),
            "both_leg_forward": (0.0, 0.4 * give, 0.7 * give, 0.1 * give, 0.0),
        },
    )
    motion.add(times, {"side": (0.0, 60.0 * aside, 60.0 * aside, 0.0, 0.0), "nod": (0.0, -40 * high, 10.0, 0.0, 0.0)})
    brace(motion, times, 0.6)
    if motion.chance(0.3):
        step(motion, "right" if aside > 0 else "left", 0.1, meet, motion.between(5.0, 22.0))


def push(motion: Motion) -> None:
    """Hands from the chest out against something, with the body behind them; once, or leaning on it."""
    press, gone = motion.between(0.4, 0.55), motion.between(0.6, 0.8)
    times = (0.05, motion.between(0.2, 0.3), press, gone, 0.97)
    level = motion.between(65.0, 105.0)
    for side in SIDES if motion.chance(0.8) else ("right",):
        drawn = touch(motion, side, (0.09, -0.08, 0.06), swivel=25.0)
        out = (level, motion.between(-6.0, 8.0), motion.between(0.85, 1.0), 25.0)
        motion.arm(side, times, (None, drawn, out, out, None))
    lean = motion.between(0.0, 30.0)
    motion.add(times, {"lean": (0.0, -0.2 * lean, lean, lean, 0.0), "bend": (0.0, 0.0, 0.3 * lean, 0.3 * lean, 0.0)})
    if motion.chance(0.6):
        step(motion, "right" if motion.chance(0.5) else "left", 0.15, press, motion.between(8.0, 30.0))


def pull(motion: Motion) -> None:
    """Reaches out, takes hold and draws in, the weight going back; a door, a rope, a drawer."""
    grip, drawn = motion.between(0.25, 0.38), motion.between(0.55, 0.7)
    times = (0.03, grip, grip + 0.06, drawn, 0.97)
    level, to = motion.between(50.0, 125.0), motion.between(-0.28, 0.0)
    for side in SIDES if motion.chance(0.55) else ("right",):
        out = (level, motion.between(-12.0, 12.0), motion.between(0.88, 1.0), 20.0)
        near = touch(motion, side, (motion.between(0.06, 0.12), to, motion.between(0.0, 0.1)), swivel=25.0)
        motion.arm(side, times, (None, out, out, near, None))
    lean = motion.between(2.0, 26.0)
    motion.add(
        times, {"lean": (0.0, 0.7 * lean, 0.7 * lean, -lean, 0.0), "twist": (0, 6.0, 6.0, -motion.between(0, 25), 0)}
    )
    knees = motion.between(0.0, 45.0)
    motion.add(
        times,
        {
            "both_knee": (0.0, 0.3 * knees, 0.5 * knees, knees, 0.0),
            "both_leg_forward": (0.0, 0.3 * knees, 0.6 * knees, knees, 0.0),
        },
    )


def drink(motion: Motion) -> None:
    """Takes a cup to the mouth, perhaps tips the head back, and takes it away."""
    sides = hands(motion, both=0.12)
    up, sip, down = motion.between(0.2, 0.38), motion.between(0.55, 0.65), motion.between(0.75, 0.97)
    times = (0.0, up, sip, down)
    for side in sides:
        mouth = touch(motion, side, (0.02, 0.0, motion.between(0.1, 0.15)), swivel=motion.between(5.0, 60.0))
        cup = (
            touch(motion, side, (0.06, motion.between(-0.25, -0.1), 0.18), swivel=15.0) if motion.chance(0.5) else None
        )
        motion.arm(side, times, (cup, mouth, mouth, cup))
        motion.add(
            (up, 0.5 * (up + sip), sip, down),
            {f"{side}_raise": (0.0, 9.0, 9.0, 0.0), f"{side}_swivel": (0, 18.0, 18.0, 0)},
        )
    tip = motion.between(-32.0, 5.0)
    motion.add((up, up + 0.12, sip, down), {"nod": (0.0, tip, tip, 0.0)})
    motion.angles[INDEX["hang"]] = 0.2


def phone_call(motion: Motion) -> None:
    """A hand goes to the ear and stays there; the person may walk about, turn, or talk with the other hand."""
    side = hands(motion, both=0.0)[0]
    up = motion.between(0.12, 0.25) if motion.chance(0.75) else -0.1
    down = motion.between(0.8, 0.95) if motion.chance(0.5) else 1.2
    ear = touch(motion, side, (EAR[0] + 0.03, motion.between(0.01, 0.05), 0.05), swivel=motion.between(0.0, 45.0))
    motion.arm(side, (up - 0.12, up, down, down + 0.12), (None, ear, ear, None))
    motion.add((up, up + 0.08, down), {"cock": (0.0, *(motion.between(0, 14) * (1 if side == "right" else -1),) * 2)})
    motion.angles[INDEX["hang"]] = 0.2
    if motion.chance(0.35):
        free = other(side)
        talk = (motion.between(30.0, 60.0), motion.between(-10.0, 40.0), 0.75, 15.0)
        motion.arm(free, (0.2, 0.35, 0.7, 0.85), (None, talk, talk, None))
        motion.swing({f"{free}_raise": 14.0, f"{free}_out": 10.0}, motion.between(2.0, 6.0), 0.3, 0.8)
    elif motion.chance(0.25):
        motion.arm(other(side), (0.0,), (touch(motion, other(side), BELLY, swivel=15.0),))
    if motion.chance(0.4):
        motion.add(
            (0.1, 0.5, 0.9), {"look": (0.0, motion.rng.normal(0, 25), 0.0), "turn": (0.0, motion.rng.normal(0, 30), 0)}
        )


def check_watch(motion: Motion) -> None:
    """A forearm comes up level before the chest, the head bows to it; the other hand may help."""
    side = "left" if motion.chance(0.8) else "right"
    up, down = motion.between(0.2, 0.35), motion.between(0.65, 0.85)
    times = (0.03, up, down, 0.97)
    look = touch(motion, side, (-0.02, motion.between(-0.16, -0.02), motion.between(0.14, 0.22)), swivel=40.0)
    motion.arm(side, times, (None, look, look, None))
    nod, twist = motion.between(12.0, 38.0), motion.between(0.0, 20.0) * (1.0 if side == "left" else -1.0)
    motion.add(times, {"nod": (0.0, nod, nod, 0.0), "look": (0.0, twist, twist, 0.0)})
    if motion.chance(0.3):
        free = other(side)
        there = touch(motion, free, (-0.02, -0.12, 0.17), swivel=20.0)
        motion.arm(free, (up - 0.1, up + 0.1, down, 0.97), (None, there, there, None))
    brace(motion, times, 0.4)
