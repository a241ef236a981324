"""A folder is trained in by one training at a time."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tg_skeleton.commands.lock import RunLock
from tg_skeleton.files import write_json

THERE = {"host": "there", "machine": "other", "pid": 7, "id": "ab"}
"""The record of a training on another machine."""


def owner(folder: Path) -> dict[str, Any] | None:
    return RunLock(folder)._read()


def test_a_second_training_is_refused_until_the_first_one_ends(tmp_path: Path) -> None:
    first, second = RunLock(tmp_path), RunLock(tmp_path)
    first.acquire()
    with pytest.raises(
        RuntimeError, match=r"is being trained by process \d+ on .*; wait for it, or name another --out"
    ):
        second.acquire()
    first.release()
    second.acquire()
    second.release()
    assert owner(tmp_path) is None


def test_what_a_killed_training_of_this_machine_left_is_taken_at_once(tmp_path: Path) -> None:
    here = RunLock(tmp_path)
    write_json(tmp_path / "lock.json", {**here._me, "id": "before", "beat": 3})
    here.acquire()
    assert owner(tmp_path)["id"] == here._me["id"]
    here.release()


def test_a_silent_training_of_another_machine_is_dead(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(tmp_path / "lock.json", {**THERE, "beat": 3})
    here = RunLock(tmp_path, beat=0.01)
    here.acquire()
    assert "to see whether process 7 on there is still training in it" in capsys.readouterr().err
    here.check()
    here.release()


def test_a_lock_that_does_not_lock_is_noticed_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_json(tmp_path / "lock.json", {**THERE, "beat": 3})
    monkeypatch.setattr(time, "sleep", lambda seconds: write_json(tmp_path / "lock.json", {**THERE, "beat": 4}))
    with pytest.raises(RuntimeError, match="is being trained by process 7 on there"):
        RunLock(tmp_path).acquire()


def test_a_lock_that_does_not_lock_is_noticed_while_training(tmp_path: Path) -> None:
    here = RunLock(tmp_path, beat=0.01)
    here.acquire()
    write_json(tmp_path / "lock.json", {**THERE, "beat": 1})
    here._thread.join(10)
    with pytest.raises(
        RuntimeError, match="is now trained by process 7 on there too: the locks of this file system do"
    ):
        here.check()
    here.release()
    assert owner(tmp_path)["id"] == "ab"
