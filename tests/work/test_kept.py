"""What interrupted work had done is there for the next attempt at the same job."""

import errno
import io
import os
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.work import Kept


@pytest.fixture
def unfinished(tmp_path):
    path = tmp_path / "deep" / "unfinished.jsonl"
    with pytest.raises(RuntimeError, match="killed"), Kept(path, "job") as kept:
        kept.add({"x": 0.1})
        kept.add([2])
        raise RuntimeError("killed")
    return path


def test_it_goes_on(unfinished):
    with pytest.raises(RuntimeError, match="again"), Kept(unfinished, "job") as kept:
        assert kept.results == [{"x": 0.1}, [2]]
        kept.add(3)
        raise RuntimeError("again")
    with Kept(unfinished, "job") as kept:
        assert kept.results == [{"x": 0.1}, [2], 3]
    assert list(unfinished.parent.iterdir()) == []


def test_another_job_begins_anew(unfinished):
    with Kept(unfinished, "other") as kept:
        assert kept.results == []


@pytest.mark.parametrize(("cut", "kept_results"), [(-1, [{"x": 0.1}]), (-3, [{"x": 0.1}]), (3, [])])
def test_only_whole_lines_count(unfinished, cut, kept_results):
    unfinished.write_bytes(unfinished.read_bytes()[:cut])
    with pytest.raises(RuntimeError, match="again"), Kept(unfinished, "job") as kept:
        assert kept.results == kept_results
        kept.add("more")
        raise RuntimeError("again")
    with Kept(unfinished, "job") as kept:
        assert kept.results == [*kept_results, "more"]


def test_numbers_of_numpy(tmp_path):
    path = tmp_path / "unfinished.jsonl"
    with pytest.raises(RuntimeError, match="killed"), Kept(path, "job") as kept:
        kept.add({"start": np.int64(3), "probability": np.float32(0.5)})
        raise RuntimeError("killed")
    with Kept(path, "job") as kept:
        assert kept.results == [{"start": 3, "probability": 0.5}]


def test_one_process_at_a_time(unfinished):
    with (
        Kept(unfinished, "job"),
        pytest.raises(RuntimeError, match=r"unfinished.jsonl': another process is writing here; wait for it, or"),
        Kept(unfinished, "job"),
    ):
        pass


def test_an_attempt_that_did_nothing_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="no"), Kept(tmp_path / "unfinished.jsonl", "job"):
        raise ValueError("no")
    assert list(tmp_path.iterdir()) == []


def test_nowhere(tmp_path):
    with Kept(None, "job") as kept:
        kept.add(1)
    assert kept.results == [1]


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, monkeypatch):
    class Full(io.FileIO):
        def write(self, content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "unfinished.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, mode, buffering: Full(self, mode.replace("b", "")))
        with pytest.raises(OSError, match=rf"'{tmp_path}' can't be written: No space left on device; free some space"):
            Kept(path, "job").__enter__()
    assert list(tmp_path.iterdir()) == []


def test_an_almost_full_disk_takes_a_line_in_parts(tmp_path, monkeypatch):
    class Almost(io.FileIO):
        def write(self, content):
            return super().write(bytes(content)[:3])

    path = tmp_path / "unfinished.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda self, mode, buffering: Almost(self, mode.replace("b", "")))
        with pytest.raises(RuntimeError, match="killed"), Kept(path, "job") as kept:
            kept.add("a result")
            raise RuntimeError("killed")
    with Kept(path, "job") as kept:
        assert kept.results == ["a result"]
