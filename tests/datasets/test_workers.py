"""Processing in several processes: the same data, the same errors, bounded memory, and no process left behind."""

import multiprocessing
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.wire import Wire
from tg_skeleton.datasets import NWUCLA, ArrayDataset

SEVERAL = pytest.mark.parametrize("workers", [0, 1, 3])


@pytest.fixture(autouse=True)
def _small(small_chunks):
    pass


def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path, sticks, tree):
    trees = []
    for workers in (0, 1, 2, 5):
        sticks(tmp_path / str(workers), num_workers=workers)
        trees.append(tree(tmp_path / str(workers) / "processed"))
    assert trees == trees[:1] * 4


def test_other_processes_read(tmp_path, logged):
    logged(tmp_path, num_workers=2)
    pids = {line.split()[1] for line in (tmp_path / "log").read_text().splitlines()}
    assert str(os.getpid()) not in pids
    assert 1 <= len(pids) <= 2


@SEVERAL
def test_the_first_bad_recording_in_order_raises(tmp_path, sticks, stick, workers):
    rows = {row: stick(row, label=9 if row in (5, 10) else 0) for row in range(12)}
    with pytest.raises(
        ValueError, match=r"recording 'r05': expected a label in 0..1, got 9; repair or remove it, or pass"
    ):
        sticks(tmp_path, rows=rows, num_workers=workers)


@SEVERAL
def test_bad_recordings_are_skipped_in_order(tmp_path, sticks, stick, workers):
    rows = {row: stick(row, label=9 if row in (5, 10) else 0) for row in range(12)} | {3: stick(3, name="r01")}
    dataset = sticks(tmp_path, rows=rows, num_workers=workers, on_error="skip")
    assert [issue.name for issue in dataset.issues] == ["r03", "r05", "r10"]
    assert len(dataset) == 9


@SEVERAL
def test_other_errors_of_the_reader_reach_the_caller(tmp_path, logged, monkeypatch, workers):
    monkeypatch.setattr(logged, "fail_at", "r07")
    with pytest.raises(RuntimeError, match="the disk is on fire"):
        logged(tmp_path, num_workers=workers)


@SEVERAL
def test_an_error_at_opening_reaches_the_caller(tmp_path, sticks, monkeypatch, workers):
    @contextmanager
    def reader(self):
        raise FileNotFoundError("no archive")
        yield

    monkeypatch.setattr(sticks, "reader", reader)
    with pytest.raises(FileNotFoundError, match="no archive"):
        sticks(tmp_path, num_workers=workers)


def test_a_killed_worker(tmp_path, logged, monkeypatch, reads):
    @contextmanager
    def reader(self):
        def read(name):
            if name == "r08":
                os.kill(os.getpid(), signal.SIGKILL)
            return self.rows[int(name[1:])]

        yield read

    with monkeypatch.context() as patch:
        patch.setattr(logged, "reader", reader)
        with pytest.raises(RuntimeError, match=r"a worker process was killed.*start again with a smaller num_workers="):
            logged(tmp_path, num_workers=1)
    assert len(logged(tmp_path)) == 12
    assert len(reads(tmp_path)) < 12


@SEVERAL
def test_every_process_opens_and_closes_its_reader_once(tmp_path, logged, monkeypatch, workers):
    inner = logged.reader

    @contextmanager
    def reader(self):
        with inner(self) as read:
            (tmp_path / f"opened {os.getpid()}").touch(exist_ok=False)
            yield read
        (tmp_path / f"closed {os.getpid()}").touch(exist_ok=False)

    monkeypatch.setattr(logged, "reader", reader)
    logged(tmp_path, num_workers=workers)
    count = len(list(tmp_path.glob("opened *")))
    assert 1 <= count <= max(1, workers)
    assert len(list(tmp_path.glob("closed *"))) == count
    assert multiprocessing.active_children() == []


def test_spawned_workers_where_there_is_no_fork(tmp_path, monkeypatch, write_nw_ucla):
    monkeypatch.setattr("tg_skeleton.work.order._START", "spawn")
    archive = write_nw_ucla()
    made = NWUCLA(tmp_path / "1", "test", mirror=archive, num_workers=1, transform=lambda sequence: sequence)
    here = NWUCLA(tmp_path / "0", "test", mirror=archive)
    assert made.names == here.names
    assert torch.equal(made[5].pos, here[5].pos)


def test_an_executor_of_another_machine(tmp_path, write_nw_ucla, tree):
    archive, wire = write_nw_ucla(), Wire()
    there = NWUCLA(tmp_path / "1", "test", mirror=archive, num_workers=wire, transform=lambda sequence: sequence)
    NWUCLA(tmp_path / "0", "test", mirror=archive)
    assert tree(Path(there.processed_dir)) == tree(tmp_path / "0" / "processed" / Path(there.processed_dir).name)
    assert len(wire.sent) > 10
    assert max(map(len, wire.sent)) < 5000  # what reads goes along with every task


def test_files_by_an_executor_of_another_machine(tmp_path, monkeypatch, tree):
    monkeypatch.chdir(tmp_path)
    for row in range(9):
        path = Path("mine", "train" if row % 3 else "test", "walk" if row % 2 else "sit", f"{row}.npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.full((5, 17, 2), row + 1.0))
    Path("mine", "train", "sit", "bad.npy").write_bytes(b"no array")
    wire = Wire()
    for root, workers in (("0", 0), ("1", wire)):
        ArrayDataset.from_files(root, ["mine"], "COCO17", on_error="skip", num_workers=workers)
    assert tree(tmp_path / "1") == tree(tmp_path / "0")
    assert len(wire.sent) > 3
    assert max(map(len, wire.sent)) < 5000


def test_a_negative_number_of_workers(tmp_path, sticks):
    with pytest.raises(ValueError, match=r"num_workers: expected 0 \(this process reads\) or more, or an executor"):
        sticks(tmp_path, num_workers=-1)
