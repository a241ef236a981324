"""Timing: medians of alternating runs, so that what disturbs one contender disturbs all."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from statistics import median

import torch


def machine() -> str:
    """What the figures were measured on, in one line."""
    return (
        f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, "
        f"Python {platform.python_version()}"
    )


def milliseconds(contenders: Mapping[str, Callable[[], object]], *, rounds: int = 5) -> dict[str, float]:
    """The median time of each contender in milliseconds, over rounds in which each has a turn.

    A turn is one run that is not counted, so that a contender finds caches and memory as it leaves them itself and not
    as the one before did, and three that are.
    """
    for run in contenders.values():  # warm-up
        run()
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            run()
            for _ in range(3):
                start = time.perf_counter()
                run()
                times[name].append((time.perf_counter() - start) * 1e3)
    return {name: median(values) for name, values in times.items()}


def table(title: str, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table under a title."""
    lines = [f"### {title}", "", f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)
