"""Processing that is killed at any moment and started again gives the same bytes, and never half a data set."""

import multiprocessing
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from tg_skeleton.datasets import check_store

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills forked processes, and looks for them in /proc")

WATCHED = ("processing.py", "writer.py", "flat.py", "journal.py")


def forked(work):
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    return process


def run_to(work, line):
    """Runs ``work`` in a process that kills itself at a line of the watched modules; how many lines were run.

    Lines are counted over all watched modules, each time that one is run; at 0 there is none.
    """
    count = multiprocessing.RawValue("i", 0)

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.endswith(WATCHED):
            return None
        if event == "line":
            count.value += 1
            if count.value == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    def run():
        sys.settrace(trace)
        work()

    process = forked(run)
    process.join()
    assert process.exitcode == (-signal.SIGKILL if count.value == line else 0)
    return count.value


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def alive(pid):
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_killed_anywhere(tmp_path, logged, tree, reads, small_chunks):
    total = run_to(lambda: logged(tmp_path / "whole"), 0)
    whole = tree(tmp_path / "whole" / "processed")
    at_the_end = range(total - 45, total + 1, 3)  # where files take their final names
    for line in [*range(1, total - 45, total // 20), *at_the_end]:
        root = tmp_path / str(line)
        assert run_to(lambda root=root: logged(root), line) == line
        folder = root / "processed" / "sticks-v1"
        assert not folder.exists() or check_store(folder) == []
        logged(root)
        assert tree(root / "processed") == whole, f"killed at line {line} of {total}"
        assert len(reads(root)) <= 12 + small_chunks
        shutil.rmtree(root)


def test_killed_again_and_again(tmp_path, logged, tree, reads, small_chunks):
    logged(tmp_path / "whole")
    root, attempts, line = tmp_path / "root", 0, 250
    while run_to(lambda: logged(root), line) == line:
        attempts += 1
        line += 60  # for it takes more lines to find out what was done
    assert attempts >= 3
    assert tree(root / "processed") == tree(tmp_path / "whole" / "processed")
    assert len(reads(root)) <= 12 + attempts * small_chunks


def test_killed_while_it_replaces(tmp_path, logged, tree, stick):
    newer = {row: stick(row, label=0) for row in range(5)}
    logged(tmp_path / "old")
    logged(tmp_path / "new", rows=newer)
    old, new = (tree(tmp_path / name / "processed") for name in ("old", "new"))
    root = tmp_path / "root"

    def killed(line):
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(tmp_path / "old", root)
        return run_to(lambda: logged(root, rows=newer, force_reload=True), line)

    total = killed(0)
    outcomes = set()
    for line in [total // 2, *range(total - 30, total + 1, 3)]:
        assert killed(line) == line
        names = logged(root, rows=newer).names
        assert tree(root / "processed") == (new if len(names) == 5 else old), f"killed at line {line} of {total}"
        outcomes.add(len(names))
    assert outcomes == {5, 12}


def test_killed_with_workers(tmp_path, logged, tree, reads, small_chunks, monkeypatch):
    logged(tmp_path / "whole")
    root = tmp_path / "root"
    root.mkdir()
    monkeypatch.setattr(logged, "wait", 0.02)
    for count in (3, 8):
        process = forked(lambda: logged(root, num_workers=2))
        until(lambda count=count: len(reads(root)) >= count)
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        workers = {line.split()[1] for line in (root / "log").read_text().splitlines()}
        until(lambda workers=workers: not any(map(alive, workers)))  # none outlives the process that started it
        assert not (root / "processed" / "sticks-v1").exists()
    logged(root, num_workers=2)
    assert tree(root / "processed") == tree(tmp_path / "whole" / "processed")
