"""The classes: what each one must look like, whoever performs it."""

import numpy as np
import pytest

from tg_skeleton.motion import ACTIONS, BODY, CLASSES, OTHER, perform
from tg_skeleton.motion.body import JOINT

CHAIN = (("head_top", "upper_neck"), ("upper_neck", "mid_hip"), ("left_hip", "left_knee"), ("left_knee", "left_ankle"))
LABELS = {name: label for label, name in enumerate(CLASSES)}


def scenes(name: str, count: int = 24) -> list[np.ndarray]:
    """Performances ``[T, M, V, 3]``."""
    return [perform(LABELS[name], np.random.default_rng((1, run)), 20.0).pos for run in range(count)]


def height(pos: np.ndarray, joint: str, person: int = 0) -> np.ndarray:
    """The height of a joint in statures, the stature being that of the skeleton."""
    body = pos[:, person]
    stature = sum(np.linalg.norm(body[0, JOINT[a]] - body[0, JOINT[b]]) for a, b in CHAIN)
    return body[:, JOINT[joint], 1] / stature


def share(name: str, holds) -> float:
    found = [bool(holds(pos)) for pos in scenes(name)]
    return sum(found) / len(found)


def top_hand(pos: np.ndarray) -> np.ndarray:
    return np.maximum(height(pos, "left_wrist"), height(pos, "right_wrist"))


def traveled(pos: np.ndarray, person: int = 0) -> float:
    way = pos[:, person, 0, [0, 2]]
    return float(np.linalg.norm(way - way[0], axis=-1).max())


def apart(pos: np.ndarray) -> np.ndarray:
    return np.linalg.norm(pos[:, 0, 0] - pos[:, 1, 0], axis=-1)


def test_the_vocabulary() -> None:
    assert len(CLASSES) == len(set(CLASSES)) >= 45
    assert len(CLASSES) - 1 == OTHER
    assert all((action.partner is None) == (action.meeting is None) for action in ACTIONS)


@pytest.mark.parametrize("label", range(len(CLASSES)), ids=CLASSES)
def test_every_performance_is_a_body_that_moves_on_the_ground(label: int) -> None:
    for run in range(4):
        scene = perform(label, np.random.default_rng((2, run)), 25.0)
        pos = scene.pos
        assert scene.label == label and pos.shape[2:] == (BODY.num_joints, 3) and len(pos) >= 8
        assert np.isfinite(pos).all()
        assert pos[..., 1].min() > -0.08
        assert pos[..., 1].max() < 3.2
        for child, parent in (*CHAIN[2:], ("left_elbow", "left_shoulder")):
            length = np.linalg.norm(pos[:, :, JOINT[child]] - pos[:, :, JOINT[parent]], axis=-1)
            assert np.ptp(length, axis=0).max() < 1e-6
        speed = np.linalg.norm(np.diff(pos, axis=0), axis=-1).max() * 25.0
        assert speed < 45.0


@pytest.mark.parametrize(
    ("name", "holds", "least"),
    [
        ("walk", lambda pos: traveled(pos) > 0.5, 0.7),
        ("walk on the spot", lambda pos: traveled(pos) < 0.6, 0.9),
        ("sit down", lambda pos: height(pos, "mid_hip")[-1] < 0.8 * height(pos, "mid_hip")[0], 0.85),
        ("stand up", lambda pos: height(pos, "mid_hip")[-1] > 1.15 * height(pos, "mid_hip")[0], 0.85),
        ("squat", lambda pos: height(pos, "mid_hip").min() < 0.85 * height(pos, "mid_hip").max(), 0.9),
        ("jump", lambda pos: pos[:, 0, [JOINT["left_heel"], JOINT["right_heel"]], 1].min(1).max() > 0.05, 0.85),
        ("fall down", lambda pos: height(pos, "mid_shoulder")[-1] < 0.5, 0.85),
        ("lie down", lambda pos: height(pos, "mid_shoulder")[-1] < 0.4, 0.7),
        ("get up", lambda pos: height(pos, "mid_shoulder")[-1] > height(pos, "mid_shoulder")[0] + 0.1, 0.9),
        ("raise hand", lambda pos: (top_hand(pos) > height(pos, "nose")).any(), 0.85),
        ("wave", lambda pos: (top_hand(pos) > height(pos, "spine_mid")).any(), 0.9),
        ("jumping jack", lambda pos: (top_hand(pos) > height(pos, "mid_shoulder")).any(), 0.85),
        ("pick up with both hands", lambda pos: top_hand(pos).min() < 0.42, 0.6),
        ("approach", lambda pos: apart(pos)[-1] < apart(pos)[0] - 0.2, 0.8),
        ("depart", lambda pos: apart(pos)[-1] > apart(pos)[0] + 0.2, 0.8),
        ("hug", lambda pos: apart(pos).min() < 0.7, 0.85),
    ],
)
def test_a_class_is_what_it_is_called(name: str, holds, least: float) -> None:
    assert share(name, holds) >= least


def test_hands_of_those_who_shake_them_meet() -> None:
    gaps = []
    for pos in scenes("shake hands"):
        hands = [JOINT["left_hand"], JOINT["right_hand"]]
        between = np.linalg.norm(pos[:, 0, hands][:, :, None] - pos[:, 1, hands][:, None], axis=-1)
        gaps.append(between.min())
    assert np.median(gaps) < 0.15


def test_the_hand_of_a_drinker_comes_to_the_mouth() -> None:
    found = []
    for pos in scenes("drink"):
        hands = pos[:, 0, [JOINT["left_hand"], JOINT["right_hand"]]]
        mouth = pos[:, 0, [JOINT["left_mouth"], JOINT["right_mouth"]]].mean(axis=1)
        found.append(np.linalg.norm(hands - mouth[:, None], axis=-1).min())
    assert np.median(found) < 0.2


def test_no_two_performances_are_alike() -> None:
    lengths = {(len(pos), round(float(pos[-1, 0, 5, 1]), 6)) for pos in scenes("clap")}
    assert len(lengths) == 24
