from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tg_skeleton.training import keep_freed_memory
from tg_skeleton.training import memory as room

FAULTS = """
import resource, torch
from tg_skeleton.training import keep_freed_memory
{call}
torch.set_num_threads(1)
def step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(60_000_000).add_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
print([step() for _ in range(6)][-1])  # the heap may settle for a step or two
"""


def faults(call: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(call=call)], capture_output=True, text=True, check=True, timeout=120
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_memory_is_not_fetched_twice() -> None:
    kept = faults("assert keep_freed_memory() is True")
    assert kept < 20 < faults("")


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.platform, "libc_ver", lambda: ("musl", "1.2"))
    assert keep_freed_memory() is False
