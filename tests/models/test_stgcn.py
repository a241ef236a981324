from __future__ import annotations

import copy
from typing import get_args

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25, Topology
from tg_skeleton.models import STGCN
from tg_skeleton.nn.partition import NUM_SUBSETS, Partition
from tg_skeleton.topologies import TOPOLOGIES

STICK = Topology("stick", ("a", "b", "c"), (0, 0, 1))
OPTIONS = [
    *({"partition": partition} for partition in get_args(Partition)),
    {"edge_importance": False},
    {"center": "c"},
    {"kernel_size": 3},
]


def small(**options: object) -> STGCN:
    torch.manual_seed(0)
    return STGCN(STICK, 4, 5, widths=(6, 6, 8), **options)  # type: ignore[arg-type]


def test_parameters_without_edge_importance() -> None:
    model = STGCN(NTU25, 3, 60, edge_importance=False)
    assert sum(p.numel() for p in model.parameters()) == 3_098_832 - 10 * 3 * 625


def test_dropout_is_the_paper_s() -> None:
    assert [m.p for m in STGCN(NTU25, 3, 60).modules() if isinstance(m, nn.Dropout)] == [0.5] * 10


@pytest.mark.parametrize("partition", get_args(Partition))
def test_every_block_has_the_partition(partition: Partition) -> None:
    for block in small(partition=partition).blocks:
        assert block.spatial.conv.partition == partition
        assert block.spatial.adjacency.shape == (NUM_SUBSETS[partition], 3, 3)


def test_persons_are_seen_alone_and_averaged() -> None:
    model = small().double().eval()
    persons = torch.randn(3, 7, 3, 4, dtype=torch.double)
    x = persons.transpose(0, 1).flatten(1, 2)
    logits = model(x, batch=torch.tensor([0] * 6 + [1] * 3), batch_size=2)  # two persons, then one
    alone = [model(person)[0] for person in persons]
    torch.testing.assert_close(logits, torch.stack([(alone[0] + alone[1]) / 2, alone[2]]))


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_learns(options: dict[str, object]) -> None:
    model = small(**options)
    logits = model(torch.randn(9, 9, 4), torch.tensor([0] * 3 + [1] * 6), 2)
    assert logits.shape == (2, 5)
    logits.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_takes_every_topology_and_any_number_of_frames(topology: Topology) -> None:
    model = STGCN(topology, 3, 4, widths=(6, 8)).eval()
    for frames in (1, 6):
        assert model(torch.randn(frames, 2 * topology.num_joints, 3)).shape == (1, 4)


def test_compiles_without_graph_breaks() -> None:
    model = small().double().eval()
    x, batch = torch.randn(7, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    compiled = torch.compile(copy.deepcopy(model), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, batch, 2), model(x, batch, 2))
    torch._dynamo.reset()


def test_exports() -> None:
    model = small().double().eval()
    x, batch = torch.randn(7, 12, 4, dtype=torch.double), torch.arange(2).repeat_interleave(6)
    program = torch.export.export(model, (x, batch, 2))
    other = torch.randn(7, 12, 4, dtype=torch.double)
    torch.testing.assert_close(program.module()(other, batch, 2), model(other, batch, 2))


def test_runs_in_bfloat16() -> None:
    model = small()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(torch.randn(7, 12, 4))
    logits.float().square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in model.parameters())


def test_still_and_empty_clips_stay_finite() -> None:
    assert small()(torch.zeros(6, 9, 4)).isfinite().all()


def test_a_checkpoint_holds_weights_only() -> None:
    assert not any("adjacency" in key for key in small().state_dict())


def test_unknown_partition() -> None:
    with pytest.raises(ValueError, match=r"partition: expected one of \('uniform', .*\), got 'semantic'"):
        small(partition="semantic")


def test_unknown_centre() -> None:
    with pytest.raises(ValueError, match="Topology 'stick': center: there is no joint 'neck'"):
        small(center="neck")


def test_even_kernel() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number of frames, got 4"):
        small(kernel_size=4)


def test_wrong_channels() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[T, N, 4\] for in_channels = 4, got \[6, 9, 3\]"):
        small()(torch.zeros(6, 9, 3))


def test_nodes_of_another_topology() -> None:
    with pytest.raises(ValueError, match="x: expected whole persons of 3 joints, got 10 nodes"):
        small()(torch.zeros(6, 10, 4))
