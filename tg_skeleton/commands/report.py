"""An HTML page about a training."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tg_skeleton.commands.arguments import add_networks, networks_of
from tg_skeleton.commands.run_folder import Pair, RunFolder, confused_pairs
from tg_skeleton.commands.selection import TABLE, selection_page
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets import prepared_only
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.topology import Topology

if TYPE_CHECKING:
    from torch import nn

    from tg_skeleton.commands.report_page import Saliency

Arguments = argparse.Namespace

_REPORT = """Write one HTML page about a run of `train`, `compare` or `ablate`: numbers, learning curves, confusion
matrix, classes, and the most confused pairs of classes with two players side by side. The page needs no other files;
for the players, the data set must be prepared when the page is written. Of the folder of a `select`, the page has its
table."""


def add_to(commands: Any) -> None:
    """Add ``report``."""
    report = commands.add_parser("report", description=_REPORT)
    report.add_argument("folder", type=Path, metavar="RUN", help="folder of a run, .../seed0, or of a select")
    add_networks(report)
    report.add_argument("--out", type=Path, help="output file. Default: report.html in the run's folder")
    report.add_argument("--root", type=Path, help="folder of the data set. Default: that of the training")
    report.add_argument("--pairs", type=int, default=4, help="number of confused pairs to show. Default: %(default)s")
    report.set_defaults(run=_report, command="report")


def _report(args: Arguments) -> int:
    if (args.folder / TABLE).is_file():
        return _written(args, selection_page(args.folder))
    run = RunFolder.read(args.folder)
    if args.pairs < 0:
        raise ValueError(f"--pairs: expected 0 or more, got {args.pairs}")
    if run.facts["dataset"] not in DATASETS:
        raise ValueError(
            f"'{args.folder / 'run.json'}': dataset: expected one of {', '.join(DATASETS)}, got "
            f"{run.facts['dataset']!r}"
        )
    from tg_skeleton.commands.report_page import Material, report_page

    row = DATASETS[run.facts["dataset"]]
    pairs = confused_pairs(run.test, args.pairs)
    root = args.root or Path(run.facts.get("root", row.default_root()))
    recordings, names, topology = _recordings(run, pairs, root)
    saliency, versions = _network(args.folder, networks_of(args))
    material = Material(
        run=run,
        names=names,
        pairs=pairs,
        recordings=recordings,
        topology=topology,
        saliency=saliency,
        versions=versions,
    )
    status = _written(args, report_page(material))
    if isinstance(recordings, str):
        print(recordings)
    return status


def _written(args: Arguments, text: str) -> int:
    from tg_skeleton.visualization._page import write

    path = write(args.out or args.folder / "report.html", text)
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _recordings(
    run: RunFolder, pairs: Sequence[Pair], root: Path
) -> tuple[Mapping[str, SkeletonSequence] | str, Sequence[str], Topology | None]:
    """The recordings of the pairs, or the reason why there are none; the class names; the skeleton, with recordings."""
    row, classes = DATASETS[run.facts["dataset"]], run.test.num_classes
    try:
        with prepared_only():
            split = (
                "trainval" if "held_out" in run.facts else "test"
            )  # a run of select has left training recordings out
            dataset = row.split(Location(root, run.facts["source"]), run.facts["protocol"], split)
    except FileNotFoundError:
        numbers = tuple(str(label) for label in range(classes))
        names = getattr(row.cls, "class_names", numbers)  # NTU RGB+D 60 and 120 have different ones
        reason = f"There are no players: {run.facts['dataset']} is not prepared in {root}; --root names its folder."
        return reason, names if len(names) == classes else numbers, None
    if len(dataset.class_names) != classes:
        raise ValueError(f"--root: '{root}' has {len(dataset.class_names)} classes, the run's scores {classes}")
    rows = {name: number for number, name in enumerate(dataset.names)}
    found = {}
    for pair in pairs:
        for number in (pair.wrong, pair.right):
            name = "" if number is None else str(run.test.names[number])
            if name and name not in rows:
                raise ValueError(f"--root: '{root}' has no recording '{name}', of which the run has scores")
            if name:
                found[name] = dataset[rows[name]]
    return found, dataset.class_names, dataset.topology


def _network(folder: Path, networks: Sequence[type[nn.Module]]) -> tuple[Saliency | None, Mapping[str, str]]:
    """The saliency of the run's network, and the versions that trained it, if the run has a checkpoint."""
    path = folder / "model.safetensors"
    if not path.is_file():
        return None, {}
    from tg_skeleton.commands.play import saliency_of
    from tg_skeleton.inference import ActionRecognizer

    recognizer = ActionRecognizer.load(path, networks=networks)
    return partial(saliency_of, recognizer), recognizer.card.versions
