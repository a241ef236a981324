"""Results in order, whoever works; each process opens once; nothing runs far ahead; what breaks says what to do."""

import multiprocessing
import os
import threading
import time
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial

import numpy as np
import pytest

from tests.wire import Wire
from tg_skeleton.work import in_order, opened


@contextmanager
def squares(log):
    with open(log, "a") as file:
        file.write(f"opened by {os.getpid()} in {threading.get_ident()}\n")
    yield lambda number: number**2


@contextmanager
def missing():
    yield np.load


class Loses(Executor):
    """Loses its third task and all that come later."""

    def __init__(self, error):
        self.error, self.inner = error, Wire()

    def submit(self, function, *arguments):
        done = self.inner.submit(function, *arguments)
        if len(self.inner.sent) > 2:
            done = Future()
            done.set_exception(self.error)
        return done


@pytest.mark.parametrize("workers", [0, 1, 3])
@pytest.mark.parametrize("chunk", [1, 4])
def test_results_come_in_order(tmp_path, workers, chunk):
    opener = partial(squares, tmp_path / "log")
    assert list(in_order(opener, range(10), workers, chunk=chunk)) == [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]
    assert 1 <= len((tmp_path / "log").read_text().splitlines()) <= max(1, workers)
    assert multiprocessing.active_children() == []


def test_executors_of_all_kinds(tmp_path):
    opener = partial(squares, tmp_path / "log")
    with ThreadPoolExecutor(3) as threads:
        executors = [threads, Wire()]
        for executor in executors:
            assert list(in_order(opener, range(7), executor, chunk=2)) == [0, 1, 4, 9, 16, 25, 36]
    assert len((tmp_path / "log").read_text().splitlines()) == 2  # each process opens once for each piece of work


def test_an_executor_of_other_processes(tmp_path):
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        opener = partial(squares, tmp_path / "log")
        assert list(in_order(opener, range(9), pool)) == [0, 1, 4, 9, 16, 25, 36, 49, 64]
    pids = {line.split()[2] for line in (tmp_path / "log").read_text().splitlines()}
    assert len((tmp_path / "log").read_text().splitlines()) == len(pids) <= 2
    assert str(os.getpid()) not in pids


def test_items_are_taken_as_they_are_needed(tmp_path):
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    with closing(in_order(partial(squares, tmp_path / "log"), items(), Wire(), ahead=5)) as results:
        assert next(results) == 0
        assert len(taken) == 6


def test_processes_do_not_run_ahead(tmp_path):
    log = tmp_path / "log"

    @contextmanager
    def opener():
        def read(number):
            with log.open("a") as file:
                file.write(f"{number}\n")

        yield read

    with closing(in_order(opener, range(200), 2, chunk=2)) as results:
        next(results)
        time.sleep(0.3)
        assert len(log.read_text().splitlines()) <= 2 * (2 * 2 + 1)
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize("error", [CancelledError(), BrokenExecutor()])
def test_a_lost_executor_is_one_sentence(tmp_path, error):
    results = in_order(partial(squares, tmp_path / "log"), range(9), Loses(error))
    assert [next(results), next(results)] == [0, 1]
    reason = "has lost its tasks" if isinstance(error, CancelledError) else "a worker process was killed"
    with pytest.raises(RuntimeError, match=rf"{reason}.*start again.*what was done is kept"):
        next(results)


def test_a_worker_with_other_sources(tmp_path, monkeypatch):
    here = opened.build()
    assert here[0].startswith("tg_skeleton ") and here[2].startswith("numpy ")
    monkeypatch.setattr("tg_skeleton.work.order.build", lambda: ("tg_skeleton 000000000000", *here[1:]))
    with pytest.raises(
        RuntimeError,
        match=r"the worker on .* has tg_skeleton [0-9a-f]{12}, and the process that sends it work has tg_skeleton 0+; "
        "install the same on all machines and start the workers again",
    ):
        list(in_order(partial(squares, tmp_path / "log"), range(3), Wire()))
    assert not (tmp_path / "log").exists()


def test_a_file_that_a_worker_does_not_have(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing.npy' \(on .*\); workers read the paths .* machines share"):
        list(in_order(missing, [tmp_path / "nothing.npy"], Wire()))


def test_what_is_opened_is_closed(tmp_path):
    closed = []

    @contextmanager
    def opener(name):
        yield str
        closed.append(name)

    with ThreadPoolExecutor(1) as threads:
        for name in "abcd":
            list(in_order(partial(opener, name), range(2), threads))
        assert closed == ["a", "b"]  # a process keeps the last two
        opened.close_of(opened.owner())
        assert closed == ["a", "b", "c", "d"]


def test_a_negative_number_of_workers():
    with pytest.raises(ValueError, match=r"num_workers: expected 0 \(this process reads\) or more, or an exec.*got -1"):
        list(in_order(missing, [], -1))
