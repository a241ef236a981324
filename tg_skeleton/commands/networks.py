"""The networks as a table."""

from __future__ import annotations

import argparse
from typing import Any

from tg_skeleton.commands.zoo import COLUMNS, page
from tg_skeleton.datasets.table import DATASETS
from tg_skeleton.evaluation.report import table
from tg_skeleton.training.recipes import NETWORKS


def add_to(commands: Any) -> None:
    """Add ``networks``."""
    networks = commands.add_parser("networks", description=_NETWORKS)
    networks.add_argument("name", nargs="?", choices=list(NETWORKS), help="one of the networks. Default: all")
    networks.add_argument("--markdown", action="store_true", help="print all as a table in Markdown, with GMACs")
    networks.set_defaults(run=_run, command="networks")


_NETWORKS = """List the networks: year, parameters of one stream on NTU RGB+D 60, and published top-1 accuracies (%).
With a name: the paper, the streams, and the data sets on which the network has a recipe."""


def _run(args: argparse.Namespace) -> int:
    if args.markdown:
        print(page(), end="")
        return 0
    print("\n".join(_overview() if args.name is None else _facts(args.name)))
    return 0


def _overview() -> list[str]:
    rows = [["network", "year", "parameters", *COLUMNS]]
    for row in NETWORKS.values():
        size = "-" if row.parameters is None else f"{row.parameters:,}"
        accuracies = [f"{row.accuracy[key]:.1f}" if key in row.accuracy else "-" for key in COLUMNS]
        rows.append([row.name, str(row.year), size, *accuracies])
    return table(rows)


def _facts(name: str) -> list[str]:
    row = NETWORKS[name]
    small = [key for key, dataset in DATASETS.items() if dataset.preprocessing is not None]
    own = dict.fromkeys(key.partition("/")[0] for key in row.recipes)
    return [
        f"{name}: {row.paper} ({row.year})",
        f"class:    {row.model.__module__}.{row.model.__name__}",
        f"streams:  {', '.join(row.all_streams)}",
        f"recipes:  {', '.join(dict.fromkeys([*own, *small]))}",
    ]
