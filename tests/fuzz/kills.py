"""``python -m tests.fuzz.kills``: every operation is killed at many of its steps, and run again.

A step is an act on the file system: a file is opened, written, waited for, renamed or removed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fuzz.full_disk import _in_child
from tests.fuzz.operations import OPERATIONS, Operation, cleared, prepare, quiet

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree")


def main() -> int:
    """Print the counts by operation; 1 where one was outside the contract."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.kills", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="OPERATION", help="these operations. Default: all")
    parser.add_argument("--points", type=int, help="kills per operation. Default: 3 to 12")
    args = parser.parse_args()
    total, outside = 0, list[str]()
    print(f"{'operation':<20}{'steps':>7}{'kills':>7}{'outside':>9}", flush=True)
    with tempfile.TemporaryDirectory(prefix="kills_") as folder:
        given, out = Path(folder) / "given", Path(folder) / "out"
        prepare(given)
        for operation in OPERATIONS:
            if args.only and operation.name not in args.only:
                continue
            steps = _killed(operation, given, cleared(out), 0)
            points = min(args.points or operation.points, steps)
            places = sorted({1 + round(place * (steps - 1) / max(points - 1, 1)) for place in range(points)})
            wrong = [text for place in places if (text := _attack(operation, given, out, place))]
            print(f"{operation.name:<20}{steps:>7}{len(places):>7}{len(wrong):>9}", flush=True)
            total += len(places)
            outside += [f"{operation.name}: {text}" for text in wrong]
    print(f"{total} kills, {len(outside)} outside the contract")
    print("\n".join(outside))
    return int(bool(outside))


def _attack(operation: Operation, given: Path, out: Path, place: int) -> str:
    """What is wrong after a kill at a step; empty where nothing is."""
    _killed(operation, given, cleared(out), place)
    try:
        operation.whole(given, out)
    except Exception as error:
        return f"killed at step {place}: something half written is under its name: {error!r}"
    text = _in_child(operation, given, out)
    if text:
        return f"killed at step {place}: it fails when it is run again: {text[-700:]}"
    try:
        return "" if operation.whole(given, out) else f"killed at step {place}: run again, it has no result"
    except Exception as error:
        return f"killed at step {place}: run again, its files are not whole: {error!r}"


def _killed(operation: Operation, given: Path, out: Path, place: int) -> int:
    """Run an operation until a step, where its process is killed; the number of steps that it took. 0: no kill."""
    count = multiprocessing.RawValue("i", 0)

    def step() -> None:
        count.value += 1
        if count.value == place:
            os.kill(os.getpid(), signal.SIGKILL)

    def heard(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and any(str(out) in str(one) for one in arguments):
            step()

    def stepping(function: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **options: Any) -> Any:
            step()
            result = function(*arguments, **options)
            step()
            return result

        return stepped

    def work() -> None:
        quiet()
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 (it stays open)
        os.fsync, os.replace = stepping(os.fsync), stepping(os.replace)
        sys.addaudithook(heard)
        operation.run(given, out)

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
    if place == 0 and process.exitcode:
        raise RuntimeError(f"{operation.name} fails without a kill")
    return int(count.value)


if __name__ == "__main__":
    sys.exit(main())
