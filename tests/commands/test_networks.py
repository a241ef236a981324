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

ALL = [(name, stream, dataset) for name, row in NETWORKS.items() for stream in row.all_streams for dataset in DATASETS]


PICTURES = {name: DATASETS[name].body(Location(Path(), source="openmmlab-2d")) for name in ("ntu60", "ntu120")}


def found(model: str, stream: str, body: Body) -> Setting:
    return NETWORKS[model].setting(body, list(body.dataset.protocols)[-1], stream)


def recording(body: Body, frames: int) -> SkeletonSequence:
    shape = (frames, 1, body.topology.num_joints, body.dims)
    score = torch.rand(shape[:3]) if body.scored else None
    return SkeletonSequence.from_array(torch.randn(shape), body.topology, score=score)


@pytest.mark.parametrize(("model", "stream", "dataset"), ALL)
def test_the_network_reads_what_the_recipe_writes(model: str, stream: str, dataset: str, own: Path) -> None:
    body = DATASETS[dataset].body(Location(own))
    assert body.dims == (2 if dataset in ("kinetics", "own") else 3)
    check_input(found(model, stream, body), body)


@pytest.mark.parametrize(("model", "stream"), sorted({(model, stream) for model, stream, _ in ALL}))
def test_so_does_that_of_pictures(model: str, stream: str) -> None:
    body = PICTURES["ntu60"]
    assert (body.topology.name, body.dims, body.scored) == ("COCO17", 2, True)
    chosen, space = found(model, stream, body), found(model, stream, DATASETS["ntu60"].body(Location(Path())))
    check_input(chosen, body)
    assert (chosen.recipe.epochs, chosen.recipe.batch_size) == (space.recipe.epochs, space.recipe.batch_size)


def check_input(chosen: Setting, body: Body) -> None:
    prepare = chosen.recipe.preprocessing
    given = Batch.from_data_list([prepare.train_transform(recording(body, 31))])  # type: ignore[misc]
    batch = prepare.train_batch_transform(given)  # type: ignore[misc]
    joints = chosen.topology.num_joints * chosen.num_persons
    assert batch.x.shape == (prepare.num_frames, joints, chosen.channels)
    network = chosen.build(9)
    assert (network.num_joints, network.in_channels) == (chosen.topology.num_joints, chosen.channels)
    *_, last = (module for module in network.modules() if isinstance(module, nn.Linear))
    assert last.out_features == 9


@pytest.mark.parametrize(("model", "stream", "dataset"), ALL)
def test_a_recording_is_tested_alike_each_time(model: str, stream: str, dataset: str, own: Path) -> None:
    body = DATASETS[dataset].body(Location(own))
    given, prepare = recording(body, 130), found(model, stream, body).recipe.preprocessing
    for transform in (prepare.val_transform, prepare.test_transform):
        assert torch.equal(transform(given).pos, transform(given).pos)  # type: ignore[misc]


@pytest.mark.parametrize("model", NETWORKS)
@pytest.mark.parametrize("dataset", DATASETS)
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
