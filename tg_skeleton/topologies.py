"""Skeletons of common data sets and pose estimators, as tables.

Joints are in the order of the format; ``left`` and ``right`` are the person's own sides. Every topology is a tree that
its mirror maps onto itself; `source` lists the links that were removed or added for that.
"""

from __future__ import annotations

from pathlib import Path

from tg_skeleton.files import reading
from tg_skeleton.topology import Joint, Part, Topology


def _pairs(joints: tuple[str, ...]) -> list[tuple[Joint, Joint]]:
    """Every ``left_*`` joint with its ``right_*`` counterpart."""
    return [(joint, joint.replace("left", "right", 1)) for joint in joints if joint.startswith("left_")]


_NTU_JOINTS = (
    *("spine_base", "spine_mid", "neck", "head"),
    *("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    *("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_foot"),
    *("right_hip", "right_knee", "right_ankle", "right_foot"),
    *("spine_shoulder", "left_hand_tip", "left_thumb", "right_hand_tip", "right_thumb"),
)

_NTU_PARTS = (
    Part("left_arm", (4, 5, 6, 7, 21, 22), origin=4, reference=20),
    Part("right_arm", (8, 9, 10, 11, 23, 24), origin=8, reference=20),
    Part("left_leg", (12, 13, 14, 15), origin=12, reference=0),
    Part("right_leg", (16, 17, 18, 19), origin=16, reference=0),
    Part("trunk", (0, 1, 2, 3, 20), origin=20, reference=1),
)

NTU25 = Topology(
    name="NTU25",
    joints=_NTU_JOINTS,
    parents=(0, 0, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 1, 7, 7, 11, 11),
    pairs=_pairs(_NTU_JOINTS),
    parts=_NTU_PARTS,
    source="NTU RGB+D (Kinect v2), bones as the data set's authors draw them: hand tip and thumb both on the hand.",
)

NTU25_CHAIN = Topology(
    name="NTU25_CHAIN",
    joints=_NTU_JOINTS,
    parents=(0, 0, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 1, 22, 7, 24, 11),
    pairs=_pairs(_NTU_JOINTS),
    parts=_NTU_PARTS,
    source="NTU RGB+D (Kinect v2), bones as in 2s-AGCN, MS-G3D and CTR-GCN: hand tip on thumb, thumb on hand.",
)

_OPENPOSE_JOINTS = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
)

OPENPOSE18 = Topology(
    name="OPENPOSE18",
    joints=_OPENPOSE_JOINTS,
    parents=(1, 1, 1, 2, 3, 1, 5, 6, 1, 8, 9, 1, 11, 12, 0, 0, 14, 15),
    pairs=_pairs(_OPENPOSE_JOINTS),
    parts=(
        Part("right_arm", (2, 3, 4), origin=2, reference=1),
        Part("left_arm", (5, 6, 7), origin=5, reference=1),
        Part("right_leg", (8, 9, 10), origin=8, reference=1),
        Part("left_leg", (11, 12, 13), origin=11, reference=1),
        Part("head", (0, 1, 14, 15, 16, 17), origin=1, reference=0),
    ),
    source="OpenPose's 18 joints as it draws them: the hips hang on the neck. Its shoulder-ear links are removed.",
)

