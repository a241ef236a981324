"""``python -m tests.benchmark.processes``: how many clips a second do 1 and 2 processes of one thread each train on?

DDP over gloo on the loopback; the batch is that of all processes together. The exchange is the difference between a
step and the same step without it (``no_sync``).
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import nullcontext

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Decimal, Ratio, Table, machine
from tests.benchmark.steps import adam
from tg_skeleton import NTU25
from tg_skeleton.models import ESAN, AMANet
from tg_skeleton.training import keep_freed_memory

CASES = ((ESAN, 6, 20, 32), (AMANet, 12, 32, 8))
"""Network, channels, frames, clips in a batch."""

SECONDS = 15.0
"""Of each measurement."""


def main() -> None:
    print(machine(torch.device("cpu")))
    rows = []
    for case, (model, _, _, clips) in enumerate(CASES):
        alone, megabytes = measured(case, 1)["sync"], size(case)
        two = measured(case, 2)
        rows.append(
            (
                f"{model.__name__}, {clips} clips",
                Decimal(clips / alone),
                Decimal(clips / two["sync"]),
                Ratio(alone / two["sync"]),
                Decimal(1000 * two["sync"]),
                Decimal(1000 * (two["sync"] - two["no_sync"])),
                Decimal(megabytes),
            )
        )
    columns = ("", "1: clips/s", "2: clips/s", "speed-up", "2: step ms", "exchange ms", "gradients MB")
    print(Table("Training steps of 1 and 2 processes of one thread each", columns, rows))


def size(case: int) -> float:
    model, channels, _, _ = CASES[case]
    return sum(parameter.numel() for parameter in model(NTU25, channels, CLASSES).parameters()) * 4 / 1e6


def measured(case: int, processes: int) -> dict[str, float]:
    """Median seconds of a step, of the first process, with and without the exchange."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    manager = mp.Manager()
    found = manager.dict()
    mp.spawn(_train, (case, processes, port, found), nprocs=processes)
    return dict(found)


def _train(rank: int, case: int, processes: int, port: int, found: dict[str, float]) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    torch.set_num_threads(1)
    keep_freed_memory()
    dist.init_process_group("gloo", rank=rank, world_size=processes)
    model, channels, frames, clips = CASES[case]
    torch.manual_seed(0)
    network = model(NTU25, channels, CLASSES)
    wrapped = DistributedDataParallel(network) if processes > 1 else network
    update, batch = adam(network.parameters()), ntu_like(clips // processes, frames, channels)
    times: dict[str, list[float]] = {"sync": [], "no_sync": []}
    end = time.perf_counter() + SECONDS
    while True:  # in turns, so that both meet the same machine
        for kind, taken in times.items():
            start = time.perf_counter()
            with wrapped.no_sync() if kind == "no_sync" and processes > 1 else nullcontext():
                cross_entropy(wrapped(batch.x, batch.batch, batch.size), batch.y).backward()
            update.step()
            update.zero_grad()
            taken.append(time.perf_counter() - start)
        more = torch.tensor([float(start < end or len(times["sync"]) < 4)])
        dist.broadcast(more, 0)
        if not more:
            break
    if rank == 0:
        found.update({kind: torch.tensor(taken[1:]).median().item() for kind, taken in times.items()})
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
