"""Down to the ground, and up again."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.gait import walk

Side = Literal["front", "back", "flank"]
"""What a person lies on."""


def fall_down(motion: Motion) -> None:
    """Loses balance and is on the ground within about a second: forward, back or to a side, and lies or sits there."""
    if motion.chance(0.5):
        walk(motion, motion.window(-0.3, 0.35), hertz=motion.between(0.7, 1.1), stride=motion.between(10.0, 25.0))
    start = motion.between(0.25, 0.4)
    stop = start + motion.between(0.22, 0.4)
    kind = _kind(motion)
    _go_down(motion, (start, 0.45 * start + 0.55 * stop, stop), kind)
    flail = motion.between(30.0, 110.0)
    for side in SIDES:
        pose, out = _spread(motion, kind), motion.between(0.0, 110.0)
        at = (start, start + 0.6 * (stop - start), stop, stop + 0.1)
        motion.arm(side, at, (None, (flail, out, 0.85, 20.0), pose, pose))


def lie_down(motion: Motion) -> None:
    """Slowly to the ground: over the knees, the seat or a hand, then flat."""
    _settle(motion, down=True)


def get_up(motion: Motion) -> None:
    """From the ground to standing: the trunk rises, the legs come under it, the person straightens up."""
    _settle(motion, down=False)


def lie(motion: Motion) -> None:
    """Lies on the ground and moves a little; none of the classes."""
    kind = _kind(motion)
    for channel, degrees in _tilt(motion, kind).items():
        motion.angles[INDEX[channel]] += degrees
    motion.angles[INDEX["hang"]] = 0.0
    bent = motion.between(0.0, 60.0)
    at = motion.between(0.1, 0.6)
    for side in SIDES:
        thigh = 0.0 if kind == "front" else 0.6 * bent
        motion.add((at, at + 0.2), {f"{side}_knee": (0.0, bent), f"{side}_leg_forward": (0.0, thigh)})
        one, two = _spread(motion, kind), _spread(motion, kind)
        motion.arm(side, (at, at + 0.3), (one, two))


def _kind(motion: Motion) -> Side:
    """Which side of the body comes to the ground."""
    kind = motion.rng.random()
    return "front" if kind < 0.4 else "back" if kind < 0.7 else "flank"


def _tilt(motion: Motion, kind: Side) -> dict[str, float]:
    """The whole body's tilt on the ground."""
    if kind == "flank":
        return {"roll": motion.sign() * motion.between(78.0, 92.0), "pitch": motion.rng.normal(0.0, 8.0)}
    return {"pitch": motion.between(84.0, 92.0) * (1.0 if kind == "front" else -1.0)}


def _spread(motion: Motion, kind: Side) -> tuple[float, float, float, float]:
    """An arm on the ground: in the plane of the back, or ahead of a person who lies on a flank."""
    out = motion.between(-5.0, 25.0) if kind == "flank" else motion.between(82.0, 100.0)
    return motion.between(10.0, 160.0), out, motion.between(0.55, 0.98), 0.0


def _go_down(motion: Motion, times: tuple[float, float, float], kind: Side) -> None:
    share = motion.shares(times)
    sits = kind == "back" and motion.chance(0.25)  # onto the seat: the trunk stays half upright
    for channel, degrees in _tilt(motion, kind).items():
        motion.angles[INDEX[channel]] += degrees * (np.array([0.0, 0.35, 0.45 if sits else 1.0]) @ share)
    buckle, hips, rest = motion.between(20.0, 95.0), motion.between(0.3, 0.9), motion.between(0.0, 0.6)
    for side in SIDES:
        knee, own = buckle * motion.between(0.7, 1.3), rest * motion.between(0.4, 1.6)
        thigh = 0.0 if kind == "front" else own * hips * knee  # on the front, a bent hip would lift the body
        if sits:
            thigh, own = motion.between(55.0, 90.0), 0.6
        motion.angles[INDEX[f"{side}_knee"]] += np.array([0.0, knee, own * knee]) @ share
        motion.angles[INDEX[f"{side}_leg_forward"]] += np.array([0.0, hips * knee, thigh]) @ share
    last = 0.0 if kind == "front" else motion.rng.normal(2.0, 8.0)
    motion.add(times, {"bend": (0.0, motion.rng.normal(8.0, 14.0), last), "nod": (0.0, -10.0, 0.0)})
    motion.angles[INDEX["hang"]] = 1.0 - share[1:].sum(axis=0)


def _settle(motion: Motion, *, down: bool) -> None:
    """Standing, crouched or seated on the ground, lying; or backwards."""
    one, two = motion.between(0.3, 0.42), motion.between(0.55, 0.7)
    times = (motion.between(0.02, 0.12), one, two, motion.between(0.85, 0.97))
    order = slice(None) if down else slice(None, None, -1)

    def go(courses: dict[str, tuple[float, float, float, float]]) -> None:
        share = motion.shares(times)
        for channel, values in courses.items():
            motion.angles[INDEX[channel]] += np.array(values[order]) @ share

    def lead(side: str, poses: tuple[tuple[float, float, float, float] | None, ...]) -> None:
        motion.arm(side, times, poses[order])

    motion.angles[INDEX["hang"]] = motion.shares(times)[0 if down else -1]
    turned = motion.rng.normal(0.0, 30.0)
    if motion.chance(0.55):  # over the seat: sits on the ground, leans on the hands, lies back
        legs = motion.between(0.5, 1.0)
        go({"lean": (0.0, 40.0, 0.0, 0.0), "pitch": (0.0, 0.0, -28.0, -90.0), "turn": (0.0, 0.0, turned, turned)})
        for side in SIDES:
            last = motion.between(0.0, 40.0) if motion.chance(0.4) else 0.0
            go({f"{side}_knee": (0.0, 120.0, 95 * legs, 1.3 * last)})
            go({f"{side}_leg_forward": (0.0, 108.0, 60.0 + 40 * legs, last)})
            ahead, behind = (60.0, 20.0, 0.85, 15.0), (35.0, 150.0, 0.95, 15.0)
            lead(side, (None, ahead, behind, (motion.between(10, 50), 70.0, 0.95, 15.0)))
        return
    # over the knees: kneels, hands on the ground, lies on the front or on a side
    roll = motion.sign() * 85.0 if motion.chance(0.4) else 0.0
    go(
        {
            "lean": (0.0, 12.0, 62.0, 0.0),
            "pitch": (0.0, 5.0, 15.0, 0.0 if roll else 88.0),
            "roll": (0.0, 0.0, 0.0, roll),
        }
    )
    for side in SIDES:
        lag = motion.between(0.8, 1.1)
        last = motion.between(0.0, 50.0) if roll else 0.0
        go({f"{side}_knee": (0.0, 100.0 * lag, 100.0, last), f"{side}_foot": (0.0, 35.0, 40.0, 20.0)})
        go({f"{side}_leg_forward": (0.0, 15.0 * lag, 20.0, last)})
        flat = _spread(motion, "flank" if roll else "front")
        lead(side, (None, (50.0, 20.0, 0.9, 15.0), (80.0, 5.0, 0.95, 15.0), flat))
