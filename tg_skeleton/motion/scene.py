"""A performance: who does what, when, and where they stand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tg_skeleton.motion import gait
from tg_skeleton.motion.actions.posture import stand
from tg_skeleton.motion.body import BODY, JOINT
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.interactions import Meeting
from tg_skeleton.motion.person import Person
from tg_skeleton.motion.poses import brace, sit
from tg_skeleton.motion.vocabulary import ACTIONS, OTHER, Action

_FLOOR = [0, 2]  # x and z
_MIRROR = list(BODY.mirror)
_LONGEST = 9.0  # seconds


@dataclass(frozen=True)
class Scene:
    """What happened, as nobody measured it.

    Args:
        pos: Joints of `BODY` over time ``[T, M, V, 3]``, meters, y up from the ground; the actor first.
        label: The class.
        hertz: Frames a second.
    """

    pos: np.ndarray
    label: int
    hertz: float


@dataclass(frozen=True)
class Timeline:
    """When things happen in a recording.

    Args:
        seconds: The time of every frame ``[T]``.
        clock: The time of the action at every frame ``[T]``, 0 to 1 in each repetition.
        repetition: Which repetition ``[T]``.
    """

    seconds: np.ndarray
    clock: np.ndarray
    repetition: np.ndarray

    @classmethod
    def draw(cls, action: Action, tempo: float, hertz: float, rng: np.random.Generator) -> Timeline:
        """A wait, repetitions with pauses between them, a wait; the beginning and the end may be cut off."""
        count = 1 if action.repeats == 1 or rng.random() < 0.4 else int(rng.integers(1, action.repeats + 1))
        lasts = [
            min(max(rng.uniform(*action.seconds) / tempo * math.exp(rng.normal(0.0, 0.1)), 0.35), _LONGEST)
            for _ in range(count)
        ]
        before, after, *pauses = rng.exponential(0.3, count + 1) * (rng.random(count + 1) < 0.55)
        knots = [before]  # when the progress takes the values 0, 1, 1, 2, 2, ...
        for last, pause in zip(lasts, [*pauses, 0.0], strict=True):
            knots += [knots[-1] + last, knots[-1] + last + pause]
        knots.pop()
        values = [(number + 1) // 2 for number in range(2 * count)]
        start, stop = 0.0, knots[-1] + after
        cuts = rng.random(2) < 0.35
        if cuts[0]:
            start = before + rng.uniform(0.0, action.cut) * lasts[0]
        if cuts[1]:
            stop = knots[-1] - rng.uniform(0.0, action.cut) * lasts[-1]
        stop = min(stop, start + _LONGEST)
        seconds = np.arange(start, max(stop, start + 8.0 / hertz), 1.0 / hertz)
        progress = np.interp(seconds, knots, values)
        repetition = np.minimum(progress.astype(int), count - 1)
        clock = progress - repetition
        clock = clock + rng.uniform(-0.3, 0.3) * np.sin(2 * np.pi * clock) / (2 * np.pi)
        return cls(seconds, clock, repetition)


def perform(label: int, rng: np.random.Generator, hertz: float = 30.0) -> Scene:
    """One performance of a class by a person (and a partner) drawn at random, in a place drawn at random.

    Args:
        label: The class, an index into `ACTIONS`.
        rng: Draws everything.
        hertz: Frames a second.

    Shapes:
        - ``Scene.pos``: ``[T, M, V, 3]``, T at least 8, M 1 to 3
    """
    action = ACTIONS[label]
    person = Person.draw(rng)
    timeline = Timeline.draw(action, person.tempo, hertz, rng)
    actor = _motion(timeline, person, rng)
    _prepare(actor, action)
    action.move(actor)
    bodies = [actor.positions()]
    if action.partner is not None and action.meeting is not None:
        partner = _motion(timeline, Person.draw(rng), rng)
        action.partner(partner)
        bodies.append(_met(bodies[0], partner.positions(), action.meeting, timeline, rng))
    elif (label == OTHER and rng.random() < 0.25) or rng.random() < 0.05:  # two persons who do nothing with each other
        bodies.append(_beside(_bystander(timeline, rng), rng))
    pos = np.stack(bodies, axis=1)
    if rng.random() < 0.4:  # left-handed, or a mirror
        pos = pos[:, :, _MIRROR] * np.array([-1.0, 1.0, 1.0])
    middle = pos[:, 0, JOINT["mid_hip"]].mean(axis=0)
    pos[..., _FLOOR] -= middle[_FLOOR]
    return Scene(pos, label, hertz)


def _motion(timeline: Timeline, person: Person, rng: np.random.Generator) -> Motion:
    strength = np.exp(rng.normal(0.0, 0.08, timeline.repetition[-1] + 1))[timeline.repetition]
    return Motion(timeline.seconds, timeline.clock, person, rng=rng, strength=strength)


def _prepare(motion: Motion, action: Action) -> None:
    """Seated, walking or standing; now and then the trunk does more than the action asks for."""
    kind = motion.rng.random()
    if kind < action.sit:
        sit(motion)
        motion.seated = True
    elif kind < action.sit + action.walk:
        everywhere = np.ones(len(motion.clock))
        gait.walk(motion, everywhere, hertz=motion.between(0.65, 1.0), stride=motion.between(10.0, 22.0))
    elif motion.chance(0.15) and action.repeats == 1:
        turned = motion.rng.normal(0.0, 30.0)
        motion.add((0.0, 1.0), {"turn": (0.0, turned)})
    if motion.chance(0.3):
        brace(motion, (0.0, 0.4, 0.7, 1.0), 0.7)


def _met(
    actor: np.ndarray, partner: np.ndarray, meeting: Meeting, timeline: Timeline, rng: np.random.Generator
) -> np.ndarray:
    """The partner turned about and put where the meeting says."""
    angle = np.radians(180.0 + rng.normal(0.0, 8.0))
    partner = partner @ _yaw(angle).T
    frame = int(np.argmin(np.abs(timeline.clock - meeting.time) + timeline.repetition))
    here = actor[frame, [JOINT[joint] for joint in meeting.actor]]
    there = partner[frame, [JOINT[joint] for joint in meeting.partner]]
    shift = here.mean(axis=0) - there.mean(axis=0)
    if len(meeting.actor) == 2:  # whichever hand or foot is ahead
        shift[2] = here[:, 2].min() - there[:, 2].mean()
    shift[0] += rng.normal(0.0, 0.05)
    shift[1] = 0.0
    shift[2] -= rng.uniform(*meeting.gap)
    return partner + shift


def _bystander(timeline: Timeline, rng: np.random.Generator) -> np.ndarray:
    motion = _motion(timeline, Person.draw(rng), rng)
    if motion.chance(0.6):
        gait.walk(motion, np.ones(len(motion.clock)), hertz=motion.between(0.7, 1.0), stride=motion.between(14.0, 26.0))
    else:
        stand(motion)
    return motion.positions() @ _yaw(rng.uniform(0.0, 2 * np.pi)).T


def _beside(body: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A body some meters from the actor, at the middle of the recording."""
    angle, far = rng.uniform(0.0, 2 * np.pi), rng.uniform(0.8, 2.5)
    middle = body[len(body) // 2, JOINT["mid_hip"]]
    return body - middle * np.array([1.0, 0.0, 1.0]) + far * np.array([np.cos(angle), 0.0, np.sin(angle)])


def _yaw(angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])
