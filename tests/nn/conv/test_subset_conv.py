"""Two paths, one result: graph convolutions that learn graphs, by views, by messages and by loops, with gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch_geometric.datasets import FakeDataset
from torch_geometric.loader import DataLoader
from torch_geometric.nn import Sequential, global_mean_pool

from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton.nn import AdaptiveGraphConv, ChannelTopologyConv
from tg_skeleton.nn.conv.subset_conv import SubsetConv
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.nn.sets import find_sets

PATH4 = torch.tensor([[0, 1, 1, 2, 2, 3], [1, 0, 2, 1, 3, 2]])

Build = Callable[[int, int], SubsetConv]

OPERATORS: dict[str, Build] = {
    "adaptive": lambda i, o: AdaptiveGraphConv(i, o, root=1),
    "adaptive distance": lambda i, o: AdaptiveGraphConv(i, o, partition="distance", attn_channels=3),
    "adaptive tanh of edges": lambda i, o: AdaptiveGraphConv(i, o, root=1, normalize="tanh"),
    "adaptive without bias": lambda i, o: AdaptiveGraphConv(i, o, partition="uniform", bias=False),
    "channel": lambda i, o: ChannelTopologyConv(i, o, root=1),
    "channel distance": lambda i, o: ChannelTopologyConv(i, o, partition="distance", rel_channels=3),
    "channel without bias": lambda i, o: ChannelTopologyConv(i, o, partition="uniform", bias=False),
}
"""Any graph, also ragged sets."""

LEARNED: dict[str, Build] = {
    "adaptive tanh": lambda i, o: AdaptiveGraphConv(
        i, o, topology=partition_adjacencies(PATH4, 4, root=1), normalize="tanh"
    ),
    "adaptive learned": lambda i, o: AdaptiveGraphConv(i, o, num_nodes=4, root=1),
    "channel learned": lambda i, o: ChannelTopologyConv(i, o, topology=partition_adjacencies(PATH4, 4, root=1)),
}
"""Sets of four nodes."""

EVERY = OPERATORS | LEARNED


def drawn(conv: SubsetConv) -> SubsetConv:
    """The operator in float64 with weights that can be seen."""
    for parameter in conv.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return conv.double()


def given(conv: SubsetConv, edge_index: Tensor) -> Tensor | None:
    """What the operator is called with: the graph, where it has none of its own."""
    return edge_index if conv.topology is None else None


def slow(x: Tensor, conv: SubsetConv, fixed: Tensor) -> Tensor:
    """The operator on a clip ``x [T, V, C]`` whose A is ``fixed [K, V, V]``, one subset, target, source at a time."""
    frames, nodes, _ = x.shape
    out = []
    for t in range(frames):
        for i in range(nodes):
            total = torch.zeros(conv.out_channels, dtype=x.dtype)
            for k in range(conv.num_subsets):
                rows = slice(k * conv.out_channels, (k + 1) * conv.out_channels)
                weight = conv.lin_value.weight[rows]
                bias = torch.zeros(()) if conv.lin_value.bias is None else conv.lin_value.bias[rows]
                if isinstance(conv, AdaptiveGraphConv):
                    own = 0.0 if conv.global_graph is None else conv.global_graph[k, i]
                    given = fixed[k, i] if conv.topology is None else conv.topology[k, i]
                    maps = given + own + inferred(x, conv, k, i)
                    total = total + weight @ sum(maps[j] * x[t, j] for j in range(nodes)) + bias
                else:
                    for j in range(nodes):
                        total = total + refined(x, conv, k, i, j, fixed) * (weight @ x[t, j] + bias)
            out.append(total)
    return torch.stack(out).view(frames, nodes, -1)


def embedded(x: Tensor, lin: torch.nn.Linear, k: int, width: int) -> Tensor:
    rows = slice(k * width, (k + 1) * width)
    return lin.weight[rows] @ x + (0.0 if lin.bias is None else lin.bias[rows])


def inferred(x: Tensor, conv: AdaptiveGraphConv, k: int, i: int) -> Tensor:
    """C_k's row of one node."""
    frames, nodes, _ = x.shape
    width = conv.attn_channels
    logits = []
    for j in range(nodes):
        products = [
            embedded(x[t, i], conv.lin_query, k, width) @ embedded(x[t, j], conv.lin_key, k, width)
            for t in range(frames)
        ]
        logits.append(sum(products) / (frames * width))
    if conv.normalize == "tanh":
        return conv.alpha * torch.stack([torch.tanh(logit) for logit in logits])
    total = sum(logit.exp() for logit in logits)
    return torch.stack([logit.exp() / total for logit in logits])


def refined(x: Tensor, conv: ChannelTopologyConv, k: int, i: int, j: int, fixed: Tensor) -> Tensor:
    """R of one pair in every channel."""
    frames = x.size(0)
    target, source = (sum(x[t, node] for t in range(frames)) / frames for node in (i, j))
    width = conv.rel_channels
    difference = embedded(target, conv.lin_query, k, width) - embedded(source, conv.lin_key, k, width)
    shared = fixed[k, i, j] if conv.topology is None else conv.topology[k, i, j]
    return shared + conv.alpha * embedded(torch.tanh(difference), conv.lin_refine, k, conv.out_channels)


