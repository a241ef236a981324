"""Two paths, one result: the dense path of every operator equals its message passing, values and gradients."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from tg_skeleton.nn import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.self_attention import SelfAttention
from tg_skeleton.nn.functional import dense_normalized_adjacency
from tg_skeleton.nn.sets import find_sets

Build = Callable[[int, bool, bool], SelfAttention]

OPERATORS: dict[str, Build] = {
    "S1": lambda heads, a, d: SpatialSelfAttention(8, 12, heads=heads, alpha=0.8 * a, directed=d),
    "S2": lambda heads, a, d: SpatialSelfAttention(8, 12, heads=heads, alpha=0.8 * a, directed=d, per_frame=False),
    "T1": lambda heads, a, d: TemporalSelfAttention(8, 12, heads=heads, directed=d),
    "T2": lambda heads, a, d: TemporalSelfAttention(8, 12, heads=heads, directed=d, per_joint=False),
    "T2 scale": lambda heads, a, d: TemporalSelfAttention(8, 12, heads=heads, directed=d, per_joint=False, scale=0.3),
    "T1 group": lambda heads, a, d: TemporalSelfAttention(8, 12, heads=heads, directed=d, group=3),
    "T2 group": lambda heads, a, d: TemporalSelfAttention(8, 12, heads=heads, directed=d, per_joint=False, group=3),
    "T1 stride": lambda heads, a, d: TemporalSelfAttention(8, 12, heads=heads, directed=d, group=(None, 2)),
    "T2 stride": lambda heads, a, d: TemporalSelfAttention(
        8, 12, heads=heads, directed=d, per_joint=False, group=(3, 2)
    ),
    "S1 narrow": lambda heads, a, d: SpatialSelfAttention(8, 4, heads=heads, alpha=0.8 * a, directed=d),
    "ST": lambda heads, a, d: SpatioTemporalSelfAttention(8, 12, heads=heads, alpha=0.8 * a, directed=d),
    "ST window": lambda heads, a, d: SpatioTemporalSelfAttention(
        8, 12, heads=heads, alpha=0.8 * a, directed=d, window=3
    ),
    "ST stride": lambda heads, a, d: SpatioTemporalSelfAttention(
        8, 12, heads=heads, alpha=0.8 * a, directed=d, window=(3, 2)
    ),
    "ST masked": lambda heads, a, d: SpatioTemporalSelfAttention(
        8, 12, heads=heads, alpha=0.8 * a, directed=d, window=3, mask_padding=True
    ),
}


@pytest.mark.parametrize("lead", [(), (2,)], ids=["TNC", "BTNC"])
@pytest.mark.parametrize("directed", [True, False], ids=["directed", "undirected"])
@pytest.mark.parametrize("adjacency", [True, False], ids=["with Å", "without Å"])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("name", OPERATORS)
def test_dense_equals_message_passing(
    graph, assert_same, name: str, heads: int, adjacency: bool, directed: bool, lead: tuple[int, ...]
) -> None:
    torch.manual_seed(1)
    conv = OPERATORS[name](heads, adjacency, directed).double()
    edge_index, batch = graph([4, 4, 4])
    x = torch.randn(*lead, 7, 12, 8, dtype=torch.double, requires_grad=True)
    sets = find_sets(batch, 12)
    assert sets.size == 4
    dense, dense_kept = conv._dense(x, (edge_index, None), sets, keep=False)
    slow, _ = conv._edgewise(x, (edge_index, None), sets, keep=False)
    assert dense_kept is None
    assert_same(dense, slow, conv, x)


@pytest.mark.parametrize(
    "build",
    [
        lambda: SpatialSelfAttention(8, 12, bias=False),
        lambda: SpatialSelfAttention(8, 12, bias=False, per_frame=False),
        lambda: TemporalSelfAttention(8, 12, bias=False),
    ],
    ids=["S1", "S2", "T1"],
)
def test_dense_equals_message_passing_without_biases(graph, assert_same, build: Callable[[], SelfAttention]) -> None:
    torch.manual_seed(9)
    conv = build().double()
    edge_index, batch = graph([4, 4])
    x = torch.randn(7, 8, 8, dtype=torch.double, requires_grad=True)
    sets = find_sets(batch, 8)
    dense, _ = conv._dense(x, (edge_index, None), sets, keep=False)
    slow, _ = conv._edgewise(x, (edge_index, None), sets, keep=False)
    assert_same(dense, slow, conv, x)


@pytest.mark.parametrize(
    "build",
    [
        lambda out: SpatialSelfAttention(8, out, heads=2),
        lambda out: SpatialSelfAttention(8, out, per_frame=False),
        lambda out: TemporalSelfAttention(8, out),
        lambda out: TemporalSelfAttention(8, out, per_joint=False, group=3, heads=2),
        lambda out: SpatioTemporalSelfAttention(8, out),
        lambda out: SpatioTemporalSelfAttention(8, out, window=3),
    ],
    ids=["S1", "S2", "T1", "T2 group", "ST", "ST window"],
)
def test_without_out_channels_the_values_are_x(graph, build: Callable[[int | None], SelfAttention]) -> None:
    torch.manual_seed(10)
    bare, projecting = build(None).double(), build(8).double()
    projecting.load_state_dict(bare.state_dict(), strict=False)
    torch.nn.init.eye_(projecting.lin_value.weight)
    torch.nn.init.zeros_(projecting.lin_value.bias)
    edge_index, batch = graph([4, 4])
    x = torch.randn(7, 8, 8, dtype=torch.double)
    torch.testing.assert_close(bare(x, edge_index, batch=batch), projecting(x, edge_index, batch=batch))
    assert bare.out_channels == 8
    assert not any("value" in key for key in bare.state_dict())
    assert "(8, None" in repr(bare)


@pytest.mark.parametrize("adjacency", [True, False], ids=["with Å", "without Å"])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("name", OPERATORS)
def test_ragged_sets_equal_each_set_alone(graph, assert_same, name: str, heads: int, adjacency: bool) -> None:
    torch.manual_seed(2)
    conv = OPERATORS[name](heads, adjacency, True).double()
    sizes = [5, 1, 3]
    edge_index, batch = graph(sizes)
    x = torch.randn(7, 9, 8, dtype=torch.double, requires_grad=True)
    ragged = conv(x, edge_index, batch=batch)
    parts = [conv(part, graph([size])[0]) for part, size in zip(x.split(sizes, dim=-2), sizes, strict=True)]
    alone = torch.cat(parts, dim=-2)
    assert_same(ragged, alone, conv, x)


@pytest.mark.parametrize("sizes", [[4, 4, 4], [5, 1, 3]], ids=["equal", "ragged"])
@pytest.mark.parametrize("name", OPERATORS)
def test_kept_weights_reproduce_the_output(graph, name: str, sizes: list[int]) -> None:
    torch.manual_seed(3)
    conv = OPERATORS[name](2, True, True).double()
    edge_index, batch = graph(sizes)
    x = torch.randn(2, 7, sum(sizes), 8, dtype=torch.double)
    sets = find_sets(batch, sum(sizes))
    out, (pairs, weights) = conv(x, edge_index, batch=batch, return_attention_weights=True)
    torch.testing.assert_close(out, conv(x, edge_index, batch=batch), rtol=0, atol=1e-10)
    _, kept = conv._edgewise(x, (edge_index, None), conv._sets(batch, sets.num_nodes), keep=True)
    assert kept is not None
    torch.testing.assert_close(pairs, kept[0])
    torch.testing.assert_close(weights, kept[1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", OPERATORS)
def test_unsorted_batch_is_a_permutation_of_the_sorted_one(graph, name: str) -> None:
    torch.manual_seed(4)
    conv = OPERATORS[name](2, True, True).double()
    edge_index, batch = graph([4, 4])
    order = torch.randperm(8)
    rank = order.argsort()
    x = torch.randn(7, 8, 8, dtype=torch.double)
    shuffled = conv(x[:, order], rank[edge_index], batch=batch[order])
    torch.testing.assert_close(shuffled, conv(x, edge_index, batch=batch)[..., order, :], rtol=0, atol=1e-10)


@pytest.mark.parametrize("sizes", [[4, 4, 4], [5, 1, 3]], ids=["equal", "ragged"])
@pytest.mark.parametrize("name", ["S1", "S2", "ST", "ST window"])
def test_dense_adjacency_equals_edge_index(graph, name: str, sizes: list[int]) -> None:
    torch.manual_seed(5)
    conv = OPERATORS[name](1, True, True).double()
    edge_index, batch = graph(sizes)
    x = torch.randn(2, 7, sum(sizes), 8, dtype=torch.double)
    adjacency = dense_normalized_adjacency(edge_index, sum(sizes), dtype=torch.double)
    by_index = conv(x, edge_index, batch=batch)
    torch.testing.assert_close(conv(x, adjacency, batch=batch), by_index, rtol=0, atol=1e-10)


@pytest.mark.parametrize("directed", [True, False], ids=["directed", "undirected"])
@pytest.mark.parametrize("adjacency", [True, False], ids=["with Å", "without Å"])
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("name", OPERATORS)
def test_ragged_sets_equal_message_passing(
    graph, assert_same, name: str, heads: int, adjacency: bool, directed: bool
) -> None:
    torch.manual_seed(6)
    conv = OPERATORS[name](heads, adjacency, directed).double()
    edge_index, batch = graph([5, 1, 3])
    x = torch.randn(7, 9, 8, dtype=torch.double, requires_grad=True)
    ragged = conv(x, edge_index, batch=batch)
    slow, _ = conv._edgewise(x, (edge_index, None), conv._sets(batch, 9), keep=False)
    assert_same(ragged, slow, conv, x)
