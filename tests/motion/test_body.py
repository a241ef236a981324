"""Joint angles to joint positions, and persons."""

import numpy as np
import pytest

from tg_skeleton.motion.body import BODY, CHANNELS, INDEX, JOINT, joints
from tg_skeleton.motion.person import Person
from tg_skeleton.topologies import TOPOLOGIES


def pose(**angles: float) -> np.ndarray:
    """Joints ``[V, 3]`` of the average person in one pose; arms stretched."""
    row = np.zeros((len(CHANNELS), 1))
    row[[INDEX["left_reach"], INDEX["right_reach"], INDEX["hang"]]] = 1.0
    for channel, value in angles.items():
        row[INDEX[channel]] = value
    return joints(row, Person())[0]


def direction(body: np.ndarray, start: str, end: str) -> list[float]:
    bone = body[JOINT[end]] - body[JOINT[start]]
    return [round(float(value), 2) + 0.0 for value in bone / np.linalg.norm(bone)]


@pytest.mark.parametrize(
    ("angles", "bone", "expected"),
    [
        ({}, ("right_shoulder", "right_wrist"), [0, -1, 0]),
        ({}, ("mid_hip", "waist"), [0, 1, 0]),
        ({"right_raise": 90}, ("right_shoulder", "right_wrist"), [0, 0, -1]),
        ({"right_raise": 90, "right_out": 90}, ("right_shoulder", "right_wrist"), [1, 0, 0]),
        ({"left_raise": 90, "left_out": 90}, ("left_shoulder", "left_wrist"), [-1, 0, 0]),
        ({"left_raise": 180}, ("left_shoulder", "left_wrist"), [0, 1, 0]),
        ({"left_leg_forward": 90}, ("left_hip", "left_knee"), [0, 0, -1]),
        ({"right_knee": 90}, ("right_knee", "right_ankle"), [0, 0, 1]),
        ({"right_leg_side": 90}, ("right_hip", "right_knee"), [1, 0, 0]),
        ({"left_leg_side": 90}, ("left_hip", "left_knee"), [-1, 0, 0]),
        ({"lean": 90}, ("mid_hip", "waist"), [0, 0, -1]),
        ({"lean": 90}, ("left_hip", "left_knee"), [0, -1, 0]),  # thighs keep to the vertical
        ({"lean": 40, "bend": 30}, ("right_shoulder", "right_wrist"), [0, -1, 0]),  # and so do hanging arms
        ({"lean": 90, "hang": 0}, ("right_shoulder", "right_wrist"), [0, 0, 1]),
        ({"pitch": 90}, ("left_hip", "left_knee"), [0, 0, 1]),
        ({"roll": 90}, ("mid_hip", "waist"), [1, 0, 0]),
        ({"turn": 90}, ("left_hip", "right_hip"), [0, 0, -1]),
        ({"side": 90}, ("spine_mid", "mid_shoulder"), [1, 0, 0]),
        ({"twist": 90}, ("left_shoulder", "right_shoulder"), [0, 0, -1]),
        ({"look": 90}, ("left_ear", "right_ear"), [0, 0, -1]),
    ],
)
def test_an_angle_turns_its_bone(angles: dict[str, float], bone: tuple[str, str], expected: list[float]) -> None:
    body = pose(**angles)
    assert direction(body, *bone) == pytest.approx(expected, abs=0.05)


def test_a_bent_elbow_keeps_both_bones_and_points_back() -> None:
    body, person = pose(right_reach=0.6), Person()
    shoulder, elbow, wrist = (body[JOINT[f"right_{joint}"]] for joint in ("shoulder", "elbow", "wrist"))
    assert np.linalg.norm(elbow - shoulder) == pytest.approx(person.upper_arm)
    assert np.linalg.norm(wrist - elbow) == pytest.approx(person.forearm)
    assert np.linalg.norm(wrist - shoulder) == pytest.approx(0.6 * 0.998 * (person.upper_arm + person.forearm))
    assert elbow[2] > shoulder[2] + 0.05


def test_a_mirrored_pose_is_the_mirror_image() -> None:
    rng = np.random.default_rng(0)
    angles = rng.uniform(5.0, 40.0, (len(CHANNELS), 6))
    angles[[INDEX["left_reach"], INDEX["right_reach"]]] = rng.uniform(0.4, 0.9, (2, 6))
    angles[[INDEX["left_shrug"], INDEX["right_shrug"]]] = 0.0
    order = [INDEX[{"left": "right", "right": "left"}.get(c.split("_")[0], c.split("_")[0]) + c[len(c.split("_")[0]) :]]
             for c in CHANNELS]  # fmt: skip
    mirrored = angles[order]
    for channel in ("turn", "roll", "tilt", "side", "twist", "look", "cock", "aside"):
        mirrored[INDEX[channel]] *= -1.0
    one, two = joints(angles, Person()), joints(mirrored, Person())
    assert np.allclose(one[:, list(BODY.mirror)] * [-1.0, 1.0, 1.0], two)


def test_every_topology_can_be_read_from_the_body() -> None:
    for topology in TOPOLOGIES:
        assert BODY.mapping(topology).missing == ()


def test_persons_differ_and_stay_human() -> None:
    rng = np.random.default_rng(0)
    people = [Person.draw(rng) for _ in range(500)]
    heights = np.array([person.height for person in people])
    assert 0.9 < heights.min() < 1.4 and 1.9 < heights.max() < 2.15
    assert np.std([person.size for person in people]) > 0.1
    body = joints(np.zeros((len(CHANNELS), 1)), people[0])[0]
    top = body[JOINT["head_top"], 1] - body[JOINT["left_heel"], 1]
    assert top == pytest.approx(people[0].height, rel=0.05)
