"""Trainings on two nodes of this machine, started as examples/several_machines.md says (each costs three imports)."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from tg_skeleton import Topology
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.evaluation import Scores

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

NETWORK = '''
import torch
from torch import nn

from tg_skeleton.transforms import RandomFrameDrop, RandomJointDrop

for drop in (RandomFrameDrop, RandomJointDrop):  # two processes do not draw what one draws
    drop.apply = lambda self, bodies: bodies


class Coincide(nn.Module):
    """Which joints are where the root is, which no rotation or scaling of a training changes."""

    def __init__(self, topology, in_channels, num_classes):
        super().__init__()
        self.norm = nn.BatchNorm1d(topology.num_joints)
        self.linear = nn.Linear(topology.num_joints, num_classes)

    def forward(self, x, batch, batch_size):
        x = x.unflatten(1, (batch_size, -1))
        return self.linear(self.norm(((x - x[:, :, :1]).norm(dim=-1) > 1e-3).float().mean(0)))
'''

SRUN = f"""#!{sys.executable}
import os, subprocess, sys

command = [part for part in sys.argv[1:] if not part.startswith("--kill-on")]
nodes = []
for rank in ("0", "1"):
    said = dict(SLURM_STEP_ID="0", SLURM_PROCID=rank, SLURM_NODEID=rank, SLURM_LOCALID="0")
    nodes.append(subprocess.Popen(command, env=dict(os.environ, **said)))
sys.exit(max(node.wait() for node in nodes))
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network, and recordings whose class decides which joints are where the root is."""
    folder = tmp_path_factory.mktemp("nodes")
    (folder / "nets.py").write_text(NETWORK)
    stick = Topology("stick", ("a", "b", "c", "d"), ("a", "a", "b", "c"))
    generator, labels = np.random.default_rng(0), [number % 2 for number in range(19)]
    arrays = [1 + generator.random((9, 4, 3)) for _ in labels]
    for number, array in enumerate(arrays):
        joints = (2, 3) if labels[number] else (1, number % 3 + 1)
        array[:, joints] = array[:, :1]
    splits = ["train"] * 12 + ["test"] * 7
    ArrayDataset.from_arrays(folder / "sticks", arrays, labels, stick, splits=splits)
    return folder


@pytest.fixture(scope="module")
def alone(place: Path) -> dict[str, torch.Tensor]:
    """The weights after a step of one process with the whole batch."""
    done = run([sys.executable, "-m", "tg_skeleton", "train", *arguments("alone")], place)
    assert done.returncode == 0, done.stderr
    return weights(place, "alone")


def arguments(out: str) -> list[str]:
    given = "--model nets:Coincide --dataset own --root sticks --epochs 1 --batch-size 12 --sync-norm --device cpu"
    return [*given.split(), "--out", out]


def run(command: list[str], place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    paths = f"{EXAMPLES.parent}{os.pathsep}{place}"
    environment = {**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", **environment}
    return subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, timeout=300, check=False)


def folder_of(place: Path, out: str) -> Path:
    return place / out / "Coincide_sticks" / "joint" / "seed0"


def weights(place: Path, out: str) -> dict[str, torch.Tensor]:
    return load_file(folder_of(place, out) / "model.safetensors")


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def assert_trained_together(place: Path, out: str, alone: dict[str, torch.Tensor], printed: str) -> None:
    for name, value in weights(place, out).items():
        torch.testing.assert_close(value, alone[name], rtol=0, atol=2e-6, msg=name)
    scores, one = Scores.load(folder_of(place, out) / "test.npz"), Scores.load(folder_of(place, "alone") / "test.npz")
    assert sorted(scores.names) == sorted(one.names) and len(scores) == 7
    both = [values.logits[np.argsort(values.names)] for values in (scores, one)]
    np.testing.assert_allclose(*both, rtol=0, atol=2e-6)
    record = (folder_of(place, out) / "run.json").read_text()
    assert '"step": "12 recordings (6 on each of 2 devices), adam with learning rate 0.001"' in record
    assert [path.name for path in (folder_of(place, out) / "logs").iterdir()] == ["version_0"]
    assert printed.count("Coincide joint: 1 epochs of 1 steps of 12 recordings (6 on each of 2 devices)") == 1
    assert printed.count("7 recordings, 2 classes") == 1


def test_torchrun_on_two_nodes_steps_as_one_process(place: Path, alone: dict[str, torch.Tensor]) -> None:
    line = re.search(r"```bash torchrun\n(.*?)```", (EXAMPLES / "several_machines.md").read_text(), re.DOTALL)[1]
    for printed, here in (("\\\n", ""), ("node0:29500", f"127.0.0.1:{free_port()}"), ("--nproc-per-node 4", "")):
        line = line.replace(printed, here)
    command = shlex.split(line)
    command = [sys.executable, "-m", "torch.distributed.run", *command[1 : command.index("train") + 1]]
    command += arguments("torchrun")
    environment = {**os.environ, "PYTHONPATH": f"{EXAMPLES.parent}", "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    other = subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    done = run(command, place)
    out, err = other.communicate(timeout=60)
    assert done.returncode == other.returncode == 0, done.stderr + err
    assert_trained_together(place, "torchrun", alone, done.stdout + out)


@pytest.fixture
def slurm(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a job of two nodes, with an srun that starts both on this machine."""
    for name, text in (("srun", SRUN), ("python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    yield {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "SLURM_JOB_ID": "4711",
        "SLURM_JOB_NAME": "tg_skeleton",
        "SLURM_NTASKS": "2",
        "SLURM_NNODES": "2",
        "SLURM_NTASKS_PER_NODE": "1",
        "SLURM_NODELIST": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
    }


def test_slurm_on_two_nodes_steps_as_one_process(
    place: Path, alone: dict[str, torch.Tensor], slurm: dict[str, str]
) -> None:
    done = run(["bash", str(EXAMPLES / "train.sbatch"), *arguments("slurm")], place, **slurm)
    assert done.returncode == 0, done.stderr
    assert_trained_together(place, "slurm", alone, done.stdout)


def test_other_processes_than_were_asked_for_are_an_error(place: Path, slurm: dict[str, str]) -> None:
    done = run(["bash", str(EXAMPLES / "train.sbatch"), *arguments("none"), "--num-nodes", "1"], place, **slurm)
    assert done.returncode == 1
    assert "train: --num-nodes: srun has started processes on 2 nodes, got 1" in done.stderr
    assert not (place / "none").exists()
