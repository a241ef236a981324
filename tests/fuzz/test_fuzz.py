"""A short run of the fuzzer; ``python -m tests.fuzz`` is the long one."""

from __future__ import annotations

import sys

import pytest

from tests.fuzz.attack import attack
from tests.fuzz.readers import READERS, Reader


@pytest.mark.skipif(sys.platform != "linux", reason="forks processes that may die")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_files_are_read_or_refused(reader: Reader) -> None:
    counts = attack(25, seed=1, readers=[reader])
    assert [text for one in counts.values() for text in one.outside] == []
