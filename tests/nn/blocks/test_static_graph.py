from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import torch
import torch_geometric.nn as pyg
from torch import Tensor, nn
from torch.nn import BatchNorm1d, Linear, ReLU, Sequential

from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialGraphConv, SpatialSelfAttention, StaticGraph
from tg_skeleton.nn.blocks import ChannelNorm, Shortcut, SpatioTemporalBlock, TemporalConv
from tg_skeleton.nn.functional import normalized_adjacency

EDGES = torch.tensor([[0, 1, 1, 1, 2, 3, 3, 4], [1, 0, 2, 3, 1, 1, 4, 3]])
"""A body of five joints, eight edges."""

DEGREES = torch.tensor([0, 3, 1, 1])
"""How many joints have no neighbor, one, ..."""

STATIC: dict[str, Callable[[], nn.Module]] = {
    "GCNConv": lambda: pyg.GCNConv(6, 4),
    "SAGEConv": lambda: pyg.SAGEConv(6, 4),
    "SAGEConv max": lambda: pyg.SAGEConv(6, 4, aggr="max", project=True),
    "SAGEConv bipartite": lambda: pyg.SAGEConv((6, 6), 4),
    "GraphConv": lambda: pyg.GraphConv(6, 4),
    "GINConv": lambda: pyg.GINConv(Sequential(Linear(6, 7), ReLU(), Linear(7, 4)), train_eps=True),
    "ChebConv": lambda: pyg.ChebConv(6, 4, K=3),
    "TAGConv": lambda: pyg.TAGConv(6, 4),
    "SGConv": lambda: pyg.SGConv(6, 4, K=2),
    "SSGConv": lambda: pyg.SSGConv(6, 4, alpha=0.1, K=2),
    "ARMAConv": lambda: pyg.ARMAConv(6, 4, num_stacks=2, num_layers=2),
    "APPNP": lambda: pyg.APPNP(K=3, alpha=0.1),
    "LEConv": lambda: pyg.LEConv(6, 4),
    "ClusterGCNConv": lambda: pyg.ClusterGCNConv(6, 4),
    "ResGatedGraphConv": lambda: pyg.ResGatedGraphConv(6, 4),
    "FiLMConv": lambda: pyg.FiLMConv(6, 4),
    "GENConv": lambda: pyg.GENConv(6, 4, norm="layer"),
    "EdgeConv": lambda: pyg.EdgeConv(Linear(12, 4)),
    "MFConv": lambda: pyg.MFConv(6, 4, max_degree=3),
    "CGConv": lambda: pyg.CGConv(6),
    "MixHopConv": lambda: pyg.MixHopConv(6, 4),
    "AntiSymmetricConv": lambda: pyg.AntiSymmetricConv(6),
    "DirGNNConv": lambda: pyg.DirGNNConv(pyg.GCNConv(6, 4)),
    "LGConv": lambda: pyg.LGConv(),
    "SimpleConv": lambda: pyg.SimpleConv(combine_root="cat"),
    "SpatialSelfAttention": lambda: SpatialSelfAttention(6, 4, heads=2),
    "SpatialGraphConv": lambda: SpatialGraphConv(6, 4, root=1),
}
"""Convolutions that read a static graph."""

FIRST_AXIS: dict[str, Callable[[], nn.Module]] = {
    "GATConv": lambda: pyg.GATConv(6, 4, heads=2),
    "GATv2Conv": lambda: pyg.GATv2Conv(6, 4, heads=2),
    "TransformerConv": lambda: pyg.TransformerConv(6, 4, heads=2, beta=True),
    "SuperGATConv": lambda: pyg.SuperGATConv(6, 4, heads=2),
    "GeneralConv": lambda: pyg.GeneralConv(6, 4, attention=True, heads=2),
    "EGConv": lambda: pyg.EGConv(6, 4, num_heads=2, num_bases=2),
    "PNAConv": lambda: pyg.PNAConv(6, 4, ["mean", "max"], ["identity", "amplification"], DEGREES),
}
"""Convolutions with their nodes along the first axis."""

