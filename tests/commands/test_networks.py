"""Every network on every data set, in every stream that it has."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence
from tg_skeleton.datasets.table import DATASETS, Body, Location
from tg_skeleton.models import HCN
from tg_skeleton.training import Setting
from tg_skeleton.training.recipes import NETWORKS

ALL = [(name, stream, dataset) for name, row in NETWORKS.items() for stream in row.streams for dataset in DATASETS]


def found(model: str, stream: str, body: Body) -> Setting | None:
    """The setting, or None where the message says that there is none."""
    try:
        return NETWORKS[model].setting(body, list(body.dataset.protocols)[-1], stream)
    except ValueError as error:
        message = str(error)
        no_recipe = f"there is no recipe for {model} on {body.dataset.name}"
        assert no_recipe in message or "stream: expected one of ('joint',)" in message
        return None


@pytest.mark.parametrize(("model", "stream", "dataset"), ALL)
def test_the_network_reads_what_the_recipe_writes(model: str, stream: str, dataset: str, own: Path) -> None:
    body = DATASETS[dataset].body(Location(own))
    chosen = found(model, stream, body)
    if chosen is None:
        assert dataset == "kinetics" or (model in ("sgn", "stgcn") and stream == "bone")
        return
    assert body.dims == (2 if dataset in ("kinetics", "own") else 3)
    recording = SkeletonSequence.from_array(torch.randn(31, 1, body.topology.num_joints, body.dims), body.topology)
    prepare = chosen.recipe.preprocessing
    batch = prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(recording)]))  # type: ignore[misc]
    joints = chosen.topology.num_joints * chosen.num_persons
    assert batch.x.shape == (prepare.num_frames, joints, chosen.channels)
    network = chosen.build(9)
    assert (network.num_joints, network.in_channels) == (chosen.topology.num_joints, chosen.channels)
    *_, last = (module for module in network.modules() if isinstance(module, nn.Linear))
    assert last.out_features == 9


@pytest.mark.parametrize(("model", "stream", "dataset"), ALL)
def test_a_recording_is_tested_alike_each_time(model: str, stream: str, dataset: str, own: Path) -> None:
    body = DATASETS[dataset].body(Location(own))
    chosen = found(model, stream, body)
    if chosen is None:
        return
    recording = SkeletonSequence.from_array(torch.randn(130, 1, body.topology.num_joints, body.dims), body.topology)
    prepare = chosen.recipe.preprocessing
    for transform in (prepare.val_transform, prepare.test_transform):
        assert torch.equal(transform(recording).pos, transform(recording).pos)  # type: ignore[misc]


@pytest.mark.parametrize("model", NETWORKS)
@pytest.mark.parametrize("dataset", ["nw_ucla", "sbu", "simulated", "ntu60", "ntu120", "own"])
def test_a_comparison_is_one_flag(model: str, dataset: str, own: Path) -> None:
    body = DATASETS[dataset].body(Location(own))
    row = NETWORKS[model]
    assert row.setting(body, next(iter(DATASETS[dataset].protocols)), row.streams[0]).recipe.epochs > 0


def test_small_sets_are_seen_alike_by_all_networks() -> None:
    body = DATASETS["nw_ucla"].body(Location(Path()))
    seen = {
        repr((chosen.recipe.preprocessing.train_transform, chosen.recipe.preprocessing.test_transform))
        for chosen in (row.setting(body, "xview", row.streams[0]) for row in NETWORKS.values())
        if chosen.model is not HCN  # whose frames are a multiple of 16
    }
    assert len(seen) == 1


def test_own_recordings_without_a_folder_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing is prepared here; call ArrayDataset.from_arrays first"):
        DATASETS["own"].body(Location(tmp_path))
