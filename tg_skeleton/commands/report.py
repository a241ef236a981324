"""One HTML page about a training."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tg_skeleton.commands.known import KNOWN, Place
from tg_skeleton.commands.run_folder import Pair, RunFolder, confused_pairs
from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets import prepared_only
from tg_skeleton.topology import Topology

if TYPE_CHECKING:
    from tg_skeleton.commands.report_page import Look

Arguments = argparse.Namespace

_REPORT = """Makes one HTML page of a run that `train`, `compare` or `ablate` left: numbers, learning curves, confusion
matrix, classes, and the most confused pairs of classes with two players side by side. It needs nothing else to be
looked at; the players need the data set to be there when the page is made."""


def add_to(commands: Any) -> None:
    """Adds ``report``."""
    report = commands.add_parser("report", help="one HTML page about a training", description=_REPORT)
    report.add_argument("folder", type=Path, metavar="RUN", help="a run's folder, .../seed0")
    report.add_argument("--out", type=Path, help="the page; left out: report.html in the run's folder")
    report.add_argument("--root", type=Path, help="the data set's folder; left out: where it was")
    report.add_argument("--pairs", type=int, default=4, help="how many confused pairs are shown")
    report.set_defaults(run=_report, command="report")


def _report(args: Arguments) -> int:
    run = RunFolder.read(args.folder)
    if args.pairs < 0:
        raise ValueError(f"--pairs: expected 0 or more, got {args.pairs}")
    if run.facts["dataset"] not in KNOWN:
        raise ValueError(
            f"'{args.folder / 'run.json'}': dataset: expected one of {', '.join(KNOWN)}, got {run.facts['dataset']!r}"
        )
    from tg_skeleton.commands.report_page import Material, report_page
    from tg_skeleton.visualization._page import write

    known = KNOWN[run.facts["dataset"]]
    pairs = confused_pairs(run.test, args.pairs)
    root = args.root or Path(run.facts.get("root", known.root(None)))
    recordings, names, topology = _recordings(run, pairs, root)
    look, versions = _network(args.folder)
    material = Material(
        run=run,
        names=names,
        pairs=pairs,
        recordings=recordings,
        topology=topology,
        look=look,
        versions=versions,
    )
    path = write(args.out or args.folder / "report.html", report_page(material))
    print(f"{path}  {path.stat().st_size / 1e6:.1f} MB")
    if isinstance(recordings, str):
        print(recordings)
    return 0


def _recordings(
    run: RunFolder, pairs: Sequence[Pair], root: Path
) -> tuple[Mapping[str, SkeletonSequence] | str, Sequence[str], Topology | None]:
    """The recordings of the pairs, or why there are none; the names of the classes; the skeleton, with recordings."""
    known, classes = KNOWN[run.facts["dataset"]], run.test.num_classes
    try:
        with prepared_only():
            dataset = known.make(Place(root, run.facts["source"]), run.facts["protocol"], "test", None)
    except FileNotFoundError:
        numbers = tuple(str(label) for label in range(classes))
        names = getattr(known.kind, "class_names", numbers)  # of NTU RGB+D each data set has its own
        said = f"The players are left out: {run.facts['dataset']} is not prepared in {root}; --root names its folder."
        return said, names if len(names) == classes else numbers, None
    if len(dataset.class_names) != classes:
        raise ValueError(f"--root: '{root}' has {len(dataset.class_names)} classes, the run's scores {classes}")
    places = {name: place for place, name in enumerate(dataset.names)}
    found = {}
    for pair in pairs:
        for row in (pair.wrong, pair.right):
            name = "" if row is None else str(run.test.names[row])
            if name and name not in places:
                raise ValueError(f"--root: '{root}' has no recording '{name}', of which the run has scores")
            if name:
                found[name] = dataset[places[name]]
    return found, dataset.class_names, dataset.topology


def _network(folder: Path) -> tuple[Look | None, Mapping[str, str]]:
    """What the run's network looks at, and the versions that trained it, where its checkpoint is there."""
    path = folder / "model.safetensors"
    if not path.is_file():
        return None, {}
    from tg_skeleton.commands.looking import saliency_of
    from tg_skeleton.inference import ActionRecognizer

    recognizer = ActionRecognizer.load(path)
    return partial(saliency_of, recognizer), recognizer.card.versions
