"""What the network of the package says about the shared videos, beside what is to be seen in them.

python -m tests.benchmark.videos answers [wheel|task]
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

import tg_skeleton
from tests.pose.task_file import write_task
from tg_skeleton import MEDIAPIPE33, SkeletonSequence
from tg_skeleton.inference import ActionRecognizer, Prediction
from tg_skeleton.inference.segments import spans
from tg_skeleton.motion import CLASSES
from tg_skeleton.motion.scene import perform
from tg_skeleton.motion.sensors import mediapipe
from tg_skeleton.pose import VideoRecording, mediapipe_estimator, read_video

Who = Literal["nearest", "farthest"]
"""Of the persons who are seen in most of the frames, by their mean distance from the camera."""


class Expected(NamedTuple):
    """What somebody does, by the vocabulary of the network: any of ``names`` is right."""

    movement: str
    videos: tuple[str, ...]
    who: Who
    frames: tuple[int, int]
    names: tuple[str, ...]


WRISTS, SHOULDERS, HIPS = [15, 16], [11, 12], [23, 24]
BALANCE = ("balance_camera1", "balance_camera3", "balance_camera4")
TWO = ("two_persons_camera1", "two_persons_camera2")

EXPECTED = (
    Expected("a woman walks by", ("walk_and_jump",), "nearest", (60, 180), ("walk",)),
    Expected("a man on a box does jumping jacks", ("walk_and_jump",), "farthest", (0, 80), ("jumping jack",)),
    Expected("he turns aside", ("walk_and_jump",), "farthest", (80, 125), ("turn around",)),
    Expected("he leaps off and lands", ("walk_and_jump",), "farthest", (150, 205), ("jump",)),
    # a step, a lean aside on one leg with an arm raised, a step: no class of the vocabulary is that
    Expected("a man holds balance", BALANCE, "nearest", (0, 100), ("something else",)),
    Expected("the same man, behind somebody", TWO, "farthest", (0, 100), ("something else",)),
    # she turns aside with a hand at her head, then holds it up and moves it
    Expected("who stands in front of him", TWO, "nearest", (0, 100), ("raise hand", "wave")),
)
"""Written down from looking at the videos, frame by frame."""


def answers(videos: Path, models: Literal["wheel", "task"] = "wheel") -> None:
    """A line for each camera of each movement, whether the cameras agree, and how far arms swing."""
    with tempfile.TemporaryDirectory() as place:
        estimator = mediapipe_estimator(write_task(Path(place, "full.task")) if models == "task" else None)
        names = sorted({video for expected in EXPECTED for video in expected.videos})
        read = {name: read_video(videos / f"{name}.mp4", estimator) for name in names}
    recognizer = tg_skeleton.load("everyday")
    about = recognizer.on(estimator.topology, 3)
    said: dict[str, list[str]] = defaultdict(list)
    for expected in EXPECTED:
        for video in expected.videos:
            there, whole, parts = asked(about, read[video], expected.who, expected.frames)
            said[expected.movement].append(whole.label)
            first = ", ".join(f"{name} {value:.2f}" for name, value in whole.top(3))
            right = sum(part.label in expected.names for part in parts)
            print(
                f"{expected.movement}: {video}, seen in {there} frames, expected {' or '.join(expected.names)}, got "
                f"{first}; as expected in {right} of {len(parts)} windows",
                flush=True,
            )
    for movement, labels in said.items():
        if len(labels) > 1:
            print(f"{movement}: its {len(labels)} cameras {'agree' if len(set(labels)) == 1 else 'do not agree'}")
    arms(read["walk_and_jump"].frames(*EXPECTED[0].frames))


def asked(
    recognizer: ActionRecognizer, recording: VideoRecording, who: Who, frames: tuple[int, int]
) -> tuple[int, Prediction, list[Prediction]]:
    """In how many frames one person is seen, the answer, and those about windows of the length that `watch` takes."""
    part = recording.frames(*frames)
    person = chosen(part, who)
    assert part.score is not None
    pos, score = part.pos[:, [person]], part.score[:, [person]]
    window = recognizer.card.window(part.fps)
    whole, *parts = recognizer.predict(
        [
            SkeletonSequence.from_array(pos[start:end], part.topology, score=score[start:end])
            for start, end in [(0, len(pos)), *spans(len(pos), window, max(window // 8, 1)).tolist()]
        ]
    )
    return int((score > 0).any((1, 2)).sum()), whole, parts


def swing(pos: np.ndarray, score: np.ndarray) -> float:
    """How far hands ``[T, 33, 3]`` swing about the shoulders: standard deviation, of the body's size."""
    body = pos - pos[:, HIPS].mean(1, keepdims=True)
    size = np.sqrt((body[score > 0] ** 2).sum(-1).mean())
    return float(np.linalg.norm((body[:, WRISTS] - body[:, SHOULDERS]).std(0), axis=-1).mean() / size)


def arms(woman: VideoRecording) -> None:
    """The arms of a woman who walks beside those of generated walkers."""
    generated = []
    for number in range(200):
        rng = np.random.default_rng((7, number))
        seen = mediapipe(perform(CLASSES.index("walk"), rng, 30.0), MEDIAPIPE33, rng)
        if seen.pos.shape[1] == 1 and (seen.score > 0).all():
            generated.append(swing(seen.pos[:, 0].astype(float), seen.score[:, 0]))
    half, most = np.percentile(generated, (50, 95))
    person = chosen(woman, "nearest")
    assert woman.score is not None
    own = swing(woman.pos[:, person].astype(float), woman.score[:, person])
    print(
        f"arms swing by {own:.2f} of the body's size; of {len(generated)} generated walkers by {half:.2f}, 95 of 100 "
        f"by less than {most:.2f}"
    )


def chosen(part: VideoRecording, who: Who) -> int:
    """The place of the nearest or farthest person of those who are seen in half of the frames."""
    assert part.score is not None
    seen = part.score > 0  # [T, M, V]
    there = seen.any(-1).mean(0) >= 0.5
    away = (part.pos[..., 2] * seen).sum((0, 2)) / np.maximum(seen.sum((0, 2)), 1)  # [M]
    if who == "nearest":
        return int(np.where(there, away, np.inf).argmin())
    return int(np.where(there, away, -np.inf).argmax())
