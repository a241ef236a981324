"""The moving body: joint angles over time to joint positions (forward kinematics).

Axes are right-handed, as in Kinect's camera space: x to the right of a person who faces the camera, y up, z away from
the camera, so this person looks along -z. Meters, degrees, seconds.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from tg_skeleton.topology import Topology

SIDES = ("left", "right")

TRUNK = (
    "turn",
    "pitch",
    "roll",
    "lift",
    "ahead",
    "aside",
    "lean",
    "tilt",
    "bend",
    "side",
    "twist",
    "nod",
    "look",
    "cock",
)
ARM = ("raise", "out", "reach", "swivel", "palm", "wrist", "shrug")
LEG = ("leg_forward", "leg_side", "leg_twist", "knee", "foot")
CHANNELS = (*TRUNK, "hang", *(f"{side}_{channel}" for side in SIDES for channel in (*ARM, *LEG)))
"""The degrees of freedom; degrees where nothing else stands.

============  ==========================================  ===============  ============================================
channel       positive                                    channel          positive
============  ==========================================  ===============  ============================================
``turn``      whole body turns to its left                ``raise``        the hand rises: 0 hanging, 90 level, 180 up
``pitch``     whole body falls forward                    ``out``          direction of the hand: 0 ahead, 90 outward
``roll``      whole body falls to its right               ``reach``        hand to shoulder: 1 is the arm's length
``lift``      meters above the ground                     ``swivel``       the elbow turns outward about that line
``ahead``     meters forward, beside what the feet do     ``palm``         the forearm rolls inward
``aside``     meters to the right, likewise               ``wrist``        flexes
``lean``      pelvis tilts forward                        ``shrug``        the shoulder rises, in statures
``tilt``      pelvis rises on its left                    ``leg_forward``  thigh swings forward
``bend``      spine bends forward                         ``leg_side``     thigh moves outward
``side``      spine bends to the right                    ``leg_twist``    thigh rolls outward
``twist``     chest turns to the left                     ``knee``         flexes
``nod``       head bows                                   ``foot``         toes point down
``look``      head turns to the left
``cock``      head tilts to the right
``hang``      0: arms follow the trunk as it leans, 1: they keep to the vertical
============  ==========================================  ===============  ============================================

