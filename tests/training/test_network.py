"""The rows of the networks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tg_skeleton.commands.arguments import network_names
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.training.recipes import NETWORKS

RESULTS = (Path(__file__).resolve().parents[2] / "docs/results.md").read_text(encoding="utf-8")
KEYS = {key for name, row in DATASETS.items() for key in (name, *(f"{name}/{protocol}" for protocol in row.protocols))}
every_network = pytest.mark.parametrize("name", NETWORKS)


def test_a_network_s_file_has_its_name() -> None:
    assert sorted(NETWORKS) == network_names()


@every_network
def test_a_row_speaks_of_data_sets_and_streams_that_exist(name: str) -> None:
    row = NETWORKS[name]
    assert set(row.recipes) <= KEYS and set(row.accuracy) <= KEYS
    assert set(row.arguments_on) <= set(DATASETS)
    assert row.weights is None or len(row.weights) == len(row.streams)
    assert row.paper and (row.year or 0) >= 2018


@every_network
def test_the_parameters_are_those_of_the_row(name: str) -> None:
    row, body = NETWORKS[name], DATASETS["ntu60"].body(Location(Path()))
    model = row.setting(body, "xsub", row.streams[0]).build(60)
    assert sum(parameter.numel() for parameter in model.parameters()) == row.parameters


def test_the_table_of_results_has_every_network_s_parameters() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| [\d.]+ \| ([\d,]+) \| [\d.]+ \|", RESULTS, re.MULTILINE))
    body = DATASETS["nw_ucla"].body(Location(Path()))
    for name, parameters in table.items():
        model = NETWORKS[name].setting(body, "xview", "joint").build(10)
        assert f"{sum(parameter.numel() for parameter in model.parameters()):,}" == parameters
