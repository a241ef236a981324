"""Training settings for recordings of one's own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.datasets.table import DATASETS, Body
from tg_skeleton.topologies import COCO17, NTU25
from tg_skeleton.training import Recipe
from tg_skeleton.training.recipes import NETWORKS
from tg_skeleton.training.recipes.amanet import amanet_ntu60
from tg_skeleton.training.recipes.esan import esan_ntu60_xsub


def own_recipe(network: str, topology: Topology, dims: int, stream: str) -> Recipe:
    return NETWORKS[network].setting(Body(DATASETS["own"], topology, dims), "", stream).recipe


def esan_own(topology: Topology, dims: int, stream: str = "joint+bone") -> Recipe:
    return own_recipe("esan", topology, dims, stream)


def amanet_own(topology: Topology, dims: int, stream: str = "joint") -> Recipe:
    return own_recipe("amanet", topology, dims, stream)


@pytest.mark.parametrize(("own", "published"), [(esan_own, esan_ntu60_xsub), (amanet_own, amanet_ntu60)])
def test_the_optimiser_is_the_papers(own: Callable[..., Recipe], published: Callable[[], Recipe]) -> None:
    ours, theirs = own(NTU25, 3), published().with_batch_size(32)
    for key in ("optimizer", "weight_decay", "batch_size", "gamma"):
        assert getattr(ours, key) == getattr(theirs, key)


@pytest.mark.parametrize("own", [esan_own, amanet_own])
def test_an_unknown_stream_is_refused(own: Callable[..., Recipe]) -> None:
    with pytest.raises(ValueError, match="stream: (esan|amanet) has .*joint.*, got smell"):
        own(NTU25, 3, "smell")


@pytest.mark.parametrize(("topology", "dims"), [(NTU25, 3), (COCO17, 2)])
def test_the_unit_does_not_matter(topology: Topology, dims: int) -> None:
    pos = torch.randn(31, 1, topology.num_joints, dims)
    prepare = esan_own(topology, dims).preprocessing.test_transform
    assert prepare is not None
    one, other = (prepare(SkeletonSequence.from_array(scale * pos, topology)).pos for scale in (1.0, 1000.0))
    torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)
    assert one.shape == (100, topology.num_joints, dims)
