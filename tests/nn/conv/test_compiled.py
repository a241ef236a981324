"""Operators with a batch in compiled graphs and exported programs, for any number of nodes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from tg_skeleton.nn import (
    AdaptiveGraphConv,
    ChannelTopologyConv,
    MultiScaleG3D,
    MultiScaleGraphConv,
    ShiftGraphConv,
    SpatialGraphConv,
    SpatialSelfAttention,
    SpatioTemporalSelfAttention,
    TemporalSelfAttention,
    TemporalShift,
)

OPERATORS: dict[str, Callable[[], nn.Module]] = {
    "S1": lambda: SpatialSelfAttention(8, 12, heads=2),
    "S1 bare": lambda: SpatialSelfAttention(8, None),
    "S2": lambda: SpatialSelfAttention(8, 12, per_frame=False, directed=False),
    "T1": lambda: TemporalSelfAttention(8, 12, group=(None, 2)),
    "T2": lambda: TemporalSelfAttention(8, 12, per_joint=False, group=3),
    "ST": lambda: SpatioTemporalSelfAttention(8, 12),
    "ST window": lambda: SpatioTemporalSelfAttention(8, 12, window=3),
    "ST-GCN": lambda: SpatialGraphConv(8, 12, partition="distance"),
    "ST-GCN, spatial": lambda: SpatialGraphConv(8, 12, root=1),
    "ST-GCN, uniform": lambda: SpatialGraphConv(8, 6, partition="uniform"),
    "2s-AGCN": lambda: AdaptiveGraphConv(8, 12, partition="distance"),
    "AAGCN": lambda: AdaptiveGraphConv(8, 12, partition="distance", normalize="tanh"),
    "CTR-GCN": lambda: ChannelTopologyConv(8, 12, partition="distance"),
    "MS-G3D, spatial": lambda: MultiScaleGraphConv(8, 12, num_scales=3),
    "MS-G3D": lambda: MultiScaleG3D(8, 12, num_scales=3),
    "Shift-GCN": lambda: ShiftGraphConv(8, 12),
    "Shift-GCN, time": lambda: TemporalShift(8),
}

Input = tuple[Tensor, Tensor, Tensor]


def graphs(*sizes: int, frames: int = 5) -> Input:
    """Paths of these numbers of nodes: features, edges, batch."""
    generator = torch.Generator().manual_seed(sum(sizes))
    x = torch.randn(frames, sum(sizes), 8, generator=generator)
    batch = torch.arange(len(sizes)).repeat_interleave(torch.tensor(sizes))
    ends = torch.stack([torch.arange(sum(sizes) - 1), torch.arange(1, sum(sizes))])
    ends = ends[:, batch[ends[0]] == batch[ends[1]]]
    return x, torch.cat([ends, ends.flip(0)], dim=1), batch


EQUAL, RAGGED, MORE = graphs(3, 3), graphs(3, 4, 2), graphs(4, 2, 3, 3)


def operator(name: str) -> nn.Module:
    torch.manual_seed(0)
    conv = OPERATORS[name]()
    with torch.no_grad():  # an α of 0 would hide the pairs of other sets
        for parameter in conv.parameters():
            parameter.add_(0.1)
    return conv.eval()


def assert_same(found: Tensor, conv: nn.Module, given: Input) -> None:
    x, edges, batch = given
    torch.testing.assert_close(found, conv(x, edges, batch=batch), rtol=0, atol=2e-5)


@pytest.mark.parametrize("name", OPERATORS)
def test_there_are_no_graph_breaks(name: str) -> None:
    x, edges, batch = RAGGED
    torch._dynamo.reset()
    found = torch._dynamo.explain(operator(name))(x, edges, batch=batch)
    assert (found.graph_break_count, found.graph_count) == (0, 1)


@pytest.mark.parametrize("name", OPERATORS)
def test_one_compiled_graph_has_any_number_of_nodes(name: str) -> None:
    conv = operator(name)
    torch._dynamo.reset()
    compiled = torch.compile(conv, backend="eager", fullgraph=True, dynamic=True)
    for given in (EQUAL, RAGGED, MORE):
        assert_same(compiled(given[0], given[1], batch=given[2]), conv, given)
    torch._dynamo.reset()


@pytest.mark.parametrize("name", OPERATORS)
def test_an_exported_program_has_any_number_of_nodes(name: str) -> None:
    conv = operator(name)
    x, edges, batch = RAGGED
    free = {"x": {1: Dim.AUTO}, "edge_index": {1: Dim.AUTO}, "batch": {0: Dim.AUTO}}
    program = torch.export.export(conv, (x, edges), {"batch": batch}, dynamic_shapes=free).module()
    for given in (RAGGED, MORE):
        assert_same(program(given[0], given[1], batch=given[2]), conv, given)
