"""Jackets, put on and taken off."""

from __future__ import annotations

import numpy as np

from tg_skeleton.motion.body import INDEX
from tg_skeleton.motion.course import Motion, Pose
from tg_skeleton.motion.gait import walk
from tg_skeleton.motion.poses import BELLY, CHEST, touch


def put_on_jacket(motion: Motion) -> None:
    """An arm into a sleeve, the jacket round the back, the other arm into the other; the hands close it."""
    _jacket(motion, on=True)


def take_off_jacket(motion: Motion) -> None:
    """The jacket slips from the shoulders, one hand behind draws the other sleeve, then the first."""
    _jacket(motion, on=False)


def _jacket(motion: Motion, *, on: bool) -> None:
    first, second = ("right", "left") if motion.chance(0.7) else ("left", "right")
    front = touch(motion, first, (0.05, motion.between(-0.16, -0.04), 0.14), swivel=30.0)
    helps = touch(motion, second, (motion.between(-0.16, -0.08), motion.between(-0.05, 0.06), 0.09), swivel=40.0)
    wide = (motion.between(40.0, 85.0), motion.between(60.0, 125.0), motion.between(0.75, 0.98), 30.0)
    behind = (motion.between(22.0, 50.0), motion.between(140.0, 178.0), motion.between(0.72, 0.98), 15.0)
    over = touch(motion, second, (0.1, motion.between(0.05, 0.2), -0.04), swivel=55.0)
    collar = (0.09, motion.between(-0.03, 0.06), 0.05) if motion.chance(0.6) else BELLY
    closing = (touch(motion, first, collar, 40.0), touch(motion, second, collar, 40.0))
    knots = np.array((0.0, 0.14, 0.3, 0.46, 0.62, 0.8, 1.0)) + motion.rng.uniform(-0.07, 0.07, 7)
    times = tuple(float(knot) for knot in knots)
    one: list[Pose | None]
    two: list[Pose | None]
    if on:
        sleeve = (wide[0], wide[1], 0.6, 30.0)
        if motion.chance(0.4):  # the hand goes high as it slips through
            wide = (motion.between(85.0, 140.0), motion.between(30.0, 110.0), motion.between(0.6, 0.98), 35.0)
        one = [front, wide, front, sleeve, touch(motion, first, CHEST, 25.0), closing[0], None]
        two = [front, helps, helps, over if motion.chance(0.6) else behind, wide, closing[1], None]
        shrug = (0.0, 0.0, 0.01, 0.02, 0.015, 0.0, 0.0)
    else:
        lapels = [touch(motion, side, (0.1, -0.02, 0.07), 50.0) for side in (first, second)]
        kind = motion.rng.random()
        if kind < 0.4:  # slips off behind the back
            one = [None, closing[0], lapels[0], behind, behind, front, front]
            two = [None, closing[1], lapels[1], (*behind[:2], 0.9, 15.0), (*behind[:2], 0.8, 15.0), helps, front]
        elif kind < 0.65:  # slips down arms that hang beside or behind the trunk, the elbows hardly bent
            low = [
                (motion.between(10.0, 45.0), motion.between(50.0, 170.0), motion.between(0.75, 0.98), 20.0)
                for _ in range(5)
            ]
            one = [None, closing[0], low[0], low[1], low[2], front, None]
            two = [None, low[3], low[4], low[0], helps, front, front]
        else:  # is drawn off one arm by the other hand, at the front or to the side
            drawn = (wide[0], motion.between(0.0, 80.0), motion.between(0.8, 0.98), 30.0)
            cuff = touch(motion, second, (motion.between(-0.2, -0.08), motion.between(-0.2, -0.05), 0.14), swivel=40.0)
            one = [None, closing[0], lapels[0], drawn, drawn, behind, front]
            two = [None, closing[1], lapels[1], cuff, cuff, (*wide[:2], 0.9, 30.0), None]
        shrug = (0.0, 0.0, 0.02, 0.015, 0.0, 0.0, 0.0)
    motion.arm(first, times, one)
    motion.arm(second, times, two)
    motion.add(times, {"both_shrug": shrug})
    _trunk(motion, times, first)
    _about(motion)
    motion.swing({f"{first}_raise": 10.0, f"{second}_out": 12.0}, motion.between(1.5, 4.0), 0.1, 0.9)
    motion.angles[INDEX["hang"]] = 0.4


def _trunk(motion: Motion, times: tuple[float, ...], first: str) -> None:
    """The trunk turns and bends with the arms."""
    way = motion.between(5.0, 30.0) * (1.0 if first == "right" else -1.0)
    motion.add(
        times,
        {
            "twist": (0.0, -0.6 * way, -way, 0.4 * way, way, 0.0, 0.0),
            "side": (0, 0.3 * way, 0.5 * way, 0, -0.5 * way, 0, 0),
        },
    )
    bend = motion.between(-6.0, 22.0)
    motion.add(
        times,
        {"bend": (0.0, 0.5 * bend, bend, bend, bend, 0.4 * bend, 0.0), "nod": (0.0, 10.0, 12.0, 0.0, 10.0, 18.0, 0.0)},
    )


def _about(motion: Motion) -> None:
    """Stands still, or takes some steps and turns about meanwhile."""
    if motion.chance(0.35):
        return
    start = motion.between(-0.2, 0.8)
    steps = motion.window(start, start + motion.between(0.2, 0.8))
    walk(
        motion,
        steps,
        hertz=motion.between(0.5, 1.0),
        stride=motion.between(3.0, 14.0),
        back=motion.chance(0.3),
        arms=0.2,
    )
    motion.angles[INDEX["turn"]] += motion.rng.normal(0.0, 45.0) * motion.clock
