"""How long is an epoch of each network on NW-UCLA?"""

from __future__ import annotations

import math

import torch

from tests.benchmark.measure import Count, Decimal, Run, Table, milliseconds
from tests.benchmark.steps import adam, sgd, step
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipes import NETWORKS

RECORDINGS = 1020
"""Of cameras 1 and 2."""


def stream_of(row: Network) -> str:
    """The stream of the table of all networks in `docs/results.md`: joints, or the first one."""
    return "joint" if "joint" in row.streams else row.streams[0]


def run(device: torch.device, batch_size: int = 16) -> list[Table]:
    """All networks in turn, one body a clip; the optimizer of each one's recipe; without reading the recordings."""
    body = DATASETS["nw_ucla"].body(Location("datasets/nw_ucla"))
    contenders: dict[str, Run] = {}
    facts: dict[str, tuple[object, ...]] = {}
    for name, row in NETWORKS.items():
        stream = stream_of(row)
        setting = row.setting(body, "xview", stream)
        torch.manual_seed(0)
        model = setting.build(10).to(device)
        frames, joints = setting.recipe.preprocessing.num_frames, setting.topology.num_joints
        x = torch.randn(frames, batch_size * joints, setting.channels, device=device)
        batch = torch.arange(batch_size, device=device).repeat_interleave(joints)
        optimizer = sgd if setting.recipe.optimizer == "sgd" else adam
        contenders[name] = step(model, (x, batch, batch_size), optimizer)
        facts[name] = stream, frames, Count(sum(parameter.numel() for parameter in model.parameters()))
    steps = math.ceil(RECORDINGS / batch_size)
    times = milliseconds(contenders, rounds=5)
    rows = [
        (name, *facts[name], Decimal(time), Decimal(steps * time / 1e3))
        for name, time in sorted(times.items(), key=lambda item: item[1])
    ]
    title = f"An epoch on NW-UCLA, {RECORDINGS:,} recordings in batches of {batch_size}"
    return [Table(title, ("", "stream", "frames", "parameters", "training step ms", "seconds an epoch"), rows)]
