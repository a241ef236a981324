"""Tables of networks: all networks on one data set, and the papers' ablations."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.commands.ablation_rows import Row
from tg_skeleton.commands.ablations import TABLES, rows_of
from tg_skeleton.commands.arguments import (
    add_data,
    body_of,
    network_names,
    network_of,
    protocol_of,
    slug,
    title_of,
)
from tg_skeleton.commands.runs import Outcome, run
from tg_skeleton.commands.train import options_of
from tg_skeleton.commands.training_arguments import add_seeds, add_training, out_of
from tg_skeleton.evaluation import ensemble
from tg_skeleton.evaluation.report import table
from tg_skeleton.training import Setting

Arguments = argparse.Namespace


def add_to(commands: Any) -> None:
    """Add ``compare`` and ``ablate``."""
    compare = commands.add_parser("compare", description=_COMPARE)
    compare.add_argument(
        "--model",
        nargs="+",
        metavar="MODEL",
        help=f"{', '.join(network_names())}, or classes of your own as package.module:Class. Default: all networks "
        "that have the stream",
    )
    compare.add_argument(
        "--stream",
        default="joint",
        help="input of the networks: joint, bone, ... (`networks MODEL` lists a network's). Default: %(default)s",
    )
    compare.set_defaults(run=_compare, command="compare")
    ablate = commands.add_parser("ablate", description=_ABLATE)
    ablate.add_argument("table", choices=list(TABLES), help="a table of a paper")
    ablate.set_defaults(run=_ablate, command="ablate")
    for parser in (compare, ablate):
        add_data(parser)
        add_seeds(parser)
        add_training(parser)


_COMPARE = """Train every network on one stream of a data set, with the same --epochs and --batch-size where they are
given, and print accuracy, size, cost and time. Runs are written to <out>/compare_<data set>_<stream>."""
_ABLATE = """Train the rows of a paper's table on any data set and print the paper's accuracies (NTU RGB+D 60,
cross-subject) next to ours. Runs are written to <out>/ablate_<data set>. A network of several rows is trained once;
with --resume, also one of several tables."""


def _compare(args: Arguments) -> int:
    protocol, body = protocol_of(args), body_of(args)
    networks = [network_of(model) for model in args.model or network_names()]
    if args.model is None:
        networks = [network for network in networks if args.stream in network.streams]
    settings = {network.name: network.setting(body, protocol, args.stream) for network in networks}
    folder = out_of(args) / f"compare_{title_of(args)}_{args.stream}"
    head = ["network", "top-1 (%)", "class mean (%)", "macro F1 (%)", "parameters", "GMACs", "epochs", "training (s)"]
    rows = [head]
    for model, chosen in settings.items():
        outcomes = _outcomes(model, chosen, args, folder / model)
        if outcomes:
            one, seconds = outcomes[0], np.mean([outcome.seconds for outcome in outcomes])
            figures = [_spread([100 * value for value in values]) for values in _figures(outcomes)]
            cost = f"{one.macs / 1e9:.3f}"
            size = f"{one.parameters:,}"
            rows.append([model, *figures, size, cost, str(one.epochs), f"{seconds:,.0f}"])
    if len(rows) > 1:
        print(f"\n{title_of(args)}, {args.stream} stream, {_seeds(args.seed)}")
        print("\n".join(table(rows)))
    return 0


def _figures(outcomes: Sequence[Outcome]) -> list[list[float]]:
    """Top-1, mean class accuracy and macro F1 of several seeds."""
    scores = [outcome.test for outcome in outcomes]
    return [
        [one.top_k(1) for one in scores],
        [one.mean_class_accuracy() for one in scores],
        [one.macro_f1() for one in scores],
    ]


def _ablate(args: Arguments) -> int:
    protocol, folder = protocol_of(args), out_of(args) / f"ablate_{title_of(args)}"
    found: list[tuple[Row, list[float], int]] = []
    trained: dict[str, list[Outcome]] = {}
    for row in rows_of(args.table, body_of(args), protocol):
        for name, chosen in row.parts.items():
            if name not in trained:
                trained[name] = _outcomes(name, chosen, args, folder / slug(name))
        parts = [trained[name] for name in row.parts]
        if all(parts):
            top1 = [
                100 * ensemble([outcome.test for outcome in of_a_seed]).top_k(1)
                for of_a_seed in zip(*parts, strict=True)
            ]
            found.append((row, top1, sum(outcomes[0].parameters for outcomes in parts)))
    if found:
        about = TABLES[args.table]
        print(f"\n{args.table} on {title_of(args)}, {_seeds(args.seed)}; the paper's: NTU RGB+D 60, cross-subject")
        print("\n".join(_beside(found)))
        print(f"{about.source}; here: {about.values}")
    return 0


def _outcomes(name: str, chosen: Setting, args: Arguments, folder: Path) -> list[Outcome]:
    """The outcome of each seed; empty in all processes but the first."""
    outcomes = []
    for seed in args.seed:
        outcome = run(name, chosen, options_of(args, seed), folder / f"seed{seed}")
        if outcome is not None:
            print(f"{name}, seed {seed}: {outcome.test.top_k(1):.2%} in {outcome.seconds:,.0f} s", flush=True)
            outcomes.append(outcome)
    return outcomes


def _beside(found: Sequence[tuple[Row, list[float], int]]) -> list[str]:
    """The table, and the number of pairs of rows whose order is the paper's."""
    rows = [["row", "parameters", "paper (%)", "ours (%)"]]
    for row, top1, parameters in found:
        rows.append([row.label, f"{parameters:,}", "-" if row.paper is None else f"{row.paper:.1f}", _spread(top1)])
    pairs = [
        (one.paper - other.paper, float(np.mean(ours) - np.mean(others)))
        for (one, ours, _), (other, others, _) in combinations(found, 2)
        if one.paper is not None and other.paper is not None and one.paper != other.paper
    ]
    lines = table(rows)
    if pairs:
        agree = sum(theirs * ours > 0 for theirs, ours in pairs)
        lines.append(f"pairs of rows in the paper's order: {agree} of {len(pairs)}")
    return lines


def _spread(values: Sequence[float]) -> str:
    """The mean, and the standard deviation of several."""
    return f"{np.mean(values):.2f}" + (f" ± {np.std(values, ddof=1):.2f}" if len(values) > 1 else "")


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}"
