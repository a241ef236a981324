"""Prepared data that are no longer what was written."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.datasets import check_store
from tg_skeleton.datasets.writer import sha256_of


@pytest.fixture
def folder(tmp_path, sticks, stick):
    rows = {row: stick(row, score=np.full((row + 1, 2 if row == 2 else 1, 3), 0.5)) for row in range(4)}
    return Path(sticks(tmp_path, rows=rows).processed_dir)


def record(folder):
    """Makes meta.json say that the files are as they ought to be."""
    about = json.loads((folder / "meta.json").read_text())
    about["files"] = {name: (folder / name).stat().st_size for name in about["files"]}
    about["sha256"] = {name: sha256_of(folder / name) for name in about["files"]}
    (folder / "meta.json").write_text(json.dumps(about))


def change_index(folder, **columns):
    with np.load(folder / "index.npz") as file:
        arrays = dict(file)
    content = io.BytesIO()
    np.savez(content, **(arrays | {key: np.array(column) for key, column in columns.items()}))
    (folder / "index.npz").write_bytes(content.getvalue())
    record(folder)


def change_value(folder, name, row, value):
    flat = np.load(folder / name)
    flat[row, 1] = value
    np.save(folder / name, flat)
    record(folder)


def test_a_good_folder(folder):
    assert check_store(folder) == check_store(str(folder)) == []


def test_one_flipped_bit(folder):
    content = bytearray((folder / "pos.npy").read_bytes())
    content[200] ^= 1
    (folder / "pos.npy").write_bytes(content)
    (problem,) = check_store(folder)
    assert problem.startswith(f"{folder / 'pos.npy'}: expected SHA-256 ")
    assert problem.endswith("process the data again")


def test_no_folder(tmp_path):
    (problem,) = check_store(tmp_path / "nothing")
    assert problem.startswith(f"{tmp_path / 'nothing'}: meta.json is missing or damaged; delete the folder or pass")


def test_a_short_file(folder):
    (folder / "score.npy").write_bytes((folder / "score.npy").read_bytes()[:-4])
    (problem,) = check_store(folder)
    assert problem.startswith(f"{folder / 'score.npy'}: expected 284 bytes, got 280; delete the folder or pass")


def test_an_index_that_can_not_be_read(folder):
    (folder / "index.npz").write_bytes(b"x" * (folder / "index.npz").stat().st_size)
    (problem,) = check_store(folder)
    assert problem.startswith(f"{folder}: index.npz is missing or damaged; delete the folder or pass")


def test_processed_before_hashes_were_recorded(folder):
    about = json.loads((folder / "meta.json").read_text())
    del about["sha256"]
    (folder / "meta.json").write_text(json.dumps(about))
    problems = check_store(folder)
    assert len(problems) == 4
    assert problems[0] == (
        f"{folder / 'index.npz'}: no SHA-256 was recorded; process the data again (force_reload=True)"
    )


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"labels": [0, 1, 2, 0]}, "expected labels of 0..1, got 2 of 'r02'"),
        ({"labels": [0, -1, 0, 0]}, "expected labels of 0..1, got -1 of 'r01'"),
        ({"names": ["r00", "r01", "r01", "r03"]}, "expected unique names, got 1 twice"),
        ({"offsets": [0, 1, 4, 9]}, "expected 'r02' to begin at row 3, got 4"),
        ({"labels": [0, 0, 0]}, "expected 4 entries in each column, got others in ['labels']"),
        ({"facts/subject": [0]}, "expected 4 entries in each column, got others in ['facts/subject']"),
        ({"persons": [0, 1, 2, 1], "offsets": [0, 0, 2, 8]}, "expected persons of 1 or more, got 0 of 'r00'"),
        ({"frames": [-1, 2, 3, 4], "offsets": [0, -1, 1, 7]}, "expected frames of 1 or more, got -1 of 'r00'"),
    ],
)
def test_a_wrong_index(folder, columns, reason):
    change_index(folder, **columns)
    (problem,) = check_store(folder)
    assert problem.partition("; delete the folder")[0] == f"{folder / 'index.npz'}: {reason}"


def test_an_index_of_other_rows(folder):
    change_index(folder, frames=[1, 2, 3, 5])
    assert check_store(folder) == [
        f"{folder / 'pos.npy'}: expected float32 rows [14, 3, ...], got float32 of shape [13, 3, 2]",
        f"{folder / 'score.npy'}: expected float32 rows [14, 3, ...], got float32 of shape [13, 3]",
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["pos.npy", "score.npy"])
def test_values_that_are_not_finite(folder, monkeypatch, name, value):
    monkeypatch.setattr("tg_skeleton.datasets.check._BLOCK", 60)  # several blocks
    change_value(folder, name, 8, value)
    assert check_store(folder) == [f"{folder / name}: expected finite values, got others in row 8, of 'r02'"]
