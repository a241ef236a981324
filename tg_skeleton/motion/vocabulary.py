"""The classes: what they are called, how long they take, and in which circumstances they occur."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from tg_skeleton.motion import interactions as two
from tg_skeleton.motion.actions import floor, gestures, jackets, locomotion, objects, posture
from tg_skeleton.motion.actions.other import something_else
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.interactions import Meeting

Base = Literal["stand", "sit", "walk"]


class Program(Protocol):
    """A function that adds the movements of one person to a motion."""

    def __call__(self, motion: Motion) -> None: ...


@dataclass(frozen=True)
class Action:
    """A class.

    Args:
        name: What it is called.
        seconds: How long one repetition takes, between these.
        move: What the actor does.
        repeats: The largest number of repetitions in one recording.
        sit: How often the actor sits meanwhile, 0 to 1.
        walk: How often the actor walks meanwhile.
        cut: The greatest share of a repetition by which a recording may begin late or end early.
        partner: What the partner does, in an interaction.
        meeting: Where the partner stands, in an interaction.
    """

    name: str
    seconds: tuple[float, float]
    move: Program
    repeats: int = 1
    sit: float = 0.0
    walk: float = 0.0
    cut: float = 0.25
    partner: Program | None = None
    meeting: Meeting | None = None


_HANDS, _HIPS = ("left_hand", "right_hand"), ("mid_hip",)
_CHEST, _FEET = ("left_shoulder", "right_shoulder"), ("left_ankle", "right_ankle")

ACTIONS: tuple[Action, ...] = (
    Action("stand", (1.5, 5.0), posture.stand, sit=0.0, cut=0.4),
    Action("walk", (1.5, 5.0), locomotion.walk, cut=0.4),
    Action("jog", (1.2, 4.0), locomotion.jog, cut=0.4),
    Action("walk on the spot", (2.0, 5.0), locomotion.walk_on_the_spot, cut=0.4),
    Action("jog on the spot", (1.5, 4.5), locomotion.jog_on_the_spot, cut=0.4),
    Action("turn around", (1.2, 3.5), posture.turn_around),
    Action("sit down", (1.0, 3.0), posture.sit_down, cut=0.2),
    Action("stand up", (1.0, 2.8), posture.stand_up, cut=0.2),
    Action("squat", (1.2, 3.2), posture.squat, repeats=4),
    Action("lunge", (1.4, 3.2), posture.lunge, repeats=4),
    Action("jump", (0.9, 1.8), posture.jump, repeats=4),
    Action("jumping jack", (0.6, 1.2), posture.jumping_jack, repeats=7, cut=0.4),
    Action("fall down", (1.3, 2.8), floor.fall_down, cut=0.25),
    Action("lie down", (2.2, 5.0), floor.lie_down, cut=0.25),
    Action("get up", (2.0, 5.0), floor.get_up, cut=0.25),
    Action("bow", (1.4, 3.5), posture.bow, repeats=2),
    Action("pick up with one hand", (1.5, 5.0), objects.pick_up_with_one_hand, cut=0.2),
    Action("pick up with both hands", (1.5, 5.0), objects.pick_up_with_both_hands, cut=0.2),
    Action("put down", (1.5, 3.5), objects.put_down, cut=0.2),
    Action("carry", (1.5, 5.0), locomotion.carry, cut=0.4),
    Action("throw", (0.9, 2.6), objects.throw, repeats=2, sit=0.05, walk=0.05),
    Action("catch", (0.9, 2.2), objects.catch, repeats=3, sit=0.05),
    Action("kick", (0.9, 2.2), gestures.kick, repeats=3),
    Action("punch", (0.7, 1.8), gestures.punch, repeats=5, walk=0.05),
    Action("push", (1.0, 2.8), objects.push, repeats=2, sit=0.03),
    Action("pull", (1.0, 2.8), objects.pull, repeats=4, sit=0.03),
    Action("wave", (1.4, 4.0), gestures.wave, sit=0.15, walk=0.1, cut=0.35),
    Action("clap", (1.4, 4.0), gestures.clap, sit=0.15, walk=0.03, cut=0.35),
    Action("raise hand", (1.5, 4.5), gestures.raise_hand, sit=0.25, walk=0.03, cut=0.35),
    Action("point", (1.2, 3.5), gestures.point, sit=0.15, walk=0.08, cut=0.35),
    Action("drink", (1.8, 5.0), objects.drink, sit=0.3, walk=0.05),
    Action("phone call", (2.2, 6.0), objects.phone_call, sit=0.2, walk=0.2),
    Action("put on a jacket", (3.0, 8.0), jackets.put_on_jacket, walk=0.05, cut=0.2),
    Action("take off a jacket", (2.2, 6.0), jackets.take_off_jacket, walk=0.05, cut=0.2),
    Action("swipe", (0.9, 2.2), gestures.swipe, repeats=3, sit=0.2),
    Action("draw a circle", (1.5, 4.0), gestures.draw_circle, sit=0.2, cut=0.35),
    Action("knock", (1.2, 3.0), gestures.knock, repeats=2),
    Action("check the watch", (1.4, 3.5), objects.check_watch, sit=0.15, walk=0.1),
    Action("stretch", (2.0, 5.5), posture.stretch, sit=0.2, cut=0.3),
    Action("shake hands", (1.6, 3.6), two.shake_hands, partner=two.shake_hands,
           meeting=Meeting(0.5, ("right_hand",), ("right_hand",), (-0.05, 0.08))),
    Action("hug", (1.8, 4.2), two.hug, partner=two.hug, meeting=Meeting(0.62, _CHEST, _CHEST, (-0.12, 0.26))),
    Action("push a person", (1.0, 2.6), two.push, repeats=2, partner=two.give_way,
           meeting=Meeting(0.47, _HANDS, _CHEST, (-0.15, 0.2))),
    Action("kick a person", (0.9, 2.4), two.kick_at, repeats=2, partner=two.guard,
           meeting=Meeting(0.52, _FEET, _HIPS, (-0.1, 0.8))),
    Action("punch a person", (0.7, 2.0), two.punch_at, repeats=3, partner=two.guard,
           meeting=Meeting(0.46, _HANDS, _CHEST, (-0.05, 0.5))),
    Action("approach", (1.2, 3.2), two.come, partner=two.wait,
           meeting=Meeting(1.0, _HIPS, _HIPS, (0.35, 1.3)), cut=0.3),
    Action("depart", (1.4, 3.4), two.go, partner=two.stay, meeting=Meeting(0.0, _HIPS, _HIPS, (0.35, 1.3)), cut=0.3),
    Action("exchange an object", (1.4, 3.4), two.hand_over, partner=two.hand_over,
           meeting=Meeting(0.48, _HANDS, _HANDS, (-0.15, 0.4))),
    Action("something else", (1.5, 5.0), something_else, sit=0.12, walk=0.05, cut=0.4),
)  # fmt: skip
"""The classes, in the order of their labels; the last one is motion of no class."""

CLASSES = tuple(action.name for action in ACTIONS)
"""What the classes are called."""

OTHER = CLASSES.index("something else")
"""The label of motion of no class."""