ROWS: dict[str, Callable[[], nn.Module]] = {
    "GatedGraphConv": lambda: pyg.GatedGraphConv(6, num_layers=2),
    "AGNNConv": lambda: pyg.AGNNConv(),
    "FeaStConv": lambda: pyg.FeaStConv(6, 4, heads=2),
    "GPSConv": lambda: pyg.GPSConv(6, pyg.GCNConv(6, 6), heads=2, norm=None),
}
"""Convolutions that fail on a static graph although their nodes are along the last axis but one."""

EVERY = {**STATIC, **FIRST_AXIS, **ROWS}


def frame_by_frame(conv: nn.Module, edges: Tensor, weights: dict[str, Tensor] | None = None) -> Callable:
    """The convolution of every frame of every person alone, in a loop."""

    def reference(x: Tensor) -> Tensor:
        return torch.stack([torch.stack([conv(frame, edges, **(weights or {})) for frame in one]) for one in x])

    return reference


@pytest.mark.parametrize(("persons", "frames"), [(2, 3), (5, 8)], ids=["", "as many as joints and as edges"])
@pytest.mark.parametrize("name", STATIC)
def test_a_static_graph_equals_a_loop(slow, name: str, persons: int, frames: int) -> None:
    torch.manual_seed(0)
    block = StaticGraph(STATIC[name](), EDGES)
    slow.compare(block, frame_by_frame(block.conv, EDGES), torch.randn(persons, frames, 5, 6))


@pytest.mark.parametrize("name", EVERY)
def test_an_unrolled_graph_equals_a_loop(slow, name: str) -> None:
    torch.manual_seed(0)
    block = StaticGraph(EVERY[name](), EDGES, unroll=True)
    slow.compare(block, frame_by_frame(block.conv, EDGES), torch.randn(2, 3, 5, 6))


@pytest.mark.parametrize("name", STATIC)
def test_an_unrolled_graph_equals_a_static_one(slow, name: str) -> None:
    torch.manual_seed(0)
    block = StaticGraph(STATIC[name](), EDGES)
    slow.compare(block, StaticGraph(block.conv, EDGES, unroll=True), torch.randn(2, 3, 5, 6))


def test_the_docstring_names_what_is_tested() -> None:
    static, unrolled = (
        set(re.findall(r"`(\w+)`", part))
        for part in re.search(r"as static graphs: (.*?)unrolled only: (.*?)Those", StaticGraph.__doc__, re.S).groups()
    )
    assert static == {name.split()[0] for name in STATIC}
    assert unrolled == {*FIRST_AXIS, *ROWS}


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize(
    "conv", [pyg.GCNConv(6, 4), pyg.GraphConv(6, 4), pyg.ChebConv(6, 4, K=2), SpatialSelfAttention(6, 4)], ids=str
)
def test_weighted_edges_equal_a_loop(slow, conv: nn.Module, unroll: bool) -> None:
    torch.manual_seed(0)
    weights = torch.rand(8)
    block = StaticGraph(conv, EDGES, edge_weight=weights, unroll=unroll)
    reference = frame_by_frame(conv, EDGES, {"edge_weight": weights.double()})
    slow.compare(block, reference, torch.randn(2, 3, 5, 6))


def test_edge_attributes_equal_a_loop(slow) -> None:
    torch.manual_seed(0)
    attributes = torch.rand(8, 3)
    conv = pyg.GATv2Conv(6, 4, heads=2, edge_dim=3)
    block = StaticGraph(conv, EDGES, edge_weight=attributes, unroll=True)
    slow.compare(block, frame_by_frame(conv, EDGES, {"edge_attr": attributes.double()}), torch.randn(2, 3, 5, 6))


def test_a_dense_graph_equals_its_edges() -> None:
    conv, x = SpatialSelfAttention(6, 4), torch.randn(2, 3, 25, 6)
    dense, edges = StaticGraph(conv, NTU25.normalized_adjacency), StaticGraph(conv, NTU25.edge_index)
    torch.testing.assert_close(dense(x), edges(x))


def test_a_graph_may_be_normalized_once() -> None:
    conv, x = pyg.GCNConv(6, 4), torch.randn(2, 3, 5, 6)
    spared = pyg.GCNConv(6, 4, normalize=False)
    spared.load_state_dict(conv.state_dict())
    edges, weights = normalized_adjacency(EDGES, 5)
    torch.testing.assert_close(StaticGraph(spared, edges, edge_weight=weights)(x), StaticGraph(conv, EDGES)(x))


