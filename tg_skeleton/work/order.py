"""Results of many items in their order, by this process, by others, or by any executor."""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import torch

from tg_skeleton.work.opened import begin, build, owner, work

Item = TypeVar("Item")
Result = TypeVar("Result")
Opener = Callable[[], AbstractContextManager[Callable[[Item], Result]]]
"""Makes a context that gives the function from an item to its result; what it opens stays open between items."""

Workers = int | Executor
"""Who works: 0, this process; N, as many processes of this machine; or an executor."""

AHEAD = 8192
"""Items that an executor has and whose results are not used yet: the bound of memory, and of busy workers."""

_START = "fork" if sys.platform == "linux" else "spawn"
"""How processes start: forked ones share the memory of this process, and take an opener that can't be pickled."""


def check_workers(num_workers: Workers) -> None:
    """Refuse a negative number of workers.

    Raises:
        ValueError: It is negative.

    >>> from tg_skeleton.work import check_workers
    >>> check_workers(8)
    """
    if isinstance(num_workers, int) and num_workers < 0:
        raise ValueError(f"num_workers: expected 0 (this process reads) or more, or an executor, got {num_workers}")


def in_order(
    opener: Opener[Item, Result], items: Iterable[Item], workers: Workers = 0, *, chunk: int = 1, ahead: int = AHEAD
) -> Generator[Result, None, None]:
    """The results of items, in their order, whoever works.

    A process calls ``opener`` before its first item, and closes what it opened at its end, when the executor of
    `dask_executor` is closed, or when it works on something else. Where an executor repeats the tasks of workers that
    it has lost, as Dask does, each result still comes once. Where the generator is closed, tasks that have not begun
    are canceled.

    >>> from contextlib import contextmanager
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from tg_skeleton.work import in_order
    >>> @contextmanager
    ... def opener():
    ...     yield lambda number: number**2
    >>> list(in_order(opener, range(5)))
    [0, 1, 4, 9, 16]
    >>> with ThreadPoolExecutor(2) as executor:
    ...     list(in_order(opener, range(5), executor, chunk=2))
    [0, 1, 4, 9, 16]

    Args:
        opener: Makes the context. It goes along with every task of an executor, so it can be pickled and is small;
            paths in it and in items are absolute.
        items: The items; they are taken as they are needed.
        workers: 0, this process; N, as many processes of this machine; or an executor, such as the one of
            `dask_executor`, mpi4py's ``MPIPoolExecutor``, or a pool of your own. The threads of one process take turns.
        chunk: Number of items that a task takes.
        ahead: Maximum number of items that an executor has and whose results are not used yet. (Processes of this
            machine have two tasks each.)

    Raises:
        ValueError: The number of workers is negative.
        RuntimeError: A worker was killed, the executor has lost its tasks, or a worker has another version of the
            package, of Python, numpy or torch.
        FileNotFoundError: A worker does not find a file.
    """
    check_workers(workers)
    if isinstance(workers, int) and workers == 0:
        with opener() as function:
            yield from map(function, items)
        return
    key = owner() + uuid.uuid4().hex
    if isinstance(workers, Executor):
        yield from _results(workers, _Sent(key, opener, build()), _chunks(items, chunk), max(1, ahead // chunk))
        return
    context = multiprocessing.get_context(_START)
    with ProcessPoolExecutor(workers, context, _start, (key, opener)) as pool:
        yield from _results(pool, _Sent(key, None, None), _chunks(items, chunk), 2 * workers)


class _Sent(NamedTuple):
    """What goes along with every task, see `work`."""

    key: str
    opener: Callable[[], Any] | None
    build: tuple[str, ...] | None


def _results(executor: Executor, sent: _Sent, chunks: Iterator[Any], ahead: int) -> Generator[Any, None, None]:
    pending: deque[Future[list[Any]]] = deque()
    try:
        for some in chunks:
            if len(pending) == ahead:
                yield from pending.popleft().result()
            pending.append(executor.submit(work, sent.key, sent.opener, sent.build, some))
        while pending:
            yield from pending.popleft().result()
    except BrokenExecutor as error:
        raise RuntimeError(
            "a worker process was killed, perhaps for want of memory; start again with a smaller num_workers=, "
            "and what was done is kept"
        ) from error
    except CancelledError as error:
        raise RuntimeError(
            "the executor has lost its tasks, as when the scheduler of a cluster ends; start again when it is there, "
            "and what was done is kept"
        ) from error
    finally:
        for future in pending:
            future.cancel()


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some


def _start(key: str, opener: Callable[[], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes, and the first one ends the others
    gc.freeze()  # looking for garbage among what was inherited would copy the pages that it shares
    torch.set_num_threads(1)  # as in the workers of a loader
    threading.Thread(target=_end_with_parent, daemon=True).start()
    begin(key, opener)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)
