from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch_geometric.datasets import FakeDataset
from torch_geometric.loader import DataLoader
from torch_geometric.nn import Sequential, global_mean_pool

from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialGraphConv
from tg_skeleton.nn.partition import Partition, partition_adjacencies
from tg_skeleton.nn.sets import find_sets
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology

PARTITIONS = get_args(Partition)
PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
CHANNELS = [(2, 5), (5, 2), (9, 9)]
"""Products over few and many channels, before the linear map and behind it."""


def drawn(conv: SpatialGraphConv) -> SpatialGraphConv:
    """The operator in float64 with an edge importance that can be seen."""
    if conv.importance is not None:
        torch.nn.init.normal_(conv.importance)
    return conv.double()


def test_hand_typed() -> None:
    conv = SpatialGraphConv(1, 3, root=0)
    with torch.no_grad():
        conv.lin.weight.copy_(torch.eye(3).view(9, 1))  # an output for each subset
        conv.lin.bias.copy_(torch.eye(3).view(9) * 0.5)
    out = conv(torch.tensor([[1.0], [10.0], [100.0]]), PATH)
    expected = torch.tensor([[1.5, 0.0, 10.5], [10.5, 1.5, 100.5], [100.5, 10.5, 0.0]])
    torch.testing.assert_close(out, expected)


def test_a_subset_is_a_mean() -> None:
    conv = SpatialGraphConv(1, 1, "uniform", bias=False)
    torch.nn.init.ones_(conv.lin.weight)
    out = conv(torch.tensor([[1.0], [10.0], [100.0]]), PATH)
    torch.testing.assert_close(out.flatten(), torch.tensor([5.5, 37.0, 55.0]))


def test_importance_is_indexed_subset_target_source_and_weighs_edges_only() -> None:
    conv = SpatialGraphConv(1, 1, "distance", num_nodes=3, bias=False)
    torch.nn.init.ones_(conv.lin.weight)
    x = torch.tensor([[1.0], [10.0], [100.0]])
    with torch.no_grad():
        before = conv(x, PATH)
        conv.importance[1, 1, 2] = 3.0  # of the two that 1 hears, 2 counts three times
        conv.importance[1, 0, 2] = 9.0  # no edge
        change = conv(x, PATH) - before
    torch.testing.assert_close(change.flatten(), torch.tensor([0.0, 2 * 100.0 / 2, 0.0]))


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("partition", PARTITIONS)
def test_equals_a_loop_over_targets_and_sources(
    assert_same, partition: Partition, channels: tuple[int, int], num_nodes: int | None
) -> None:
    torch.manual_seed(0)
    conv = drawn(SpatialGraphConv(*channels, partition, root=1, num_nodes=num_nodes))
    edges = torch.tensor([[0, 1, 1, 2, 1, 3], [1, 0, 2, 1, 3, 1]])
    x = torch.randn(4, channels[0], dtype=torch.double, requires_grad=True)
    stack = partition_adjacencies(edges, 4, partition, root=1, dtype=torch.double)
    rows = []
    for i in range(4):
        row = torch.zeros(channels[1], dtype=torch.double)
        for k in range(conv.num_subsets):
            own = slice(k * channels[1], (k + 1) * channels[1])
            for j in range(4):
                weight = stack[k, i, j] if conv.importance is None else stack[k, i, j] * conv.importance[k, i, j]
                row = row + weight * (conv.lin.weight[own] @ x[j] + conv.lin.bias[own])
        rows.append(row)
    assert_same(conv(x, edges), torch.stack(rows), conv, x)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
@pytest.mark.parametrize("partition", PARTITIONS)
def test_dense_equals_message_passing(
    graph,
    assert_same,
    partition: Partition,
    sizes: list[int],
    channels: tuple[int, int],
    lead: tuple[int, ...],
    num_nodes: int | None,
) -> None:
    torch.manual_seed(1)
    conv = drawn(SpatialGraphConv(*channels, partition, root=1, num_nodes=num_nodes))
    edge_index, batch = graph(sizes)
    x = torch.randn(*lead, sum(sizes), channels[0], dtype=torch.double, requires_grad=True)
    sets = find_sets(batch, sum(sizes))
    frames = x if lead else x.unsqueeze(0)
    messages = conv._edgewise(frames, conv._stack(edge_index, sets, x), sets).view(*x.shape[:-1], channels[1])
    assert_same(conv(x, edge_index, batch=batch), messages, conv, x)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
