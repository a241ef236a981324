"""Do a cluster's workers take as long as processes of this machine, and who is the bottleneck of many of them?"""

from __future__ import annotations

import os
import pickle
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.benchmark.datasets import Generated, write_archive
from tests.benchmark.measure import Decimal, Table
from tests.campaigns.checkpoint import write_checkpoint
from tg_skeleton.__main__ import main
from tg_skeleton.datasets import NTURGBD
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.io import Recording
from tg_skeleton.work import Workers, dask_executor, in_order

ARCHIVE = "nturgbd_skeletons_s001_to_s017.zip"
WORKERS = 2


def run(files: int = 4000, written: int = 50_000, tasks: int = 2000) -> list[Table]:
    """An archive of NTU files by two workers; what the writer takes by itself; what a task costs."""
    with one_thread(), tempfile.TemporaryDirectory() as name, local_cluster(Path(name)) as (address, spent):
        folder = Path(name)
        contents = [path.read_bytes() for path in export_ntu(folder / "f", subjects=1, repetitions=1).iterdir()]
        write_archive(folder / "once" / ARCHIVE, contents, files)
        with dask_executor(address) as executor:

            def prepare(workers: Workers) -> Path:
                root = folder / "root"
                shutil.rmtree(root, ignore_errors=True)
                (root / "raw").mkdir(parents=True)
                os.link(folder / "once" / ARCHIVE, root / "raw" / ARCHIVE)
                NTURGBD(root, "60", split="trainval", num_workers=workers)
                return root / "processed"

            archive = compared(f"{files} NTU files", files, prepare, (WORKERS, executor), spent, turns=3)
            costs = [("a task that does nothing", *(per_task(one, tasks) for one in (WORKERS, executor)))]
        return [
            archive,
            Table("A task, ms", ("what", f"{WORKERS} processes", f"{WORKERS} Dask workers"), costs),
            writing(folder / "generated", written),
        ]


def run_predict(arrays: int = 10_000) -> list[Table]:
    """Arrays to predict by two workers, with ESAN on 20 frames."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "arrays").mkdir()
        draw = np.random.default_rng(0)
        for row in range(arrays):
            np.save(folder / "arrays" / f"{row:06d}.npy", draw.normal(size=(60, 25, 3)).astype(np.float32))
        return [predicting(f"{arrays} arrays to predict", arrays, [str(folder / "arrays")], folder)]


def run_videos() -> list[Table]:
    """The videos of ``../shared/data/videos`` by two workers, with the estimator that fits NTU25."""
    videos = sorted((Path(__file__).resolve().parents[3] / "shared" / "data" / "videos").glob("*.mp4"))
    with tempfile.TemporaryDirectory() as name:
        return [predicting(f"{len(videos)} videos", len(videos), [*map(str, videos)], Path(name))]


def predicting(title: str, count: int, paths: list[str], folder: Path) -> Table:
    """One turn each, for it takes long."""
    checkpoint = write_checkpoint(folder / "model.safetensors")

    def predict(options: list[str]) -> Path:
        out = folder / "out"
        out.mkdir(exist_ok=True)
        words = [str(checkpoint), *paths, "--format", "csv", "--out", str(out / "answers.csv")]
        assert main(["predict", *words, *options]) == 0
        return out

    with one_thread(), local_cluster(folder) as (address, spent):
        options = (["--workers", str(WORKERS)], ["--cluster", address])
        return compared(title, count, predict, options, spent, turns=1)


@contextmanager
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def local_cluster(folder: Path) -> Iterator[tuple[str, Callable[[], float]]]:
    """The address of a scheduler with two workers, and the CPU seconds of these, of this process and its children."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    workers = ("worker", address, "--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
    commands = [("scheduler", "--host", "127.0.0.1", "--port", str(port)), *[workers] * WORKERS]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", *words, "--no-dashboard"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for words in commands
    ]
    try:
        from distributed import Client

        with Client(address, timeout=300, set_as_default=False) as client:
            client.wait_for_workers(WORKERS, timeout=300)
        with dask_executor(address) as executor:
            list(in_order(nothing, range(64), executor))  # imports are no part of the times
        yield address, lambda: sum(os.times()[:4]) + sum(cpu_seconds(process.pid) for process in processes)
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process that runs."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def compared(
    title: str,
    count: int,
    work: Callable[[Any], Path],
    given: tuple[Any, Any],
    spent: Callable[[], float],
    *,
    turns: int,
) -> Table:
    """Seconds of the same work by processes and by workers, in turns, on the clock and of the CPUs; and the bytes."""
    rows: list[list[tuple[float, float]]] = [[], []]
    made: list[dict[str, bytes]] = []
    for _ in range(turns):
        for place, who in enumerate(given):
            start, before = time.perf_counter(), spent()
            folder = work(who)
            rows[place].append((time.perf_counter() - start, spent() - before))
            files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]
            made.append({path.name: path.read_bytes() for path in files})
    (first, first_cpu), (second, second_cpu) = (np.median(row, axis=0) for row in rows)
    same = "yes" if all(one == made[0] for one in made) else "NO"
    lines = [
        (title, Decimal(first), Decimal(second), Decimal(second / first), round(count / second), same),
        (
            "CPU seconds of all processes",
            Decimal(first_cpu),
            Decimal(second_cpu),
            Decimal(second_cpu / first_cpu),
            "",
            "",
        ),
    ]
    header = ("what", f"{WORKERS} processes, s", f"{WORKERS} Dask workers, s", "ratio", "a second", "same bytes")
    return Table("A cluster of this machine's two cores", header, lines)


@contextmanager
def nothing() -> Iterator[Callable[[int], int]]:
    yield lambda number: number


def per_task(workers: Workers, tasks: int) -> Decimal:
    """Milliseconds of a task that does nothing."""
    results = in_order(nothing, range(tasks), workers)
    next(results)
    start = time.perf_counter()
    for _ in results:
        pass
    return Decimal((time.perf_counter() - start) / (tasks - 1) * 1e3)


def writing(root: Path, count: int) -> Table:
    """Recordings that cost nothing to read, validated and written by one process; and their size on the wire."""
    start = time.perf_counter()
    dataset = Generated(root, count)
    seconds = time.perf_counter() - start
    size = Path(dataset.processed_dir, "pos.npy").stat().st_size
    frames = np.zeros((60, 1, 25, 3), np.float32)
    wire = len(pickle.dumps(Recording("S001C001P001R001A001", frames, 0, facts=dict.fromkeys("abcde", 1)), protocol=5))
    with suppress(OSError):
        shutil.rmtree(root)
    rows = [
        ("recordings a second", round(count / seconds)),
        ("MB a second", round(size / seconds / 1e6)),
        ("kB of a recording of 60 frames between processes", round(wire / 1e3, 1)),
    ]
    return Table("The one process that validates and writes, by itself", ("what", "number"), rows)
