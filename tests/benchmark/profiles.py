"""Where is the time of a forward pass and of a training step spent?"""

from __future__ import annotations

from functools import partial

import torch
from torch.profiler import ProfilerActivity, profile

from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Decimal, Run, Share, Table, synchronize
from tests.benchmark.steps import adam, forward, ours, sgd, step
from tg_skeleton import NTU25
from tg_skeleton.models import ESAN, AMANet

OPERATORS = 15
"""Rows of a table; what is left is summed."""


def run(device: torch.device) -> list[Table]:
    """ESAN: 64 clips of 20 frames. AMANet: 5 clips of 300 frames."""
    torch.manual_seed(0)
    tables = []
    for name, model, clips, optimizer in (
        ("ESAN", ESAN(NTU25, 6, CLASSES), ntu_like(64, 20, 6, device=device), adam),
        ("AMANet", AMANet(NTU25, 12, CLASSES), ntu_like(5, 300, 12, device=device), sgd),
    ):
        model = model.to(device)
        inputs = ours(clips)
        for what, build in (("forward", forward), ("training step", partial(step, optimizer=optimizer))):
            tables.append(
                spent(f"{name}, {clips.size} clips of {clips.x.size(0)} frames, {what}", build(model, inputs))
            )
    return tables


def spent(title: str, run: Run, runs: int = 2) -> Table:
    """Time by operator, without the operators that it calls."""
    gpu = torch.cuda.is_available() and torch.cuda.is_initialized()
    for _ in range(2):
        run()
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if gpu else [])]
    with profile(activities=activities) as found:
        for _ in range(runs):
            run()
        synchronize()
    events = found.key_averages()

    def own(event: torch.autograd.profiler_util.FunctionEventAvg) -> float:
        time: float = event.self_device_time_total if gpu else event.self_cpu_time_total
        return time / 1e3 / runs

    total = sum(map(own, events))
    first = sorted(events, key=own, reverse=True)[:OPERATORS]
    rows: list[tuple[object, ...]] = [
        (event.key, round(event.count / runs), Decimal(own(event)), Share(own(event) / total)) for event in first
    ]
    rest = total - sum(map(own, first))
    rows += [("all others", "", Decimal(rest), Share(rest / total)), ("in all", "", Decimal(total), Share(1.0))]
    return Table(title, ("operator", "calls", "ms", "share"), rows)
