"""Who moves: proportions and a way of moving."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tg_skeleton.motion.body import BODY, SIDES


@dataclass(frozen=True)
class Person:
    """A person's build and way of moving.

    Args:
        height: Stature in meters.
        legs: Length of the legs relative to the average person of this stature; the trunk makes up for it.
        arms: Length of the arms, likewise.
        shoulders: Width of the shoulders, likewise.
        hips: Width of the hips, likewise.
        size: Factor of all movements: below 1 slight, above 1 over-acted.
        tempo: Factor of the speed.
        stoop: How far the spine bends forward at rest, degrees.
        sway: How much the body is never at rest: factor of the average.
    """

    height: float = 1.72
    legs: float = 1.0
    arms: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0
    size: float = 1.0
    tempo: float = 1.0
    stoop: float = 3.0
    sway: float = 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Person:
        """A person drawn at random, one in ten a child."""
        z = rng.standard_normal(9).tolist()
        child = rng.random() < 0.1
        return cls(
            height=1.3 + 0.08 * z[0] if child else 1.71 + 0.1 * z[0],
            legs=1.0 + 0.04 * _within(z[1]),
            arms=1.0 + 0.05 * _within(z[2]),
            shoulders=1.0 + 0.09 * _within(z[3]),
            hips=1.0 + 0.12 * _within(z[4]),
            size=math.exp(0.18 * z[5]),
            tempo=math.exp(0.22 * z[6]),
            stoop=4.0 + 6.0 * z[7],
            sway=math.exp(0.5 * z[8]),
        )

    @property
    def upper_arm(self) -> float:
        """Shoulder to elbow, meters."""
        return 0.168 * self.arms * self.height

    @property
    def forearm(self) -> float:
        """Elbow to wrist, meters."""
        return 0.148 * self.arms * self.height

    @cached_property
    def offsets(self) -> np.ndarray:
        """The bones ``[V, 3]`` in meters, each in the frame of the segment that carries it.

        Fractions of the stature, rounded from common anthropometric tables. A hand's frame is thumb, fingers, palm.
        """
        trunk = 1.0 - 0.52 * (self.legs - 1.0) / 0.385  # legs and trunk add up to the stature
        bones: dict[str, tuple[float, float, float]] = {
            "mid_hip": (0.0, 0.0, 0.0),
            "waist": (0.0, 0.065 * trunk, 0.0),
            "spine_mid": (0.0, 0.085 * trunk, 0.004),
            "mid_shoulder": (0.0, 0.14 * trunk, 0.0),
            "upper_neck": (0.0, 0.175 * trunk, -0.004),
            "head_top": (0.0, 0.125, -0.012),
            "nose": (0.0, 0.042, -0.07),
        }
        for side, sign in zip(SIDES, (-1.0, 1.0), strict=True):
            limb = {
                "eye": (0.018 * sign, 0.062, -0.058),
                "ear": (0.043 * sign, 0.05, -0.006),
                "mouth": (0.014 * sign, 0.022, -0.06),
                "shoulder": (0.105 * self.shoulders * sign, 0.13 * trunk, 0.0),
                "hand": (0.0, 0.045 * self.arms, 0.004),
                "index": (0.014, 0.062 * self.arms, 0.004),
                "pinky": (-0.018, 0.055 * self.arms, 0.004),
                "thumb": (0.026, 0.034 * self.arms, 0.008),
                "hip": (0.052 * self.hips * sign, -0.008, 0.0),
                "knee": (0.0, -0.245 * self.legs, 0.0),
                "ankle": (0.0, -0.236 * self.legs, 0.0),
                "heel": (0.0, -0.034, 0.028),
                "foot": (0.0, -0.022, -0.07),
                "big_toe": (-0.014 * sign, -0.034, -0.108),
                "small_toe": (0.022 * sign, -0.034, -0.088),
            }
            bones.update({f"{side}_{joint}": bone for joint, bone in limb.items()})
        return self.height * np.array([self._bone(bones, joint) for joint in BODY.joints])

    @staticmethod
    def _bone(bones: dict[str, tuple[float, float, float]], joint: str) -> tuple[float, float, float]:
        return bones.get(joint, (0.0, 0.0, 0.0))  # elbows and wrists lie where an arm's channels say


def _within(z: float) -> float:
    return min(max(z, -2.5), 2.5)
