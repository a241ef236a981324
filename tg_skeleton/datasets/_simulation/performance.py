"""A performance: who does what, how long, and where on the stage."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tg_skeleton.datasets._simulation.actions import SINGLE, Action, Meeting
from tg_skeleton.datasets._simulation.body import Person, rotation
from tg_skeleton.datasets._simulation.interactions import INTERACTIONS
from tg_skeleton.datasets._simulation.motion import Motion
from tg_skeleton.topologies import NTU25

ACTIONS: tuple[Action, ...] = (*SINGLE, *INTERACTIONS)
"""The classes, in the order of their labels."""

FRAME_RATE = 30
MIN_FRAMES, MAX_FRAMES = 30, 90

_STREAMS = {"subject": 0, "performance": 1, "partner": 2, "sensor": 3}
_FLOOR = [0, 2]  # x and z


def generator(
    seed: int, stream: Literal["subject", "performance", "partner", "sensor"], *key: int
) -> np.random.Generator:
    """The random generator of one thing, the same whatever was drawn before for others."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAMS[stream], *key)))


def perform(label: int, subject: int, repetition: int, *, seed: int) -> np.ndarray:
    """One performance without cameras and noise, ``[T, M, V, 3]``, the actor first.

    Units: meters; x and z on the floor from the middle of the stage, y from the floor upward; 30 frames a second.
    """
    action = ACTIONS[label]
    rng = generator(seed, "performance", label, subject, repetition)
    actor = Person.draw(generator(seed, "subject", subject))
    clock = _clock(action.seconds / actor.tempo, rng)
    motion = Motion(clock, actor, rng)
    action.actor(motion)
    if action.partner is None or action.meeting is None:
        scene = motion.positions()[:, None]
        facing = float(rng.normal(0.0, 8.0))
    else:
        # the partner is none of the subjects, so no split knows them
        partner = Motion(clock, Person.draw(generator(seed, "partner", label, subject, repetition)), rng)
        action.partner(partner)
        pair = motion.positions(), partner.positions()
        scene = _face_to_face(*pair, action.meeting, clock, gap=float(rng.normal(0.0, 0.02)))
        facing = float(rng.choice([-90.0, 90.0]) + rng.normal(0.0, 10.0))
    return _on_stage(scene, facing, rng)


def _clock(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """The time of the action ``[T]`` at each frame: it waits a little, runs unevenly from 0 to 1, and waits."""
    frames = int(np.clip(round(seconds * FRAME_RATE * rng.uniform(0.92, 1.08)), MIN_FRAMES, MAX_FRAMES))
    before, after = rng.uniform(0.0, 0.08, 2)
    u = np.clip((np.linspace(0.0, 1.0, frames) - before) / (1.0 - before - after), 0.0, 1.0)
    return u + rng.uniform(-0.3, 0.3) * np.sin(2 * np.pi * u) / (2 * np.pi)


def _face_to_face(
    actor: np.ndarray, partner: np.ndarray, meeting: Meeting, clock: np.ndarray, *, gap: float
) -> np.ndarray:
    """Both persons ``[T, 2, V, 3]``, the partner turned about and put where the meeting says."""
    partner = partner @ rotation("y", 180.0).T
    frame = min(int(np.searchsorted(clock, meeting.time)), len(clock) - 1)
    here = actor[frame, [NTU25.index(joint) for joint in meeting.actor]].mean(axis=0)
    there = partner[frame, [NTU25.index(joint) for joint in meeting.partner]].mean(axis=0)
    shift = here - there
    shift[1] = 0.0
    shift[2] -= meeting.gap + gap  # ahead is -z
    return np.stack([actor, partner + shift], axis=1)


def _on_stage(scene: np.ndarray, facing: float, rng: np.random.Generator) -> np.ndarray:
    """Turned by ``facing`` degrees (0: towards the middle camera) and moved to about the middle of the stage."""
    scene = scene @ rotation("y", facing).T
    middle = scene[:, :, NTU25.root].mean(axis=(0, 1))
    scene[..., _FLOOR] += rng.normal(0.0, 0.08, 2) - middle[_FLOOR]
    return scene
