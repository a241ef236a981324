"""A lock that does not lock is noticed."""

import warnings
from concurrent.futures import ProcessPoolExecutor

import pytest

from tg_skeleton.work import check_lock_on, lock, shared


class Unlocked:
    """What a lock is on NFS without locks."""

    def __init__(self, path, timeout=-1):
        path.touch()

    def __enter__(self):
        pass

    def __exit__(self, *error):
        pass


def test_a_lock_that_locks(tmp_path):
    path = tmp_path / "deep" / ".lock"
    with warnings.catch_warnings(), ProcessPoolExecutor(1) as pool:
        warnings.simplefilter("error")
        with lock(path):
            check_lock_on(path, pool)


def test_a_lock_that_does_not_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(shared, "FileLock", Unlocked)
    with (
        pytest.warns(UserWarning, match=r"\.lock': this process holds the lock, and another handle .* could take it"),
        lock(tmp_path / ".lock"),
    ):
        pass


def test_a_lock_that_another_machine_ignores(tmp_path):
    (tmp_path / ".lock").touch()  # held by nobody, as it looks from there
    with (
        ProcessPoolExecutor(1) as pool,
        pytest.warns(UserWarning, match=r"and a worker on .* could take it, too"),
    ):
        check_lock_on(tmp_path / ".lock", pool)


def test_a_machine_without_the_file_shares_no_disk(tmp_path):
    with ProcessPoolExecutor(1) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        check_lock_on(tmp_path / ".lock", pool)
