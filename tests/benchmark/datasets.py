"""How fast are raw files processed, in how much memory, and how fast does training read the processed data?"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, pairwise, product
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch
from torch_geometric.loader import DataLoader

import tg_skeleton.transforms as T
from tests.benchmark.measure import Decimal, Table, milliseconds
from tg_skeleton import NTU25
from tg_skeleton.collate import collate
from tg_skeleton.datasets import NTURGBD, RecordingIndex, SkeletonDataset
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.io import Recording

CLIPS = 64
FACTS = ("setup", "camera", "subject", "repetition", "action")


def run(files: tuple[int, ...] = (1000, 5000), sequences: int = 50_000) -> list[Table]:
    """Files in the page cache; one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return [processing(Path(folder), files), reading(Path(folder), sequences)]
    finally:
        torch.set_num_threads(threads)


# -- processing --------------------------------------------------------------------------------------------------------


def processing(folder: Path, counts: tuple[int, ...]) -> Table:
    """Read and clean zip archives of NTU raw files (48 simulated recordings under many names) with `NTURGBD`."""
    contents = [path.read_bytes() for path in export_ntu(folder / "files", subjects=1, repetitions=1).iterdir()]
    rows = []
    for count, workers in product(counts, (0, 2)):
        root = folder / f"{count} files, {workers} workers"
        write_archive(root / "raw" / "nturgbd_skeletons_s001_to_s017.zip", contents, count)
        seconds, memory = process_elsewhere(root, workers)
        said = "this process" if workers == 0 else f"{workers} workers"
        rows.append((count, said, round(count / seconds), round(memory / 1e6)))
    size = sum(map(len, contents)) / len(contents) / 1e3
    title = f"NTU raw files of {size:.0f} kB to processed data"
    return Table(title, ("files", "read by", "files/s", "peak memory in all, MB"), rows)


def write_archive(path: Path, contents: list[bytes], count: int) -> None:
    path.parent.mkdir(parents=True)
    numbers = product(range(1, 18), range(1, 4), range(1, 41), (1, 2), range(1, 61))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for place, (setup, camera, subject, repetition, action) in enumerate(islice(numbers, count)):
            name = f"S{setup:03d}C{camera:03d}P{subject:03d}R{repetition:03d}A{action:03d}.skeleton"
            archive.writestr(name, contents[place % len(contents)])


def process_elsewhere(root: Path, workers: int) -> tuple[float, int]:
    """Seconds and peak memory in bytes of a separate process with its workers."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=process_here, args=(sender, root, workers))
    process.start()
    assert process.pid is not None
    samples = [0]
    while process.is_alive():
        samples.append(memory_of(with_children(process.pid)))
        time.sleep(0.02)
    peak = max(map(min, pairwise(samples)))  # one sample alone may count pages twice, while a process ends
    return receiver.recv(), peak


def process_here(sender: Connection, root: Path, workers: int) -> None:
    torch.set_num_threads(1)
    start = time.perf_counter()
    NTURGBD(root, "60", split="trainval", num_workers=workers)
    sender.send(time.perf_counter() - start)


def with_children(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return []
    return [pid, *(other for child in children for other in with_children(int(child)))]


def memory_of(pids: list[int]) -> int:
    """Memory of several processes in bytes: shared memory, and the libraries of the largest, are counted once."""
    own, files = 0, 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        except OSError:  # it has ended
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}
        own += sizes["Pss_Anon"] + sizes["Pss_Shmem"]
        files = max(files, sizes["Rss"] - sizes["Anonymous"])
    return own + files


# -- reading -----------------------------------------------------------------------------------------------------------


class Generated(SkeletonDataset):
    """Noise with the shapes of NTU RGB+D: 20 to 60 frames, two persons in every fifth recording."""

    topology = NTU25
    class_names = tuple(map(str, range(60)))
    splits = ("all",)

    def __init__(self, root: Path, count: int, *, transform: T.SampleSegments | None = None) -> None:
        self.count = count
        super().__init__(root, "all", transform=transform)

    def recording_names(self) -> list[str]:
        return [f"S001C001P001R{row:06d}A001" for row in range(self.count)]

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        noise = np.random.default_rng(0).standard_normal((200, 2, 25, 3), dtype=np.float32)

        def read(name: str) -> Recording:
            row = int(name[13:19])
            pos = noise[row % 140 :][: 20 + row % 41, : 2 if row % 5 == 0 else 1]
            return Recording(name, pos, row % 60, facts=dict.fromkeys(FACTS, row))

        yield read

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        return np.arange(len(index.names))


def reading(folder: Path, count: int) -> Table:
    """Clips are sampled again in each round; all loaders read in this process.

    The frames of a batch are read at once for both loaders; PyG's wants them as single sequences, `collate` does not.
    """
    root = folder / "generated"
    plain, sampled = Generated(root, count), Generated(root, count, transform=T.SampleSegments(20))
    generator = torch.Generator().manual_seed(0)

    def rows() -> list[int]:
        return torch.randint(count, (CLIPS,), generator=generator).tolist()

    def items() -> None:
        for row in rows():
            plain[row]

    def batch(loader: type[torch.utils.data.DataLoader], **options: Callable[..., object]) -> Callable[[], object]:
        return lambda: next(iter(loader(sampled, batch_size=CLIPS, sampler=rows(), **options)))

    contenders: dict[str, Callable[[], object]] = {
        f"open {count} sequences": lambda: Generated(root, count),
        f"read {CLIPS} sequences": items,
        f"a batch of {CLIPS} clips of 20 frames, collate": batch(torch.utils.data.DataLoader, collate_fn=collate),
        f"a batch of {CLIPS} clips of 20 frames, PyG's loader": batch(DataLoader),
    }
    times = milliseconds(contenders)
    lines: list[tuple[object, ...]] = [(name, Decimal(time)) for name, time in times.items()]
    each = times[f"read {CLIPS} sequences"] / CLIPS * 1e3
    lines.insert(2, ("read one sequence", round(each / 1e3, 3)))
    return Table("Processed data", ("what", "ms"), lines)
