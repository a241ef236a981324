"""How much does a training step gain if the C library keeps freed memory?"""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from statistics import median

import torch

from tests.benchmark.inputs import CLASSES, ntu_like
from tests.benchmark.measure import Count, Decimal, Ratio, Run, Table
from tests.benchmark.steps import adam, ours, sgd, step
from tg_skeleton import NTU25
from tg_skeleton.models import ESAN, AMANet
from tg_skeleton.training import keep_freed_memory


def esan() -> Run:
    return step(ESAN(NTU25, 6, CLASSES), ours(ntu_like(64, 20, 6)), adam)


def amanet() -> Run:
    return step(AMANet(NTU25, 12, CLASSES), ours(ntu_like(5, 300, 12)), sgd)


STEPS = {"ESAN, 64 clips of 20 frames": esan, "AMANet, 5 clips of 300 frames": amanet}


def run() -> list[Table]:
    """Run each setting in its own process, since it can't be undone."""
    rows: list[tuple[object, ...]] = []
    for name, build in STEPS.items():
        (usual, faults), (kept, few) = (elsewhere(build, keep) for keep in (False, True))
        rows.append((name, Decimal(usual), Decimal(kept), Ratio(usual / kept), Count(faults), Count(few)))
    header = ("training step", "ms", "keep_freed_memory() ms", "ratio", "page faults", "with it")
    return [Table("A training step with the C library's settings, and with memory that is kept", header, rows)]


def elsewhere(build: Callable[[], Run], keep: bool) -> tuple[float, int]:
    """Milliseconds and page faults of a step, medians of five runs."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(measured, (build, keep, torch.get_num_threads()))


def measured(build: Callable[[], Run], keep: bool, threads: int) -> tuple[float, int]:
    torch.set_num_threads(threads)
    if keep and not keep_freed_memory():
        raise RuntimeError("keep_freed_memory() has no effect on this machine; it needs Linux with glibc")
    step = build()
    step()
    times, faults = [], []
    for _ in range(5):
        before, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.perf_counter()
        step()
        times.append((time.perf_counter() - start) * 1e3)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    return median(times), int(median(faults))