@pytest.mark.parametrize("channels", [(2, 5), (5, 2)], ids=str)
@pytest.mark.parametrize("name", EVERY)
def test_equals_a_loop_over_subsets_targets_and_sources(assert_same, name: str, channels: tuple[int, int]) -> None:
    torch.manual_seed(0)
    conv = drawn(EVERY[name](*channels))
    x = torch.randn(3, 4, channels[0], dtype=torch.double, requires_grad=True)
    fixed = partition_adjacencies(PATH4, 4, conv.partition, root=1, dtype=torch.double)
    assert_same(conv(x, given(conv, PATH4)), slow(x, conv, fixed), conv, x)


@pytest.mark.parametrize("lead", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
@pytest.mark.parametrize("name", EVERY)
def test_dense_equals_message_passing(graph, assert_same, name: str, sizes: list[int], lead: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    conv = drawn(EVERY[name](3, 6))
    edge_index, batch = graph(sizes)
    x = torch.randn(*lead, 5, sum(sizes), 3, dtype=torch.double, requires_grad=True)
    sets = find_sets(batch, sum(sizes))
    stack = conv._stack(given(conv, edge_index), sets, x)
    dense = conv._dense(x, stack, sets)
    assert_same(dense.reshape(*x.shape[:-1], 6), conv._edgewise(x, stack, sets), conv, x)


@pytest.mark.parametrize("sizes", [[4], [4, 4, 4]], ids=["one set", "three sets"])
@pytest.mark.parametrize("name", [name for name in EVERY if EVERY[name](2, 2).topology is None])
def test_adjacencies_that_all_sets_share_equal_their_edges(graph, assert_same, name: str, sizes: list[int]) -> None:
    torch.manual_seed(2)
    conv = drawn(EVERY[name](3, 6))
    edge_index, batch = graph(sizes)
    x = torch.randn(2, 5, sum(sizes), 3, dtype=torch.double, requires_grad=True)
    stack = partition_adjacencies(PATH4, 4, conv.partition, root=1, dtype=torch.double).requires_grad_()
    assert_same(conv(x, stack, batch=batch), conv(x, edge_index, batch=batch), conv, x)
    sets = find_sets(batch, sum(sizes))
    assert_same(conv(x, stack, batch=batch), conv._edgewise(x, conv._stack(stack, sets, x), sets), conv, x, stack)


@pytest.mark.parametrize("name", OPERATORS)
def test_ragged_sets_equal_each_set_alone(graph, assert_same, name: str) -> None:
    torch.manual_seed(3)
    conv = drawn(OPERATORS[name](3, 5))
    sizes = [5, 2, 3]
    edge_index, batch = graph(sizes)
    x = torch.randn(2, 4, 10, 3, dtype=torch.double, requires_grad=True)
    ragged = conv(x, edge_index, batch=batch)
    parts = [conv(part, graph([size])[0]) for part, size in zip(x.split(sizes, dim=-2), sizes, strict=True)]
    assert_same(ragged, torch.cat(parts, dim=-2), conv, x)


@pytest.mark.parametrize("name", EVERY)
def test_sets_and_clips_do_not_meet(graph, name: str) -> None:
    torch.manual_seed(4)
    conv = drawn(EVERY[name](3, 5))
    edge_index, batch = graph([4, 4])
    x = torch.randn(2, 5, 8, 3, dtype=torch.double)
    alone = torch.cat([conv(part, given(conv, graph([4])[0])) for part in x.split(4, dim=-2)], dim=-2)
    together = conv(x, given(conv, edge_index), batch=batch)
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-10)
    for clip, out in zip(x, together, strict=True):
        torch.testing.assert_close(conv(clip, given(conv, edge_index), batch=batch), out, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", [name for name in OPERATORS if OPERATORS[name](2, 2).root is None])
def test_unsorted_batch_is_a_permutation_of_the_sorted_one(graph, name: str) -> None:
    torch.manual_seed(5)
    conv = drawn(OPERATORS[name](3, 5))
    edge_index, batch = graph([4, 4])
    order = torch.randperm(8)
    rank = order.argsort()
    x = torch.randn(5, 8, 3, dtype=torch.double)
    shuffled = conv(x[:, order], rank[edge_index], batch=batch[order])
    torch.testing.assert_close(shuffled, conv(x, edge_index, batch=batch)[..., order, :], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", EVERY)
def test_nodes_without_frames_are_one_frame(name: str) -> None:
    conv = EVERY[name](3, 5)
    x = torch.randn(4, 3)
    torch.testing.assert_close(conv(x, given(conv, PATH4)), conv(x[None], given(conv, PATH4))[0])


@pytest.mark.parametrize("name", EVERY)
def test_the_map_is_the_whole_clip_s(name: str) -> None:
    torch.manual_seed(6)
    conv = drawn(EVERY[name](3, 5))
    x = torch.randn(6, 4, 3, dtype=torch.double)
    order = torch.randperm(6)
    out = conv(x, given(conv, PATH4))
    torch.testing.assert_close(conv(x[order], given(conv, PATH4)), out[order], rtol=0, atol=1e-10)
    changed = torch.cat([x[:5], 2 * x[5:]])
    assert not torch.allclose(conv(changed, given(conv, PATH4))[:5], out[:5])


@pytest.mark.parametrize("name", [name for name in OPERATORS if OPERATORS[name](2, 2).root is None])
def test_runs_in_a_plain_pyg_project(name: str) -> None:
    data = next(iter(DataLoader(FakeDataset(num_graphs=6, avg_num_nodes=9, num_channels=16), batch_size=6)))
    assert len(set(data.ptr.diff().tolist())) > 1, "graphs of different sizes"
    conv = OPERATORS[name](16, 16)
    out = conv(data.x, data.edge_index, batch=data.batch)
    network = Sequential("x, edge_index", [(conv, "x, edge_index -> x"), torch.nn.Identity()])
    first = data[0]
    alone = network(first.x, first.edge_index)
    assert_equal_up_to_rounding(alone, out[: first.num_nodes], depth=16 + data.num_nodes)
    assert global_mean_pool(out, data.batch).shape == (6, 16)


@pytest.mark.parametrize("name", EVERY)
def test_parameters_are_drawn_anew(name: str) -> None:
    conv = EVERY[name](4, 4)
    before = {key: value.clone() for key, value in conv.state_dict().items()}
    with torch.no_grad():
        for parameter in conv.parameters():
            parameter.add_(1.0)
    conv.reset_parameters()
    for key, value in conv.state_dict().items():
        started = key in ("global_graph", "alpha", "topology")  # these do not start at random
        assert torch.equal(value, before[key]) == started, key


@pytest.mark.parametrize("name", LEARNED)
def test_compiles_and_exports_with_a_dense_graph(name: str) -> None:
    conv = LEARNED[name](3, 5)
    stack = given(conv, partition_adjacencies(PATH4, 4, conv.partition, root=1))
    x, other = torch.randn(2, 2, 6, 4, 3)
    compiled = torch.compile(conv, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x, stack), conv(x, stack))
    torch._dynamo.reset()
    exported = torch.export.export(conv, (x, stack)).module()
    torch.testing.assert_close(exported(other, stack), conv(other, stack))


@pytest.mark.parametrize("name", EVERY)
def test_wrong_channels(name: str) -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[2, 3, 4\]"):
        EVERY[name](8, 8)(torch.zeros(2, 3, 4), PATH4)


@pytest.mark.parametrize("name", EVERY)
def test_weighted_edges(name: str) -> None:
    with pytest.raises(ValueError, match="edge_weight: neighbors are counted, not weighed; pass the stack"):
        EVERY[name](8, 8)(torch.zeros(2, 4, 8), PATH4, torch.ones(6))


@pytest.mark.parametrize("name", OPERATORS)
def test_edges_of_another_graph(name: str) -> None:
    with pytest.raises(ValueError, match="edge_index: names node 3, but x has 3 nodes"):
        OPERATORS[name](8, 8)(torch.zeros(2, 3, 8), PATH4)


@pytest.mark.parametrize("name", OPERATORS)
def test_edge_across_sets(name: str) -> None:
    with pytest.raises(ValueError, match="edge_index: the edge 1 -> 2 joins two sets of batch"):
        OPERATORS[name](8, 8)(torch.zeros(2, 4, 8), PATH4, batch=torch.tensor([0, 0, 1, 1]))


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize(("sizes", "said"), [([3], "3"), ([2, 2], "2"), ([3, 4], "different numbers")])
def test_learned_graph_of_another_body(graph, name: str, sizes: list[int], said: str) -> None:
    edge_index, batch = graph(sizes)
    with pytest.raises(ValueError, match=rf"sets of 4 nodes, got sets of {said}; .* without a learnable graph"):
        LEARNED[name](8, 8)(torch.zeros(2, sum(sizes), 8), edge_index, batch=batch)


@pytest.mark.parametrize("name", OPERATORS)
def test_adjacencies_of_another_shape(name: str) -> None:
    conv = OPERATORS[name](8, 8)
    said = rf"dense adjacencies must be \[{conv.num_subsets}, 3, 3\] for sets of 3 nodes, got \[5, 4, 4\]"
    with pytest.raises(ValueError, match=said):
        conv(torch.zeros(2, 3, 8), torch.zeros(5, 4, 4))
    with pytest.raises(ValueError, match="dense adjacencies must be edges, for the sets are ragged, got"):
        conv(torch.zeros(2, 3, 8), torch.zeros(1, 4, 4), batch=torch.tensor([0, 0, 1]))
