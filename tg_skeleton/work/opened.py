"""What a worker keeps between its tasks, and whether it runs the same code as the process that sends them."""

from __future__ import annotations

import hashlib
import multiprocessing.util
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

_AT_ONCE = 2
"""Pieces of work that a process keeps open; a Dask worker may serve several users."""


class _Opened:
    """What a process has opened for one piece of work; its threads take turns."""

    def __init__(self, opener: Callable[[], Any]) -> None:
        self.lock = threading.Lock()
        self.closed = False
        self._opener = opener
        self._stack = ExitStack()
        self._function: Callable[[Any], Any] | None = None

    def work(self, items: Sequence[Any]) -> list[Any]:
        if self._function is None:  # here, so that an error reaches the caller
            self._function = self._stack.enter_context(self._opener())
            multiprocessing.util.Finalize(self, self._stack.close, exitpriority=0)
        return [self._function(item) for item in items]

    def close(self) -> None:
        with self.lock:
            self.closed, self._function = True, None
            self._stack.close()


_TABLE: dict[str, _Opened] = {}
_GUARD = threading.Lock()


def begin(key: str, opener: Callable[[], Any]) -> None:
    """Make this process a worker of one piece of work; nothing is opened yet."""
    _TABLE.clear()  # what the process that forked it has opened is not this one's to close
    _TABLE[key] = _Opened(opener)


def work(key: str, opener: Callable[[], Any] | None, build: tuple[str, ...] | None, items: Sequence[Any]) -> list[Any]:
    """The results of some items, in a worker.

    Args:
        key: Tells pieces of work apart.
        opener: Makes the context, where this process was not prepared by `begin`.
        build: The `build` of the process that sends the task; None where it is this one's by birth.
        items: The items.

    Raises:
        RuntimeError: This process has another build.
        FileNotFoundError: A file is not on this machine.
    """
    if build is not None:
        _check_build(build)
    while True:
        opened = _opened(key, opener)
        with opened.lock:
            if opened.closed:  # by another thread, since it was looked up
                continue
            try:
                return opened.work(items)
            except FileNotFoundError as error:
                if build is None:
                    raise
                raise FileNotFoundError(
                    f"{error} (on {socket.gethostname()}); workers read the paths that this process names: keep the "
                    "files on a disk that all machines share, under one path"
                ) from None


def _opened(key: str, opener: Callable[[], Any] | None) -> _Opened:
    with _GUARD:
        if key not in _TABLE:
            assert opener is not None
            _TABLE[key] = _Opened(opener)
        late = [_TABLE.pop(old) for old in list(_TABLE)[:-_AT_ONCE]]
        opened = _TABLE[key]
    for other in late:
        other.close()
    return opened


def owner() -> str:
    """The beginning of the keys of this process's pieces of work."""
    return f"{socket.gethostname()}-{os.getpid()}-"


def close_of(start: str) -> None:
    """Close what this process has opened for another one, by its `owner`."""
    with _GUARD:
        late = [_TABLE.pop(key) for key in list(_TABLE) if key.startswith(start)]
    for opened in late:
        opened.close()


@lru_cache(maxsize=1)
def build() -> tuple[str, ...]:
    """What must be the same everywhere for results to be: sources of the package, Python, numpy, torch."""
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    python = ".".join(map(str, sys.version_info[:2]))
    torch_version = str(torch.__version__).partition("+")[0]  # builds for CPUs and for GPUs may work together
    return (
        f"tg_skeleton {digest.hexdigest()[:12]}",
        f"Python {python}",
        f"numpy {np.__version__}",
        f"torch {torch_version}",
    )


def _check_build(expected: tuple[str, ...]) -> None:
    wrong = [(there, here) for there, here in zip(expected, build(), strict=True) if there != here]
    if wrong:
        there, here = (", ".join(names) for names in zip(*wrong, strict=True))
        raise RuntimeError(
            f"the worker on {socket.gethostname()} has {here}, and the process that sends it work has {there}; install "
            "the same on all machines and start the workers again"
        )
