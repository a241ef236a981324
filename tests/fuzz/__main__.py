"""``python -m tests.fuzz [--inputs 20000] [--seed 0] [--only READER ...]``: damaged files for all readers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.attack import attack, lines
from tests.fuzz.readers import READERS


def main() -> int:
    """Print the counts by reader; 1 where an input was outside the contract."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="damaged files. Default: %(default)s")
    parser.add_argument("--seed", type=int, default=0, help="chooses the damage. Default: %(default)s")
    parser.add_argument("--only", nargs="+", metavar="READER", help="these readers. Default: all")
    parser.add_argument("--keep", type=Path, help="folder for the files outside the contract. Default: none")
    args = parser.parse_args()
    if args.keep is not None:
        args.keep.mkdir(parents=True, exist_ok=True)
    readers = [one for one in READERS if not args.only or one.name in args.only]
    counts = attack(args.inputs, args.seed, readers, args.keep)
    print("\n".join(lines(counts)))
    return int(any(one.outside for one in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
