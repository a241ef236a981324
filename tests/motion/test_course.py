"""Joint angles over time, and what bears the body."""

import numpy as np
import pytest

from tg_skeleton.motion import gait
from tg_skeleton.motion.body import INDEX, JOINT
from tg_skeleton.motion.course import Motion
from tg_skeleton.motion.person import Person
from tg_skeleton.motion.poses import MOUTH, touch


def quiet(frames: int = 60, seconds: float = 2.0) -> Motion:
    """A motion of the average person without sway or rest pose; arms hang."""
    clock = np.linspace(0.0, 1.0, frames)
    motion = Motion(seconds * clock, clock, Person(stoop=0.0), rng=np.random.default_rng(0))
    motion.angles[:] = 0.0
    motion.angles[[INDEX["left_reach"], INDEX["right_reach"], INDEX["hang"]]] = 1.0
    return motion


def test_courses_run_smoothly_through_their_values_and_hold_the_ends() -> None:
    motion = quiet(101)
    motion.add((0.2, 0.5, 0.8), {"lean": (0.0, 10.0, 0.0)})
    course = motion.angles[INDEX["lean"]]
    assert not course[:10].any() and not course[90:].any()
    assert 7.0 < course.max() < 13.0
    assert np.abs(np.diff(course)).max() < 2.0


def test_what_has_the_same_times_goes_together() -> None:
    motion = quiet()
    motion.add((0.1, 0.9), {"left_knee": (0.0, 1.0)})
    motion.add((0.1, 0.9), {"right_knee": (0.0, 1.0)})
    left, right = motion.angles[INDEX["left_knee"]], motion.angles[INDEX["right_knee"]]
    assert np.allclose(left / left[-1], right / right[-1])


def test_an_arm_goes_to_its_pose_and_back() -> None:
    motion = quiet(101)
    motion.arm("right", (0.1, 0.4, 0.6, 0.9), (None, (90.0, 0.0, 0.9, 0.0), (90.0, 0.0, 0.9, 0.0), None))
    raised = motion.angles[INDEX["right_raise"]]
    assert raised[0] == raised[-1] == 0.0
    assert raised[50] == pytest.approx(90.0, abs=25.0)
    assert not motion.angles[INDEX["left_raise"]].any()


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_touched_point_is_where_the_wrist_goes(side: str) -> None:
    motion = quiet(2)
    pose = touch(motion, side, MOUTH)
    for channel, value in zip(("raise", "out", "reach", "swivel"), pose, strict=True):
        motion.angles[INDEX[f"{side}_{channel}"]] = value
    body = motion.positions()[0]
    wrist, neck = body[JOINT[f"{side}_wrist"]], body[JOINT["mid_shoulder"]]
    expected = np.array([0.0, 0.05, -0.09]) * Person().height
    assert np.allclose(wrist - neck, expected, atol=0.01)


def test_walking_advances_and_a_foot_on_the_floor_stays() -> None:
    motion = quiet(90, seconds=3.0)
    gait.walk(motion, np.ones(90), hertz=0.9, stride=22.0)
    world = motion.positions()
    assert world[-1, 0, 2] - world[0, 0, 2] < -1.5  # -z is ahead
    feet = world[:, [JOINT["left_heel"], JOINT["left_big_toe"], JOINT["right_heel"], JOINT["right_big_toe"]]]
    speed = np.linalg.norm(np.diff(feet[..., [0, 2]], axis=0), axis=-1).min(axis=1) * 30
    assert np.median(speed) < 0.2


def test_steps_on_the_spot_go_nowhere() -> None:
    motion = quiet(90, seconds=3.0)
    gait.on_the_spot(motion, np.ones(90), hertz=0.9, thigh=60.0, heel=10.0, hop=0.0)
    world = motion.positions()
    assert np.linalg.norm(world[:, 0, [0, 2]] - world[0, 0, [0, 2]], axis=-1).max() < 0.35
    assert np.ptp(world[:, JOINT["left_knee"], 1]) > 0.15


def test_a_seated_body_rests_on_its_feet_and_a_lying_one_on_its_back() -> None:
    motion = quiet(2)
    motion.angles[[INDEX["left_knee"], INDEX["right_knee"], INDEX["left_leg_forward"], INDEX["right_leg_forward"]]] = 90
    seated = motion.positions()[0]
    assert seated[JOINT["left_heel"], 1] == pytest.approx(0.0, abs=0.02)
    assert 0.35 < seated[JOINT["mid_hip"], 1] < 0.6
    motion = quiet(2)
    motion.angles[INDEX["pitch"]] = -90.0
    lying = motion.positions()[0]
    assert np.ptp(lying[:, 1]) < 0.45
    assert 0.0 <= lying[:, 1].min() < 0.12
