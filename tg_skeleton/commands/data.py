"""List, prepare and verify data sets."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from tg_skeleton.commands import data_import
from tg_skeleton.commands.arguments import add_raw, add_root, location_of
from tg_skeleton.commands.cluster import add_workers, workers_of
from tg_skeleton.datasets import check_store, doubts_about, prepared_only
from tg_skeleton.datasets.ntu_rgbd import Source
from tg_skeleton.datasets.table import DATASETS, DataSet, Location
from tg_skeleton.evaluation.report import table
from tg_skeleton.files import printable

Arguments = argparse.Namespace


def add_to(commands: Any) -> None:
    """Add ``data info``, ``data prepare`` and ``data check``."""
    data = commands.add_parser("data", description=__doc__)
    actions = data.add_subparsers(required=True, metavar="ACTION")

    def command(name: str, run: Callable[[Arguments], int], about: str, *, optional: bool = False) -> Any:
        parser = actions.add_parser(name, help=about, description=about)
        parser.add_argument("dataset", choices=list(DATASETS), nargs="?" if optional else None, help="the data set")
        add_root(parser)
        parser.set_defaults(run=run, command=name, raw=None, on_error="skip", workers=0, force=False)
        return parser

    info = command("info", _info, "list files and the statistics of each split", optional=True)
    prepare = command("prepare", _prepare, "fetch the raw files and process them, unless that is done")
    add_raw(prepare)
    add_workers(prepare, "read recordings")
    prepare.add_argument("--force", action="store_true", help="process again")
    for parser in (info, prepare):
        parser.add_argument(
            "--source", choices=get_args(Source), default="raw", help="files of NTU RGB+D to read. Default: %(default)s"
        )
    check = command("check", _check, "verify hashes, lengths, labels, coordinates and bodies of what was processed")
    add_workers(check, "check files")
    check.set_defaults(source="raw")  # all that was processed is verified
    check.add_argument("--strict", action="store_true", help="fail where recordings do not look like bodies")
    data_import.add_to(actions)


def _info(args: Arguments) -> int:
    if args.dataset is None:
        for name, row in DATASETS.items():
            location = Location(args.root or row.default_root(), args.source)
            state = "prepared" if is_prepared(location, row) else "not prepared"
            print(f"{name:<10} {row.description:<30} {location.root}: {state}")
        return 0
    row, location = DATASETS[args.dataset], location_of(args)
    print(f"{args.dataset}: {row.description}, {row.cls.__module__.rpartition('.')[0]}.{row.cls.__name__}")
    for room in ("raw", "processed"):
        found = sorted(path for path in (location.root / room).glob("*") if not path.name.startswith("."))
        for path in found:
            print(f"{room + ':':<11}{path}  {_size(path) / 1e6:,.1f} MB")
        if not found:
            print(f"{room + ':':<11}nothing in {location.root / room}")
    if is_prepared(location, row):
        with prepared_only():
            _statistics(location, row)
    else:
        options = f" --source {args.source}" if "source" in row.options else ""
        print(f"not prepared: python -m tg_skeleton data prepare {args.dataset} --root {location.root}{options}")
    return 0


def is_prepared(location: Location, row: DataSet) -> bool:
    """Whether the recordings of a folder are processed."""
    try:
        with prepared_only():
            row.split(location, next(iter(row.protocols)), "trainval")
    except FileNotFoundError:
        return False
    except ValueError:  # there are no recordings of this split
        return True
    return True


def _statistics(location: Location, row: DataSet) -> None:
    header = ("protocol", "split", "sequences", "persons", "frames", "min", "median", "max", "classes")
    rows = []
    for protocol in row.protocols:
        for split in row.cls.splits:
            try:
                dataset = row.split(location, protocol, split)
            except ValueError:  # there are no recordings of this split
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
    row = DATASETS[args.dataset]
    with workers_of(args) as workers:
        location = replace(location_of(args), executor=None if isinstance(workers, int) else workers)
        dataset = row.split(location, next(iter(row.protocols)), "trainval")
    print(f"{args.dataset}: {dataset.len():,} recordings in {dataset.processed_dir}")
    if dataset.issues:
        print(f"{len(dataset.issues)} remarks in {Path(dataset.processed_dir, 'report.csv')}")
        skipped = [issue for issue in dataset.issues if issue.level == "error"]
        for issue in skipped[:5]:
            print(printable(f"skipped {issue.name}: {issue.reason}"), file=sys.stderr)
        if len(skipped) > 5:
            print(f"skipped {len(skipped) - 5:,} more", file=sys.stderr)
    return 0


def _check(args: Arguments) -> int:
    processed = location_of(args).root / "processed"
    folders = sorted(processed.glob(f"{DATASETS[args.dataset].cls.__name__.lower()}-v*"))
    if not folders:
        print(f"nothing is prepared in {processed}", file=sys.stderr)
        return 1
    bad = 0
    for folder in folders:
        with workers_of(args) as workers:
            problems = check_store(folder, num_workers=workers)
        bad += bool(problems)
        print(f"{folder}: {'good' if not problems else f'{len(problems)} problems'}")
        for problem in problems:
            print(f"  {printable(problem)}")
        doubts = [] if problems else doubts_about(folder)
        for doubt in doubts:
            print(f"  warning: {printable(doubt)}")
        bad += bool(doubts) and args.strict
    return int(bad > 0)


def _size(path: Path) -> int:
    return sum(file.stat().st_size for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file())
