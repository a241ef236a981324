"""Processing that ended early is taken up again: the same bytes, and nothing is done twice."""

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

from tg_skeleton.datasets.journal import job_of

pytestmark = pytest.mark.usefixtures("small_chunks")


def interrupted(logged, root, at="r07"):
    """An attempt that fails when it reads a recording."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logged, "fail_at", at)
        with pytest.raises(RuntimeError, match="the disk is on fire"):
            logged(root)
    Path(root, "log").unlink()
    return Path(root, "processed", ".sticks-v1.tmp")


# -- ended by an error -------------------------------------------------------------------------------------------------


def test_an_error_keeps_what_was_done(tmp_path, logged, tree, reads):
    logged(tmp_path / "whole")
    interrupted(logged, tmp_path / "root")
    logged(tmp_path / "root")
    assert reads(tmp_path / "root") == [f"r{row:02}" for row in range(6, 12)]
    assert tree(tmp_path / "root" / "processed") == tree(tmp_path / "whole" / "processed")


def test_skipping_goes_on_after_a_bad_recording(tmp_path, logged, stick, reads):
    rows = {row: stick(row, label=9 if row == 5 else 0) for row in range(8)}
    with pytest.raises(ValueError, match="recording 'r05': expected a label in 0..1, got 9; repair or remove it, or"):
        logged(tmp_path, rows=rows)
    (tmp_path / "log").unlink()
    assert len(logged(tmp_path, rows=rows, on_error="skip")) == 7
    assert reads(tmp_path) == ["r04", "r05", "r06", "r07"]


def test_what_was_skipped_before_is_not_forgotten(tmp_path, logged, stick, monkeypatch, reads):
    rows = {row: stick(row, label=9 if row == 1 else 0) for row in range(8)}
    monkeypatch.setattr(logged, "fail_at", "r06")
    with pytest.raises(RuntimeError, match="the disk is on fire"):
        logged(tmp_path, rows=rows, on_error="skip")
    monkeypatch.setattr(logged, "fail_at", None)
    (tmp_path / "log").unlink()
    with pytest.raises(ValueError, match="recording 'r01': expected a label in 0..1, got 9; repair or remove it, or"):
        logged(tmp_path, rows=rows)
    assert reads(tmp_path) == []
    dataset = logged(tmp_path, rows=rows, on_error="skip")
    assert reads(tmp_path) == ["r06", "r07"]
    assert [issue.name for issue in dataset.issues] == ["r01"]


def test_names_are_unique_over_attempts(tmp_path, logged, stick):
    rows = {row: stick(row, name="r00" if row == 9 else f"r{row:02}") for row in range(12)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logged, "fail_at", "r07")
        with pytest.raises(RuntimeError, match="the disk is on fire"):
            logged(tmp_path, rows=rows)
    with pytest.raises(ValueError, match="recording 'r00': expected unique names, got this one twice"):
        logged(tmp_path, rows=rows)


def test_force_reload_starts_afresh(tmp_path, logged, reads):
    interrupted(logged, tmp_path)
    logged(tmp_path, force_reload=True)
    assert len(reads(tmp_path)) == 12


# -- a damaged attempt -------------------------------------------------------------------------------------------------


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "the last line is torn": (lambda folder: cut(folder / "journal.jsonl", -7), 4),
    "a line is garbage": (lambda folder: flip(folder / "journal.jsonl", -30), 4),
    "the first line is garbage": (lambda folder: flip(folder / "journal.jsonl", 20), 0),
    "the journal is missing": (lambda folder: (folder / "journal.jsonl").unlink(), 0),
    "the data are shorter": (lambda folder: cut(folder / "data" / "pos.npy", -400), 4),
    "the data differ": (lambda folder: flip(folder / "data" / "pos.npy", 130), 0),
    "the data are missing": (lambda folder: (folder / "data" / "pos.npy").unlink(), 0),
    "another file lies there": (lambda folder: (folder / "data" / "score.npy").write_bytes(b"half"), 6),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_only_what_is_whole_is_taken_over(tmp_path, logged, kind, tree, reads):
    damage, kept = DAMAGE[kind]
    logged(tmp_path / "whole")
    damage(interrupted(logged, tmp_path / "root"))
    logged(tmp_path / "root")
    assert reads(tmp_path / "root") == [f"r{row:02}" for row in range(kept, 12)]
    assert tree(tmp_path / "root" / "processed") == tree(tmp_path / "whole" / "processed")


# -- another job -------------------------------------------------------------------------------------------------------


def test_other_names_are_another_job(tmp_path, logged, stick, reads):
    interrupted(logged, tmp_path)
    logged(tmp_path, rows={row: stick(row) for row in range(11)})
    assert len(reads(tmp_path)) == 11


def test_other_classes_are_another_job(tmp_path, logged, monkeypatch, reads):
    interrupted(logged, tmp_path)
    monkeypatch.setattr(logged, "class_names", ("even", "odd"))
    logged(tmp_path)
    assert len(reads(tmp_path)) == 12


@pytest.mark.parametrize("name", ["new.zip", "deep/new.skeleton"])
def test_other_raw_files_are_another_job(tmp_path, logged, name, reads):
    interrupted(logged, tmp_path)
    path = tmp_path / "raw" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("new")
    logged(tmp_path)
    assert len(reads(tmp_path)) == 12


@pytest.mark.parametrize("name", ["a.zip.sha256", "a.zip.part", "a.zip.part.json", ".a.zip.lock"])
def test_notes_of_downloads_are_no_raw_files(tmp_path, logged, name, reads):
    interrupted(logged, tmp_path)
    (tmp_path / "raw" / name).write_text("new")
    logged(tmp_path)
    assert len(reads(tmp_path)) == 6


def test_a_changed_raw_file_is_another_job(tmp_path):
    (tmp_path / "a").write_text("one")
    jobs = [job_of(object, ["r00"], {}, tmp_path)]
    (tmp_path / "a").write_text("other")
    jobs.append(job_of(object, ["r00"], {}, tmp_path))
    os.utime(tmp_path / "a", ns=(0, 0))
    jobs.append(job_of(object, ["r00"], {}, tmp_path))
    assert len(set(jobs)) == 3
    assert jobs[2] == job_of(object, ["r00"], json.loads("{}"), tmp_path)


def test_a_changed_class_is_another_job(tmp_path):
    def load(text):
        path = tmp_path / "own.py"
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("own_data_set", path)
        sys.modules["own_data_set"] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return job_of(module.Own, [], {}, tmp_path / "raw")

    assert load("class Own: scale = 1\n") == load("class Own: scale = 1\n") != load("class Own: scale = 2.\n")
    del sys.modules["own_data_set"]
