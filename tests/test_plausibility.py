"""What does not look like a body is found, and real bodies are not suspected."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton import NTU25, Topology
from tg_skeleton.datasets import NWUCLA, SBUInteraction, SkeletonDataset, simulate
from tg_skeleton.plausibility import BodyStatistics, implausibilities
from tg_skeleton.topologies import TOPOLOGIES

ACTIONS = ("wave", "squat", "kick", "throw")
LEFT_FOR_RIGHT = list(NTU25.mirror)
ARMS_FOR_LEGS = list(range(25))
ARMS_FOR_LEGS[4:12], ARMS_FOR_LEGS[12:20] = ARMS_FOR_LEGS[12:20], ARMS_FOR_LEGS[4:12]

INJURIES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "y down": (lambda pos: pos * [1, -1, 1], "upside_down"),
    "z up": (lambda pos: pos[..., [0, 2, 1]], "up_axis"),
    "x reversed": (lambda pos: pos * [-1, 1, 1], "mirrored"),
    "left for right": (lambda pos: pos[:, :, LEFT_FOR_RIGHT], "mirrored"),
    "millimeters": (lambda pos: pos * 1000, "units"),
    "centimeters": (lambda pos: pos * 100, "units"),
    "arms for legs": (lambda pos: pos[:, :, ARMS_FOR_LEGS], "order"),
    "joints backward": (lambda pos: pos[:, :, ::-1], "order"),
}


def poses() -> list[np.ndarray]:
    return [simulate(action, subject=number + 1).pos for number, action in enumerate(ACTIONS)]


@pytest.fixture(scope="module")
def training() -> BodyStatistics:
    return BodyStatistics.measure([(simulate(name, subject=9).pos, None) for name in ACTIONS], NTU25)


def kinds(pos: np.ndarray, expected: BodyStatistics | None = None) -> set[str]:
    return {finding.kind for finding in implausibilities(pos, None, NTU25, expected=expected)}


def test_bodies_are_not_suspected(training: BodyStatistics) -> None:
    assert [kinds(pos) | kinds(pos, training) for pos in poses()] == [set()] * len(ACTIONS)


@pytest.mark.parametrize("name", INJURIES)
def test_injuries_are_found(name: str, training: BodyStatistics) -> None:
    injure, kind = INJURIES[name]
    for pos in poses():
        assert kind in kinds(injure(pos), training)


def test_a_fix_is_named() -> None:
    (found,) = (one for one in implausibilities(poses()[0] * [1, -1, 1], None, NTU25) if one.kind == "upside_down")
    assert str(found) == ("looks upside down: heads are below feet along y, where y pointing up is expected; --flip y")
    (found,) = implausibilities(1000 * poses()[0], None, NTU25)
    assert found.message.endswith("looks like millimeters") and found.fix == "--scale 0.001"


def test_the_axis_that_points_up_is_named_with_its_sign() -> None:
    turned = (poses()[0] * [1, 1, -1])[..., [0, 2, 1]]  # by 90 degrees about x
    (found,) = implausibilities(turned, None, NTU25)
    assert (found.kind, found.fix) == ("up_axis", "--up=z")
    (found,) = implausibilities(turned * [1, -1, -1], None, NTU25)
    assert (found.kind, found.fix) == ("up_axis", "--up=-z")


def test_unseen_joints_do_not_count(training: BodyStatistics) -> None:
    pos = poses()[0].copy()
    score = np.ones(pos.shape[:3])
    pos[:, :, 7], score[:, :, 7] = 1e6, 0
    pos[:, :, 19] = np.nan
    pos[3] = 0
    assert implausibilities(pos, score, NTU25, expected=training) == []


def test_nobody_and_unnamed_joints_have_no_findings() -> None:
    assert implausibilities(np.zeros((4, 1, 25, 3)), None, NTU25) == []
    anonymous = Topology("anonymous", ("a", "b", "c"), (0, 0, 1))
    assert implausibilities(np.random.default_rng(0).normal(size=(5, 1, 3, 3)), None, anonymous) == []


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_every_skeleton_tells_up_from_down(topology: Topology) -> None:
    weights = NTU25.mapping(topology).weights.double().numpy()
    pos = weights @ poses()[1]
    expected = BodyStatistics.measure([(pos, None)], topology)
    assert expected.up == (1, 1)
    assert implausibilities(pos, None, topology, expected=expected) == []
    down = implausibilities(pos * [1, -1, 1], None, topology, expected=expected)
    assert "upside_down" in [finding.kind for finding in down]
    flat = implausibilities(pos[..., :2] * [1, -1], None, topology)
    assert [finding.kind for finding in flat] == ["upside_down"]


def test_statistics_go_through_json(training: BodyStatistics) -> None:
    text = json.dumps(training.to_dict(), allow_nan=False)
    again = BodyStatistics.from_dict(json.loads(text))
    np.testing.assert_array_equal(again.bones, training.bones)
    assert (again.up, again.trunk, again.facing) == (training.up, training.trunk, training.facing)
    assert (again.spread, again.unevenness, again.deviation) == (
        training.spread,
        training.unevenness,
        training.deviation,
    )
    assert np.isnan(training.bones[NTU25.root])


def test_no_recording_has_no_statistics() -> None:
    with pytest.raises(ValueError, match="recordings: expected at least one in which somebody is seen, got none"):
        BodyStatistics.measure([(np.zeros((2, 1, 25, 3)), None)], NTU25)


def real(dataset: SkeletonDataset, step: int) -> list[np.ndarray]:
    joints = dataset.topology.num_joints
    return [dataset[i].pos.numpy().reshape(dataset[i].num_frames, -1, joints, 3) for i in range(0, len(dataset), step)]


def check_real(pos: list[np.ndarray], topology: Topology, mirrored: float) -> None:
    """No false alarm, and each injury found in at least 95 % (mirrored ones: as given) of the recordings."""
    expected = BodyStatistics.measure([(one, None) for one in pos[::2]], topology)
    others = pos[1::2]

    def share(kind: str | None, injure: Callable[[np.ndarray], np.ndarray]) -> float:
        found = [implausibilities(injure(one), None, topology, expected=expected) for one in others]
        return sum(any(kind in (None, finding.kind) for finding in one) for one in found) / len(others)

    assert share(None, lambda one: one) == 0
    assert [one for one in others if implausibilities(one, None, topology)] == []
    assert share("upside_down", lambda one: one * [1, -1, 1]) == 1
    assert share("up_axis", lambda one: one[..., [0, 2, 1]]) == 1
    assert share("units", lambda one: one * 1000) == 1
    assert share("order", lambda one: one[:, :, ::-1]) == 1
    assert share("mirrored", lambda one: one * [-1, 1, 1]) >= mirrored


def test_real_kinect_bodies(shared_data: Path, tmp_path: Path) -> None:
    dataset = NWUCLA(tmp_path, "train", mirror=shared_data / "all_sqe.zip")
    check_real(real(dataset, 4), dataset.topology, mirrored=0.95)


def test_real_pairs_of_bodies(shared_data: Path, tmp_path: Path) -> None:
    dataset = SBUInteraction(tmp_path, 5, "train", mirror=shared_data / "sbu.zip")
    check_real(real(dataset, 2), dataset.topology, mirrored=0.8)  # no toes: what arms and knees say