@pytest.mark.parametrize("partition", PARTITIONS)
def test_adjacencies_that_all_sets_share_equal_their_edges(
    graph, assert_same, partition: Partition, sizes: list[int], channels: tuple[int, int], num_nodes: int | None
) -> None:
    torch.manual_seed(2)
    conv = drawn(SpatialGraphConv(*channels, partition, root=2, num_nodes=num_nodes))
    edge_index, batch = graph(sizes)
    x = torch.randn(2, sum(sizes), channels[0], dtype=torch.double, requires_grad=True)
    stack = partition_adjacencies(graph([4])[0], 4, partition, root=2, dtype=torch.double)
    assert_same(conv(x, stack, batch=batch), conv(x, edge_index, batch=batch), conv, x)


@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("partition", PARTITIONS)
def test_ragged_sets_equal_each_set_alone(graph, assert_same, partition: Partition, channels: tuple[int, int]) -> None:
    torch.manual_seed(3)
    conv = drawn(SpatialGraphConv(*channels, partition, root=1))
    sizes = [5, 2, 3]
    edge_index, batch = graph(sizes)
    x = torch.randn(2, 10, channels[0], dtype=torch.double, requires_grad=True)
    ragged = conv(x, edge_index, batch=batch)
    parts = [conv(part, graph([size])[0]) for part, size in zip(x.split(sizes, dim=-2), sizes, strict=True)]
    assert_same(ragged, torch.cat(parts, dim=-2), conv, x)


@pytest.mark.parametrize("partition", PARTITIONS)
def test_unsorted_batch_is_a_permutation_of_the_sorted_one(graph, partition: Partition) -> None:
    torch.manual_seed(4)
    conv = drawn(SpatialGraphConv(3, 5, partition, root=0))
    edge_index, batch = graph([4, 4])
    order = torch.tensor([4, 0, 1, 5, 6, 2, 7, 3])  # within a set, the order stays: it says which node is the root
    rank = order.argsort()
    x = torch.randn(2, 8, 3, dtype=torch.double)
    shuffled = conv(x[:, order], rank[edge_index], batch=batch[order])
    torch.testing.assert_close(shuffled, conv(x, edge_index, batch=batch)[:, order], rtol=0, atol=1e-10)


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_persons_of_every_topology_see_themselves_only(topology: Topology) -> None:
    torch.manual_seed(5)
    joints = topology.num_joints
    conv = SpatialGraphConv(3, 6, root=topology.root, num_nodes=joints).double()
    edges = torch.cat([topology.edge_index, topology.edge_index + joints], dim=1)
    x = torch.randn(4, 2 * joints, 3, dtype=torch.double)
    out = conv(x, edges, batch=torch.arange(2).repeat_interleave(joints))
    alone = torch.cat([conv(part, topology.edge_index) for part in x.split(joints, dim=1)], dim=1)
    torch.testing.assert_close(out, alone, rtol=0, atol=1e-12)


def test_runs_in_a_plain_pyg_project() -> None:
    data = next(iter(DataLoader(FakeDataset(num_graphs=6, avg_num_nodes=9, num_channels=16), batch_size=6)))
    assert len(set(data.ptr.diff().tolist())) > 1, "graphs of different sizes"
    conv = SpatialGraphConv(16, 16, "distance")
    together, apart = conv(data.x, data.edge_index), conv(data.x, data.edge_index, batch=data.batch)
    assert_equal_up_to_rounding(together, apart, depth=16 + data.num_nodes)
    network = Sequential("x, edge_index", [(conv, "x, edge_index -> x"), torch.nn.ReLU()])
    assert global_mean_pool(network(data.x, data.edge_index), data.batch).shape == (6, 16)


@pytest.mark.parametrize(
    ("partition", "num_nodes", "bias", "expected"),
    [
        ("spatial", 25, True, 3 * 25 * 25 + 3 * (8 * 16 + 16)),
        ("distance", None, True, 2 * (8 * 16 + 16)),
        ("uniform", None, False, 8 * 16),
    ],
)
def test_parameters(partition: Partition, num_nodes: int | None, bias: bool, expected: int) -> None:
    conv = SpatialGraphConv(8, 16, partition, num_nodes=num_nodes, bias=bias)
    assert sum(parameter.numel() for parameter in conv.parameters()) == expected


