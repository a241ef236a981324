"""Two paths, one result: the multi-scale operators by views, by messages and by loops, values and gradients."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import MultiScaleG3D, MultiScaleGraphConv
from tg_skeleton.nn.conv.multi_scale import MultiScale
from tg_skeleton.nn.conv.multi_scale_g3d import window_hops
from tg_skeleton.nn.functional import hop_adjacencies
from tg_skeleton.nn.sets import find_sets

Build = Callable[[int, int, int | None], MultiScale]

OPERATORS: dict[str, Build] = {
    "graph": lambda i, o, n: MultiScaleGraphConv(i, o, num_scales=4, num_nodes=n),
    "graph K = 1": lambda i, o, n: MultiScaleGraphConv(i, o, num_scales=1, num_nodes=n),
    "graph without bias": lambda i, o, n: MultiScaleGraphConv(i, o, num_scales=3, num_nodes=n, bias=False),
    "window 1": lambda i, o, n: MultiScaleG3D(i, o, window=1, num_scales=3, num_nodes=n),
    "window 3": lambda i, o, n: MultiScaleG3D(i, o, window=3, num_scales=3, num_nodes=n),
    "window 5, 2": lambda i, o, n: MultiScaleG3D(i, o, window=(5, 2), num_scales=3, num_nodes=n),
    "window 3, 2 without bias": lambda i, o, n: MultiScaleG3D(
        i, o, window=(3, 2), num_scales=4, num_nodes=n, bias=False
    ),
}

CHANNELS = [(2, 9), (8, 9), (9, 8), (9, 2)]
"""Few and many channels: products over either of them, maps larger and smaller than what they multiply."""

STAR = [(0, 1), (1, 0), (1, 2), (2, 1), (1, 3), (3, 1)]


def drawn(conv: MultiScale) -> MultiScale:
    """The operator in float64 with a learnable part that can be seen."""
    if conv.residual is not None:
        torch.nn.init.normal_(conv.residual)
    return conv.double()


def slow_adjacencies(edges: list[tuple[int, int]], nodes: int, frames: int, scales: int) -> Tensor:
    """The scales of an explicitly built window graph, whose paths networkx finds: ``[K, F N, F N]``."""
    adjacency = np.zeros((nodes, nodes))
    for source, target in edges:
        adjacency[source, target] = 1
    window = np.tile(adjacency + np.eye(nodes), (frames, frames))
    lengths = dict(nx.all_pairs_shortest_path_length(nx.from_numpy_array(window, create_using=nx.DiGraph)))
    stack = torch.zeros(scales, frames * nodes, frames * nodes, dtype=torch.double)
    for scale in range(scales):
        for source, reached in lengths.items():
            for target, hops in reached.items():
                if hops == scale or source == target:
                    stack[scale, target, source] = 1
    degrees = [[sum(row) for row in scale] for scale in stack.tolist()]
    for scale in range(scales):
        for i in range(frames * nodes):
            for j in range(frames * nodes):
                stack[scale, i, j] /= (degrees[scale][i] * degrees[scale][j]) ** 0.5
    return stack


def slow(x: Tensor, conv: MultiScale, edges: list[tuple[int, int]]) -> Tensor:
    """The operator on ``x [T, N, C]``, one window, node, scale and source at a time."""
    window, stride = (conv.window, conv.stride) if isinstance(conv, MultiScaleG3D) else (1, 1)
    frames, nodes, channels = x.shape
    stack = slow_adjacencies(edges, nodes, window, conv.num_scales)
    stack = stack if conv.residual is None else stack + conv.residual
    out = []
    for center in range(0, frames, stride):
        seen = [(t, n) for t in range(center - window // 2, center + window // 2 + 1) for n in range(nodes)]
        for target in range(len(seen)):
            total = torch.zeros(conv.out_channels, dtype=x.dtype) if conv.lin_out.bias is None else conv.lin_out.bias
            for scale in range(conv.num_scales):
                weight = conv.lin_out.weight[:, scale * channels : (scale + 1) * channels]
                heard = [stack[scale, target, j] * x[t, n] for j, (t, n) in enumerate(seen) if 0 <= t < frames]
                total = total + weight @ sum(heard)
            out.append(total)
    shape = (-1, window, nodes) if isinstance(conv, MultiScaleG3D) else (-1, nodes)
    return torch.stack(out).view(*shape, conv.out_channels)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("channels", [(2, 5), (5, 2)], ids=str)
@pytest.mark.parametrize(
    "edges", [STAR, [(0, 1), (1, 2), (2, 3)], [(0, 1), (1, 0)]], ids=["star", "one way", "unreachable"]
)
@pytest.mark.parametrize("name", OPERATORS)
def test_equals_a_loop_over_windows_nodes_and_scales(
    assert_same, name: str, edges: list[tuple[int, int]], channels: tuple[int, int], num_nodes: int | None
) -> None:
    torch.manual_seed(0)
    conv = drawn(OPERATORS[name](*channels, num_nodes))
    x = torch.randn(4, 4, channels[0], dtype=torch.double, requires_grad=True)
    assert_same(conv(x, torch.tensor(edges).T), slow(x, conv, edges), conv, x)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
@pytest.mark.parametrize("name", OPERATORS)
def test_dense_equals_message_passing(
    graph,
    assert_same,
    name: str,
    sizes: list[int],
    channels: tuple[int, int],
    lead: tuple[int, ...],
    num_nodes: int | None,
) -> None:
    torch.manual_seed(1)
    conv = drawn(OPERATORS[name](*channels, num_nodes))
    edge_index, batch = graph(sizes)
    x = torch.randn(*lead, 5, sum(sizes), channels[0], dtype=torch.double, requires_grad=True)
    sets = find_sets(batch, sum(sizes))
    stack = conv._stack(edge_index, sets, x)
    assert_same(conv._dense(x, stack, sets), conv._edgewise(x, stack, sets), conv, x)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("channels", CHANNELS, ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
@pytest.mark.parametrize("name", OPERATORS)
def test_adjacencies_that_all_sets_share_equal_their_edges(
    graph, assert_same, name: str, sizes: list[int], channels: tuple[int, int], num_nodes: int | None
) -> None:
    torch.manual_seed(2)
    conv = drawn(OPERATORS[name](*channels, num_nodes))
    edge_index, batch = graph(sizes)
    x = torch.randn(2, 5, sum(sizes), channels[0], dtype=torch.double, requires_grad=True)
    path = torch.arange(4)
    hops = conv._expand((path - path[:, None]).abs())
    stack = hop_adjacencies(hops, conv.num_scales, torch.double).requires_grad_()
    assert_same(conv(x, stack, batch=batch), conv(x, edge_index, batch=batch), conv, x)
    sets = find_sets(batch, sum(sizes))
    assert_same(conv(x, stack, batch=batch), conv._edgewise(x, conv._stack(stack, sets, x), sets), conv, x, stack)


@pytest.mark.parametrize("channels", [(2, 5), (5, 2)], ids=str)
@pytest.mark.parametrize("name", OPERATORS)
def test_ragged_sets_equal_each_set_alone(graph, assert_same, name: str, channels: tuple[int, int]) -> None:
    torch.manual_seed(3)
    conv = drawn(OPERATORS[name](*channels, None))
    sizes = [5, 1, 3]
    edge_index, batch = graph(sizes)
    x = torch.randn(5, 9, channels[0], dtype=torch.double, requires_grad=True)
    ragged = conv(x, edge_index, batch=batch)
    parts = [conv(part, graph([size])[0]) for part, size in zip(x.split(sizes, dim=-2), sizes, strict=True)]
    assert_same(ragged, torch.cat(parts, dim=-2), conv, x)


@pytest.mark.parametrize("num_nodes", [None, 4], ids=["fixed", "learnable"])
@pytest.mark.parametrize("name", OPERATORS)
def test_sets_equal_each_set_alone_and_without_a_batch_unlinked_nodes_do_not_meet(
    graph, name: str, num_nodes: int | None
) -> None:
    torch.manual_seed(4)
    conv = drawn(OPERATORS[name](3, 5, num_nodes))
    edge_index, batch = graph([4, 4])
    x = torch.randn(5, 8, 3, dtype=torch.double)
    alone = torch.cat([conv(part, graph([4])[0]) for part in x.split(4, dim=-2)], dim=-2)
    torch.testing.assert_close(conv(x, edge_index, batch=batch), alone, rtol=0, atol=1e-10)
    if num_nodes is None:
        torch.testing.assert_close(conv(x, edge_index), alone, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", OPERATORS)
def test_unsorted_batch_is_a_permutation_of_the_sorted_one(graph, name: str) -> None:
    torch.manual_seed(5)
    conv = drawn(OPERATORS[name](3, 5, None))
    edge_index, batch = graph([4, 4])
    order = torch.randperm(8)
    rank = order.argsort()
    x = torch.randn(5, 8, 3, dtype=torch.double)
    shuffled = conv(x[:, order], rank[edge_index], batch=batch[order])
    torch.testing.assert_close(shuffled, conv(x, edge_index, batch=batch)[..., order, :], rtol=0, atol=1e-10)


@pytest.mark.parametrize("edges", [STAR, [(0, 1), (1, 2), (2, 0)], [(0, 1)]], ids=["star", "one way", "unreachable"])
@pytest.mark.parametrize("window", [1, 2, 3, 5])
def test_window_hops_are_the_shortest_paths_of_the_tiled_graph(edges: list[tuple[int, int]], window: int) -> None:
    nodes = 4
    adjacency = np.zeros((nodes, nodes))
    for source, target in edges:
        adjacency[source, target] = 1

    def lengths(matrix: np.ndarray) -> Tensor:
        found = dict(nx.all_pairs_shortest_path_length(nx.from_numpy_array(matrix, create_using=nx.DiGraph)))
        at = range(len(matrix))
        return torch.tensor([[found[source].get(target, -1) for source in at] for target in at])

    tiled = np.tile(adjacency + np.eye(nodes), (window, window))
    assert torch.equal(window_hops(lengths(adjacency), window), lengths(tiled))


def test_parameters_are_drawn_anew_and_the_learnable_part_starts_near_zero() -> None:
    conv = MultiScaleGraphConv(4, 4, num_scales=3, num_nodes=25)
    assert conv.residual is not None
    before = [parameter.clone() for parameter in conv.parameters()]
    assert len(before) == 3
    conv.reset_parameters()
    assert all(not torch.equal(a, b) for a, b in zip(before, conv.parameters(), strict=True))
    assert 0.9e-6 < conv.residual.max() < 1e-6
    assert -1e-6 < conv.residual.min() < -0.9e-6


@pytest.mark.parametrize("name", ["graph", "window 3"])
def test_wrong_channels(graph, name: str) -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[2, 3, 4\]"):
        OPERATORS[name](8, 8, None)(torch.zeros(2, 3, 4), graph([3])[0])


@pytest.mark.parametrize("name", ["graph", "window 3"])
def test_weighted_edges(graph, name: str) -> None:
    with pytest.raises(ValueError, match="edge_weight: hops are counted, not weighed; drop the edges"):
        OPERATORS[name](8, 8, None)(torch.zeros(2, 3, 8), graph([3])[0], torch.ones(4))


@pytest.mark.parametrize("name", ["graph", "window 3"])
def test_edges_of_another_graph(graph, name: str) -> None:
    with pytest.raises(ValueError, match="edge_index: names node 3, but x has 3 nodes"):
        OPERATORS[name](8, 8, None)(torch.zeros(2, 3, 8), graph([4])[0])


@pytest.mark.parametrize("name", ["graph", "window 3"])
def test_edge_across_sets(graph, name: str) -> None:
    with pytest.raises(ValueError, match="edge_index: the edge 1 -> 2 joins two sets of batch"):
        OPERATORS[name](8, 8, None)(torch.zeros(2, 4, 8), graph([4])[0], batch=torch.tensor([0, 0, 1, 1]))


@pytest.mark.parametrize("name", ["graph", "window 3"])
@pytest.mark.parametrize(("sizes", "said"), [([3], "3"), ([2, 2], "2"), ([3, 4], "different numbers")])
def test_learnable_part_of_another_graph(graph, name: str, sizes: list[int], said: str) -> None:
    edge_index, batch = graph(sizes)
    with pytest.raises(ValueError, match=rf"num_nodes = 4 makes .* got sets of {said}; .* or build it with"):
        OPERATORS[name](8, 8, 4)(torch.zeros(2, sum(sizes), 8), edge_index, batch=batch)


@pytest.mark.parametrize(("name", "nodes"), [("graph", 3), ("window 3", 9)])
def test_adjacencies_of_another_shape(name: str, nodes: int) -> None:
    conv = OPERATORS[name](8, 8, None)
    said = rf"dense adjacencies must be \[{conv.num_scales}, {nodes}, {nodes}\] for sets of 3 nodes, got \[1, 4, 4\]"
    with pytest.raises(ValueError, match=said):
        conv(torch.zeros(2, 3, 8), torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match="dense adjacencies must be edges, for the sets are ragged, got"):
        conv(torch.zeros(2, 3, 8), torch.zeros(1, 4, 4), batch=torch.tensor([0, 0, 1]))


def test_numbers_out_of_range() -> None:
    with pytest.raises(ValueError, match="num_scales: expected at least 1, got 0"):
        MultiScaleGraphConv(8, 8, num_scales=0)
    with pytest.raises(ValueError, match="num_nodes: expected at least 1, got 0"):
        MultiScaleG3D(8, 8, num_nodes=0)
