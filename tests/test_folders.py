"""A full disk while many files are written."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tg_skeleton.folders import writing_into

REMEDY = "can't be written: No space left on device; free some space or choose another folder, then run it again"


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "full"), RuntimeError("[Errno 28] No space left on device")],
    ids=["nameless", "of another language"],
)
def test_an_error_without_a_file_names_the_folder(tmp_path: Path, error: Exception):
    with pytest.raises(OSError) as caught, writing_into(tmp_path / "runs"):
        raise error
    assert str(caught.value) == f"'{tmp_path / 'runs'}' {REMEDY}" and caught.value.errno == errno.ENOSPC


def test_an_error_with_a_file_names_it_once(tmp_path: Path):
    with pytest.raises(OSError) as caught, writing_into("outer"), writing_into("inner"):
        raise OSError(errno.ENOSPC, "full", "pos.npy")
    assert str(caught.value) == f"'pos.npy' {REMEDY}"


def test_other_errors_pass():
    with pytest.raises(FileNotFoundError, match="raw"), writing_into("runs"):
        raise FileNotFoundError(errno.ENOENT, "no such file", "raw")
    with pytest.raises(RuntimeError, match="^mine$"), writing_into("."):
        raise RuntimeError("mine")
