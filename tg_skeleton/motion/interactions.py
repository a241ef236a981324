"""What two persons do with each other: a program for either, and where they meet."""

from __future__ import annotations

from dataclasses import dataclass

from tg_skeleton.motion import gait
from tg_skeleton.motion.actions.gestures import kick, punch
from tg_skeleton.motion.actions.posture import rest
from tg_skeleton.motion.body import SIDES
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.poses import brace, pivot, step, touch


@dataclass(frozen=True)
class Meeting:
    """How two persons stand to each other: at ``time``, the partner's joints are ``gap`` meters ahead of the actor's.

    Args:
        time: When, 0 to 1.
        actor: Joints of the actor; their mean counts.
        partner: Joints of the partner, likewise.
        gap: The least and the greatest distance along the actor's line of sight, meters.
    """

    time: float
    actor: tuple[str, ...]
    partner: tuple[str, ...]
    gap: tuple[float, float]


def shake_hands(motion: Motion) -> None:
    """The right hand is held out, goes up and down, and is taken back."""
    _meet(motion, near=0.3)
    times = (motion.between(0.0, 0.12), motion.between(0.28, 0.36), motion.between(0.68, 0.8), 0.98)
    level = -0.22 + 0.5 * (1.72 / motion.person.height - 1.0)  # hands meet at one height whoever is taller
    pose = touch(motion, "right", (-0.02, level, motion.between(0.26, 0.31)), 12.0)
    motion.arm("right", times, (None, pose, pose, None))
    motion.swing({"right_raise": motion.between(2.0, 9.0)}, motion.between(1.5, 4.5), 0.3, 0.75)
    lean = motion.between(0.0, 14.0)
    motion.add(times, {"lean": (0.0, lean, lean, 0.0), "bend": (0.0, 4.0, 4.0, 0.0)})


def hug(motion: Motion) -> None:
    """A step, open arms, and the arms close behind the other's back."""
    far = motion.between(10.0, 24.0) if motion.chance(0.4) else motion.between(3.0, 10.0)
    gait.walk(motion, motion.window(-0.3, 0.4), hertz=0.8, stride=far)
    early = motion.chance(0.4)  # the arms are up already
    if motion.chance(0.4):
        gait.walk(motion, motion.window(0.8, 1.2), hertz=0.8, stride=motion.between(6.0, 18.0), back=True)
    high = motion.rng.random() < 0.5
    for side in SIDES:
        over = high if side == "right" else not high
        wide = (motion.between(35.0, 90.0), motion.between(-5.0, 45.0), motion.between(0.75, 0.95), 30.0)
        shut = touch(
            motion, side, (-0.02, motion.between(0.0, 0.08) if over else -0.14, motion.between(0.17, 0.22)), 55.0
        )
        motion.arm(side, (0.05, 0.36, 0.52, 0.78, 0.98), (wide if early else None, wide, shut, shut, None))
    lean = motion.between(2.0, 16.0)
    motion.add((0.2, 0.52, 0.78, 0.98), {"lean": (0.0, lean, lean, 0.0), "bend": (0.0, 8.0, 8.0, 0.0)})
    motion.add((0.3, 0.52, 0.78, 0.98), {"side": (0.0, 9.0, 9.0, 0.0), "cock": (0, 10.0, 10.0, 0)})


def push(motion: Motion) -> None:
    """One or both hands against the other's chest or shoulder."""
    if motion.chance(0.4):
        gait.walk(motion, motion.window(-0.3, 0.3), hertz=0.9, stride=motion.between(8.0, 18.0))
    times = (0.1, 0.3, 0.47, 0.58, 0.92)
    level = motion.between(72.0, 100.0)
    early = motion.chance(0.4)  # the hands are there already
    for side in SIDES if motion.chance(0.6) else ("right",):
        drawn = touch(motion, side, (0.09, -0.08, motion.between(0.08, 0.2)), 25.0)
        out = (level, motion.between(-10.0, 4.0), motion.between(0.8, 1.0), 25.0)
        motion.arm(side, times, (drawn if early else None, drawn, out, out, None))
    lean = motion.between(2.0, 22.0)
    motion.add(times, {"lean": (0.0, -0.2 * lean, lean, lean, 0.0)})
    if motion.chance(0.75):
        step(motion, "left" if motion.chance(0.5) else "right", 0.2, 0.47, motion.between(10.0, 42.0))


def give_way(motion: Motion) -> None:
    """Is pushed or hit: the trunk gives way, the arms fly up, the feet take a step back."""
    rest(motion)
    back = motion.between(4.0, 32.0)
    motion.add((0.46, 0.56, 0.86), {"lean": (0.0, -back, 0.0), "bend": (0.0, motion.between(-10.0, 20.0), 0.0)})
    motion.add(
        (0.46, 0.56, 0.9), {"twist": (0.0, motion.rng.normal(0.0, 14.0), 0.0), "nod": (0, motion.rng.normal(0, 14), 0)}
    )
    fling = motion.between(10.0, 70.0)
    for side in SIDES:
        pose = (fling, motion.between(0.0, 90.0), motion.between(0.55, 0.95), 25.0)
        motion.arm(side, (0.46, 0.6, 0.95), (None, pose, None))
    if motion.chance(0.75):
        gait.walk(
            motion,
            motion.window(0.47, 1.0),
            hertz=motion.between(0.8, 1.4),
            stride=motion.between(5.0, 20.0),
            back=True,
        )