Thighs keep to the vertical when the pelvis tilts; `pitch` and `roll` take everything along.
"""

INDEX = {channel: row for row, channel in enumerate(CHANNELS)}

_MIDDLE = ("mid_hip", "waist", "spine_mid", "mid_shoulder", "upper_neck", "head_top", "nose")
_HEAD = ("eye", "ear", "mouth")
_ARM = ("shoulder", "elbow", "wrist", "hand", "index", "pinky", "thumb")
_LEG = ("hip", "knee", "ankle", "heel", "foot", "big_toe", "small_toe")
_JOINTS = (*_MIDDLE, *(f"{side}_{joint}" for side in SIDES for joint in (*_HEAD, *_ARM, *_LEG)))
_PARENTS = {
    **{"mid_hip": "mid_hip", "waist": "mid_hip", "spine_mid": "waist", "mid_shoulder": "spine_mid"},
    **{"upper_neck": "mid_shoulder", "head_top": "upper_neck", "nose": "upper_neck"},
    **{"eye": "nose", "ear": "nose", "mouth": "nose", "shoulder": "mid_shoulder", "elbow": "shoulder"},
    **{"wrist": "elbow", "hand": "wrist", "index": "hand", "pinky": "hand", "thumb": "hand"},
    **{"hip": "mid_hip", "knee": "hip", "ankle": "knee", "heel": "ankle", "foot": "ankle"},
    **{"big_toe": "foot", "small_toe": "foot"},
}


def _parent(joint: str) -> str:
    side, _, rest = joint.partition("_")
    if side not in SIDES:
        return _PARENTS[joint]
    parent = _PARENTS[rest]
    return parent if parent in _MIDDLE else f"{side}_{parent}"


BODY = Topology(
    name="BODY41",
    joints=_JOINTS,
    parents=[_parent(joint) for joint in _JOINTS],
    pairs=[(joint, joint.replace("left", "right", 1)) for joint in _JOINTS if joint.startswith("left_")],
    source="All joints that the topologies of this package can be made of, each by its anatomical place.",
)
"""The skeleton that moves; `Topology.mapping` leads from it to every other."""

JOINT = {joint: index for index, joint in enumerate(BODY.joints)}

_PELVIS = [JOINT["waist"], JOINT["left_hip"], JOINT["right_hip"]]
_WAIST = [JOINT["spine_mid"]]
_CHEST = [JOINT[joint] for joint in ("mid_shoulder", "upper_neck", "left_shoulder", "right_shoulder")]
_HEAD_JOINTS = [JOINT[j] for j in ("head_top", "nose", *(f"{s}_{j}" for s in SIDES for j in _HEAD))]
_HAND = [[JOINT[f"{side}_{joint}"] for joint in ("hand", "index", "pinky", "thumb")] for side in SIDES]
_FOOT = [[JOINT[f"{side}_{joint}"] for joint in ("heel", "foot", "big_toe", "small_toe")] for side in SIDES]


_ARM_JOINTS = [[JOINT[f"{side}_{joint}"] for side in SIDES] for joint in ("shoulder", "elbow", "wrist")]
_LEG_JOINTS = [[JOINT[f"{side}_{joint}"] for side in SIDES] for joint in ("hip", "knee", "ankle")]
_ARM_ROWS = [[INDEX[f"{side}_{channel}"] for side in SIDES] for channel in ("raise", "out", "swivel", "palm", "wrist")]
_REACH_ROWS = [INDEX[f"{side}_reach"] for side in SIDES]
_LEG_ROWS = [[INDEX[f"{side}_{channel}"] for side in SIDES] for channel in LEG]
_TURNS = ("turn", "pitch", "roll", "lean", "tilt", "look", "nod", "cock")
_TURN_ROWS = [INDEX[channel] for channel in _TURNS]
_SPINE_ROWS = [INDEX[channel] for channel in ("side", "twist", "bend")]
_NEXT, _LAST = [1, 2, 0], [2, 0, 1]


class Build(Protocol):
    """What is read of a person: their proportions."""

    @property
    def offsets(self) -> np.ndarray:
        """The bones ``[V, 3]`` in meters, each in the frame of the segment that carries it."""

    @property
    def upper_arm(self) -> float:
        """Shoulder to elbow, meters."""

    @property
    def forearm(self) -> float:
        """Elbow to wrist, meters."""

    @property
    def height(self) -> float:
        """Stature in meters."""


def joints(angles: np.ndarray, build: Build) -> np.ndarray:
    """Joint positions relative to the middle of the hips, of the degrees of freedom.

    Args:
        angles: The channels over time, ``[len(CHANNELS), T]``.
        build: Whose body.

    Shapes:
        - output ``[T, V, 3]``, the joints of `BODY`
    """
    offsets, radians = build.offsets, np.radians(angles[_TURN_ROWS])
    cosine, sine = np.cos(radians), np.sin(radians)

    def turned(frame: np.ndarray, axis: int, channel: str, sign: float = 1.0) -> np.ndarray:
        row = _TURNS.index(channel)
        return turn(frame, axis, cosine[row], sign * sine[row])

    out = np.zeros((BODY.num_joints, 3, angles.shape[1]))  # [V, 3, T]
    frame = np.broadcast_to(np.eye(3)[:, :, None], (3, 3, angles.shape[1]))  # columns, then rows: [3, 3, T]
    root = turned(turned(turned(frame, 1, "turn"), 0, "pitch", -1.0), 2, "roll", -1.0)
    pelvis = turned(turned(root, 0, "lean", -1.0), 2, "tilt", -1.0)
    out[_PELVIS] = _carried(pelvis, offsets[_PELVIS])
    half = np.radians(angles[_SPINE_ROWS]) / 2
    c, s = np.cos(half), np.sin(half) * np.array([-1.0, 1.0, -1.0])[:, None]
    waist = _bent(pelvis, c, s)
    out[_WAIST] = out[_PELVIS[:1]] + _carried(waist, offsets[_WAIST])
    chest = _bent(waist, c, s)
    out[_CHEST] = out[_WAIST] + _carried(chest, offsets[_CHEST])
    head = turned(turned(turned(chest, 1, "look"), 0, "nod", -1.0), 2, "cock", -1.0)
    neck = JOINT["upper_neck"]
    out[_HEAD_JOINTS] = out[neck] + _carried(head, offsets[_HEAD_JOINTS])

    upright = np.radians(angles[INDEX["hang"]] * (angles[INDEX["lean"]] + angles[INDEX["bend"]]))
    arms = turn(chest, 0, np.cos(upright), np.sin(upright))
    shrugs = angles[[INDEX[f"{side}_shrug"] for side in SIDES]]
    out[_ARM_JOINTS[0]] += build.height * shrugs[:, None] * chest[1]
    _place_arms(out, arms, angles, build)
    _place_legs(out, root, angles, offsets)
    return np.ascontiguousarray(out.transpose(2, 0, 1))


def turn(frame: np.ndarray, axis: int, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """A frame ``[3 (columns), 3, T]`` turned about one of its own axes, right-handed."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out = np.empty_like(frame)
    out[axis] = frame[axis]
    np.multiply(cosine, frame[i], out=out[i])
    np.multiply(cosine, frame[j], out=out[j])
    out[i] += sine * frame[j]
    out[j] -= sine * frame[i]
    return out


