"""How many clips per second can one core prepare for ESAN, with the transforms of paper A?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tests.benchmark.datasets import FACTS, Generated
from tests.benchmark.measure import Count, Decimal, Ratio, Run, Table, milliseconds
from tg_skeleton import SkeletonSequence
from tg_skeleton.collate import collate
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.io import Recording

BATCH, BATCHES = 64, 4
CENTER, SPLIT, SAMPLE = T.CenterOnFirstFrame(joint=1), T.SplitPersons(), T.SampleSegments(20)
ROTATE, STREAMS = T.RandomRotate(17), T.Streams("joint", "bone")


def run(device: torch.device, sequences: int = 5000) -> list[Table]:
    """Data in the page cache; one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            dataset = NTULike(Path(folder), sequences)
            return [rates(dataset), steps(dataset), workers(dataset, device)]
    finally:
        torch.set_num_threads(threads)


class NTULike(Generated):
    """Noise with the shapes of NTU RGB+D: 60 to 150 frames, two persons in every fifth recording."""

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        noise = np.random.default_rng(0).standard_normal((400, 2, 25, 3), dtype=np.float32)

        def read(name: str) -> Recording:
            row = int(name[13:19])
            pos = noise[row % 250 :][: 60 + row % 91, : 2 if row % 5 == 0 else 1]
            return Recording(name, pos, row % 60, facts=dict.fromkeys(FACTS, row))

        yield read


class OneByOne(torch.utils.data.Dataset[SkeletonSequence]):
    """Hide that a data set can read a batch at once."""

    def __init__(self, dataset: SkeletonDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, row: int) -> SkeletonSequence:
        sequence: SkeletonSequence = self.dataset[row]
        return sequence


def rates(dataset: SkeletonDataset) -> Table:
    """Clips per second through torch's loader, with recordings sampled again in each run."""
    batch = Compose([ROTATE, STREAMS])
    contenders = {
        "every transform on single recordings": epoch(
            OneByOne(with_transform(dataset, CENTER, SPLIT, SAMPLE, ROTATE, STREAMS))
        ),
        "rotation and streams on batches": epoch(OneByOne(with_transform(dataset, CENTER, SPLIT, SAMPLE)), batch),
        "every transform on batches": epoch(with_transform(dataset, CENTER, SPLIT, SAMPLE), batch),
    }
    times = milliseconds(contenders)
    slowest = max(times.values())
    rows = [(name, Count(BATCH * BATCHES * 1e3 / time), Ratio(slowest / time)) for name, time in times.items()]
    title = f"Clips of 20 frames, paper A's transforms, batches of {BATCH}, one core"
    return Table(title, ("transforms", "clips/s", "times as fast"), rows)


def with_transform(dataset: SkeletonDataset, *transforms: BaseTransform) -> SkeletonDataset:
    chosen: SkeletonDataset = dataset[:]
    chosen.transform = Compose(list(transforms))
    return chosen


def epoch(
    dataset: torch.utils.data.Dataset[SkeletonSequence],
    batch_transform: Compose | None = None,
    *,
    batches: int = BATCHES,
    workers: int = 0,
    device: torch.device | None = None,
) -> Run:
    """The given number of batches; the transform of batches runs in this process, on the device."""
    loader = torch.utils.data.DataLoader(
        dataset,
        batch_size=BATCH,
        sampler=torch.utils.data.RandomSampler(dataset, num_samples=BATCH * batches),  # type: ignore[arg-type]
        collate_fn=collate,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=device is not None and device.type == "cuda",
    )

    def run() -> None:
        for batch in loader:
            here = batch if device is None else batch.to(device, non_blocking=True)
            if batch_transform is not None:
                batch_transform(here)

    return run


def workers(dataset: SkeletonDataset, device: torch.device) -> Table:
    """Recordings prefetched by worker processes, rotation and streams on the device."""
    batches, batch = 64, Compose([ROTATE, STREAMS])
    chosen = with_transform(dataset, CENTER, SPLIT, SAMPLE)
    times = milliseconds(
        {count: epoch(chosen, batch, batches=batches, workers=count, device=device) for count in (0, 1, 2)}
    )
    rows = [(count, Count(BATCH * batches * 1e3 / time)) for count, time in times.items()]
    return Table(f"The same, read by workers, rotation and streams on {device}", ("workers", "clips/s"), rows)


def steps(dataset: SkeletonDataset) -> Table:
    """The time of each step; the first three as differences of cumulative times."""
    names = ("read 20 frames", "center on the first frame", "split persons", "collate", "rotate", "joint and bone")
    columns = []
    for way in (one_by_one, at_once):
        times = milliseconds(dict(zip(names, stages(dataset, way), strict=True)))
        read, centered, split, *after = (time * 1e3 / BATCH for time in times.values())
        columns.append([Decimal(time) for time in (read, centered - read, split - centered, *after)])
    rows = list(zip(names, *columns, strict=True))
    return Table("Steps, microseconds per clip", ("step", "single recordings", "batches"), rows)


Way = Callable[[SkeletonDataset, list[int]], Sequence[SkeletonSequence]]
"""How a loader gets the sequences of a batch."""


def one_by_one(dataset: SkeletonDataset, rows: list[int]) -> Sequence[SkeletonSequence]:
    return [dataset[row] for row in rows]


def at_once(dataset: SkeletonDataset, rows: list[int]) -> Sequence[SkeletonSequence]:
    return dataset.__getitems__(rows)


def stages(dataset: SkeletonDataset, way: Way) -> list[Run]:
    """Each step; rotation and streams are those of a batch either way."""
    plain = with_transform(dataset, SAMPLE)
    centered = with_transform(dataset, CENTER, SAMPLE)
    whole = with_transform(dataset, CENTER, SPLIT, SAMPLE)
    generator = torch.Generator().manual_seed(0)

    def read(chosen: SkeletonDataset) -> Sequence[SkeletonSequence]:
        return way(chosen, torch.randint(len(chosen), (BATCH,), generator=generator).tolist())

    clips = read(whole)
    batch = collate(clips)
    return [
        lambda: read(plain),
        lambda: read(centered),
        lambda: read(whole),
        lambda: collate(clips),
        lambda: ROTATE(batch),
        lambda: STREAMS(batch),
    ]
