"""Actions that go somewhere, or would."""

from __future__ import annotations

import numpy as np

from tg_skeleton.motion import gait
from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion, Pose
from tg_skeleton.motion.poses import BELLY, CHEST, touch


def walk(motion: Motion) -> None:
    """Walks, slowly or fast, straight or in a curve, with hanging arms, hands in the pockets or a bent back."""
    hertz, stride = motion.between(0.65, 1.15), motion.between(14.0, 30.0)
    kind = motion.rng.random()
    gait.walk(
        motion,
        _going(motion),
        hertz=hertz,
        stride=stride,
        knee=motion.between(45.0, 68.0),
        arms=motion.between(0.3, 2.6),
        back=motion.chance(0.04),
    )
    _curve(motion)
    for side in SIDES:
        if kind < 0.08:
            motion.arm(side, (0.0,), (touch(motion, side, (0.09, -0.3, 0.03), swivel=30.0),))
        elif kind < 0.12:
            motion.arm(side, (0.0,), (touch(motion, side, BELLY, swivel=20.0),))
        elif kind < 0.17 and side == "right":
            motion.arm(side, (0.0,), (touch(motion, side, CHEST, swivel=20.0),))
    if motion.chance(0.1):
        motion.angles[INDEX["bend"]] += motion.between(5.0, 35.0)


def jog(motion: Motion) -> None:
    """Jogs or runs."""
    gait.jog(
        motion,
        _going(motion),
        hertz=motion.between(1.15, 1.7),
        stride=motion.between(18.0, 42.0),
        flight=motion.between(0.02, 0.09),
    )
    _curve(motion)


def walk_on_the_spot(motion: Motion) -> None:
    """Steps that go nowhere: the knees rise in turn."""
    thigh, heel = motion.between(18.0, 95.0), motion.between(0.0, 25.0)
    gait.on_the_spot(motion, _going(motion), hertz=motion.between(0.6, 1.1), thigh=thigh, heel=heel, hop=0.0)
    if motion.chance(0.2):
        motion.angles[INDEX["turn"]] += motion.sign() * motion.between(30.0, 200.0) * motion.clock


def jog_on_the_spot(motion: Motion) -> None:
    """Fast steps with a hop that go nowhere: high knees, or heels that fly up behind."""
    high = motion.chance(0.6)
    thigh, heel = (
        (motion.between(35.0, 95.0), 10.0) if high else (motion.between(8.0, 25.0), motion.between(50.0, 100.0))
    )
    gait.on_the_spot(
        motion, _going(motion), hertz=motion.between(1.2, 1.9), thigh=thigh, heel=heel, hop=motion.between(0.02, 0.09)
    )


def carry(motion: Motion) -> None:
    """Carries a thing: before the belly, on a shoulder or the head, in one hand or in both; walks with it, mostly."""
    going = motion.window(-0.2, 1.2)
    if motion.chance(0.85):
        gait.walk(motion, going, hertz=motion.between(0.6, 1.0), stride=motion.between(12.0, 24.0), arms=0.3)
        _curve(motion)
    kind, high = motion.rng.random(), motion.between(-0.32, 0.16)
    lean = motion.rng.normal(-4.0, 8.0)
    motion.angles[INDEX["bend"]] += lean
    wide, ahead = motion.between(0.03, 0.11), motion.between(0.12, 0.24)
    # in many recordings the thing is lifted off a table, in some it is put on one at the end
    table: Pose = (motion.between(40.0, 90.0), motion.between(-15.0, 5.0), motion.between(0.85, 1.0), 20.0)
    lifted, left = motion.chance(0.65), motion.chance(0.35)
    times = (motion.between(0.08, 0.55) if lifted else None, motion.between(0.7, 0.92) if left else None)
    for side in SIDES:
        if kind < 0.3:
            pose = touch(motion, side, (wide, high, ahead), swivel=25.0)
        elif kind < 0.55:  # held close, the elbows sharply bent
            pose = touch(motion, side, (wide, 0.4 * high, 0.65 * ahead), swivel=motion.between(10.0, 60.0))
        elif kind < 0.65:
            pose = touch(motion, side, (0.08, 0.2, 0.02), swivel=60.0)
        elif kind < 0.78 and side == "right":
            pose = touch(motion, side, (0.1, 0.04, 0.08), swivel=40.0)
        elif kind < 0.9 and side == "right":
            pose = (9.0, 80.0, 0.99, 15.0)
            motion.angles[INDEX["side"]] -= motion.between(2.0, 14.0)
        elif kind >= 0.9:
            pose = (9.0, 80.0, 0.99, 15.0) if side == "right" else touch(motion, side, (0.05, -0.2, 0.14), 20.0)
        else:
            continue
        motion.arm(side, *_held(pose, times, table))


def _going(motion: Motion) -> np.ndarray:
    """Where the person goes ``[T]``; some begin or end within the recording."""
    start = motion.between(0.02, 0.15) if motion.chance(0.2) else -0.3
    stop = motion.between(0.85, 0.98) if motion.chance(0.2) else 1.3
    return motion.window(start, stop)


def _held(
    pose: Pose, times: tuple[float | None, float | None], table: Pose
) -> tuple[tuple[float, ...], tuple[Pose | None, ...]]:
    """When a hand is where: at a thing that it holds from the first time to the second, on a table before and after.

    A hand that reaches for the thing later than in the first quarter moves freely until then.
    """
    lifted, left = times
    stops: list[tuple[float, Pose | None]] = []
    if lifted is not None:
        stops += [(lifted - 0.26, None)] if lifted > 0.26 else []
        stops += [(lifted - 0.12, table), (lifted, pose)]
    if left is not None:
        stops += [(left, pose), (left + 0.1, table)]
    stops = stops or [(0.0, pose)]
    return tuple(time for time, _ in stops), tuple(at for _, at in stops)


def _curve(motion: Motion) -> None:
    """Straight, in a curve or a circle, or with an about-turn."""
    kind = motion.rng.random()
    if kind < 0.35:
        motion.angles[INDEX["turn"]] += motion.rng.normal(0.0, 60.0) * motion.clock
    elif kind < 0.6:
        start, last = motion.between(0.1, 0.65), motion.between(0.12, 0.35)
        motion.angles[INDEX["turn"]] += (
            motion.sign() * motion.between(60.0, 200.0) * motion.shares((start, start + last))[1]
        )
    elif kind < 0.7:
        motion.angles[INDEX["turn"]] += motion.sign() * motion.between(120.0, 420.0) * motion.clock
