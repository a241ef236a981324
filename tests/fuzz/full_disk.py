"""``python -m tests.fuzz.full_disk``: every operation on a disk that becomes full, at many places.

A file system in memory of a few MB, mounted in a name space of its own; nothing needs privileges where user name spaces
are allowed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from tests.fuzz.operations import OPERATIONS, Operation, cleared, prepare, quiet, size_of

MEGABYTES = 48
MOUNT = 'mount -t tmpfs -o size="$1"m none "$2" || exit 77; shift 2; exec "$@"'
ENDINGS = ("free some space or choose another folder, then run it again", "your disk quota is used up")


def main() -> int:
    """Print the counts by operation; 1 where one was outside the contract, 77 where mounting is not allowed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.full_disk", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="OPERATION", help="these operations. Default: all")
    parser.add_argument("--points", type=int, help="places per operation. Default: 3 to 12")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside is not None:
        return _campaign(args)
    with tempfile.TemporaryDirectory(prefix="full_disk_") as folder:
        words = [sys.executable, "-m", "tests.fuzz.full_disk", "--inside", folder, *sys.argv[1:]]
        command = ["unshare", "-rm", "sh", "-c", MOUNT, "sh", str(MEGABYTES), folder, *words]
        status = subprocess.run(command, check=False).returncode
    if status == 77:
        print("a file system can't be mounted here; tests/test_full_disk.py has the stand-in")
    return status


def _campaign(args: argparse.Namespace) -> int:
    disk = args.inside / "disk"
    with tempfile.TemporaryDirectory(prefix="full_disk_given_") as other:
        given = Path(other) / "given"
        prepare(given)
        total, outside = 0, list[str]()
        print(f"{'operation':<20}{'cases':>7}{'refused':>9}{'fitted':>8}{'outside':>9}", flush=True)
        for operation in OPERATIONS:
            if args.only and operation.name not in args.only:
                continue
            outcomes = _attack(operation, given, disk, args.points or operation.points)
            wrong = [text for kind, text in outcomes if kind == "outside"]
            kinds = [kind for kind, _ in outcomes]
            row = f"{len(kinds):>7}{kinds.count('refused'):>9}{kinds.count('fitted'):>8}{len(wrong):>9}"
            print(f"{operation.name:<20}{row}", flush=True)
            total += len(kinds)
            outside += [f"{operation.name}: {text}" for text in wrong]
    print(f"{total} cases on full disks, {len(outside)} outside the contract")
    print("\n".join(outside))
    return int(bool(outside))


def _attack(operation: Operation, given: Path, disk: Path, points: int) -> list[tuple[str, str]]:
    """The operation with less and less room than it needs."""
    error = _in_child(operation, given, cleared(disk))
    if error or not operation.whole(given, disk):
        return [("outside", f"it fails on an empty disk: {error}")]
    needed = size_of(disk)
    rooms = [int(needed * place / points) // 4096 * 4096 for place in range(points)]
    return [_with_room(operation, given, disk, room) for room in rooms]


def _with_room(operation: Operation, given: Path, disk: Path, room: int) -> tuple[str, str]:
    cleared(disk)
    filler = disk.parent / "filler"
    facts = os.statvfs(disk)
    with filler.open("wb") as file:
        left = facts.f_bavail * facts.f_frsize - room
        while left > 0:
            left -= file.write(bytes(min(left, 1 << 20)))
    try:
        error = _in_child(operation, given, disk)
        try:
            complete = operation.whole(given, disk)
        except Exception as wrong:
            return "outside", f"{room} bytes of room: something half written is under its name: {wrong!r}"
    finally:
        filler.unlink()
    if error:
        last = error.strip().splitlines()[-1]
        if not any(ending in last for ending in ENDINGS) or str(disk) not in last or len(error.splitlines()) > 1:
            return "outside", f"{room} bytes of room: {error[-700:]}"
    again = _in_child(operation, given, disk)
    if again or not operation.whole(given, disk):
        return "outside", f"{room} bytes of room: with room again it fails: {again[-700:]}"
    if list(disk.rglob("*.part")):
        return "outside", f"{room} bytes of room: temporary files stay: {list(disk.rglob('*.part'))}"
    return ("refused" if error else "fitted" if complete else "outside"), "nothing was written, and no error"


def _in_child(operation: Operation, given: Path, disk: Path) -> str:
    """Run the operation in a process of its own; the text of its error, empty where there is none."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        heard = io.StringIO()
        quiet()
        with contextlib.redirect_stderr(heard):
            try:
                operation.run(given, disk)
                text = ""
            except OSError as error:
                text = heard.getvalue() if "the command failed" in str(error) else str(error)
            except BaseException:
                text = traceback.format_exc()
        os.write(writer, text.encode()[:60_000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read().decode()
    status = os.waitpid(child, 0)[1]
    return text if status == 0 else f"the process ended with {status}: {text}"


if __name__ == "__main__":
    sys.exit(main())
