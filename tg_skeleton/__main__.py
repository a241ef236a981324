"""Data sets from the command line: what is where, process now, verify.

python -m tg_skeleton data info                 all data sets
python -m tg_skeleton data info nw_ucla         one: its files, and the statistics of its splits
python -m tg_skeleton data prepare nw_ucla      fetch and process it now
python -m tg_skeleton data check nw_ucla        verify what was processed
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from tg_skeleton.datasets import (
    NTURGBD,
    NWUCLA,
    KineticsSkeleton,
    SBUInteraction,
    SimulatedActions,
    SkeletonDataset,
    check_store,
    prepared_only,
)
from tg_skeleton.datasets.ntu_rgbd import Source

Arguments = argparse.Namespace


@dataclass(frozen=True)
class Known:
    """A data set that can be named on the command line.

    Args:
        kind: Its class.
        what: One line about it.
        folder: Its folder below ``datasets``, unless ``--root`` says another.
        protocols: What a split is taken from; each has statistics of its own.
        make: Makes it from the root, a protocol, a split, and the options that all data sets share.
    """

    kind: type[SkeletonDataset]
    what: str
    folder: str
    protocols: tuple[str, ...]
    make: Callable[[Arguments, str, Any], SkeletonDataset]


def _shared(args: Arguments) -> dict[str, Any]:
    """The options that all published data sets have."""
    return {
        "mirror": args.mirror,
        "force_reload": args.force,
        "on_error": args.on_error,
        "num_workers": args.workers,
    }


def _nw_ucla(args: Arguments, protocol: str, split: Any) -> SkeletonDataset:
    return NWUCLA(args.root, split, **_shared(args))


def _simulated(args: Arguments, protocol: Any, split: Any) -> SkeletonDataset:
    return SimulatedActions(args.root, split, protocol=protocol, force_reload=args.force, num_workers=args.workers)


def _ntu(subset: Any) -> Callable[[Arguments, str, Any], SkeletonDataset]:
    def make(args: Arguments, protocol: Any, split: Any) -> SkeletonDataset:
        return NTURGBD(args.root, subset, protocol, split=split, source=args.source, **_shared(args))

    return make


def _kinetics(args: Arguments, protocol: str, split: Any) -> SkeletonDataset:
    return KineticsSkeleton(args.root, split, **_shared(args))


def _sbu(args: Arguments, protocol: str, split: Any) -> SkeletonDataset:
    fold: Any = FOLDS.index(protocol) + 1
    return SBUInteraction(args.root, fold, split, **_shared(args))


FOLDS = tuple(f"fold {fold}" for fold in range(1, len(SBUInteraction.folds) + 1))
KNOWN = {
    "nw_ucla": Known(NWUCLA, "NW-UCLA Multiview Action 3D", "nw_ucla", ("xview",), _nw_ucla),
    "ntu60": Known(NTURGBD, "NTU RGB+D 60", "ntu_rgbd", ("xsub", "xview"), _ntu("60")),
    "ntu120": Known(NTURGBD, "NTU RGB+D 120", "ntu_rgbd", ("xsub", "xset"), _ntu("120")),
    "kinetics": Known(KineticsSkeleton, "Kinetics-Skeleton", "kinetics_skeleton", ("",), _kinetics),
    "sbu": Known(SBUInteraction, "SBU Kinect Interaction", "sbu_interaction", FOLDS, _sbu),
    "simulated": Known(SimulatedActions, "SimulatedActions (made here)", "simulated", ("xsub", "xview"), _simulated),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Does what the arguments say; the exit status is 1 where that failed, or something is wrong with the data."""
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
    except (ValueError, RuntimeError, OSError) as error:
        print(f"{args.command}: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tg_skeleton", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    data = parser.add_subparsers(required=True, metavar="data").add_parser("data", help="data sets")
    commands = data.add_subparsers(required=True, dest="command")

    def command(name: str, run: Callable[[Arguments], int], about: str, *, optional: bool = False) -> Any:
        made = commands.add_parser(name, help=about, description=about)
        made.add_argument("name", choices=KNOWN, nargs="?" if optional else None, help="the data set")
        made.add_argument("--root", type=Path, help="its folder; left out: datasets/<its name>")
        if run is not _check:  # which verifies all that was processed
            made.add_argument("--source", choices=get_args(Source), default="raw", help="of NTU RGB+D: which files")
        made.set_defaults(run=run, mirror=None, workers=0, on_error="skip", force=False)
        return made

    command("info", _info, "what is where, and the statistics of each split", optional=True)
    prepare = command("prepare", _prepare, "fetch the raw files and process them, unless that is done")
    prepare.add_argument("--mirror", help="address or path to take the raw files from")
    prepare.add_argument("--workers", type=int, default=0, help="processes that read; 0: none but this one")
    prepare.add_argument("--on-error", choices=("raise", "skip"), default="raise", help="at a bad recording")
    prepare.add_argument("--force", action="store_true", help="process again")
    command("check", _check, "verify hashes, lengths, labels and coordinates of what was processed")
    return parser


def _root(args: Arguments, known: Known) -> Path:
    return Path("datasets", known.folder) if args.root is None else args.root


def _info(args: Arguments) -> int:
    if args.name is None:
        for name, known in KNOWN.items():
            given = argparse.Namespace(**{**vars(args), "root": _root(args, known)})
            state = "prepared" if _is_prepared(given, known) else "not prepared"
            print(f"{name:<10} {known.what:<30} {given.root}: {state}")
        return 0
    known = KNOWN[args.name]
    args.root = _root(args, known)
    print(f"{args.name}: {known.what}, {known.kind.__module__.rpartition('.')[0]}.{known.kind.__name__}")
    for room in ("raw", "processed"):
        found = sorted(path for path in (args.root / room).glob("*") if not path.name.startswith("."))
        for path in found:
            print(f"{room + ':':<11}{path}  {_size(path) / 1e6:,.1f} MB")
        if not found:
            print(f"{room + ':':<11}nothing in {args.root / room}")
    if _is_prepared(args, known):
        with prepared_only():
            _table(args, known)
    else:
        options = "" if known.kind is not NTURGBD else f" --source {args.source}"
        print(f"not prepared: python -m tg_skeleton data prepare {args.name} --root {args.root}{options}")
    return 0


def _is_prepared(args: Arguments, known: Known) -> bool:
    try:
        with prepared_only():
            known.make(args, known.protocols[0], "trainval")
    except FileNotFoundError:
        return False
    return True


def _table(args: Arguments, known: Known) -> None:
    header = ("protocol", "split", "sequences", "persons", "frames", "min", "median", "max", "classes")
    rows = []
    for protocol in known.protocols:
        for split in known.kind.splits:
            try:
                dataset = known.make(args, protocol, split)
            except ValueError:  # nothing of this split is there
                continue
            facts: Any = dataset.statistics()
            frames = [f"{facts[f'frames_{key}']:,.0f}" for key in ("total", "min", "median", "max")]
            present = sum(count > 0 for count in facts["classes"].values())
            rows.append((protocol, split, f"{facts['sequences']:,}", f"{facts['persons']:,}", *frames, str(present)))
    print(f"joints:    {dataset.topology.num_joints} ({dataset.topology.name}); {dataset.num_classes} classes")
    if dataset.issues:
        print(f"remarks:   {len(dataset.issues)} in {Path(dataset.processed_dir, 'report.csv')}")
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    for row in (header, *rows):
        left, right = row[:2], row[2:]
        cells = [cell.ljust(width) for cell, width in zip(left, widths[:2], strict=True)]
        cells += [cell.rjust(width) for cell, width in zip(right, widths[2:], strict=True)]
        print("  ".join(cells).rstrip())


def _prepare(args: Arguments) -> int:
    known = KNOWN[args.name]
    args.root = _root(args, known)
    dataset = known.make(args, known.protocols[0], "trainval")
    print(f"{args.name}: {dataset.len():,} recordings in {dataset.processed_dir}")
    if dataset.issues:
        print(f"{len(dataset.issues)} remarks in {Path(dataset.processed_dir, 'report.csv')}")
    return 0


def _check(args: Arguments) -> int:
    known = KNOWN[args.name]
    folders = _folders(_root(args, known), known)
    if not folders:
        print(f"nothing is prepared in {_root(args, known) / 'processed'}", file=sys.stderr)
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


if __name__ == "__main__":
    sys.exit(main())
