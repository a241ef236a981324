"""A short run of the fuzzer; ``python -m tests.fuzz`` is the long one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fuzz.attack import attack
from tests.fuzz.readers import READERS, Reader


@pytest.mark.skipif(sys.platform != "linux", reason="forks processes that may die")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_files_are_read_or_refused(reader: Reader) -> None:
    counts = attack(25, seed=1, readers=[reader])
    assert [text for one in counts.values() for text in one.outside] == []


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system in a name space of its own")
def test_what_is_written_in_other_languages_or_line_by_line_survives_a_full_disk() -> None:
    words = [sys.executable, "-m", "tests.fuzz.full_disk", "--only", "export", "predict", "--points", "1"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"a file system can't be mounted here: {done.stderr.strip()[-200:]}")
    assert done.stdout.splitlines()[-2:] == ["2 cases on full disks, 0 outside the contract", ""]
