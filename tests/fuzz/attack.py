"""Damaged files for readers, in processes that may die: what is outside the contract, by reader."""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import random
import resource
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz.mutate import damaged
from tests.fuzz.readers import READERS, Reader
from tg_skeleton.files import printable

SECONDS = 10.0
"""The longest that a file of some kB may take."""

MEGABYTES = 600
"""The most that the memory of the process may grow while such a file is read."""

LONGEST = 2500
"""Characters of an error."""


@dataclass
class Count:
    """The outcomes of a reader.

    Args:
        inputs: The number of damaged files.
        read: Those that were read all the same.
        outside: Descriptions of those outside the contract.
    """

    inputs: int = 0
    read: int = 0
    outside: list[str] = field(default_factory=list)


def attack(inputs: int, seed: int, readers: Sequence[Reader] = READERS, keep: Path | None = None) -> dict[str, Count]:
    """Let all readers read damaged files.

    The contract: the file is read, or one of the reader's errors is raised, whose message names the file and has no
    characters that control a terminal; without a warning, within `SECONDS` and `MEGABYTES`; coordinates are finite.

    Args:
        inputs: The number of files, of all readers together.
        seed: Chooses the damage; the same numbers give the same files.
        readers: The readers.
        keep: A folder for the files outside the contract. Default: they are not kept.
    """
    readers = [one for one in readers if all(importlib.util.find_spec(package) for package in one.packages)]
    counts = {}
    for place, reader in enumerate(readers):
        share = inputs // len(readers) + (place < inputs % len(readers))
        counts[reader.name] = _attack_one(reader, share, seed, keep)
    return counts


def _attack_one(reader: Reader, inputs: int, seed: int, keep: Path | None) -> Count:
    count, first = Count(inputs), 0
    with tempfile.TemporaryDirectory(prefix="fuzz_") as folder:
        path = reader.make(Path(folder))
        original = path.read_bytes()
        reader.read(path)  # the valid file
        while first < inputs:
            ours, theirs = multiprocessing.Pipe(duplex=False)
            worker = multiprocessing.get_context("fork").Process(
                target=_work, args=(reader, path, original, range(first, inputs), seed, theirs)
            )
            worker.start()
            theirs.close()
            first = _listen(ours, worker, count, first)
            worker.join()
    for text in count.outside if keep is not None else []:
        assert keep is not None
        number = int(text.split()[1].rstrip(":"))
        (keep / f"{number}_{path.name}").write_bytes(_input(original, reader, number, seed))
    return count


def _listen(ours: Connection, worker: Any, count: Count, first: int) -> int:
    """Take the outcomes of a worker until it ends; the number of the next input."""
    while True:
        try:
            if not ours.poll(3 * SECONDS):
                worker.kill()
                count.outside.append(f"input {first}: it hangs")
                return first + 1
            outcome = ours.recv()
        except (EOFError, OSError):
            worker.join()
            count.outside.append(f"input {first}: the process ended with {worker.exitcode}")
            return first + 1
        if outcome is None:
            return count.inputs
        number, read, trouble = outcome
        first = number + 1
        count.read += read
        if trouble:
            count.outside.append(f"input {number}: {trouble}")


def _work(reader: Reader, path: Path, original: bytes, numbers: range, seed: int, theirs: Connection) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries in other languages print
    for number in numbers:
        path.write_bytes(_input(original, reader, number, seed))
        theirs.send((number, *_outcome(reader, path)))
    theirs.send(None)


def _input(original: bytes, reader: Reader, number: int, seed: int) -> bytes:
    chance = random.Random(f"{seed} {reader.name} {number}")
    other = bytes(reversed(original)) if chance.random() < 0.2 else original
    return damaged(original, other, chance)


def _outcome(reader: Reader, path: Path) -> tuple[bool, str]:
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    read, trouble = False, ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            trouble = _flaw(reader.read(path))
            read = True
        except reader.errors as error:
            text = str(error)
            if not any(str(name) in text for name in (path, path.parent, path.name)):
                trouble = f"the error does not name the file: {text[:200]}"
            elif len(text) > LONGEST or text != printable(text, keep="\n"):
                trouble = f"the error is no short plain text: {text[:200]!r}"
        except BaseException as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            trouble = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}: {str(error)[:200]}"
    loud = [str(one.message) for one in caught if issubclass(one.category, RuntimeWarning | UserWarning)]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if loud and not trouble:
        trouble = f"it warns: {loud[0][:200]}"
    elif time.perf_counter() - start > SECONDS:
        trouble = f"it took {time.perf_counter() - start:.0f} s"
    elif grown > MEGABYTES:
        trouble = f"it took {grown:.0f} MB"
    return read, trouble


def _flaw(result: Any) -> str:
    """What is wrong with a result; empty where nothing is."""
    for one in result if isinstance(result, list) else [result]:
        pos, fps = getattr(one, "pos", None), getattr(one, "fps", None)
        if isinstance(pos, np.ndarray) and not np.isfinite(pos).all():
            return "the coordinates are not finite"
        if fps is not None and not 0 < fps < float("inf"):
            return f"the frames per second are {fps}"
        card, model = getattr(one, "card", None), getattr(one, "model", None)
        if card is not None and not all(bool(value.isfinite().all()) for value in model.state_dict().values()):
            return "the weights are not finite"
    return ""


def lines(counts: dict[str, Count]) -> Iterator[str]:
    """The counts as a table, and what was outside the contract."""
    total = Counter[str]()
    yield f"{'reader':<16}{'inputs':>8}{'read':>8}{'refused':>9}{'outside':>9}"
    for name, one in counts.items():
        outside = len(one.outside)
        yield f"{name:<16}{one.inputs:>8}{one.read:>8}{one.inputs - one.read - outside:>9}{outside:>9}"
        total.update(inputs=one.inputs, read=one.read, outside=outside)
    refused = total["inputs"] - total["read"] - total["outside"]
    yield f"{'all':<16}{total['inputs']:>8}{total['read']:>8}{refused:>9}{total['outside']:>9}"
    for name, one in counts.items():
        yield from (f"{name}: {text}" for text in one.outside[:20])
