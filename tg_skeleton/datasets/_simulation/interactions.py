"""What two persons do to each other: a program for either, and where they meet."""

from __future__ import annotations

from tg_skeleton.datasets._simulation.actions import Action, Meeting
from tg_skeleton.datasets._simulation.motion import Motion

_HANDS = ("left_hand", "right_hand")
_CHEST = ("left_shoulder", "right_shoulder")


def shake_hands(motion: Motion) -> None:
    """The right hand is held out and goes up and down; right-handed or not, as is the custom."""
    course = (0.04, 0.3, 0.8, 0.98)
    level = 34.0 - 80.0 * (motion.person.height - 1.725)  # hands meet at one height whoever is taller
    for channel, degrees in (("right_arm_forward", level), ("right_elbow", 34), ("lean", 4), ("bend", 5)):
        motion.keys(channel, *zip(course, (0, degrees, degrees, 0), strict=True))
    motion.keys("right_arm_side", *zip(course, (0, -16, -16, 0), strict=True))
    motion.swing("right_elbow", 9, 3.0, 0.28, 0.82)
    motion.swing("right_arm_forward", 4, 3.0, 0.28, 0.82)


def push(motion: Motion) -> None:
    """Both hands are drawn in and thrust out against the other's chest, over a small step."""
    motion.keys("both_arm_forward", (0.05, 0), (0.3, 20), (0.48, 94), (0.6, 94), (0.92, 0))
    motion.keys("both_arm_side", (0.05, 0), (0.3, 14), (0.48, -4), (0.6, -4), (0.92, 0))
    motion.keys("both_elbow", (0.05, 0), (0.3, 112), (0.46, 6), (0.6, 4), (0.92, 0))
    motion.keys("lean", (0.05, 0), (0.32, -4), (0.5, 14), (0.62, 14), (0.92, 0))
    motion.keys("main_leg_forward", (0.25, 0), (0.46, 28), (0.92, 16))
    motion.keys("main_knee", (0.25, 0), (0.4, 34), (0.52, 20), (0.92, 10))
    motion.keys("off_leg_forward", (0.3, 0), (0.52, -16), (0.92, -10))


def be_pushed(motion: Motion) -> None:
    """The trunk gives way, the arms fly up, the feet take a step back."""
    motion.keys("lean", (0.44, 0), (0.56, -15), (0.84, 0))
    motion.keys("bend", (0.44, 0), (0.52, 12), (0.62, -8), (0.9, 0))
    motion.keys("both_arm_forward", (0.44, 0), (0.6, 42), (0.95, 0))
    motion.keys("both_arm_side", (0.44, 0), (0.6, 24), (0.95, 0))
    motion.keys("both_elbow", (0.44, 0), (0.6, 34), (0.95, 0))
    motion.keys("nod", (0.44, 0), (0.52, 14), (0.9, 0))
    motion.steps(1.0, 0.46, 0.98, stride=18.0, back=True)


def approach(motion: Motion) -> None:
    """Two to three steps towards the other, and a halt."""
    motion.steps(float(motion.rng.uniform(0.85, 1.15)), 0.02, 0.92, stride=17.0)


def hug(motion: Motion) -> None:
    """A step, open arms, and the arms close behind the other's back."""
    motion.steps(0.5, 0.0, 0.38, stride=16.0)
    motion.keys("both_arm_forward", (0.02, 0), (0.34, 58), (0.52, 66), (0.76, 66), (0.98, 0))
    motion.keys("both_arm_side", (0.02, 0), (0.34, 38), (0.54, 2), (0.74, 2), (0.98, 0))
    motion.keys("both_arm_twist", (0.02, 0), (0.34, 0), (0.54, 62), (0.74, 62), (0.98, 0))
    motion.keys("both_elbow", (0.02, 0), (0.34, 16), (0.54, 64), (0.74, 64), (0.98, 0))
    motion.keys("lean", (0.2, 0), (0.52, 8), (0.76, 8), (0.98, 0))
    motion.keys("bend", (0.2, 0), (0.52, 8), (0.76, 8), (0.98, 0))
    sign = float(motion.rng.choice([-1.0, 1.0]))
    motion.keys("side", (0.3, 0), (0.52, 9 * sign), (0.76, 9 * sign), (0.98, 0))


INTERACTIONS = (
    Action("handshake", 2.2, shake_hands, shake_hands, Meeting(0.5, ("right_hand",), ("right_hand",), 0.0)),
    Action("push", 2.0, push, be_pushed, Meeting(0.48, _HANDS, _CHEST, 0.08)),
    Action("approach", 2.0, approach, approach, Meeting(1.0, ("spine_base",), ("spine_base",), 0.85)),
    Action("hug", 2.6, hug, hug, Meeting(0.62, _CHEST, _CHEST, 0.22)),
)
