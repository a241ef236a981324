"""Timing by medians of alternating runs, so that disturbances affect all contenders alike."""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple, TypeVar

import torch

Run = Callable[[], object]
"""What is timed: a contender, ready to run."""

Who = TypeVar("Who", bound=Hashable)
"""Which contender."""


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "process": time.process_time}
"""What a run takes: the time that passes, or that of its own threads, which others on the machine disturb less."""

_clock = ["wall"]


def use_clock(name: str) -> None:
    """One of `CLOCKS` for all that follows."""
    _clock[0] = name


def machine(device: torch.device | str = "cpu") -> str:
    """The machine of the measurements, in one line."""
    place = torch.device(device)
    said = f"{processor()}, {torch.get_num_threads()} threads, torch {torch.__version__}, "
    said += f"Python {platform.python_version()}"
    allocator = sorted(name for name in os.environ if name.startswith("MALLOC_"))
    said += f", {', '.join(f'{name}={os.environ[name]}' for name in allocator)}" if allocator else ""
    said += ", time of the process" if _clock[0] == "process" else ""
    if place.type == "cuda":
        said = f"{torch.cuda.get_device_name(place)}, CUDA {torch.version.cuda}; {said}"
    return said


def processor() -> str:
    """The CPU's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def synchronize() -> None:
    """Wait for the GPU, if this process uses one."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


def milliseconds(contenders: Mapping[Who, Run], *, rounds: int = 3) -> dict[Who, float]:
    """The median time of each contender in milliseconds, over rounds in which each has a turn.

    A turn consists of one run that is not counted, so that caches and memory are in the state that the contender itself
    leaves, and three runs that are. If a run takes half a second or more, a turn is that run alone.
    """
    long = max(seconds(run) for run in contenders.values()) > 0.5  # a warm-up, too
    times: dict[Who, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            if not long:
                run()
            times[name] += [seconds(run) * 1e3 for _ in range(1 if long else 3)]
    return {name: median(values) for name, values in times.items()}


def seconds(run: Run) -> float:
    """The duration of one run, including its pending work on the GPU."""
    synchronize()
    clock = CLOCKS[_clock[0]]
    start = clock()
    run()
    synchronize()
    return clock() - start


class Peak(NamedTuple):
    """Memory in bytes: before a run, and its maximum until the end."""

    before: float
    most: float


def peak_memory(build: Callable[..., Run], *arguments: object) -> Peak:
    """The memory of two runs of ``build(*arguments)`` in a separate process.

    On the CPU all memory of the process, including libraries; on a GPU the memory allocated by torch.
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=_run_elsewhere, args=(sender, torch.get_num_threads(), build, arguments)
    )
    process.start()
    sender.close()
    peak: Peak = receiver.recv()
    process.join()
    return peak


def _run_elsewhere(sender: Connection, threads: int, build: Callable[..., Run], arguments: tuple[object, ...]) -> None:
    torch.set_num_threads(threads)
    run = build(*arguments)
    before = _most_memory()
    for _ in range(2):
        run()
    sender.send(Peak(before, _most_memory()))


def _most_memory() -> float:
    """The maximum memory so far, in bytes."""
    synchronize()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated()
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says of a new process begins with its parent's
        return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Decimal(float):
    """A number printed with one decimal place, or with two if it is below ten."""

    def __str__(self) -> str:
        return f"{float(self):.{1 if abs(self) >= 10 else 2}f}"


class Ratio(float):
    """The ratio of two contenders."""

    def __str__(self) -> str:
        return f"{float(self):.2f}x"


class Share(float):
    """A fraction, printed as a percentage."""

    def __str__(self) -> str:
        return f"{float(self):.0%}"


class Count(int):
    """A large integer."""

    def __str__(self) -> str:
        return f"{int(self):,}"


@dataclass(frozen=True)
class Table:
    """The answer to a benchmark's question."""

    title: str
    header: tuple[str, ...]
    rows: Sequence[tuple[object, ...]] = ()

    def __str__(self) -> str:
        """Markdown."""
        lines = [f"### {self.title}", "", f"| {' | '.join(self.header)} |", f"|{'---|' * len(self.header)}"]
        lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in self.rows]
        return "\n".join(lines)

    def data(self) -> dict[str, object]:
        """The rows by the names of the columns, for JSON."""
        rows = [[cell if isinstance(cell, int | float | str) else str(cell) for cell in row] for row in self.rows]
        return {"title": self.title, "rows": [dict(zip(self.header, row, strict=True)) for row in rows]}
