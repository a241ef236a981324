"""Locks on folders that several machines may share, and whether they lock."""

from __future__ import annotations

import socket
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file; others wait. A lock that does not lock is warned of.

    Args:
        path: The file; it is made where it does not exist.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton.work import lock
    >>> with lock(Path(tempfile.mkdtemp(), "processed.lock")):
    ...     pass
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path):
        if not _is_held(path):
            _warn(path, "another handle of this process")
        yield


def check_lock_on(path: Path, executor: Executor) -> None:
    """Warn where a lock that this process holds does not keep out a worker of an executor.

    A worker that does not have the file shares no disk with this process, so there is nothing to keep it out of.

    Args:
        path: The file whose lock is held.
        executor: One of its workers tries to take the lock.
    """
    host, held = executor.submit(_try, path.absolute()).result()
    if not held:
        _warn(path, f"a worker on {host}")


def _try(path: Path) -> tuple[str, bool]:
    return socket.gethostname(), not path.exists() or _is_held(path)


def _is_held(path: Path) -> bool:
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def _warn(path: Path, who: str) -> None:
    warnings.warn(
        f"'{path}': this process holds the lock, and {who} could take it, too (NFS mounted with nolock or local_lock, "
        "or an object store); files stay whole only as long as one process at a time prepares this folder",
        stacklevel=4,
    )
