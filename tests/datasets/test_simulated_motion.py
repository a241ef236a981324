"""What is inside the simulation: bodies, programs, meetings, cameras."""

import numpy as np
import pytest

from tg_skeleton.datasets._simulation.body import CHANNELS, Person, rotation
from tg_skeleton.datasets._simulation.motion import Motion
from tg_skeleton.datasets._simulation.performance import ACTIONS, generator, perform
from tg_skeleton.datasets._simulation.sensor import CAMERAS, hidden, measure, view
from tg_skeleton.topologies import NTU25

LABELS = {action.name: label for label, action in enumerate(ACTIONS)}
AVERAGE = Person(
    **{"height": 1.0, "legs": 1.0, "arms": 1.0, "shoulders": 1.0, "amplitude": 1.0, "tempo": 1.0},
    **{"left_handed": False, "stoop": 0.0, "arms_out": 0.0, "elbows": 0.0},
)


def joint(name: str) -> int:
    return NTU25.index(name)


def pose(**angles: float) -> np.ndarray:
    """Joints ``[V, 3]`` of a person of 1 m in one pose."""
    row = np.zeros((1, len(CHANNELS)))
    for channel, value in angles.items():
        row[0, CHANNELS.index(channel)] = value
    return AVERAGE.joints(row)[0]


def direction(joints: np.ndarray, start: str, end: str) -> list[float]:
    bone = joints[joint(end)] - joints[joint(start)]
    return [round(float(value), 3) + 0.0 for value in bone / np.linalg.norm(bone)]


def between(world: np.ndarray, first: str, second: str, persons: tuple[int, int] = (0, 0)) -> float:
    """The smallest distance of two joints over time."""
    a, b = world[:, persons[0], joint(first)], world[:, persons[1], joint(second)]
    return float(np.linalg.norm(a - b, axis=-1).min())


# -- forward kinematics -----------------------------------------------------------------------------------------------


def test_rotations_are_right_handed() -> None:
    x, y, z = np.eye(3)
    assert np.allclose(rotation("x", 90.0) @ y, z)
    assert np.allclose(rotation("y", 90.0) @ z, x)
    assert np.allclose(rotation("z", 90.0) @ x, y)


@pytest.mark.parametrize(
    ("angles", "bone", "expected"),
    [
        ({}, ("right_shoulder", "right_elbow"), [0, -1, 0]),
        ({"right_arm_forward": 90}, ("right_shoulder", "right_wrist"), [0, 0, -1]),
        ({"right_arm_side": 90}, ("right_shoulder", "right_wrist"), [1, 0, 0]),
        ({"left_arm_side": 90}, ("left_shoulder", "left_wrist"), [-1, 0, 0]),
        ({"left_elbow": 90}, ("left_elbow", "left_wrist"), [0, 0, -1]),
        ({"left_elbow": 90, "left_arm_twist": 90}, ("left_elbow", "left_wrist"), [1, 0, 0]),
        ({"left_leg_forward": 90}, ("left_hip", "left_knee"), [0, 0, -1]),
        ({"left_leg_forward": 90, "left_knee": 90}, ("left_knee", "left_ankle"), [0, -1, 0]),
        ({"right_knee": 90}, ("right_knee", "right_ankle"), [0, 0, 1]),
        ({"right_leg_side": 30}, ("right_hip", "right_knee"), [0.5, -0.866, 0]),
        ({"lean": 90}, ("spine_base", "spine_mid"), [0, 0, -1]),
        ({"bend": 90}, ("spine_mid", "spine_shoulder"), [0, 0, -1]),
        ({"side": 90}, ("spine_mid", "spine_shoulder"), [1, 0, 0]),
        ({"turn": 90}, ("left_hip", "right_hip"), [0, 0, -1]),
        ({"twist": 90}, ("left_shoulder", "right_shoulder"), [0, 0, -1]),
    ],
)
def test_an_angle_turns_its_bone(angles: dict[str, float], bone: tuple[str, str], expected: list[float]) -> None:
    assert direction(pose(**angles), *bone) == expected


def test_an_upright_person_is_as_tall_as_stated() -> None:
    joints = pose()
    sole = joints[joint("left_ankle"), 1] - 0.039
    assert joints[joint("head"), 1] - sole == pytest.approx(0.927)  # the center of the head, not its top


@pytest.mark.parametrize("name", LABELS)
def test_bones_keep_their_lengths(name: str) -> None:
    world = perform(LABELS[name], 3, 1, seed=0)
    for child, parent in NTU25.bones:
        length = np.linalg.norm(world[:, :, child] - world[:, :, parent], axis=-1)
        assert np.ptp(length, axis=0).max() < 1e-9
        assert length.min() > 0.01


