"""Files of any form to a data set of one's own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tg_skeleton.io import titles
from tg_skeleton.topologies import TOPOLOGIES

Arguments = argparse.Namespace

_SHOWN = 8  # remarks


def add_to(actions: Any) -> None:
    """Add ``import`` to the actions of ``data``."""
    parser = actions.add_parser(
        "import",
        help="make a data set of your own from files",
        description=f"""Make a data set of your own. Sources: a pickle of PYSKL or MMAction2; an .npz of CTR-GCN; an
        .npy of ST-GCN beside its _label.pkl; a folder of files in folders that are named by their classes, perhaps
        below train, val and test. Forms of files: {titles()}. Interrupted work is continued.""",
    )
    parser.add_argument("sources", type=Path, nargs="+", metavar="SOURCE", help="files and folders")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="the folder of the data set")
    parser.add_argument(
        "--skeleton", choices=[one.name for one in TOPOLOGIES], help="the joints of files that do not state them"
    )
    parser.add_argument("--layout", metavar="AXES", help='axes of arrays, as "C T V M". Default: recognized')
    parser.add_argument(
        "--channels", choices=("xy", "xyz", "xys", "xyzs"), help="channels; s: confidence. Default: recognized"
    )
    parser.add_argument("--image-size", type=float, nargs=2, metavar=("W", "H"), help="size of the pictures in pixels")
    parser.add_argument("--classes", nargs="+", metavar="NAME", help="names of the classes. Default: from the labels")
    parser.add_argument("--persons", type=int, default=2, help="persons to keep per recording. Default: %(default)s")
    parser.add_argument("--workers", type=int, default=0, help="processes that read. Default: 0, the calling one")
    parser.add_argument(
        "--on-error",
        choices=("raise", "skip"),
        default="skip",
        help="stop at an unreadable recording, or skip and report it. Default: %(default)s",
    )
    parser.set_defaults(run=run, command="import")


def run(args: Arguments) -> int:
    """Import, and print what was found."""
    from tg_skeleton.datasets import ArrayDataset

    dataset = ArrayDataset.from_files(
        args.to,
        args.sources,
        args.skeleton,
        class_names=args.classes,
        layout=args.layout,
        channels=args.channels,
        image_size=None if args.image_size is None else tuple(args.image_size),
        persons=args.persons,
        on_error=args.on_error,
        num_workers=args.workers,
    )
    facts: Any = dataset.statistics()
    print(f"{args.to}: {len(dataset):,} recordings of {dataset.num_classes} classes, {dataset.topology.name}")
    for name, count in facts["classes"].items():
        print(f"  {name}: {count:,}")
    if dataset.given_splits:
        print(f"splits: {', '.join(dataset.given_splits)}")
    for issue in dataset.issues[:_SHOWN]:
        print(f"{issue.name}: {issue.reason}", file=sys.stderr)
    if len(dataset.issues) > _SHOWN:
        more = len(dataset.issues) - _SHOWN
        print(f"and {more:,} more in {Path(dataset.processed_dir, 'report.csv')}", file=sys.stderr)
    return 0
