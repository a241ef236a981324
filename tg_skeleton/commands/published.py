"""The papers' tables of comparisons, with what was measured here."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.commands.arguments import add_out
from tg_skeleton.commands.run_folder import RunFolder
from tg_skeleton.commands.run_record import read_record
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.evaluation import ensemble
from tg_skeleton.evaluation.report import table
from tg_skeleton.training import Setting
from tg_skeleton.training.published import SETS, System
from tg_skeleton.training.published import SYSTEMS as ALL
from tg_skeleton.training.recipes import NETWORKS

_PUBLISHED = """Print the tables of papers A and B that compare systems (A: Tables 6-8, B: Table 1), and what users
compare with today, next to what the runs below --out measured, and draw accuracy against parameters and
multiplications (paper A, Fig. 1) of the networks of this package, as published and as measured, to
<out>/published_<data set>.png."""


def add_to(commands: Any) -> None:
    """Add ``published``."""
    published = commands.add_parser("published", description=_PUBLISHED)
    published.add_argument("dataset", choices=list(SETS), help="data set")
    published.add_argument("--no-picture", action="store_true", help="print the table alone")
    add_out(published)
    published.set_defaults(run=_run, command="published")


@dataclass(frozen=True)
class Measured:
    """What runs measured of a system.

    Args:
        accuracy: The mean over the seeds in percent, by the keys of `SETS`.
        seeds: The number of seeds.
    """

    accuracy: Mapping[str, float]
    seeds: int


def _run(args: argparse.Namespace) -> int:
    keys = SETS[args.dataset]
    systems = [system for system in ALL.values() if any(key in system.accuracy for key in keys)]
    runs = found_runs(args.out, args.dataset)
    measured = {system.name: measured_of(system, args.dataset, runs) for system in systems}
    print("\n".join(rows_of(systems, keys, measured)))
    if not args.no_picture:
        from tg_skeleton.visualization import plot_tradeoff, save_figure

        bubbles = bubbles_of(systems, args.dataset, measured)
        marked = [name for name in bubbles if name.endswith(", here")]
        protocol = keys[0].partition("/")[2]
        title = DATASETS[args.dataset].description + (f", {protocol}" if protocol else "")
        figure = plot_tradeoff(bubbles, marked=marked, title=title)
        print(f"\n{save_figure(figure, args.out / f'published_{args.dataset}.png')}")
    return 0


def rows_of(systems: Sequence[System], keys: Sequence[str], measured: Mapping[str, Measured]) -> list[str]:
    """The table: who prints the figures, parameters, published accuracies, and ours."""
    rows = [["system", "in", "parameters (M)", *keys, *(f"{key} here" for key in keys), "seeds"]]
    for system in systems:
        size = "-" if system.parameters is None else f"{system.parameters:.2f}"
        ours = measured[system.name]
        rows.append(
            [
                system.name,
                ", ".join(system.papers),
                size,
                *(_percent(system.accuracy, key) for key in keys),
                *(_percent(ours.accuracy, key, digits=2) for key in keys),
                str(ours.seeds) if ours.seeds else "-",
            ]
        )
    return [*table(rows, left=(0, 1)), "A, B: in a table of the paper; own: as its authors published it"]


def found_runs(out: Path, dataset: str) -> dict[tuple[str, str], dict[int, RunFolder]]:
    """The finished runs below a folder on a data set, by the name and the protocol of the training, and by the seed."""
    found: dict[tuple[str, str], dict[int, RunFolder]] = {}
    for record in sorted(out.glob("**/run.json")):
        facts = read_record(record.parent)
        if facts.get("dataset") != dataset or facts.get("fast_dev_run") or not facts.get("finished", True):
            continue
        run = RunFolder.read(record.parent)
        found.setdefault((run.facts["name"], run.facts["protocol"]), {})[run.facts["seed"]] = run
    return found


def measured_of(system: System, dataset: str, runs: Mapping[tuple[str, str], Mapping[int, RunFolder]]) -> Measured:
    """The accuracy of a system, its streams fused with the published weights, or with equal ones."""
    accuracy: dict[str, float] = {}
    least = 0
    for protocol in DATASETS[dataset].protocols if system.network else ():
        parts = [runs.get((f"{system.network} {stream}", protocol), {}) for stream in system.streams]
        seeds = sorted(set.intersection(*map(set, parts)))
        if not seeds:
            continue
        row = NETWORKS[system.network]
        weights = row.weights if row.weights is not None and system.streams == row.streams else None
        fused = [ensemble([part[seed].test for part in parts], weights) for seed in seeds]
        key = f"{dataset}/{protocol}" if protocol else dataset
        accuracy[key] = 100 * float(np.mean([scores.top_k(1) for scores in fused]))
        accuracy[f"{key}/top5"] = 100 * float(np.mean([scores.top_k(5) for scores in fused]))
        least = min(least or len(seeds), len(seeds))
    return Measured(accuracy, least)


def bubbles_of(
    systems: Sequence[System], dataset: str, measured: Mapping[str, Measured]
) -> dict[str, tuple[float, float, float]]:
    """Accuracy, parameters and multiplications of all streams of the networks of this package, published and ours."""
    key, bubbles = SETS[dataset][0], dict[str, tuple[float, float, float]]()
    classes = len(DATASETS[dataset].cls.class_names) if dataset == "kinetics" else int(dataset.removeprefix("ntu"))
    for system in systems:
        if not system.network or key not in system.accuracy:
            continue
        body = DATASETS[dataset].body(Location(Path()))
        protocol = next(iter(DATASETS[dataset].protocols))
        parts = [NETWORKS[system.network].setting(body, protocol, stream) for stream in system.streams]
        costs = [cost_of(part, classes) for part in parts]
        parameters, macs = (sum(cost[place] for cost in costs) for place in (0, 1))
        bubbles[system.name] = (system.accuracy[key] / 100, parameters, macs)
        if key in measured[system.name].accuracy:
            bubbles[f"{system.name}, here"] = (measured[system.name].accuracy[key] / 100, parameters, macs)
    return bubbles


def cost_of(setting: Setting, num_classes: int) -> tuple[int, int]:
    """Parameters, and multiply-accumulates of a clip of one person (of two where the network needs two)."""
    import torch

    from tg_skeleton.evaluation import complexity

    joints = setting.topology.num_joints * setting.num_persons
    x = torch.empty(setting.recipe.preprocessing.num_frames, joints, setting.channels, device="meta")
    cost = complexity(setting.build(num_classes).to("meta"), x)
    return cost.parameters, cost.macs


def _percent(accuracy: Mapping[str, float], key: str, digits: int = 1) -> str:
    return f"{accuracy[key]:.{digits}f}" if key in accuracy else "-"
