"""How much motion does a process generate in a second, and how long does an answer of the package's network take?"""

from __future__ import annotations

from functools import partial
from itertools import islice

import numpy as np

from tests.benchmark.measure import Decimal, Table, milliseconds
from tg_skeleton import COCO17, MEDIAPIPE33, NTU25, load
from tg_skeleton.datasets import GeneratedActions
from tg_skeleton.inference import StreamingRecognizer
from tg_skeleton.inference.shipped import SHIPPED
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import SampleSegments

RECORDINGS, FRAMES = 48, 75
CASES: tuple[tuple[Topology, int, int], ...] = ((NTU25, 3, 1), (COCO17, 2, 1), (MEDIAPIPE33, 3, 1), (NTU25, 3, 2))
"""Skeleton, coordinates, persons."""


def run() -> list[Table]:
    return [generated(), answered()]


def generated() -> Table:
    """Recordings a second, by one process."""
    source = GeneratedActions(transform=SampleSegments(24))
    times = milliseconds({"": lambda: list(islice(source, RECORDINGS))})
    rate = Decimal(1e3 * RECORDINGS / times[""])
    return Table("Generated motion, described, in clips of 24 frames", ("recordings/s",), [(rate,)])


def answered() -> Table:
    """Milliseconds of an answer about a recording, and of a frame of a stream with an answer."""
    rows = []
    for topology, dims, persons in CASES:
        recognizer = load("everyday").on(topology, dims)
        frames = np.random.default_rng(0).normal(size=(FRAMES, persons, topology.num_joints, dims)).astype(np.float32)
        stream = StreamingRecognizer(recognizer, window=FRAMES, answers="together")
        for frame in frames:
            stream.push(frame, range(persons))
        whole = partial(recognizer.predict, [frames], per_person=False, check=False)
        times = milliseconds({"recording": whole, "frame": partial(stream.push, frames[0], range(persons))})
        rows.append((topology.name, dims, persons, Decimal(times["recording"]), Decimal(times["frame"])))
    title = f"The network of the package ({SHIPPED['everyday'].stat().st_size / 1e6:.2f} MB), {FRAMES} frames, 5 clips"
    return Table(title, ("skeleton", "D", "persons", "recording ms", "frame of a stream ms"), rows)
