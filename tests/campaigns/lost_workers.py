"""``python -m tests.campaigns.lost_workers [--kills 20]``: kill ranks of a training at random until it is finished.

A tiny training of two processes under torchrun, once undisturbed and once with kills: by SIGKILL, of a random rank,
while it starts, trains, validates or saves. torchrun starts all again a random number of times (``--max-restarts``),
then the same command with ``--resume`` does. Printed: the kills; the seconds until all processes had ended, where
nothing started them again; whether each of those ends said what to do; and whether the final weights and scores are
those of the undisturbed training, bit by bit.
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

import numpy as np
import torch
from safetensors.torch import load_file

from tg_skeleton import Topology
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.evaluation import Scores

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
        seconds = [end for end, _ in ends]
        said = sum(line for _, line in ends)
        print(f"{kills} kills, {len(ends)} ends of all processes, after {np.mean(seconds):.1f} s on average and "
              f"{max(seconds):.1f} s at most; {said} of {len(ends)} said what to do; final weights and scores equal: "
              f"{same}")  # fmt: skip
        return 0 if same and said == len(ends) and max(seconds) < 60 else 1


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


def disturbed(place: Path, args: argparse.Namespace) -> tuple[int, list[tuple[float, bool]]]:
    """The kills, and of each end of all processes the seconds since the kill and whether it said what to do."""
    draw = random.Random(args.seed)
    last = place / "killed" / "Mean_sticks" / "joint" / "seed0" / "checkpoints" / "last.ckpt"
    kills, ends, more = 0, [], ()
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
                ends.append((time.monotonic() - at, "--resume to go on" in (place / "killed.txt").read_text()))
        if process.wait() == 0:
            return kills, ends


def workers(agent: int) -> list[int]:
    done = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(agent)], capture_output=True, text=True, check=False)
    rows = [line.split(None, 1) for line in done.stdout.splitlines()]
    return [int(pid) for pid, command in rows if "tg_skeleton" in command]


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