def test_subjects_differ_in_build_style_and_speed() -> None:
    people = [Person.draw(generator(0, "subject", subject)) for subject in range(1, 1001)]
    assert all(1.5 <= person.height <= 1.95 for person in people)
    assert np.ptp([person.height for person in people]) > 0.3
    assert np.ptp([person.tempo for person in people]) > 0.2
    # one in four, with a standard deviation of 0.014 over 1000 subjects
    assert np.mean([person.left_handed for person in people]) == pytest.approx(0.25, abs=0.05)


# -- programs -------------------------------------------------------------------------------------------------------


def quiet(frames: int, **changes: object) -> Motion:
    """A motion of the average person without sway or rest pose."""
    person = Person(**{**AVERAGE.__dict__, **changes})
    motion = Motion(np.linspace(0.0, 1.0, frames), person, np.random.default_rng(0))
    motion.angles[:] = 0.0
    return motion


def test_keys_run_smoothly_through_their_points_and_hold_the_ends() -> None:
    motion = quiet(11)
    motion.keys("lean", (0.2, 0.0), (0.4, 10.0), (0.8, 0.0))
    course = motion.angles[:, CHANNELS.index("lean")]
    course = course / course[4]  # each call varies the size
    assert np.allclose(course[[0, 2, 3, 4, 6, 8, 10]], [0.0, 0.0, 0.5, 1.0, 0.5, 0.0, 0.0])


def test_a_single_key_is_held_throughout() -> None:
    motion = quiet(5)
    motion.keys("turn", (0.0, 30.0))
    assert np.ptp(motion.angles[:, CHANNELS.index("turn")]) == 0.0
    assert motion.angles[0, CHANNELS.index("turn")] > 20.0


def test_main_is_the_side_of_the_handedness() -> None:
    for left_handed, side in ((False, "right"), (True, "left")):
        motion = quiet(5, left_handed=left_handed)
        motion.keys("main_elbow", (0.0, 0.0), (1.0, 90.0))
        moved = motion.angles.any(axis=0)
        assert [channel for channel, flag in zip(CHANNELS, moved, strict=True) if flag] == [f"{side}_elbow"]


def test_a_swing_is_zero_outside_of_its_time() -> None:
    motion = quiet(101)
    motion.swing("nod", 10.0, 3.0, 0.25, 0.75)
    course = motion.angles[:, CHANNELS.index("nod")]
    assert not course[:26].any() and not course[75:].any()
    assert 7.0 < course.max() < 12.0


def test_walking_forward_advances_and_the_foot_on_the_floor_stays() -> None:
    motion = quiet(80)
    motion.steps(2.0, 0.0, 1.0)
    world = motion.positions()
    assert world[-1, NTU25.root, 2] - world[0, NTU25.root, 2] < -0.6  # -z is ahead; a person of 1 m
    feet = np.linalg.norm(np.diff(world[:, [joint("left_ankle"), joint("right_ankle")]], axis=0)[..., [0, 2]], axis=-1)
    assert np.median(feet.min(axis=1)) < 1e-3


def test_walking_back_goes_back() -> None:
    motion = quiet(80)
    motion.steps(2.0, 0.0, 1.0, back=True)
    world = motion.positions()
    assert world[-1, NTU25.root, 2] - world[0, NTU25.root, 2] > 0.6


# -- actions ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(LABELS.keys() - {"jump"}))
def test_one_foot_is_always_on_the_floor(name: str) -> None:
    feet = perform(LABELS[name], 4, 1, seed=0)[:, :, [joint("left_foot"), joint("right_foot")], 1]
    assert np.allclose(feet.min(axis=2), 0.024, atol=0.008)


@pytest.mark.parametrize("name", sorted(LABELS))
def test_nothing_moves_faster_than_a_hand_can(name: str) -> None:
    fastest = max(
        np.linalg.norm(np.diff(perform(LABELS[name], s, 1, seed=0), axis=0), axis=-1).max() for s in range(1, 9)
    )
    assert fastest * 30 < 18.0  # meters per second


