"""The rows of the networks."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tests.benchmark.epochs import stream_of
from tg_skeleton.commands.arguments import network_names
from tg_skeleton.datasets.table import DATASETS, Location
from tg_skeleton.training.recipes import NETWORKS
from tg_skeleton.transforms.preprocessing import steps_of

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


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("esan", 1_067_136),  # paper A's facts; as many as published: MS-G3D, MS-AAGCN, DualHead-Net
        ("msg3d", 3_144_328),
        ("aagcn", 3_848_670),
        ("dual_head_net", 3_134_460),
        ("sgn", 864_936),
        ("hcn", 2_818_256),
        ("stgcn", 3_177_140),
        ("stgcnpp", 1_481_452),
        ("agcn", 3_547_776),
        ("dgnn", 4_257_552),
        ("ctrgcn", 1_524_938),
        ("shiftgcn", 749_790),
        ("mstgcn", 3_010_516),
        ("hypergcn", 1_099_881),
    ],
)
def test_parameters_on_kinetics(name: str, parameters: int) -> None:
    row, body = NETWORKS[name], DATASETS["kinetics"].body(Location(Path()))
    setting = row.setting(body, "", row.streams[0])
    assert sum(parameter.numel() for parameter in setting.build(400).parameters()) == parameters


def test_paper_a_trains_on_kinetics_without_rotation_and_tests_one_sequence() -> None:
    row, body = NETWORKS["esan"], DATASETS["kinetics"].body(Location(Path()))
    recipe = row.setting(body, "", "joint+bone").recipe
    assert (recipe.epochs, recipe.milestones, recipe.batch_size) == (120, (60, 90, 110), 64)
    assert (recipe.preprocessing.num_frames, recipe.preprocessing.test_clips) == (20, 1)
    assert "Rotate" not in repr(recipe)
    dataset = DATASETS["kinetics"].cls
    assert inspect.signature(dataset).parameters["persons"].default == 2
    assert inspect.signature(dataset).parameters["tracks"].default == "confidence"


def test_the_table_of_results_has_every_network_s_parameters() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| [\d.]+ \| ([\d,]+) \| [\d.]+ \|", RESULTS, re.MULTILINE))
    body = DATASETS["nw_ucla"].body(Location(Path()))
    for name, parameters in table.items():
        row = NETWORKS[name]
        model = row.setting(body, "xview", stream_of(row)).build(10)
        assert f"{sum(parameter.numel() for parameter in model.parameters()):,}" == parameters


@pytest.mark.parametrize(
    ("name", "stream", "channels"),
    [
        ("amanet", "joint_velocity", 3),
        ("amanet", "bone_velocity", 3),
        ("esan", "joint_velocity", 3),
        ("esan", "joint_velocity+bone_velocity", 6),
    ],
)
def test_streams_of_motions_are_there_beyond_the_published_ones(name: str, stream: str, channels: int) -> None:
    row = NETWORKS[name]
    assert stream not in row.streams and stream in row.all_streams
    setting = row.setting(DATASETS["nw_ucla"].body(Location(Path())), "xview", stream)
    (*_, written) = steps_of(setting.recipe.preprocessing.eval_batch_transform)
    assert setting.channels == channels
    assert repr(written).startswith(f"Streams({', '.join(map(repr, stream.split('+')))}, clips=")
