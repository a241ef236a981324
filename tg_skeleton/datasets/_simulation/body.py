"""Persons: proportions, style, and the way from joint angles to joint positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tg_skeleton.topologies import NTU25

SIDES = ("left", "right")

TRUNK = ("lean", "turn", "bend", "side", "twist", "nod", "look")
ARM = ("arm_forward", "arm_side", "arm_twist", "elbow", "wrist")
LEG = ("leg_forward", "leg_side", "knee")
CHANNELS = (*TRUNK, "lift", *(f"{side}_{angle}" for side in SIDES for angle in ARM + LEG))
"""The degrees of freedom. All zero: upright, arms hanging, legs straight. Degrees, but ``lift`` in meters.

===============  ================================================  ===============  ===================================
channel          positive                                          channel          positive
===============  ================================================  ===============  ===================================
``lean``         pelvis tilts forward                              ``arm_forward``  arm swings forward, 90 = level
``turn``         whole body turns to its left                      ``arm_side``     arm moves outward
``bend``         spine bends forward                               ``arm_twist``    upper arm rolls inward
``side``         spine bends to the right                          ``elbow``        flexes
``twist``        chest turns to the left                           ``wrist``        flexes
``nod``          head bows                                         ``leg_forward``  thigh swings forward
``look``         head turns to the left                            ``leg_side``     thigh moves outward
``lift``         feet leave the floor (jumps)                      ``knee``         flexes
===============  ================================================  ===============  ===================================
"""

_SEGMENTS = (
    *("pelvis", "waist", "chest", "head"),
    *(f"{side}_{part}" for side in SIDES for part in ("upper_arm", "forearm", "hand", "thigh", "shank", "foot")),
)
# The segment that carries the bone from a joint's parent to the joint.
_CARRIER = {
    **{"spine_base": "pelvis", "spine_mid": "waist", "spine_shoulder": "chest", "neck": "chest", "head": "head"},
    **{f"{side}_{joint}": "chest" for side in SIDES for joint in ("shoulder",)},
    **{f"{side}_{joint}": "pelvis" for side in SIDES for joint in ("hip",)},
    **{
        f"{side}_{joint}": f"{side}_{segment}"
        for side in SIDES
        for joint, segment in (
            *(("elbow", "upper_arm"), ("wrist", "forearm"), ("hand", "hand"), ("hand_tip", "hand"), ("thumb", "hand")),
            *(("knee", "thigh"), ("ankle", "shank"), ("foot", "foot")),
        )
    },
}
_CARRIERS = np.array([_SEGMENTS.index(_CARRIER[joint]) for joint in NTU25.joints])


def _ancestors() -> np.ndarray:
    """``[V, V]``: row v marks the joints on the way from the root to v, itself included."""
    table = np.eye(NTU25.num_joints)
    for joint in range(NTU25.num_joints):
        at = joint
        while NTU25.parents[at] != at:
            at = NTU25.parents[at]
            table[joint, at] = 1.0
    return table


_ANCESTORS = _ancestors()

ANKLE_HEIGHT = 0.039
"""Height of the ankle above the sole, as a fraction of the stature."""
FOOT_HEIGHT = 0.014
"""Height of the foot joint above the sole, as a fraction of the stature."""


@dataclass(frozen=True)
class Person:
    """A person's build and way of moving.

    Args:
        height: Stature in meters.
        legs: Length of the legs relative to the average person of this stature; the trunk makes up for it.
        arms: Length of the arms, likewise.
        shoulders: Width of shoulders and hips, likewise.
        amplitude: Factor of all movements.
        tempo: Factor of the speed.
        left_handed: The main hand and foot are the left ones.
        stoop: How far the spine bends forward at rest, degrees.
        arms_out: How far the arms stand off at rest, degrees.
        elbows: How far the elbows are flexed at rest, degrees.
    """

    height: float
    legs: float
    arms: float
    shoulders: float
    amplitude: float
    tempo: float
    left_handed: bool
    stoop: float
    arms_out: float
    elbows: float

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Person:
        """A person drawn at random; 1.5 to 1.95 m tall, one in four left-handed."""
        return cls(
            height=float(rng.uniform(1.5, 1.95)),
            legs=float(rng.uniform(0.95, 1.05)),
            arms=float(rng.uniform(0.95, 1.05)),
            shoulders=float(rng.uniform(0.9, 1.12)),
            amplitude=float(rng.uniform(0.88, 1.1)),
            tempo=float(rng.uniform(0.82, 1.22)),
            left_handed=bool(rng.random() < 0.25),
            stoop=float(rng.uniform(-2.0, 9.0)),
            arms_out=float(rng.uniform(4.0, 13.0)),
            elbows=float(rng.uniform(6.0, 22.0)),
        )

    @property
    def offsets(self) -> np.ndarray:
        """The bones ``[V, 3]`` in meters: parent to joint, in the frame of the segment that carries it.

        Fractions of the stature, rounded from common anthropometric tables.
        """
        trunk = 1.0 - 0.52 * (self.legs - 1.0) / 0.385  # legs and trunk add up to the stature
        wide, arm, leg = self.shoulders, self.arms, self.legs
        bones = {
            "spine_base": (0.0, 0.0, 0.0),
            "spine_mid": (0.0, 0.15 * trunk, 0.0),
            "spine_shoulder": (0.0, 0.115 * trunk, 0.0),
            "neck": (0.0, 0.042 * trunk, -0.004),
            "head": (0.0, 0.08 * trunk, -0.008),
        }
        for side, sign in (("left", -1.0), ("right", 1.0)):
            limb = {
                "shoulder": (0.098 * wide * sign, -0.012, 0.0),
                "elbow": (0.0, -0.165 * arm, 0.0),
                "wrist": (0.0, -0.148 * arm, 0.0),
                "hand": (0.0, -0.045 * arm, 0.0),
                "hand_tip": (0.0, -0.048 * arm, 0.0),
                "thumb": (-0.012 * sign, -0.018, -0.022),
                "hip": (0.045 * wide * sign, -0.02, 0.0),
                "knee": (0.0, -0.245 * leg, 0.0),
                "ankle": (0.0, -0.236 * leg, 0.0),
                "foot": (0.0, FOOT_HEIGHT - ANKLE_HEIGHT, -0.072),
            }
            bones.update({f"{side}_{joint}": bone for joint, bone in limb.items()})
        return self.height * np.array([bones[joint] for joint in NTU25.joints])

    def joints(self, angles: np.ndarray) -> np.ndarray:
        """Joint positions ``[T, V, 3]`` relative to the spine base, in meters, of ``angles`` ``[T, len(CHANNELS)]``."""
        carriers = _orientations(angles)[:, _CARRIERS]  # [T, V, 3, 3]
        bones = (carriers @ self.offsets[:, :, None])[..., 0]  # [T, V, 3]
        return _ANCESTORS @ bones


def rotation(axis: Literal["x", "y", "z"], degrees: np.ndarray | float) -> np.ndarray:
    """Right-handed rotation matrices ``[..., 3, 3]`` about an axis."""
    radians = np.radians(np.asarray(degrees, dtype=np.float64))
    i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.zeros((*radians.shape, 3, 3)) + np.eye(3)
    matrix[..., i, i] = matrix[..., j, j] = np.cos(radians)
    matrix[..., j, i] = np.sin(radians)
    matrix[..., i, j] = -matrix[..., j, i]
    return matrix


def _orientations(angles: np.ndarray) -> np.ndarray:
    """The orientation of every segment, ``[T, len(_SEGMENTS), 3, 3]``."""
    a = {channel: angles[:, i] for i, channel in enumerate(CHANNELS)}
    # a positive rotation about x swings what hangs forward (-y to -z) and what stands backward (y to z)
    half = rotation("z", -a["side"] / 2) @ rotation("y", a["twist"] / 2) @ rotation("x", -a["bend"] / 2)
    out = {"pelvis": rotation("y", a["turn"]) @ rotation("x", -a["lean"])}
    out["waist"] = out["pelvis"] @ half
    out["chest"] = out["waist"] @ half
    out["head"] = out["chest"] @ rotation("y", a["look"]) @ rotation("x", -a["nod"])
    for side, sign in (("left", -1.0), ("right", 1.0)):
        forward, outward, twist, elbow, wrist = (a[f"{side}_{angle}"] for angle in ARM)
        upper = out["chest"] @ rotation("x", forward) @ rotation("z", sign * outward) @ rotation("y", sign * twist)
        out[f"{side}_upper_arm"] = upper
        out[f"{side}_forearm"] = upper @ rotation("x", elbow)
        out[f"{side}_hand"] = out[f"{side}_forearm"] @ rotation("x", wrist)
        forward, outward, knee = (a[f"{side}_{angle}"] for angle in LEG)
        thigh = out["pelvis"] @ rotation("x", forward) @ rotation("z", sign * outward)
        out[f"{side}_thigh"] = thigh
        out[f"{side}_shank"] = thigh @ rotation("x", -knee)
        # the foot stays level as far as the ankle lets it
        level = np.clip(a["lean"] - forward + knee, -45.0, 35.0)
        out[f"{side}_foot"] = out[f"{side}_shank"] @ rotation("x", level)
    return np.stack([out[segment] for segment in _SEGMENTS], axis=1)