_NWUCLA_JOINTS = (
    *("hip_center", "spine", "shoulder_center", "head"),
    *("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    *("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_foot"),
    *("right_hip", "right_knee", "right_ankle", "right_foot"),
)

NWUCLA20 = Topology(
    name="NWUCLA20",
    joints=_NWUCLA_JOINTS,
    parents=(1, 2, 2, 2, 2, 4, 5, 6, 2, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18),
    pairs=_pairs(_NWUCLA_JOINTS),
    parts=(
        Part("left_arm", (4, 5, 6, 7), origin=4, reference=2),
        Part("right_arm", (8, 9, 10, 11), origin=8, reference=2),
        Part("left_leg", (12, 13, 14, 15), origin=12, reference=0),
        Part("right_leg", (16, 17, 18, 19), origin=16, reference=0),
        Part("trunk", (0, 1, 2, 3), origin=2, reference=1),
    ),
    source="Northwestern-UCLA Multiview Action 3D (Kinect v1), rooted at the shoulder center as in CTR-GCN.",
)

_SBU_JOINTS = (
    *("head", "neck", "torso", "left_shoulder", "left_elbow", "left_hand", "right_shoulder", "right_elbow"),
    *("right_hand", "left_hip", "left_knee", "left_foot", "right_hip", "right_knee", "right_foot"),
)

SBU15 = Topology(
    name="SBU15",
    joints=_SBU_JOINTS,
    parents=(1, 2, 2, 1, 3, 4, 1, 6, 7, 2, 9, 10, 2, 12, 13),
    pairs=_pairs(_SBU_JOINTS),
    parts=(
        Part("left_arm", (3, 4, 5), origin=3, reference=1),
        Part("right_arm", (6, 7, 8), origin=6, reference=1),
        Part("left_leg", (9, 10, 11), origin=9, reference=2),
        Part("right_leg", (12, 13, 14), origin=12, reference=2),
        Part("trunk", (0, 1, 2), origin=1, reference=2),
    ),
    source="SBU Kinect Interaction (15 joints of OpenNI). Assumption: shoulders hang on the neck, hips on the torso.",
)

_COCO_JOINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear"),
    *("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
)

COCO17 = Topology(
    name="COCO17",
    joints=_COCO_JOINTS,
    parents=(0, 0, 0, 1, 2, 0, 0, 5, 6, 7, 8, 5, 6, 11, 12, 13, 14),
    pairs=_pairs(_COCO_JOINTS),
    parts=(
        Part("head", (0, 1, 2, 3, 4), origin=0, reference=1),
        Part("left_arm", (5, 7, 9), origin=5, reference=0),
        Part("right_arm", (6, 8, 10), origin=6, reference=0),
        Part("left_leg", (11, 13, 15), origin=11, reference=5),
        Part("right_leg", (12, 14, 16), origin=12, reference=6),
    ),
    source="COCO keypoints. Its links eye-eye, shoulder-shoulder, hip-hip and ear-shoulder, which close cycles, are "
    "removed; nose-shoulder is added, as in PYSKL.",
)

_MEDIAPIPE_JOINTS = (
    *("nose", "left_eye_inner", "left_eye", "left_eye_outer", "right_eye_inner", "right_eye", "right_eye_outer"),
    *("left_ear", "right_ear", "left_mouth", "right_mouth", "left_shoulder", "right_shoulder"),
    *("left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_pinky", "right_pinky"),
    *("left_index", "right_index", "left_thumb", "right_thumb", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle", "left_heel", "right_heel", "left_foot_index", "right_foot_index"),
)

MEDIAPIPE33 = Topology(
    name="MEDIAPIPE33",
    joints=_MEDIAPIPE_JOINTS,
    parents=(
        *(0, 0, 1, 2, 0, 4, 5, 3, 6, 0, 0, 0, 0, 11, 12, 13, 14),
        *(15, 16, 15, 16, 15, 16, 11, 12, 23, 24, 25, 26, 27, 28, 27, 28),
    ),
    pairs=_pairs(_MEDIAPIPE_JOINTS),
    parts=(
        Part("head", (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), origin=0, reference=2),
        Part("left_arm", (11, 13, 15, 17, 19, 21), origin=11, reference=0),
        Part("right_arm", (12, 14, 16, 18, 20, 22), origin=12, reference=0),
        Part("left_leg", (23, 25, 27, 29, 31), origin=23, reference=11),
        Part("right_leg", (24, 26, 28, 30, 32), origin=24, reference=12),
    ),
    source="MediaPipe / BlazePose landmarks. Its links mouth-mouth, shoulder-shoulder, hip-hip, pinky-index and "
    "heel-foot index, which close cycles or cross the body, are removed; nose-mouth and nose-shoulder are added.",
)

_H36M_JOINTS = (
    *("pelvis", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("spine", "thorax", "neck", "head", "left_shoulder", "left_elbow", "left_wrist"),
    *("right_shoulder", "right_elbow", "right_wrist"),
)

H36M17 = Topology(
    name="H36M17",
    joints=_H36M_JOINTS,
    parents=(0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15),
    pairs=_pairs(_H36M_JOINTS),
    parts=(
        Part("right_leg", (1, 2, 3), origin=1, reference=0),
        Part("left_leg", (4, 5, 6), origin=4, reference=0),
        Part("trunk", (0, 7, 8, 9, 10), origin=8, reference=7),
        Part("left_arm", (11, 12, 13), origin=11, reference=8),
        Part("right_arm", (14, 15, 16), origin=14, reference=8),
    ),
    source="Human3.6M, the usual 17 of its 32 joints, in the order of VideoPose3D.",
)

_OPENPOSE25_JOINTS = (
    *("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist"),
    *("mid_hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("right_eye", "left_eye", "right_ear", "left_ear"),
    *("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
)

OPENPOSE25 = Topology(
    name="OPENPOSE25",
    joints=_OPENPOSE25_JOINTS,
    parents=(1, 1, 1, 2, 3, 1, 5, 6, 1, 8, 9, 10, 8, 12, 13, 0, 0, 15, 16, 14, 19, 14, 11, 22, 11),
    pairs=_pairs(_OPENPOSE25_JOINTS),
    parts=(
        Part("right_arm", (2, 3, 4), origin=2, reference=1),
        Part("left_arm", (5, 6, 7), origin=5, reference=1),
        Part("right_leg", (9, 10, 11, 22, 23, 24), origin=9, reference=8),
        Part("left_leg", (12, 13, 14, 19, 20, 21), origin=12, reference=8),
        Part("trunk", (0, 1, 8, 15, 16, 17, 18), origin=1, reference=8),
    ),
    source="OpenPose's BODY_25 as it draws it, rooted at the neck: the small toe hangs on the big toe.",
)

_HALPE_JOINTS = (
    *_COCO_JOINTS,
    *("head", "neck", "hip", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe"),
    *("left_heel", "right_heel"),
)

HALPE26 = Topology(
    name="HALPE26",
    joints=_HALPE_JOINTS,
    parents=(17, 0, 0, 1, 2, 18, 18, 5, 6, 7, 8, 19, 19, 11, 12, 13, 14, 18, 18, 18, 15, 16, 15, 16, 15, 16),
    pairs=_pairs(_HALPE_JOINTS),
    parts=(
        Part("trunk", (0, 1, 2, 3, 4, 17, 18, 19), origin=18, reference=19),
        Part("left_arm", (5, 7, 9), origin=5, reference=18),
        Part("right_arm", (6, 8, 10), origin=6, reference=18),
        Part("left_leg", (11, 13, 15, 20, 22, 24), origin=11, reference=19),
        Part("right_leg", (12, 14, 16, 21, 23, 25), origin=12, reference=19),
    ),
    source="Halpe's 26 body joints as rtmlib draws them, rooted at the neck; its head is the top of the head. The "
    "links eye-eye and ear-shoulder, which close cycles or cross the body, are removed; nose-head is added.",
)

TOPOLOGIES = (
    *(NTU25, NTU25_CHAIN, OPENPOSE18, OPENPOSE25, NWUCLA20, SBU15),
    *(COCO17, HALPE26, MEDIAPIPE33, H36M17),
)
"""Every topology of this module."""


def find(topology: Topology | str | Path) -> Topology:
    """A topology by its name, from a JSON file, or as it is.

    >>> from tg_skeleton.topologies import find
    >>> find("NTU25").num_joints, find("coco17").name
    (25, 'COCO17')

    Args:
        topology: A `Topology`, the name of one of `TOPOLOGIES`, or the path of a ``.json`` file (`Topology.to_json`).

    Raises:
        ValueError: There is no topology of that name, or the file, if it exists, does not describe one.
    """
    if isinstance(topology, Topology):
        return topology
    if str(topology).lower().endswith(".json"):
        with reading(topology, "topology") as path:
            return Topology.from_json(path.read_text(encoding="utf-8"))
    names = [known.name for known in TOPOLOGIES]
    if str(topology).upper() in names:
        return TOPOLOGIES[names.index(str(topology).upper())]
    raise ValueError(
        f"topology: there is no {str(topology)!r}; expected {', '.join(names)}, a Topology of your own, or the path of "
        "a .json file (see Topology.from_dict)"
    )


_NTU_GROUPS = (
    *((2, 3), (20,), (0, 1)),
    *((4, 5), (6, 7, 21, 22), (8, 9), (10, 11, 23, 24)),
    *((12, 13), (14, 15), (16, 17), (18, 19)),
)

BARYCENTER_GROUPS: dict[Topology, tuple[tuple[int, ...], ...]] = {
    NTU25: _NTU_GROUPS,
    NTU25_CHAIN: _NTU_GROUPS,
    OPENPOSE18: ((0, 14, 15, 16, 17), (1,), (2, 3), (4,), (5, 6), (7,), (8, 9), (10,), (11, 12), (13,)),
    NWUCLA20: ((3,), (2,), (0, 1), (4, 5), (6, 7), (8, 9), (10, 11), (12, 13), (14, 15), (16, 17), (18, 19)),
    SBU15: ((0,), (1,), (2,), (3, 4), (5,), (6, 7), (8,), (9, 10), (11,), (12, 13), (14,)),
    COCO17: ((0,), (1, 3), (2, 4), (5, 7), (9,), (6, 8), (10,), (11, 13), (15,), (12, 14), (16,)),
    MEDIAPIPE33: (
        *((0, 9, 10), (1, 2, 3, 7), (4, 5, 6, 8)),
        *((11, 13), (15, 17, 19, 21), (12, 14), (16, 18, 20, 22)),
        *((23, 25), (27, 29, 31), (24, 26), (28, 30, 32)),
    ),
    H36M17: ((9, 10), (8,), (0, 7), (11, 12), (13,), (14, 15), (16,), (4, 5), (6,), (1, 2), (3,)),
    OPENPOSE25: (
        *((0, 15, 16, 17, 18), (1,), (8,)),
        *((2, 3), (4,), (5, 6), (7,)),
        *((9, 10), (11, 22, 23, 24), (12, 13), (14, 19, 20, 21)),
    ),
    HALPE26: (
        *((0, 1, 2, 3, 4, 17), (18,), (19,)),
        *((5, 7), (9,), (6, 8), (10,)),
        *((11, 13), (15, 20, 22, 24), (12, 14), (16, 21, 23, 25)),
    ),
}
"""The groups of joints that `tg_skeleton.transforms.Barycenter` averages: head and trunk, arms, legs; two per limb.

Assumption: the AMANet paper shows its barycenters for NTU RGB+D in a figure only; the other topologies follow them.
"""