SUBJECTS = range(1, 9)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_actions_do_what_they_are_called(subject: int) -> None:
    def world(name: str) -> np.ndarray:
        return perform(LABELS[name], subject, 1, seed=0)

    def height(name: str, of: str) -> np.ndarray:
        return world(name)[:, 0, joint(of), 1]

    left = Person.draw(generator(0, "subject", subject)).left_handed
    main = "left" if left else "right"
    assert between(world("drink"), f"{main}_hand", "head") < 0.36
    assert between(world("clap"), "left_hand", "right_hand") < 0.2
    assert (height("raise arm", f"{main}_hand") - height("raise arm", "head")).max() > 0.2
    assert (height("wave", f"{main}_hand") - height("wave", f"{main}_shoulder")).max() > 0.0
    assert height("jump", "left_foot").max() > 0.2
    assert height("kick", f"{main}_foot").max() > 0.4
    base = height("sit down", "spine_base")
    assert base[-1] < 0.65 * base[0]
    base = height("stand up", "spine_base")
    assert base[0] < 0.65 * base[-1]
    assert height("squat", "spine_base").min() < 0.65 * height("squat", "spine_base")[0]
    assert height("bow", "head").min() < 0.8 * height("bow", "head")[0]
    walk = world("walk")[:, 0, NTU25.root]
    assert np.linalg.norm(walk[-1] - walk[0]) > 0.9


@pytest.mark.parametrize("subject", SUBJECTS)
def test_two_persons_meet(subject: int) -> None:
    def world(name: str) -> np.ndarray:
        return perform(LABELS[name], subject, 2, seed=0)

    assert between(world("handshake"), "right_hand", "right_hand", (0, 1)) < 0.2
    assert between(world("push"), "right_hand", "left_shoulder", (0, 1)) < 0.45
    assert between(world("hug"), "spine_shoulder", "spine_shoulder", (0, 1)) < 0.5
    bases = world("approach")[:, :, NTU25.root]
    apart = np.linalg.norm(bases[:, 0] - bases[:, 1], axis=-1)
    assert apart[0] > 1.8 and apart[-1] == pytest.approx(0.85, abs=0.15)


# -- cameras ----------------------------------------------------------------------------------------------------------


def test_cameras_see_one_performance_turned_about_the_stage() -> None:
    world = perform(LABELS["push"], 1, 1, seed=0)
    middle = np.array([0.0, -1.1, 3.1])
    front = view(world, 2) - middle
    for camera, degrees in CAMERAS.items():
        assert np.allclose(view(world, camera) - middle, front @ rotation("y", degrees).T)
    assert list(CAMERAS.values()) == [-45.0, 0.0, 45.0]


def test_a_joint_behind_the_trunk_is_hidden() -> None:
    body = pose() + np.array([0.0, -0.5, 3.0])
    body[joint("left_hand")] = body[joint("spine_mid")] + [0.0, 0.0, 0.3]
    body[joint("right_hand")] = body[joint("spine_mid")] - [0.0, 0.0, 0.3]
    mask = hidden(body[None, None])[0, 0]
    assert mask[joint("left_hand")]
    assert not mask[joint("right_hand")]


def test_a_person_hides_the_one_behind() -> None:
    pair = np.stack([pose(), pose()]) + np.array([0.0, -0.5, 3.0])
    pair[1, :, 2] += 1.0
    mask = hidden(pair[None])[0]
    assert not mask[0].any()
    assert mask[1, [joint("spine_mid"), joint("spine_shoulder")]].all()


def test_noise_is_of_millimetres_and_larger_in_depth_at_extremities_and_far_away() -> None:
    near = np.broadcast_to(pose(left_arm_side=60, right_arm_side=60) + np.array([0.0, -0.5, 2.0]), (3000, 1, 25, 3))
    errors = []
    for distance in (0.0, 2.0):
        true = near + np.array([0.0, 0.0, distance])
        seen = measure(true, np.random.default_rng(3))
        kept = seen.any(axis=(1, 2, 3))
        errors.append((seen - true)[kept, 0].std(axis=0))  # [V, 3]
    spine, hand = joint("spine_mid"), joint("left_hand_tip")
    assert 0.001 < errors[0][spine, 0] < 0.01
    assert errors[0][spine, 2] > 1.4 * errors[0][spine, 0]
    assert errors[0][hand, 0] > 1.5 * errors[0][spine, 0]
    assert errors[1][spine, 0] > 3.0 * errors[0][spine, 0]


def test_hidden_joints_err_more() -> None:
    body = pose() + np.array([0.0, -0.5, 3.0])
    body[joint("left_hand")] = body[joint("spine_mid")] + [0.0, 0.0, 0.3]
    true = np.broadcast_to(body, (2000, 1, 25, 3))
    seen = measure(true, np.random.default_rng(1))
    error = (seen - true)[seen.any(axis=(1, 2, 3)), 0].std(axis=0)
    assert error[joint("left_hand"), 0] > 2.5 * error[joint("right_hand"), 0]
