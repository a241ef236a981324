"""How many frames per second does a stream with ESAN process, and where is the time spent?"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from time import perf_counter

import numpy as np
import torch

from tests.benchmark.inputs import CLASSES
from tests.benchmark.measure import Decimal, Table
from tg_skeleton import NTU25
from tg_skeleton.inference import ActionRecognizer, ModelCard, StageTimes, StreamingRecognizer
from tg_skeleton.inference.streaming import Answers
from tg_skeleton.training import keep_freed_memory
from tg_skeleton.training.recipes.esan import esan_ntu60_xsub

WINDOW, SAMPLED, FRAMES = 60, 20, 150

PUBLISHED, NARROW = (64, 128, 256, 512), (64, 128, 256)
"""Channels of ESAN's blocks."""

CASES: tuple[tuple[tuple[int, ...], int, Answers, int], ...] = (
    (PUBLISHED, 1, "persons", 1),
    (PUBLISHED, 5, "persons", 1),
    (PUBLISHED, 10, "persons", 1),
    (PUBLISHED, 10, "persons", 2),
    (PUBLISHED, 10, "turns", 2),
    (PUBLISHED, 5, "both", 1),
    (PUBLISHED, 10, "both", 1),
    (NARROW, 1, "persons", 1),
    (NARROW, 5, "persons", 1),
    (NARROW, 10, "persons", 1),
)
"""Widths, persons, what is asked about them, and at every which frame; of one person "both" is the same."""

ASKED: dict[Answers, str] = {"persons": "each", "turns": "each, in turns", "both": "each, and all together"}
STAGES = (*StageTimes._fields, "whole frame")


def run() -> list[Table]:
    """Run in a separate process that keeps its freed memory, as the commands do."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        rows = [pool.apply(measured, (*case, torch.get_num_threads())) for case in CASES]
    header = ("widths", "persons", "asked about", "network at every", "frames/s", *(f"{stage} ms" for stage in STAGES))
    title = (
        f"ESAN on a stream: {SAMPLED} frames of a window of {WINDOW}, paper A's transforms; median (95 of 100 below)"
    )
    return [Table(title, header, rows)]


def measured(widths: tuple[int, ...], persons: int, answers: Answers, every: int, threads: int) -> tuple[object, ...]:
    """A row: all persons present in every frame, with a full window."""
    keep_freed_memory()
    torch.set_num_threads(threads)
    stream = StreamingRecognizer(recognizer(widths), window=WINDOW, every=every, answers=answers)
    frames = np.random.default_rng(0).standard_normal((WINDOW + FRAMES, persons, 25, 3), dtype=np.float32)
    for frame in frames[:WINDOW]:
        stream.push(frame, range(persons))
    stages, whole = [], []
    for frame in frames[WINDOW:]:
        start = perf_counter()
        said = stream.push(frame, range(persons))
        said.person(0)  # a GPU would be waited for here
        whole.append((perf_counter() - start) * 1e3)
        stages.append(said.milliseconds)
    times = [*zip(*stages, strict=True), whole]
    rate = Decimal(1e3 * len(whole) / sum(whole))
    how = ASKED[answers], "frame" if every == 1 else f"{every} frames"
    return "-".join(map(str, widths)), persons, *how, rate, *map(spread, times)


def spread(times: Sequence[float]) -> str:
    """Median and 95th percentile."""
    middle, high = (Decimal(value) for value in np.percentile(times, (50, 95)))
    return f"{middle} ({high})"


def recognizer(widths: tuple[int, ...] = PUBLISHED) -> ActionRecognizer:
    """An untrained recognizer, which takes the same time."""
    preprocessing = esan_ntu60_xsub().preprocessing
    torch.manual_seed(0)
    card = ModelCard(
        network="ESAN",
        arguments={"in_channels": 6, "num_classes": CLASSES, "num_frames": SAMPLED, "widths": widths},
        topology=NTU25,
        class_names=tuple(f"class {number}" for number in range(CLASSES)),
        num_frames=SAMPLED,
        transform=preprocessing.val_transform,
        batch_transform=preprocessing.eval_batch_transform,
    )
    return ActionRecognizer(card.build(), card)