def test_a_batch_norm_inside_sees_all_persons_and_frames(slow) -> None:
    torch.manual_seed(0)
    rows = pyg.GINConv(Sequential(Linear(6, 7), BatchNorm1d(7), ReLU()))
    axes = pyg.GINConv(Sequential(rows.nn[0], ChannelNorm(7), ReLU()))
    axes.nn[1].weight, axes.nn[1].bias = rows.nn[1].weight, rows.nn[1].bias
    static = StaticGraph(axes, EDGES).double()
    unrolled = StaticGraph(rows, EDGES, unroll=True)
    slow.compare(unrolled, lambda x: static.train(unrolled.training)(x), torch.randn(2, 3, 5, 6))


def test_the_weights_of_a_block_learn() -> None:
    spatial = StaticGraph(pyg.GATv2Conv(6, 4, heads=2), EDGES, unroll=True)
    block = SpatioTemporalBlock(spatial, TemporalConv(8, 8, 3, stride=2), Shortcut(6, 8, stride=2))
    out = block(torch.randn(2, 7, 5, 6))
    assert out.shape == (2, 4, 5, 8)
    out.sum().backward()
    assert all(parameter.grad is not None for parameter in spatial.parameters())


def test_the_graph_follows_the_module_but_is_no_part_of_a_checkpoint() -> None:
    block = StaticGraph(pyg.GCNConv(6, 4), EDGES, edge_weight=torch.ones(8))
    assert list(block.state_dict()) == ["conv.bias", "conv.lin.weight"]
    assert block.double().edge_weight.dtype == torch.double
    assert block.to("meta").edge_index.is_meta


@pytest.mark.parametrize(
    ("conv", "unroll"),
    [
        (pyg.GraphConv(6, 4), False),
        (SpatialSelfAttention(6, 4, alpha=0.0), False),
        (pyg.GraphConv(6, 4), True),
        (pyg.GATv2Conv(6, 4, edge_dim=1, add_self_loops=False), True),
    ],
    ids=str,
)
def test_a_gpu_never_waits(conv: nn.Module, unroll: bool) -> None:
    block = StaticGraph(conv, EDGES, edge_weight=torch.ones(8), unroll=unroll).to("meta")  # has no values to wait for
    assert block(torch.empty(2, 3, 5, 6, device="meta")).shape == (2, 3, 5, 4)


def test_repr() -> None:
    block = StaticGraph(pyg.GCNConv(6, 4), EDGES, unroll=True)
    assert repr(block) == "StaticGraph(\n  unroll=True\n  (conv): GCNConv(6, 4)\n)"


@pytest.mark.parametrize("name", FIRST_AXIS)
def test_nodes_along_the_first_axis(name: str) -> None:
    with pytest.raises(ValueError, match=rf"conv: {name} has its nodes along axis 0, so .*; pass unroll=True"):
        StaticGraph(FIRST_AXIS[name](), EDGES)


@pytest.mark.parametrize("persons", [2, 5, 8, 13])
@pytest.mark.parametrize("name", [*ROWS, "GINConv"])
def test_what_wants_rows_of_nodes(name: str, persons: int) -> None:
    conv = pyg.GINConv(Sequential(Linear(6, 4), BatchNorm1d(4))).eval() if name == "GINConv" else ROWS[name]()
    block = StaticGraph(conv, EDGES)
    with pytest.raises(RuntimeError, match=rf"(?s)^conv: {name} can't read a static graph, .*pass unroll=True$"):
        block(torch.randn(persons, 3, 5, 6))


