"""Files of any form to a data set of your own."""

from __future__ import annotations

import argparse
import csv
import sys
import warnings
from pathlib import Path
from typing import Any

from tg_skeleton.commands.arguments import (
    add_image_size,
    add_on_error,
    add_persons,
    add_skeleton,
    image_size_of,
    skeleton_of,
)
from tg_skeleton.commands.cluster import add_workers, workers_of
from tg_skeleton.commands.estimators import add_estimator, maker_of, options_of
from tg_skeleton.commands.reading import add_change, add_layout, add_strict, change_of
from tg_skeleton.evaluation.report import table
from tg_skeleton.files import printable
from tg_skeleton.io import titles

Arguments = argparse.Namespace

_SHOWN = 8  # remarks
_ROWS = 40  # videos


def add_to(actions: Any) -> None:
    """Add ``import`` to the actions of ``data``."""
    parser = actions.add_parser(
        "import",
        help="make a data set of your own from files",
        description=f"""Make a data set of your own. Sources: a pickle of PYSKL or MMAction2; an .npz of CTR-GCN; an
        .npy of ST-GCN with its _label.pkl; a folder of files in folders that are named by their classes, perhaps
        below train, val and test; a .csv with the columns path, class and perhaps start, end (seconds of a video),
        split, subject. Forms of files: {titles()}. Interrupted work is continued.""",
    )
    parser.add_argument("sources", type=Path, nargs="+", metavar="SOURCE", help="files and folders")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the folder of the data set")
    add_skeleton(parser)
    add_layout(parser)
    parser.add_argument(
        "--channels", choices=("xy", "xyz", "xys", "xyzs"), help="channels; s: confidence. Default: recognized"
    )
    add_image_size(parser)
    add_change(parser)
    parser.add_argument(
        "--zeros",
        default="missing",
        choices=("missing", "real"),
        help="whether joints at the origin were not seen or lie there. Default: %(default)s",
    )
    parser.add_argument("--classes", nargs="+", metavar="NAME", help="names of the classes. Default: from the labels")
    add_estimator(parser)
    add_persons(parser)
    add_workers(parser, "read files")
    add_on_error(parser)
    add_strict(parser)
    parser.set_defaults(run=run, command="import")


def run(args: Arguments) -> int:
    """Import, and print what was found."""
    from tg_skeleton.datasets import ArrayDataset

    with workers_of(args) as workers, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they are printed below
        dataset = ArrayDataset.from_files(
            args.to,
            args.sources,
            skeleton_of(args.skeleton),
            class_names=args.classes,
            layout=args.layout,
            channels=args.channels,
            image_size=image_size_of(args),
            persons=args.persons,
            change=change_of(args),
            zeros=args.zeros,
            on_error="raise" if args.strict else args.on_error,
            strict=args.strict,
            num_workers=workers,
            estimator=maker_of(args),
            pose=options_of(args),
        )
    facts: Any = dataset.statistics()
    print(f"{args.to}: {len(dataset):,} recordings of {dataset.num_classes} classes, {dataset.topology.name}")
    for name, count in facts["classes"].items():
        print(f"  {name}: {count:,}")
    report = Path(args.to, "poses", "videos.csv")
    if report.exists():
        print(f"videos: {report}\n{_videos(report)}")
    if dataset.given_splits:
        print(f"splits: {', '.join(dataset.given_splits)}")
    for line in dataset.implausible():
        print(f"warning: {line}", file=sys.stderr)
    for issue in dataset.issues[:_SHOWN]:
        print(printable(f"{issue.name}: {issue.reason}"), file=sys.stderr)
    if len(dataset.issues) > _SHOWN:
        more = len(dataset.issues) - _SHOWN
        print(f"and {more:,} more in {Path(dataset.processed_dir, 'report.csv')}", file=sys.stderr)
    return 0


def _videos(report: Path) -> str:
    """The report of videos as a table; of many, those about which there is a remark."""
    with report.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    shown = rows if len(rows) <= _ROWS else [row for row in rows if row[-1]][:_ROWS]
    short = [[Path(row[0]).name, *row[1:]] for row in shown]
    return "\n".join(table([header, *short], left=[0, len(header) - 1]))
