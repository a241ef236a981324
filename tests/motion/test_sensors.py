"""What sensors make of a scene, and the endless source."""

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.motion import (
    CLASSES,
    PAIRS,
    SENSORS,
    detector,
    kinect_v2,
    label_of,
    mediapipe,
    motion_capture,
    perform,
    take,
)
from tg_skeleton.motion.errors import exchange_from_behind
from tg_skeleton.topologies import COCO17, MEDIAPIPE33, NTU25, TOPOLOGIES

WALK = perform(CLASSES.index("walk"), np.random.default_rng(0), 25.0)


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.__name__)
@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_every_sensor_reports_every_skeleton(sensor, topology) -> None:
    seen = sensor(WALK, topology, np.random.default_rng(3))
    dims = 2 if sensor is detector else 3
    assert seen.pos.shape[1:] == (1, topology.num_joints, dims)
    assert seen.score.shape == seen.pos.shape[:3]
    assert seen.pos.dtype == seen.score.dtype == np.float32
    assert np.isfinite(seen.pos).all()
    assert ((seen.score >= 0.0) & (seen.score <= 1.0)).all()
    assert not seen.pos[seen.score == 0.0].any()


def test_a_topology_of_ones_own_lacks_what_the_body_has_not() -> None:
    tail = Topology("tail", ("mid_hip", "left_knee", "right_knee", "tail"), (0, 0, 0, 0), pairs=[(1, 2)])
    seen = motion_capture(WALK, tail, np.random.default_rng(0))
    assert not seen.score[..., 3].any() and seen.score[..., :3].any()


def test_motion_capture_keeps_the_lengths_of_bones() -> None:
    seen = motion_capture(WALK, NTU25, np.random.default_rng(2))
    whole = (seen.score > 0).all(axis=(1, 2))
    thigh = np.linalg.norm(seen.pos[whole, 0, 12] - seen.pos[whole, 0, 13], axis=-1)
    assert thigh.std() < 0.02 * thigh.mean()


def test_a_camera_in_front_sees_a_standing_person_upright() -> None:
    scene = perform(CLASSES.index("stand"), np.random.default_rng(5), 20.0)
    for run in range(10):
        seen = detector(scene, COCO17, np.random.default_rng(run))
        both = (seen.score[..., 0] > 0) & (seen.score[..., 15] > 0)
        if both.any():
            assert (seen.pos[..., 0, 1] - seen.pos[..., 15, 1])[both].mean() > 0.1  # the nose above the ankle


def test_mediapipe_lies_around_the_hips() -> None:
    seen = mediapipe(WALK, MEDIAPIPE33, np.random.default_rng(1))
    hips = [MEDIAPIPE33.index("left_hip"), MEDIAPIPE33.index("right_hip")]
    there = (seen.score[..., hips] > 0).all(axis=-1)
    assert np.abs(seen.pos[..., hips, :][there].mean(axis=-2)).mean() < 0.1


def test_who_turns_the_back_has_sides_exchanged() -> None:
    pos = np.zeros((1, 1, NTU25.num_joints, 3))
    left, right = NTU25.index("left_shoulder"), NTU25.index("right_shoulder")
    pos[..., left, 0], pos[..., right, 0] = 0.2, -0.2
    out = exchange_from_behind(pos, NTU25)
    assert out[0, 0, left, 0] == -0.2 and out[0, 0, right, 0] == 0.2


def test_a_recording_follows_from_seed_and_number() -> None:
    one, two, other = take(5, seed=3), take(5, seed=3), take(5, seed=4)
    assert np.array_equal(one.pos, two.pos) and np.array_equal(one.score, two.score) and one.label == two.label
    assert one.pos.shape != other.pos.shape or not np.array_equal(one.pos, other.pos)
    assert label_of(5, seed=3) == one.label


def test_classes_take_turns() -> None:
    first, second = ([label_of(48 * block + number) for number in range(48)] for block in (0, 1))
    assert sorted(first) == sorted(second) == list(range(48))
    assert first != second


def test_sensors_and_skeletons_can_be_chosen() -> None:
    made = [take(number, pairs={kinect_v2: (NTU25,)}) for number in range(8)]
    assert {(one.sensor, one.topology.name) for one in made} == {("kinect_v2", "NTU25")}


def test_the_source_draws_all_sensors_and_many_classes() -> None:
    made = [take(number) for number in range(150)]
    assert {one.sensor for one in made} == {sensor.__name__ for sensor in PAIRS}
    assert len({one.label for one in made}) > 35
    assert all(len(one.pos) >= 8 and 1 <= one.pos.shape[1] <= 3 for one in made)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"number": -1}, "number: expected a whole number from 0, got -1"),
        ({"number": 0, "seed": -2}, "seed: expected a whole number from 0, got -2"),
        ({"number": 0, "pairs": {}}, "pairs: expected sensors with at least one topology each"),
    ],
)
def test_wrong_arguments_are_named(arguments, message) -> None:
    with pytest.raises(ValueError, match=message):
        take(**arguments)
