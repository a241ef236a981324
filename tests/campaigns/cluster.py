"""``python -m tests.campaigns.cluster``: kills workers and schedulers of a Dask cluster while commands use it.

Two commands take turns, ``data prepare`` of an archive of NTU files and ``predict`` over a folder of arrays. Workers
are killed at random and started again; until enough schedulers are killed, each round kills one, the command ends with
one line, and the same command is started again. After each round the bytes are compared with those of one process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from tests.benchmark.datasets import write_archive
from tests.campaigns.checkpoint import write_checkpoint
from tg_skeleton.datasets.simulated_export import export_ntu

ARCHIVE = "nturgbd_skeletons_s001_to_s017.zip"
ATTEMPTS = 12


class Cluster:
    """A scheduler and workers, each a process of its own, without anybody who starts them again but us."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.folder, self.count = folder, workers
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start what is not there."""
        if self.scheduler is None or self.scheduler.poll() is not None:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
            port = self.address.rpartition(":")[2]
            self.scheduler = self._run("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
            for worker in self.workers:
                worker.kill()
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < self.count:
            options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))
            self.workers.append(self._run("worker", self.address, *options))

    def _run(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments]
        with (self.folder / "dask.log").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process is not None:
                process.kill()
                process.wait()


def command(kind: str, folder: Path, root: Path, options: list[str]) -> list[str]:
    """One of the two commands; what it makes lies in ``root``."""
    start = [sys.executable, "-m", "tg_skeleton"]
    if kind == "prepare":
        (root / "raw").mkdir(parents=True, exist_ok=True)
        if not (root / "raw" / ARCHIVE).exists():
            os.link(folder / ARCHIVE, root / "raw" / ARCHIVE)
        return [*start, "data", "prepare", "ntu60", "--root", str(root), *options]
    out = ["--out", str(root / "answers.csv"), "--format", "csv"]
    return [*start, "predict", str(folder / "model.safetensors"), str(folder / "arrays"), *out, *options]


def made(root: Path) -> str:
    """A hash of all that a command made."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.suffix != ".lock" and "raw" not in path.parts:
            digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def kept(root: Path) -> int:
    """Recordings (or parts of the answers) that an unfinished attempt has kept."""
    journals = [*root.rglob("journal.jsonl"), *root.glob(".answers.csv.unfinished")]
    return sum(max(len(path.read_bytes().splitlines()) - 1, 0) for path in journals)


def one_round(kind: str, folder: Path, cluster: Cluster, counts: Counter[str], *, scheduler: bool) -> str:
    """The hash of what the command made while processes were killed around it."""
    root = folder / "round"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for _ in range(ATTEMPTS):
        cluster.start()
        options = ["--cluster", cluster.address]
        process = subprocess.Popen(
            command(kind, folder, root, options), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        fatal = scheduler
        while process.poll() is None:
            wait_and_kill(process, cluster, root, counts, fatal=fatal)
        assert process.stderr is not None
        lines = process.stderr.read().decode().splitlines()
        if process.returncode == 0:
            return made(root)
        print(f"  {kind}: {' / '.join(lines)}", flush=True)
        counts["commands that ended early"] += 1
        counts["of them with more than one line"] += len(lines) != 1
        counts["of them with something kept"] += kept(root) > 0
        scheduler = scheduler and fatal and cluster.scheduler is not None and cluster.scheduler.poll() is None
    raise RuntimeError(f"{kind}: not done after {ATTEMPTS} attempts")


def wait_and_kill(
    process: subprocess.Popen[bytes], cluster: Cluster, root: Path, counts: Counter[str], *, fatal: bool
) -> None:
    """Kill one process of the cluster a random while after work has come forward, unless the command has ended."""
    before, end = kept(root), time.monotonic() + random.uniform(0.0, 2.0)
    while process.poll() is None and (time.monotonic() < end or kept(root) == before):
        time.sleep(0.05)
        cluster.start()  # a worker that gave up by itself
    if process.poll() is not None or cluster.scheduler is None:
        return
    if fatal and kept(root) > 2:
        cluster.scheduler.kill()
        counts["schedulers killed"] += 1
        process.wait(120)
        return
    victim = random.choice(cluster.workers)
    victim.kill()
    victim.wait()
    counts["workers killed"] += 1
    cluster.start()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=30, help="workers to kill. Default: %(default)s")
    parser.add_argument("--schedulers", type=int, default=5, help="schedulers to kill. Default: %(default)s")
    parser.add_argument("--files", type=int, default=4000, help="files in the archive. Default: %(default)s")
    parser.add_argument("--arrays", type=int, default=6000, help="arrays to predict. Default: %(default)s")
    parser.add_argument("--size", type=int, default=3, help="workers of the cluster. Default: %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    random.seed(args.seed)
    os.environ["OMP_NUM_THREADS"] = "1"  # one process answers as a worker does
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
            subprocess.run(command(kind, folder, folder / kind, []), check=True, stdout=subprocess.DEVNULL)
            whole[kind] = made(folder / kind)
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
    return int(counts["rounds with other bytes"] > 0 or counts["of them with more than one line"] > 0)


if __name__ == "__main__":
    sys.exit(main())
