"""What one person does: joint angles in degrees over the time of the action, 0 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tg_skeleton.datasets._simulation.motion import Motion


class Program(Protocol):
    """A function that adds the movements of one person to a motion."""

    def __call__(self, motion: Motion) -> None: ...


@dataclass(frozen=True)
class Meeting:
    """How two persons stand to each other: at ``time``, the partner's joints are ``gap`` meters ahead of the actor's.

    Args:
        time: When, 0 to 1.
        actor: Joints of the actor; their mean counts.
        partner: Joints of the partner, likewise.
        gap: Meters along the actor's line of sight.
    """

    time: float
    actor: tuple[str, ...]
    partner: tuple[str, ...]
    gap: float


@dataclass(frozen=True)
class Action:
    """A class of the data set.

    Args:
        name: What it is called.
        seconds: How long an average person takes.
        actor: What the actor does.
        partner: What the partner does, in an interaction.
        meeting: Where the partner stands, in an interaction.
    """

    name: str
    seconds: float
    actor: Program
    partner: Program | None = None
    meeting: Meeting | None = None


def drink(motion: Motion) -> None:
    """The hand takes a cup to the mouth, the head goes back, the hand goes down."""
    motion.keys("main_arm_forward", (0.05, 0), (0.35, 48), (0.5, 62), (0.68, 62), (0.95, 0))
    motion.keys("main_arm_side", (0.05, 0), (0.35, 8), (0.7, 12), (0.95, 0))
    motion.keys("main_arm_twist", (0.05, 0), (0.35, 46), (0.7, 46), (0.95, 0))
    motion.keys("main_elbow", (0.05, 0), (0.35, 118), (0.7, 120), (0.95, 0))
    motion.keys("nod", (0.35, 0), (0.5, -22), (0.66, -22), (0.8, 0))


def throw(motion: Motion) -> None:
    """The arm is cocked behind the head and swings forward over a step of the other leg."""
    motion.keys("main_arm_forward", (0.05, 0), (0.38, 88), (0.48, 95), (0.68, 70), (0.95, 0))
    motion.keys("main_arm_side", (0.05, 0), (0.38, 85), (0.44, 85), (0.64, 0), (0.95, 0))
    motion.keys("main_arm_twist", (0.05, 0), (0.38, -35), (0.44, -35), (0.64, 10), (0.95, 0))
    motion.keys("main_elbow", (0.05, 0), (0.38, 95), (0.44, 95), (0.62, 5), (0.95, 0))
    motion.keys("off_arm_forward", (0.05, 0), (0.4, 55), (0.62, -20), (0.95, 0))
    turned = -1.0 if not motion.person.left_handed else 1.0
    motion.keys("twist", (0.05, 0), (0.42, 38 * turned), (0.64, -30 * turned), (0.95, 0))
    motion.keys("bend", (0.05, 0), (0.42, -10), (0.66, 22), (0.95, 0))
    motion.keys("off_leg_forward", (0.2, 0), (0.42, 34), (0.6, 18), (0.95, 12))
    motion.keys("off_knee", (0.2, 0), (0.38, 34), (0.6, 14), (0.95, 8))
    motion.keys("main_leg_forward", (0.3, 0), (0.62, -20), (0.95, -10))
    motion.keys("main_knee", (0.5, 0), (0.66, 14), (0.95, 4))


def sit_down(motion: Motion) -> None:
    """Hips and knees flex until the thighs are level; the trunk leans forward on the way."""
    _seat(motion, (0.08, 0.0), (0.45, 0.62), (0.9, 1.0))


def stand_up(motion: Motion) -> None:
    """Sitting down, backwards in time."""
    _seat(motion, (0.1, 1.0), (0.55, 0.62), (0.92, 0.0))


def _seat(motion: Motion, *course: tuple[float, float]) -> None:
    """``course``: (time, how far seated, 0 to 1); the trunk leans most at its middle."""
    (first, a), (middle, b), (last, c) = course
    for channel, degrees in (("both_leg_forward", 92.0), ("both_knee", 90.0), ("both_elbow", 42.0)):
        motion.keys(channel, (first, a * degrees), (middle, b * degrees), (last, c * degrees))
    motion.keys("both_arm_forward", (first, a * 18), (middle, 38), (last, c * 18))
    motion.keys("lean", (first, a * 2), (middle, 34), (last, c * 2))
    motion.keys("bend", (first, a * 6), (middle, 22), (last, c * 6))
    motion.keys("nod", (first, 0), (middle, -20), (last, 0))


def wave(motion: Motion) -> None:
    """The raised forearm goes from side to side."""
    _raise(motion, arm_side=72, arm_forward=62, elbow=62, twist=-28)
    cycles = float(motion.rng.uniform(3.0, 4.5))
    motion.swing("main_arm_twist", 30, cycles, 0.2, 0.84)
    motion.swing("main_elbow", 10, cycles, 0.2, 0.84, phase=0.3)


def raise_arm(motion: Motion) -> None:
    """The arm goes straight up, as in class, and stays there for a while."""
    _raise(motion, arm_side=8, arm_forward=166, elbow=4, twist=0)


def _raise(motion: Motion, *, arm_side: float, arm_forward: float, elbow: float, twist: float) -> None:
    poses = (("arm_side", arm_side), ("arm_forward", arm_forward), ("elbow", elbow), ("arm_twist", twist))
    for angle, degrees in poses:
        motion.keys(f"main_{angle}", (0.02, 0), (0.3, degrees), (0.74, degrees), (0.99, 0))


def clap(motion: Motion) -> None:
    """Both hands meet in front of the chest, several times."""
    motion.keys("both_arm_forward", (0.0, 0), (0.2, 38), (0.82, 38), (1.0, 0))
    motion.keys("both_elbow", (0.0, 0), (0.2, 70), (0.82, 70), (1.0, 0))
    motion.keys("both_arm_twist", (0.0, 0), (0.2, 16), (0.82, 16), (1.0, 0))
    motion.swing("both_arm_twist", 22, float(motion.rng.uniform(4.0, 6.0)), 0.15, 0.88)


def kick(motion: Motion) -> None:
    """The leg draws back and kicks forward; the arms balance."""
    motion.keys("main_leg_forward", (0.08, 0), (0.34, -24), (0.54, 72), (0.62, 70), (0.92, 0))
    motion.keys("main_knee", (0.08, 0), (0.36, 72), (0.46, 62), (0.55, 4), (0.72, 34), (0.92, 0))
    motion.keys("off_knee", (0.1, 0), (0.36, 12), (0.7, 8), (0.95, 0))
    motion.keys("off_leg_forward", (0.1, 0), (0.36, 8), (0.7, 2), (0.95, 0))
    motion.keys("lean", (0.1, 0), (0.36, 10), (0.56, -12), (0.92, 0))
    motion.keys("off_arm_forward", (0.08, 0), (0.34, -15), (0.55, 42), (0.92, 0))
    motion.keys("main_arm_forward", (0.08, 0), (0.34, 22), (0.55, -38), (0.92, 0))
    motion.keys("both_arm_side", (0.08, 0), (0.4, 22), (0.6, 22), (0.92, 0))


def jump(motion: Motion) -> None:
    """Crouch, leap, land in the knees, straighten up."""
    motion.keys("both_knee", (0.05, 0), (0.34, 72), (0.46, 0), (0.54, 12), (0.63, 6), (0.74, 58), (0.97, 0))
    motion.keys("both_leg_forward", (0.05, 0), (0.34, 58), (0.46, 0), (0.54, 10), (0.63, 5), (0.74, 46), (0.97, 0))
    motion.keys("lean", (0.05, 0), (0.34, 24), (0.46, 0), (0.74, 18), (0.97, 0))
    motion.keys("both_arm_forward", (0.05, 0), (0.28, -38), (0.54, 112), (0.78, 24), (0.97, 0))
    motion.hop(float(motion.rng.uniform(0.24, 0.36)), 0.44, 0.66)


def squat(motion: Motion) -> None:
    """Deep in the knees with the arms held out, and up again."""
    down, up = 0.4, 0.58
    for channel, degrees in (("both_knee", 116), ("both_leg_forward", 106), ("lean", 26), ("both_arm_forward", 74)):
        motion.keys(channel, (0.05, 0), (down, degrees), (up, degrees), (0.95, 0))
    motion.keys("both_leg_side", (0.05, 0), (down, 12), (up, 12), (0.95, 0))
    motion.keys("nod", (0.05, 0), (down, -18), (up, -18), (0.95, 0))


def bow(motion: Motion) -> None:
    """The trunk bends forward from the hips, and the head with it."""
    depth = float(motion.rng.uniform(0.8, 1.15))
    for channel, degrees in (("lean", 42), ("both_leg_forward", 42), ("bend", 32), ("nod", 18)):
        motion.keys(channel, (0.08, 0), (0.42, degrees * depth), (0.58, degrees * depth), (0.95, 0))
    motion.keys("both_arm_forward", (0.08, 0), (0.42, 34 * depth), (0.58, 34 * depth), (0.95, 0))


def walk(motion: Motion) -> None:
    """Two to three steps across the stage and a halt."""
    motion.keys("turn", (0.0, float(motion.rng.uniform(-60.0, 60.0))))
    motion.steps(float(motion.rng.uniform(1.6, 2.1)), 0.02, 0.97)


SINGLE = (
    Action("drink", 2.5, drink),
    Action("throw", 2.2, throw),
    Action("sit down", 1.9, sit_down),
    Action("stand up", 1.9, stand_up),
    Action("wave", 2.4, wave),
    Action("raise arm", 2.2, raise_arm),
    Action("clap", 2.0, clap),
    Action("kick", 1.7, kick),
    Action("jump", 1.9, jump),
    Action("squat", 2.2, squat),
    Action("bow", 2.2, bow),
    Action("walk", 2.3, walk),
)