def guard(motion: Motion) -> None:
    """Is kicked or punched at: hands up, the trunk drawn back or bent, a step away."""
    if motion.chance(0.55):
        give_way(motion)
        return
    for side in SIDES if motion.chance(0.7) else ():
        pose = touch(motion, side, (0.04, motion.between(-0.2, 0.1), motion.between(0.1, 0.18)), 25.0)
        motion.arm(side, (0.3, 0.48, 0.7, 0.95), (None, pose, pose, None))
    bend = motion.between(-12.0, 30.0)
    motion.add((0.35, 0.5, 0.9), {"bend": (0.0, bend, 0.0), "lean": (0.0, -0.4 * bend, 0.0)})
    if motion.chance(0.5):
        gait.walk(motion, motion.window(0.4, 0.95), hertz=1.0, stride=motion.between(5.0, 15.0), back=True)


def kick_at(motion: Motion) -> None:
    """A kick, perhaps after a step."""
    if motion.chance(0.35):
        gait.walk(motion, motion.window(-0.3, 0.25), hertz=0.9, stride=motion.between(8.0, 18.0))
    kick(motion)


def punch_at(motion: Motion) -> None:
    """A punch, perhaps after a step, and perhaps with the whole body behind it."""
    if motion.chance(0.35):
        gait.walk(motion, motion.window(-0.3, 0.25), hertz=0.9, stride=motion.between(8.0, 18.0))
    if motion.chance(0.7):
        lean, twist = motion.between(5.0, 28.0), motion.between(0.0, 30.0)
        courses = {"lean": (0.0, -0.3 * lean, lean, 0.0), "twist": (0.0, -twist, twist, 0.0)}
        motion.add((0.1, 0.3, 0.48, 0.9), courses)
        step(motion, "left" if motion.chance(0.6) else "right", 0.2, 0.46, motion.between(8.0, 42.0))
    punch(motion)


def come(motion: Motion) -> None:
    """Walks up to the other and halts."""
    gait.walk(
        motion,
        motion.window(-0.2, motion.between(0.85, 1.1)),
        hertz=motion.between(0.7, 1.0),
        stride=motion.between(8.0, 24.0),
        arms=motion.between(0.1, 1.6),
    )


def wait(motion: Motion) -> None:
    """Stands, or comes a little nearer."""
    rest(motion)
    if motion.chance(0.2):
        gait.walk(motion, motion.window(0.0, 0.9), hertz=0.7, stride=motion.between(6.0, 14.0))


def go(motion: Motion) -> None:
    """Turns away and goes, or goes backwards."""
    if motion.chance(0.3):
        gait.walk(motion, motion.window(0.05, 1.2), hertz=0.8, stride=motion.between(8.0, 18.0), back=True)
        return
    stop = motion.between(0.25, 0.4)
    pivot(motion, motion.sign() * motion.between(150.0, 190.0), -0.05, stop)
    gait.walk(
        motion, motion.window(stop - 0.15, 1.2), hertz=motion.between(0.7, 1.0), stride=motion.between(12.0, 24.0)
    )


def stay(motion: Motion) -> None:
    """Stands, or goes as well."""
    if motion.chance(0.3):
        go(motion)
    else:
        rest(motion)


def hand_over(motion: Motion) -> None:
    """Holds a thing out, or takes it, with one hand or both, and draws back."""
    _meet(motion, near=0.3)
    level, ahead = motion.between(-0.26, 0.02), motion.between(0.25, 0.34)
    both = motion.chance(0.2)
    times = (motion.between(0.05, 0.25), motion.between(0.32, 0.46), motion.between(0.5, 0.68), 0.92)
    for side in SIDES if both else ("right",) if motion.chance(0.8) else ("left",):
        held = touch(motion, side, (0.05, motion.between(-0.25, -0.12), 0.14), 20.0)
        out = touch(motion, side, (0.02, level, ahead), 15.0)
        motion.arm(side, times, (held if motion.chance(0.4) else None, out, out, held if motion.chance(0.4) else None))
    brace(motion, (*times[:3], 0.9), 0.5)
    if motion.chance(0.3):
        step(motion, "right" if motion.chance(0.5) else "left", 0.1, times[1], motion.between(6.0, 24.0))


def _meet(motion: Motion, near: float) -> None:
    """Some come up to the other until ``near``, from close by or from afar, and some go back at the end."""
    kind = motion.rng.random()
    if kind < 0.45:
        stride = motion.between(8.0, 18.0) if kind < 0.25 else motion.between(14.0, 24.0)
        gait.walk(motion, motion.window(-0.3, near), hertz=motion.between(0.7, 1.0), stride=stride)
    if motion.chance(0.3):
        gait.walk(motion, motion.window(0.78, 1.2), hertz=0.8, stride=motion.between(6.0, 16.0), back=True)
