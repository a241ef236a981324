"""A Dask cluster of two workers: the same bytes as one process, whoever is lost; what is wrong is one sentence.

Starting workers takes seconds, so one cluster serves all tests of this file.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.__main__ import main
from tg_skeleton.datasets import NTURGBD, ArrayDataset, check_store
from tg_skeleton.datasets.simulated_export import export_ntu
from tg_skeleton.work import cluster as module
from tg_skeleton.work import dask_executor, in_order

distributed = pytest.importorskip("distributed", reason="the extra cluster (Dask) is not installed")

ARCHIVE = "nturgbd_skeletons_s001_to_s017.zip"


def dask(*arguments: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dask", *map(str, arguments), "--no-dashboard"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Local:
    """A scheduler, and workers that nobody starts again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.folder, self.address = folder, f"tcp://127.0.0.1:{port}"
        self.scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", port)
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_worker(self) -> None:
        options = ("--nthreads", 1, "--no-nanny", "--local-directory", self.folder, "--resources", "GPU=1")
        self.workers.append(dask("worker", self.address, *options))

    def wait(self) -> None:
        """Until all workers are there."""
        with distributed.Client(self.address, timeout=300, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=300)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    local = Local(tmp_path_factory.mktemp("dask"))
    try:
        local.start_worker()
        local.start_worker()
        local.wait()
        yield local
    finally:
        local.stop()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return export_ntu(tmp_path_factory.mktemp("archive") / ARCHIVE, subjects=2, repetitions=1)


@pytest.fixture
def root(tmp_path, archive):
    def make(name: str) -> Path:
        (tmp_path / name / "raw").mkdir(parents=True)
        shutil.copy2(archive, tmp_path / name / "raw")
        return tmp_path / name

    return make


def tree(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@contextmanager
def slow_squares(log):
    with open(log, "a") as file:
        file.write(f"opened {os.getpid()}\n")

    def square(number):
        time.sleep(0.05)
        return number**2

    yield square


def test_an_archive(tmp_path, root, cluster):
    NTURGBD(root("here"), "60", split="trainval")
    assert main(["data", "prepare", "ntu60", "--root", str(root("there")), "--cluster", cluster.address]) == 0
    assert tree(tmp_path / "there" / "processed") == tree(tmp_path / "here" / "processed")


def test_an_import_whose_files_state_their_classes(tmp_path, monkeypatch, cluster):
    monkeypatch.chdir(tmp_path)  # a relative path means the same to workers, which run elsewhere
    export_ntu("files", subjects=2, repetitions=1)
    ArrayDataset.from_files("here", ["files"])
    assert main(["data", "import", "files", "--to", "there", "--cluster", cluster.address]) == 0
    assert tree(tmp_path / "there" / "processed") == tree(tmp_path / "here" / "processed")
    folder = ArrayDataset("there").processed_dir
    with dask_executor(cluster.address) as executor:
        assert check_store(folder, num_workers=executor) == []
        with open(f"{folder}/pos.npy", "r+b") as file:
            file.seek(1000)
            file.write(b"\xff\xff\xff\xff")
        assert check_store(folder, num_workers=executor) == check_store(folder)


def test_predictions(tmp_path, monkeypatch, cluster, checkpoint_of_esan):
    monkeypatch.chdir(tmp_path)
    Path("arrays").mkdir()
    draw = np.random.default_rng(0)
    for row in range(300):
        np.save(f"arrays/{row:03}.npy", draw.normal(size=(12, 25, 3)))
    Path("arrays/bad.npy").write_bytes(b"no array")
    shutil.copy(checkpoint_of_esan, "model.safetensors")
    for name, options in (("here", ()), ("two", ("--workers", "2")), ("there", ("--cluster", cluster.address))):
        assert (
            main(["predict", "model.safetensors", "arrays", "--out", f"{name}.json", "--format", "json", *options]) == 0
        )
    assert Path("there.json").read_text() == Path("here.json").read_text() == Path("two.json").read_text()
    assert len(re.findall("recording", Path("there.json").read_text())) == 300


def test_a_lost_worker_is_made_up_for(tmp_path, cluster):
    log = tmp_path / "log"
    with dask_executor(cluster.address) as executor:
        results = in_order(partial(slow_squares, log), range(120), executor, chunk=2)
        found = [next(results) for _ in range(20)]
        victim = cluster.workers.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        cluster.start_worker()
        found += results
    assert found == [number**2 for number in range(120)]
    opened = log.read_text().split()[1::2]
    assert len(opened) == len(set(opened)) <= 3


def test_resources(tmp_path, cluster):
    with dask_executor(cluster.address, {"GPU": 1}) as executor:
        assert list(in_order(partial(slow_squares, tmp_path / "log"), range(4), executor)) == [0, 1, 4, 9]
    with (
        pytest.raises(
            RuntimeError, match=r"expected a worker with GPU=2, got at most 1; start workers with dask worker"
        ),
        dask_executor(cluster.address, {"GPU": 2}),
    ):
        pass


def test_another_version_of_dask(cluster, monkeypatch):
    real = distributed.Client.get_versions

    def changed(client):
        found = real(client)
        found["client"]["packages"]["distributed"] = "2020.1.0"
        return found

    monkeypatch.setattr(distributed.Client, "get_versions", changed)
    with (
        pytest.raises(
            RuntimeError, match=r"the scheduler has distributed \S+ and this process has 2020.1.0; install the"
        ),
        dask_executor(cluster.address),
    ):
        pass


def test_no_scheduler(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE", 0.5)
    with (
        pytest.raises(RuntimeError, match=r"^tcp://127.0.0.1:9: no Dask scheduler answers; start one: dask scheduler$"),
        dask_executor("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_lost_scheduler_is_one_line_and_loses_nothing(tmp_path, root):
    whole, here = root("whole"), root("here")
    NTURGBD(whole, "60", split="trainval")
    local = Local(tmp_path)
    try:
        local.start_worker()
        local.wait()
        command = [sys.executable, "-m", "tg_skeleton", "data", "prepare", "ntu60", "--root", str(here)]
        process = subprocess.Popen([*command, "--cluster", local.address], stderr=subprocess.PIPE)
        while process.poll() is None and not any(here.rglob("journal.jsonl")):
            time.sleep(0.01)
        local.scheduler.kill()
        _, error = process.communicate(timeout=120)
    finally:
        local.stop()
    assert process.returncode == 1
    assert re.fullmatch(r"prepare: .*(lost|no Dask scheduler answers).*\n", error.decode()), error
    NTURGBD(here, "60", split="trainval")
    assert tree(here / "processed") == tree(whole / "processed")


def test_a_cluster_says_how_many_work(capsys):
    assert main(["data", "prepare", "ntu60", "--workers", "2", "--cluster", "tcp://a:1"]) == 1
    assert "--workers: expected none with --cluster, got 2" in capsys.readouterr().err
    assert main(["data", "prepare", "ntu60", "--resources", "GPU=1"]) == 1
    assert "--resources: expected --cluster with it, whose workers have GPU=1" in capsys.readouterr().err
    assert main(["data", "prepare", "ntu60", "--resources", "GPU", "--cluster", "tcp://a:1"]) == 1
    assert "--resources: expected NAME=N, as GPU=1, got 'GPU'" in capsys.readouterr().err
