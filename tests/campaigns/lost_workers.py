"""``python -m tests.campaigns.lost_workers [--kills 20]``: kill ranks of a training at random until it is finished.

A tiny training of two processes under torchrun, once undisturbed and once with kills: by SIGKILL, of a random rank,
while it starts, trains, validates or saves. torchrun starts all again a random number of times (``--max-restarts``),
then the same command with ``--resume`` does. Printed: the kills; the seconds until all processes had ended, where
nothing started them again; how many of those ends said what to do (a process that has not come to its first line yet
can't); and whether the final weights and scores are those of the undisturbed training, bit by bit.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file

from tg_skeleton import Topology
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.evaluation import Scores

STARTING = 1.0
"""Seconds in which a process may not have come to its own first line, and can't say anything."""

ROOT = Path(__file__).resolve().parents[2]

NETWORK = """
from torch import nn


class Mean(nn.Module):
    def __init__(self, topology, in_channels, num_classes):
        super().__init__()
        self.norm = nn.BatchNorm1d(in_channels)
        self.linear = nn.Linear(in_channels, num_classes)

    def forward(self, x, batch, batch_size):
        clips = x.mean(0).abs().unflatten(0, (batch_size, -1)).mean(1)
        return self.linear(self.norm(clips))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="number of kills. Default: %(default)s")
    parser.add_argument("--epochs", type=int, default=300, help="epochs of the training. Default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="seed of the kills. Default: %(default)s")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare(place)
        process = start(place, "whole", args.epochs, 0)
        assert process.wait() == 0, (place / "whole.txt").read_text()
        kills, ends = disturbed(place, args)
        same = compare(place)
        seconds = [end.seconds for end in ends]
        silent = [end.age for end in ends if not end.said]
        ages = ", ".join(f"{age:.2f} s" for age in silent)
        print(f"{kills} kills, {len(ends)} ends of all processes, after {np.mean(seconds):.1f} s on average and "
              f"{max(seconds):.1f} s at most; {len(ends) - len(silent)} of {len(ends)} said what to do"
              + (f" (silent: processes killed {ages} after their start)" if silent else "")
              + f"; final weights and scores equal: {same}")  # fmt: skip
        return 0 if same and all(age < STARTING for age in silent) and max(seconds) < 60 else 1


class End(NamedTuple):
    """An end of all processes: seconds since the kill, age of the processes then, whether one said what to do."""

    seconds: float
    age: float
    said: bool


def prepare(place: Path) -> None:
    (place / "nets.py").write_text(NETWORK)
    random_numbers = np.random.default_rng(0)
    arrays = [random_numbers.normal(number % 3, 1, (9, 4, 3)) for number in range(41)]
    splits = ["train"] * 20 + ["val"] * 8 + ["test"] * 13
    stick = Topology("stick", ("a", "b", "c", "d"), ("a", "a", "b", "c"))
    ArrayDataset.from_arrays(place / "sticks", arrays, [n % 3 for n in range(41)], stick, splits=splits)


def start(place: Path, out: str, epochs: int, restarts: int, *more: str) -> subprocess.Popen[bytes]:
    given = ["--model", "nets:Mean", "--dataset", "own", "--root", "sticks", "--batch-size", "8", "--device", "cpu"]
    torchrun = ["--standalone", "--nproc-per-node", "2", "--max-restarts", str(restarts), "-m", "tg_skeleton", "train"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}", "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "-m", "torch.distributed.run", *torchrun, *given, "--epochs", str(epochs), "--out", out]
    with (place / f"{out}.txt").open("wb") as log:
        return subprocess.Popen([*command, *more], cwd=place, env=environment, stdout=log, stderr=log)


def disturbed(place: Path, args: argparse.Namespace) -> tuple[int, list[End]]:
    """The kills, and the ends of all processes."""
    draw = random.Random(args.seed)
    last = place / "killed" / "Mean_sticks" / "joint" / "seed0" / "checkpoints" / "last.ckpt"
    kills, more = 0, ()
    ends: list[End] = []
    while True:
        restarts = draw.randint(0, 2)
        process, killed = start(place, "killed", args.epochs, restarts, *more), 0
        more = ("--resume",)
        gone: set[int] = set()
        while kills < args.kills and killed <= restarts and process.poll() is None:
            found = [pid for pid in workers(process.pid) if pid not in gone]
            if len(found) < 2:
                time.sleep(0.1)
                continue
            since = last.stat().st_mtime if last.is_file() else 0.0
            if draw.random() < 0.8:  # while it trains, else while it starts
                while process.poll() is None and (not last.is_file() or last.stat().st_mtime == since):
                    time.sleep(0.01)
            time.sleep(draw.uniform(0, 2))
            gone |= set(found)
            age = min(age_of(pid) for pid in found)
            try:
                os.kill(draw.choice(found), signal.SIGKILL)
            except ProcessLookupError:
                continue
            kills, killed = kills + 1, killed + 1
            print(f"kill {kills}", flush=True)
            if killed > restarts:
                at = time.monotonic()
                while any(alive(pid) for pid in (*found, process.pid)) and time.monotonic() < at + 120:
                    process.poll()
                    time.sleep(0.05)
                said = "--resume to go on" in (place / "killed.txt").read_text()
                ends.append(End(time.monotonic() - at, age, said))
        if process.wait() == 0:
            return kills, ends


def workers(agent: int) -> list[int]:
    done = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(agent)], capture_output=True, text=True, check=False)
    rows = [line.split(None, 1) for line in done.stdout.splitlines()]
    return [int(pid) for pid, command in rows if "tg_skeleton" in command]


def age_of(pid: int) -> float:
    """Seconds since a process started; 0 where it has ended."""
    try:
        ticks = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])
    except OSError:
        return 0.0
    return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False


def compare(place: Path) -> bool:
    whole, killed = (place / out / "Mean_sticks" / "joint" / "seed0" for out in ("whole", "killed"))
    a, b = (load_file(folder / "model.safetensors") for folder in (whole, killed))
    one, other = (Scores.load(folder / "test.npz") for folder in (whole, killed))
    same = a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)
    return same and np.array_equal(one.logits, other.logits) and np.array_equal(one.names, other.names)


if __name__ == "__main__":
    sys.exit(main())
