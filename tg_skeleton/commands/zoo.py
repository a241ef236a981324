"""The networks as a page in Markdown, made from their rows."""

from __future__ import annotations

from pathlib import Path

from tg_skeleton.commands.published import cost_of
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.training import Network
from tg_skeleton.training.recipes import NETWORKS

COLUMNS = ("ntu60/xsub", "ntu60/xview", "ntu120/xsub", "ntu120/xset", "kinetics")
"""The published accuracies of the tables of networks."""

_HEAD = """# All networks in one table

Made by `python -m tg_skeleton networks --markdown`, from the rows of `tg_skeleton.training.recipes`; a test keeps it up
to date.

Parameters and GMACs (multiply-accumulates in units of 10^9) are of one stream on NTU RGB+D 60, for a clip of the
published length: of one person, or, marked by *, of the two that the network tells apart. Accuracies (top-1, %) are
published ones of all streams together: NTU RGB+D 60 cross-subject and cross-view, 120 cross-subject and cross-setup,
Kinetics-Skeleton. `python -m tg_skeleton published ntu60` prints them next to those of your runs. The last column is
measured with this package: the joint stream (the spatial one of `dgnn`) on NW-UCLA, cross-view, 20 epochs, one seed; it
says who learns quickly, not who is best ([results](docs/results.md#all-networks-on-nw-ucla)).
"""

HERE = "nw_ucla/xview"
"""What is measured of every network."""


def page() -> str:
    """The page."""
    head = ["network", "year", "streams", "parameters", "frames", "GMACs", *COLUMNS, f"{HERE}, here"]
    rows = [head, ["---", "---:", "---", *["---:"] * (len(head) - 3)]]
    rows += [_facts(row) for row in NETWORKS.values()]
    papers = [f"- `{row.name}`: {row.paper}, {row.year}. {_command(row)}" for row in NETWORKS.values()]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    return f"{_HEAD}\n{table}\n\n" + "\n".join(papers) + "\n"


def _facts(row: Network) -> list[str]:
    setting = row.setting(DATASETS["ntu60"].body(Location(Path())), "xsub", row.streams[0])
    parameters, macs = cost_of(setting, 60)
    return [
        f"`{row.name}`",
        str(row.year),
        ", ".join(row.streams),
        f"{parameters:,}",
        str(setting.recipe.preprocessing.num_frames),
        f"{macs / 1e9:.2f}" + ("*" if setting.num_persons == 2 else ""),
        *(f"{row.accuracy[key]:.1f}" if key in row.accuracy else "-" for key in COLUMNS),
        f"{row.measured[HERE]:.2f}" if HERE in row.measured else "-",
    ]


def _command(row: Network) -> str:
    return f"`python -m tg_skeleton train --model {row.name} --dataset ntu60 --stream {' '.join(row.streams)}`"
