"""Data sets: what is where, process now, verify."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

from tg_skeleton.commands.known import KNOWN, Known, Place
from tg_skeleton.datasets import NTURGBD, check_store, prepared_only
from tg_skeleton.datasets.ntu_rgbd import Source
from tg_skeleton.evaluation.report import table

Arguments = argparse.Namespace


def add_to(commands: Any) -> None:
    """Adds ``data info``, ``data prepare`` and ``data check``."""
    data = commands.add_parser("data", help="data sets: what is where, process now, verify", description=__doc__)
    kinds = data.add_subparsers(required=True, dest="what")

    def command(name: str, run: Callable[[Arguments], int], about: str, *, optional: bool = False) -> Any:
        made = kinds.add_parser(name, help=about, description=about)
        made.add_argument("name", choices=KNOWN, nargs="?" if optional else None, help="the data set")
        made.add_argument("--root", type=Path, help="its folder; left out: datasets/<its name>")
        if run is not _check:  # which verifies all that was processed
            made.add_argument("--source", choices=get_args(Source), default="raw", help="of NTU RGB+D: which files")
        made.set_defaults(run=run, command=name)
        return made

    command("info", _info, "what is where, and the statistics of each split", optional=True)
    prepare = command("prepare", _prepare, "fetch the raw files and process them, unless that is done")
    prepare.add_argument("--mirror", help="address or path to take the raw files from")
    prepare.add_argument("--workers", type=int, default=0, help="processes that read; 0: none but this one")
    prepare.add_argument("--on-error", choices=("raise", "skip"), default="raise", help="at a bad recording")
    prepare.add_argument("--force", action="store_true", help="process again")
    command("check", _check, "verify hashes, lengths, labels and coordinates of what was processed")


def _info(args: Arguments) -> int:
    if args.name is None:
        for name, known in KNOWN.items():
            place = Place(known.root(args.root), args.source)
            state = "prepared" if _is_prepared(place, known) else "not prepared"
            print(f"{name:<10} {known.what:<30} {place.root}: {state}")
        return 0
    known = KNOWN[args.name]
    place = Place(known.root(args.root), args.source)
    print(f"{args.name}: {known.what}, {known.kind.__module__.rpartition('.')[0]}.{known.kind.__name__}")
    for room in ("raw", "processed"):
        found = sorted(path for path in (place.root / room).glob("*") if not path.name.startswith("."))
        for path in found:
            print(f"{room + ':':<11}{path}  {_size(path) / 1e6:,.1f} MB")
        if not found:
            print(f"{room + ':':<11}nothing in {place.root / room}")
    if _is_prepared(place, known):
        with prepared_only():
            _statistics(place, known)
    else:
        options = "" if known.kind is not NTURGBD else f" --source {args.source}"
        print(f"not prepared: python -m tg_skeleton data prepare {args.name} --root {place.root}{options}")
    return 0


def _is_prepared(place: Place, known: Known) -> bool:
    try:
        with prepared_only():
            known.make(place, known.protocols[0], "trainval", None)
    except FileNotFoundError:
        return False
    except ValueError:  # nothing of this split is there
        return True
    return True


def _statistics(place: Place, known: Known) -> None:
    header = ("protocol", "split", "sequences", "persons", "frames", "min", "median", "max", "classes")
    rows = []
    for protocol in known.protocols:
        for split in known.kind.splits:
            try:
                dataset = known.make(place, protocol, split, None)
            except ValueError:  # nothing of this split is there
                continue
            facts: Any = dataset.statistics()
            frames = [f"{facts[f'frames_{key}']:,.0f}" for key in ("total", "min", "median", "max")]
            present = sum(count > 0 for count in facts["classes"].values())
            rows.append((protocol, split, f"{facts['sequences']:,}", f"{facts['persons']:,}", *frames, str(present)))
    print(f"joints:    {dataset.topology.num_joints} ({dataset.topology.name}); {dataset.num_classes} classes")
    if dataset.issues:
        print(f"remarks:   {len(dataset.issues)} in {Path(dataset.processed_dir, 'report.csv')}")
    print("\n".join(table([header, *rows], left=(0, 1))))


def _prepare(args: Arguments) -> int:
    known = KNOWN[args.name]
    place = Place(known.root(args.root), args.source, args.mirror, args.on_error, args.workers, args.force)
    dataset = known.make(place, known.protocols[0], "trainval", None)
    print(f"{args.name}: {dataset.len():,} recordings in {dataset.processed_dir}")
    if dataset.issues:
        print(f"{len(dataset.issues)} remarks in {Path(dataset.processed_dir, 'report.csv')}")
    return 0


def _check(args: Arguments) -> int:
    known = KNOWN[args.name]
    folders = _folders(known.root(args.root), known)
    if not folders:
        print(f"nothing is prepared in {known.root(args.root) / 'processed'}", file=sys.stderr)
        return 1
    bad = 0
    for folder in folders:
        problems = check_store(folder)
        bad += bool(problems)
        print(f"{folder}: {'good' if not problems else f'{len(problems)} problems'}")
        for problem in problems:
            print(f"  {problem}")
    return int(bad > 0)


def _folders(root: Path, known: Known) -> list[Path]:
    return sorted((root / "processed").glob(f"{known.kind.__name__.lower()}-v*"))


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
