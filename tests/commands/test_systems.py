"""Every network on every data set, in every stream that it has."""

from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence
from tg_skeleton.commands.known import KNOWN
from tg_skeleton.commands.options import MODELS
from tg_skeleton.commands.systems import TOPOLOGIES, Setting, setting, streams_of

ALL = [(model, stream, dataset) for model in MODELS for stream in streams_of(model) for dataset in KNOWN]


def found(model: str, stream: str, dataset: str) -> Setting | None:
    """The setting, or None where the message says that there is none."""
    try:
        return setting(model, dataset, KNOWN[dataset].protocols[-1], stream)
    except ValueError as error:
        said = str(error)
        assert f"there is no recipe for {model} on {dataset}" in said or "has joint alone" in said
        return None


@pytest.mark.parametrize(("model", "stream", "dataset"), ALL)
def test_the_network_reads_what_the_recipe_writes(model: str, stream: str, dataset: str) -> None:
    chosen = found(model, stream, dataset)
    if chosen is None:
        assert dataset == "kinetics" or (model in ("sgn", "stgcn") and stream == "bone")
        return
    dims = 2 if dataset == "kinetics" else 3
    recording = SkeletonSequence.from_array(
        torch.randn(31, 1, TOPOLOGIES[dataset].num_joints, dims), TOPOLOGIES[dataset]
    )
    prepare = chosen.recipe.preprocessing
    batch = prepare.train_batch_transform(Batch.from_data_list([prepare.train_transform(recording)]))  # type: ignore[misc]
    joints = chosen.topology.num_joints * chosen.num_persons
    assert batch.x.shape == (prepare.num_frames, joints, chosen.channels)
    network = chosen.network(9)
    assert (network.num_joints, network.in_channels) == (chosen.topology.num_joints, chosen.channels)
    assert network.classifier.out_features == 9


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("dataset", ["nw_ucla", "sbu", "simulated", "ntu60", "ntu120"])
def test_a_comparison_is_one_flag(model: str, dataset: str) -> None:
    assert setting(model, dataset, KNOWN[dataset].protocols[0], "joint").recipe.epochs > 0


def test_small_sets_are_seen_alike_by_all_networks() -> None:
    seen = {
        repr((chosen.recipe.preprocessing.train_transform, chosen.recipe.preprocessing.test_transform))
        for chosen in (setting(model, "nw_ucla", "xview", "joint") for model in MODELS)
    }
    assert len(seen) == 1