def test_reset_parameters_draws_anew_and_forgets_the_importance() -> None:
    conv = SpatialGraphConv(4, 4, num_nodes=3)
    torch.nn.init.zeros_(conv.importance)
    before = conv.lin.weight.clone()
    conv.reset_parameters()
    assert not torch.equal(conv.lin.weight, before)
    assert torch.equal(conv.importance, torch.ones(3, 3, 3))


def test_exports_with_dense_adjacencies() -> None:
    conv = SpatialGraphConv(8, 16, num_nodes=25)
    stack = partition_adjacencies(NTU25.edge_index, 25, root=20)
    program = torch.export.export(conv, (torch.randn(2, 4, 25, 8), stack)).module()
    x = torch.randn(2, 4, 25, 8)
    torch.testing.assert_close(program(x, stack), conv(x, stack))


def test_repr() -> None:
    assert repr(SpatialGraphConv(64, 32)) == "SpatialGraphConv(64, 32)"
    said = repr(SpatialGraphConv(64, 32, "uniform", root=3, num_nodes=25, bias=False))
    assert said == "SpatialGraphConv(64, 32, partition='uniform', root=3, num_nodes=25, bias=False)"


def test_unknown_partition() -> None:
    with pytest.raises(ValueError, match=r"partition: expected one of \('uniform', .*\), got 'semantic'"):
        SpatialGraphConv(8, 8, "semantic")  # type: ignore[arg-type]


def test_num_nodes_below_one() -> None:
    with pytest.raises(ValueError, match="num_nodes: expected at least 1, got 0"):
        SpatialGraphConv(8, 8, num_nodes=0)


def test_wrong_channels() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[3, 4\]"):
        SpatialGraphConv(8, 8, root=0)(torch.zeros(3, 4), PATH)


def test_edge_weight() -> None:
    with pytest.raises(ValueError, match="edge_weight: neighbors are counted, not weighed; pass"):
        SpatialGraphConv(8, 8, root=0)(torch.zeros(3, 8), PATH, torch.ones(4))


def test_missing_root() -> None:
    with pytest.raises(ValueError, match="root: partition='spatial' sorts neighbors by their hops from a root"):
        SpatialGraphConv(8, 8)(torch.zeros(3, 8), PATH)


def test_missing_graph() -> None:
    with pytest.raises(ValueError, match="edge_index: expected a graph, got None; the operator has none of its own"):
        SpatialGraphConv(8, 8, root=0)(torch.zeros(3, 8))


@pytest.mark.parametrize(("sizes", "root"), [([3, 3], 3), ([3, 2], 2), ([3], -1)])
def test_root_that_a_set_does_not_have(graph, sizes: list[int], root: int) -> None:
    edge_index, batch = graph(sizes)
    with pytest.raises(ValueError, match=f"root: expected a place in every set, got {root}, and a set of fewer nodes"):
        SpatialGraphConv(8, 8, root=root)(torch.zeros(sum(sizes), 8), edge_index, batch=batch)


@pytest.mark.parametrize(("sizes", "said"), [([3, 3], "got sets of 3"), ([4, 2], "got sets of different numbers")])
def test_sets_of_another_size_than_the_importance(graph, sizes: list[int], said: str) -> None:
    edge_index, batch = graph(sizes)
    with pytest.raises(ValueError, match=rf"x: the learnable graph is one for sets of 4 nodes, {said}"):
        SpatialGraphConv(8, 8, root=0, num_nodes=4)(torch.zeros(6, 8), edge_index, batch=batch)


def test_dense_adjacencies_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"dense adjacencies must be \[2, 3, 3\] for .* got \[3, 3\]"):
        SpatialGraphConv(8, 8, "distance")(torch.zeros(3, 8), torch.eye(3))


def test_dense_adjacencies_of_ragged_sets() -> None:
    batch = torch.tensor([0, 0, 1])
    with pytest.raises(ValueError, match=r"must be edges, for the sets are ragged, got \[1, 3, 3\]"):
        SpatialGraphConv(8, 8, "uniform")(torch.zeros(3, 8), torch.eye(3)[None], batch=batch)


def test_edge_across_sets() -> None:
    with pytest.raises(ValueError, match="edge_index: the edge 1 -> 2 joins two sets of batch"):
        SpatialGraphConv(8, 8, root=0)(torch.zeros(4, 8), torch.tensor([[1], [2]]), batch=torch.tensor([0, 0, 1, 1]))