class Custom(nn.Module):
    """A convolution that gives what it is told to."""

    def __init__(self, give: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.give = give

    def forward(self, x: Tensor, edge_index: Tensor) -> object:
        return self.give(x)


@pytest.mark.parametrize(("unroll", "fix"), [(False, "pass unroll=True"), (True, "choose another conv")])
def test_a_row_per_joint(unroll: bool, fix: str) -> None:
    block = StaticGraph(Custom(lambda x: x.flatten(0, -2)[1:]), EDGES, unroll=unroll)
    with pytest.raises(RuntimeError, match=rf"conv: expected Custom to give a row per joint, got \[29, 6\] .*; {fix}"):
        block(torch.randn(2, 3, 5, 6))


@pytest.mark.parametrize("unroll", [False, True])
def test_an_output_that_is_no_tensor(unroll: bool) -> None:
    block = StaticGraph(Custom(lambda x: (x, x)), EDGES, unroll=unroll)
    with pytest.raises(RuntimeError, match="conv: expected Custom to give a tensor, got tuple"):
        block(torch.randn(2, 3, 5, 6))


def test_an_error_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match=r"^mat1 and mat2 shapes cannot be multiplied|size mismatch"):
        StaticGraph(pyg.GCNConv(7, 4), EDGES)(torch.randn(2, 3, 5, 6))


def test_too_little_memory_stays_what_it_is() -> None:
    def give(x: Tensor) -> Tensor:
        if x.dim() == 4:
            raise torch.OutOfMemoryError("too little")
        return x

    with pytest.raises(torch.OutOfMemoryError, match="^too little$"):
        StaticGraph(Custom(give), EDGES)(torch.randn(2, 3, 5, 6))


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("name", ["GCNConv", "SGConv"])
def test_caches(name: str, unroll: bool) -> None:
    conv = {"GCNConv": pyg.GCNConv, "SGConv": pyg.SGConv}[name](6, 4, cached=True)
    with pytest.raises(ValueError, match=rf"conv: {name}\(cached=True\) keeps .* pass cached=False"):
        StaticGraph(conv, EDGES, unroll=unroll)


@pytest.mark.parametrize("conv", [pyg.GCN2Conv(6, 0.1), pyg.HypergraphConv(6, 4), Linear(6, 4)], ids=str)
def test_another_way_to_be_called(conv: nn.Module) -> None:
    with pytest.raises(ValueError, match=r"conv: expected a forward\(x, edge_index, ...\), got .*; wrap it"):
        StaticGraph(conv, EDGES)


@pytest.mark.parametrize(("persons", "joints"), [((2,), 4), ((), 5)], ids=["too few joints", "no persons"])
def test_x_does_not_fit(persons: tuple[int, ...], joints: int) -> None:
    with pytest.raises(
        ValueError, match=r"x: expected \[P, T, V, C\] with at least the 5 joints that edge_index names"
    ):
        StaticGraph(pyg.GCNConv(6, 4), EDGES)(torch.randn(*persons, 3, joints, 6))


@pytest.mark.parametrize(
    ("edge_index", "unroll"),
    [(EDGES.T, False), (EDGES.int(), False), (torch.rand(5, 4), False), (torch.rand(5, 5), True), (EDGES[0], False)],
    ids=["transposed", "int32", "not square", "dense but unrolled", "one row"],
)
def test_no_graph(edge_index: Tensor, unroll: bool) -> None:
    with pytest.raises(ValueError, match=r"edge_index: expected torch.int64 \[2, E\].*Topology.edge_index is such"):
        StaticGraph(SpatialSelfAttention(6, 4), edge_index, unroll=unroll)


def test_a_node_below_zero() -> None:
    with pytest.raises(ValueError, match="edge_index: expected nodes from 0 up, got -1"):
        StaticGraph(pyg.GCNConv(6, 4), EDGES - 1)


@pytest.mark.parametrize("edge_index", [EDGES, torch.rand(5, 5)], ids=["other edges", "dense"])
def test_weights_of_no_edge(edge_index: Tensor) -> None:
    with pytest.raises(ValueError, match=r"edge_weight: expected one row per edge of edge_index \[.*\], got \[7\]"):
        StaticGraph(SpatialSelfAttention(6, 4), edge_index, edge_weight=torch.ones(7))


def test_a_convolution_without_weights() -> None:
    with pytest.raises(ValueError, match="edge_weight: SAGEConv takes neither edge_weight nor edge_attr; leave it out"):
        StaticGraph(pyg.SAGEConv(6, 4), EDGES, edge_weight=torch.ones(8))
