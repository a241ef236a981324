"""A web server that can fail, an NW-UCLA archive of generated recordings, and a small data set."""

import json
import os
import threading
import time
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.datasets import SkeletonDataset
from tg_skeleton.io import Recording


class Server:
    """Serves one content at every path, on 127.0.0.1; ``requests`` holds what was asked for (path, Range)."""

    def __init__(self, content):
        self.content = content
        self.cuts = []  # after how many bytes to drop the connection, one entry per request
        self.codes = []  # HTTP codes to answer with instead, one entry per request
        self.ranges = True
        self.etag = '"1"'
        self.modified = None
        self.ignores_if_range = False
        self.shift = 0  # bytes by which an answered range is beside the one that was asked for
        self.status, self.headers = None, {}  # of every answer, instead of the right ones
        self.requests = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                server.answer(self)

            def log_message(self, *args):
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}"
        self.httpd.handle_error = lambda *args: None  # clients that refuse an answer end the connection
        self.thread = threading.Thread(target=self.httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def answer(self, request):
        asked = request.headers.get("Range")
        self.requests.append((request.path, asked))
        if self.codes:
            request.send_error(self.codes.pop(0))
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.ranges else 0
        if request.headers.get("If-Range") not in (None, self.etag, self.modified) and not self.ignores_if_range:
            start = 0
        start += self.shift if start else 0
        if start and start >= len(self.content):
            request.send_error(416)
            return
        request.send_response(self.status or (206 if start else 200))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(self.content) - 1}/{len(self.content)}")
        if self.etag:
            request.send_header("ETag", self.etag)
        if self.modified:
            request.send_header("Last-Modified", self.modified)
        body = self.content[start:]
        for name, value in {"Content-Length": str(len(body)), **self.headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body[: self.cuts.pop(0)] if self.cuts else body)


@pytest.fixture
def server():
    server = Server(bytes(range(256)) * 4000)
    server.thread.start()
    yield server
    server.httpd.shutdown()
    server.httpd.server_close()
    server.thread.join()


def nw_ucla_content(label, frames=3):
    skeleton = [[label + joint / 100, joint / 50, 2.0] for joint in range(20)]
    return {"file_name": "?", "skeletons": [skeleton] * frames, "label": label}


@pytest.fixture
def write_nw_ucla(tmp_path):
    """Writes an archive of 10 classes x 2 subjects x 2 episodes x 3 views, with some members replaced."""

    def write(path=tmp_path / "raw" / "all_sqe.zip", replace=None, compression=zipfile.ZIP_DEFLATED):
        path.parent.mkdir(parents=True, exist_ok=True)
        actions = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12)
        members = {
            f"a{action:02}_s{subject:02}_e{episode:02}_v{camera:02}": json.dumps(nw_ucla_content(label, frames=label))
            for label, action in enumerate(actions, start=1)
            for subject in (1, 2)
            for episode in (0, 1)
            for camera in (3, 2, 1)
        }
        members |= replace or {}
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("all_sqe/", "")
            archive.writestr("__MACOSX/._a01_s01_e00_v01.json", "no recording")
            for name, content in members.items():
                archive.writestr(f"all_sqe/{name}.json", content)
        return path

    return write


def _recording(row, **changes):
    """Row r: r + 1 frames, two persons in every third, class r % 2."""
    persons = 2 if row % 3 == 2 else 1
    size = (row + 1) * persons * 3 * 2
    pos = np.arange(1, size + 1, dtype=np.float32).reshape(row + 1, persons, 3, 2) + 1000 * row
    given = {"name": f"r{row:02}", "pos": pos, "label": row % 2, "facts": {"subject": row // 4}}
    return Recording(**{**given, **changes})


class Sticks(SkeletonDataset):
    topology = Topology("stick", ("a", "b", "c"), ("a", "a", "b"))
    class_names = ("odd", "even")

    def __init__(self, root, split="all", *, rows=None, seed=None, **options):
        self.rows = rows or {row: _recording(row) for row in range(12)}
        self.seed = seed
        self.fetched = 0
        super().__init__(root, split, **options)

    splits = ("all", "first", "rest", "none")

    def fetch(self):
        self.fetched += 1

    def parameters(self):
        return {} if self.seed is None else {"seed": self.seed}

    def recording_names(self):
        return [f"r{row:02}" for row in self.rows]

    @contextmanager
    def reader(self):
        yield lambda name: self.rows[int(name[1:])]

    def split_indices(self, index):
        subject = index.facts.get("subject", np.zeros(len(index.names)))
        chosen = {"all": subject >= 0, "first": subject == 0, "rest": subject > 0, "none": subject < 0}
        return np.flatnonzero(chosen[self.split])


@pytest.fixture
def stick():
    return _recording


@pytest.fixture
def sticks():
    """A data set class of 12 recordings of a three-joint skeleton."""
    return Sticks


@pytest.fixture
def logged(sticks):
    """The data set, with a log of what is read by which process; ``fail_at`` raises there, ``wait`` is in seconds."""

    class Logged(sticks):
        fail_at: str | None = None
        wait = 0.0

        def recording_names(self):
            Path(self.raw_dir).mkdir(parents=True, exist_ok=True)
            return super().recording_names()

        @contextmanager
        def reader(self):
            def read(name):
                time.sleep(self.wait)
                with Path(self.root, "log").open("a") as log:
                    log.write(f"{name} {os.getpid()}\n")
                if name == self.fail_at:
                    raise RuntimeError("the disk is on fire")
                return self.rows[int(name[1:])]

            yield read

    Logged.__name__ = "Sticks"
    return Logged


@pytest.fixture
def reads():
    """The names that were read below a root, in order, by any process."""

    def names(root):
        log = Path(root, "log")
        return [line.split()[0] for line in log.read_text().splitlines()] if log.exists() else []

    return names


@pytest.fixture
def tree():
    """Every file below a folder, but for locks."""

    def files(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }

    return files


@pytest.fixture
def small_chunks(monkeypatch):
    """Commits after every second recording; gives that number."""
    monkeypatch.setattr("tg_skeleton.datasets.processing.CHUNK", 2)
    return 2
