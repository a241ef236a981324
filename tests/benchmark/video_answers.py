"""What the network of the package says about the shared videos, beside what is to be seen in them.

python -m tests.benchmark.videos answers
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

import tg_skeleton
from tg_skeleton import SkeletonSequence
from tg_skeleton.inference import ActionRecognizer, Prediction
from tg_skeleton.inference.segments import spans
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


def answers(videos: Path) -> None:
    """A line for each camera of each movement, and whether the cameras agree."""
    estimator, recognizer = mediapipe_estimator(), tg_skeleton.load("everyday")
    names = sorted({video for expected in EXPECTED for video in expected.videos})
    read = {name: read_video(videos / f"{name}.mp4", estimator) for name in names}
    about = recognizer.on(estimator.topology, 3)
    said: dict[str, list[str]] = defaultdict(list)
    for expected in EXPECTED:
        for video in expected.videos:
            whole, parts = asked(about, read[video], expected.who, expected.frames)
            said[expected.movement].append(whole.label)
            first = ", ".join(f"{name} {value:.2f}" for name, value in whole.top(3))
            right = sum(part.label in expected.names for part in parts)
            print(
                f"{expected.movement}: {video}, expected {' or '.join(expected.names)}, got {first}; as expected in "
                f"{right} of {len(parts)} windows",
                flush=True,
            )
    for movement, labels in said.items():
        if len(labels) > 1:
            print(f"{movement}: its {len(labels)} cameras {'agree' if len(set(labels)) == 1 else 'do not agree'}")


def asked(
    recognizer: ActionRecognizer, recording: VideoRecording, who: Who, frames: tuple[int, int]
) -> tuple[Prediction, list[Prediction]]:
    """The answer about one person in some frames, and those about windows of the length that `watch` takes."""
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
    return whole, parts


def chosen(part: VideoRecording, who: Who) -> int:
    """The place of the nearest or farthest person of those who are seen in half of the frames."""
    assert part.score is not None
    seen = part.score > 0  # [T, M, V]
    there = seen.any(-1).mean(0) >= 0.5
    away = (part.pos[..., 2] * seen).sum((0, 2)) / np.maximum(seen.sum((0, 2)), 1)  # [M]
    if who == "nearest":
        return int(np.where(there, away, np.inf).argmin())
    return int(np.where(there, away, -np.inf).argmax())
