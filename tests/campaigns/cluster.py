"""``python -m tests.campaigns.cluster``: kills workers and schedulers of a Dask cluster while commands use it.

Two commands take turns, ``data prepare`` of an archive of NTU files and ``predict`` over a folder of arrays. Workers at
work are killed at random and started again; until enough schedulers are killed, each round kills one, the command ends
with one line, and the same command is started again. After each round the bytes are compared with those of one process.
Scheduler, workers and commands are forks of this process, so that none of them imports anything.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
import torch
from distributed import Scheduler, Worker

import tg_skeleton.commands.answering  # noqa: F401 - before processes are forked
from tests.benchmark.datasets import write_archive
from tests.campaigns.checkpoint import write_checkpoint
from tg_skeleton.__main__ import main as run_command
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.work import build

ARCHIVE = "nturgbd_skeletons_s001_to_s017.zip"
ATTEMPTS = 12


def forked(work: Callable[[], object], output: Path) -> BaseProcess:
    """A process whose output goes to a file."""

    def run() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.exit(work())  # type: ignore[arg-type]

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    return process


async def schedule(port: int) -> None:
    async with Scheduler(host="127.0.0.1", port=port, dashboard=False) as scheduler:
        await scheduler.finished()


async def serve(address: str, folder: Path) -> None:
    async with Worker(address, nthreads=1, local_directory=str(folder), dashboard=False) as worker:
        await worker.finished()


class Cluster:
    """A scheduler and workers, without anybody who starts them again but us."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder, self.count = folder, workers
        self.log = folder / "dask.log"
        self.scheduler: BaseProcess | None = None
        self.workers: list[BaseProcess] = []
        self.address = ""

    def start(self) -> None:
        """Start what is not there."""
        if self.scheduler is None or not self.scheduler.is_alive():
            for worker in self.workers:
                worker.kill()
                worker.join()
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            self.address = f"tcp://127.0.0.1:{port}"
            self.scheduler = forked(lambda: asyncio.run(schedule(port)), self.log)
        self.workers = [worker for worker in self.workers if worker.is_alive()]
        address = self.address
        while len(self.workers) < self.count:
            self.workers.append(forked(lambda: asyncio.run(serve(address, self.folder)), self.log))

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process is not None:
                process.kill()
                process.join()


def command(kind: str, folder: Path, root: Path, options: list[str]) -> BaseProcess:
    """One of the two commands; what it makes lies in ``root``, and its errors in ``<root>.err``."""
    if kind == "prepare":
        (root / "raw").mkdir(parents=True, exist_ok=True)
        if not (root / "raw" / ARCHIVE).exists():
            os.link(folder / ARCHIVE, root / "raw" / ARCHIVE)
        words = ["data", "prepare", "ntu60", "--root", str(root)]
    else:
        words = ["predict", str(folder / "model.safetensors"), str(folder / "arrays"), "--format", "csv"]
        words += ["--out", str(root / "answers.csv")]
    root.with_suffix(".err").unlink(missing_ok=True)
    return forked(lambda: run_command([*words, *options]), root.with_suffix(".err"))


def made(root: Path) -> str:
    """A hash of all that a command made."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".lock" and "raw" not in path.parts:
            digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def kept(root: Path) -> int:
    """Lines that say what an unfinished attempt has kept."""
    journals = [*root.rglob("journal.jsonl"), *root.glob(".answers.csv.unfinished")]
    lines = 0
    for path in journals:
        try:
            lines += max(len(path.read_bytes().splitlines()) - 1, 0)
        except FileNotFoundError:  # it was done just now
            continue
    return lines


def one_round(kind: str, folder: Path, cluster: Cluster, counts: Counter[str], *, scheduler: bool) -> str:
    """The hash of what the command made while processes were killed around it."""
    root = folder / "round"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for _ in range(ATTEMPTS):
        cluster.start()
        process = command(kind, folder, root, ["--cluster", cluster.address])
        while process.is_alive():
            wait_and_kill(process, cluster, root, counts, fatal=scheduler)
        process.join()
        if process.exitcode == 0:
            return made(root)
        lines = root.with_suffix(".err").read_text().splitlines()
        print(f"  {kind}: {' / '.join(lines)}", flush=True)
        counts["commands that ended early"] += 1
        counts["of them with other than one line"] += len(lines) != 1
        counts["of them with something kept"] += kept(root) > 0
        scheduler = scheduler and cluster.scheduler is not None and cluster.scheduler.is_alive()
    raise RuntimeError(f"{kind}: not done after {ATTEMPTS} attempts")


def wait_and_kill(process: BaseProcess, cluster: Cluster, root: Path, counts: Counter[str], *, fatal: bool) -> None:
    """Kill one process of the cluster a random while after work has come forward, unless the command has ended."""
    before, end = kept(root), time.monotonic() + random.uniform(0.0, 0.5)
    while process.is_alive() and (time.monotonic() < end or kept(root) == before):
        time.sleep(0.02)
    if not process.is_alive() or cluster.scheduler is None:
        return
    if fatal and kept(root) > 2:
        cluster.scheduler.kill()
        counts["schedulers killed"] += 1
        process.join(120)
        return
    victim = random.choice(cluster.workers)
    victim.kill()
    victim.join()
    counts["workers killed"] += 1
    cluster.start()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=30, help="workers to kill. Default: %(default)s")
    parser.add_argument("--schedulers", type=int, default=5, help="schedulers to kill. Default: %(default)s")
    parser.add_argument("--files", type=int, default=2000, help="files in the archive. Default: %(default)s")
    parser.add_argument("--arrays", type=int, default=4000, help="arrays to predict. Default: %(default)s")
    parser.add_argument("--size", type=int, default=3, help="workers of the cluster. Default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    random.seed(args.seed)
    torch.set_num_threads(1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    build()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contents = [path.read_bytes() for path in export_ntu(folder / "f", subjects=1, repetitions=1).iterdir()]
        write_archive(folder / "made" / ARCHIVE, contents, args.files)
        os.replace(folder / "made" / ARCHIVE, folder / ARCHIVE)
        (folder / "arrays").mkdir()
        draw = np.random.default_rng(args.seed)
        for row in range(args.arrays):
            np.save(folder / "arrays" / f"{row:06d}.npy", draw.normal(size=(40, 25, 3)).astype(np.float32))
        write_checkpoint(folder / "model.safetensors", widths=(8, 8))
        whole = {}
        for kind in ("prepare", "predict"):
            (folder / kind).mkdir()
            process = command(kind, folder, folder / kind, [])
            process.join()
            assert process.exitcode == 0, (folder / f"{kind}.err").read_text()
            whole[kind] = made(folder / kind)
        print(f"one process made {whole}", flush=True)
        cluster = Cluster(folder, args.size)
        try:
            while counts["workers killed"] < args.workers or counts["schedulers killed"] < args.schedulers:
                kind = ("prepare", "predict")[counts["rounds"] % 2]
                fatal = counts["schedulers killed"] < args.schedulers
                same = one_round(kind, folder, cluster, counts, scheduler=fatal) == whole[kind]
                counts["rounds"] += 1
                counts["rounds with other bytes"] += not same
                print(json.dumps(counts), flush=True)
        finally:
            cluster.stop()
    for what, count in counts.items():
        print(f"{what:<36}{count:>6}")
    return int(counts["rounds with other bytes"] > 0 or counts["of them with other than one line"] > 0)


if __name__ == "__main__":
    sys.exit(main())