def _bent(frame: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """Half of the spine: to the side, about itself, forward; rows of ``cosine`` and ``sine`` in this order."""
    for row, axis in enumerate((2, 1, 0)):
        frame = turn(frame, axis, cosine[row], sine[row])
    return frame


def _carried(frame: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Offsets ``[v, 3]`` in a frame as vectors ``[v, 3, T]``."""
    return (offsets @ frame.reshape(3, -1)).reshape(len(offsets), 3, -1)


_SIGN = np.array([[-1.0], [1.0]])  # of left and right, [2, 1]


def _sided(frame: np.ndarray) -> np.ndarray:
    """A frame for each side, ``[3, 3, 2, T]``."""
    return np.broadcast_to(frame[:, :, None], (3, 3, 2, frame.shape[-1]))


def _place_arms(out: np.ndarray, frame: np.ndarray, angles: np.ndarray, build: Build) -> None:
    """Elbows, wrists and hands: a wrist lies where the channels say, the elbow where both bones reach."""
    lifted, outward, swivel, palm, wrist = np.radians(angles[_ARM_ROWS])  # [2, T] each
    cosine = np.cos(lifted)
    # a hanging arm has no direction: there, the elbow points back whatever `out` is
    swivel = swivel - outward * np.maximum(cosine, 0.0)
    frame = turn(_sided(frame), 1, np.cos(outward), -_SIGN * np.sin(outward))
    frame = turn(frame, 0, cosine, np.sin(lifted))
    frame = turn(frame, 1, np.cos(swivel), _SIGN * np.sin(swivel))
    upper, fore = build.upper_arm, build.forearm
    reach = np.clip(angles[_REACH_ROWS], 0.15, 1.0) * 0.998 * (upper + fore)
    along = (upper**2 - fore**2 + reach**2) / (2 * reach)
    away = np.sqrt(np.maximum(upper**2 - along**2, 0.0))
    across, down, back = frame.transpose(0, 2, 1, 3)  # [2, 3, T] each
    shoulders = out[_ARM_JOINTS[0]]
    elbows = shoulders - along[:, None] * down + away[:, None] * back
    wrists = shoulders - reach[:, None] * down
    out[_ARM_JOINTS[1]], out[_ARM_JOINTS[2]] = elbows, wrists
    forward = (wrists - elbows) / fore
    up = across[:, _NEXT] * forward[:, _LAST] - across[:, _LAST] * forward[:, _NEXT]  # the cross product
    inward = -_SIGN[:, None] * across
    c, s = np.cos(palm)[:, None], np.sin(palm)[:, None]
    thumb, inward = c * up + s * inward, c * inward - s * up
    tip = np.cos(wrist)[:, None] * forward + np.sin(wrist)[:, None] * inward
    hand = np.stack([thumb, tip, inward])  # [3, 2, 3, T]
    out[_HAND] = wrists[:, None] + _each_carried(hand.transpose(1, 0, 2, 3), build.offsets[_HAND])


def _place_legs(out: np.ndarray, root: np.ndarray, angles: np.ndarray, offsets: np.ndarray) -> None:
    """Knees, ankles and feet."""
    forward, outward, twist, knee, foot = angles[_LEG_ROWS]  # [2, T] each
    # the foot stays level as far as the ankle lets it
    level = np.clip(knee - forward, -40.0, 30.0) - foot
    turns = np.radians(np.stack([forward, _SIGN * outward, -_SIGN * twist, -knee, level]))
    cosine, sine = np.cos(turns), np.sin(turns)
    thigh = _sided(root)
    for row, axis in enumerate((0, 2, 1)):
        thigh = turn(thigh, axis, cosine[row], sine[row])
    shank = turn(thigh, 0, cosine[3], sine[3])
    sole = turn(shank, 0, cosine[4], sine[4])
    hips, knees, ankles = _LEG_JOINTS
    for joints_, parents, frame in ((knees, hips, thigh), (ankles, knees, shank)):
        out[joints_] = out[parents] + _each_carried(frame.transpose(2, 0, 1, 3), offsets[joints_][:, None])[:, 0]
    out[_FOOT] = out[ankles][:, None] + _each_carried(sole.transpose(2, 0, 1, 3), offsets[_FOOT])


def _each_carried(frames: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Offsets ``[2, v, 3]`` in the frames ``[2, 3, 3, T]`` of two sides, as vectors ``[2, v, 3, T]``."""
    return (offsets @ frames.reshape(2, 3, -1)).reshape(*offsets.shape[:2], 3, -1)
