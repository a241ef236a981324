from __future__ import annotations

import pytest
import torch
from torch_geometric.utils import to_dense_adj

from tg_skeleton.nn import functional as F
from tg_skeleton.topologies import TOPOLOGIES
from tg_skeleton.topology import Topology


def test_attention_equals_its_map_times_values() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, 2, 4, 6, 8, dtype=torch.double)
    bias = torch.randn(6, 6, dtype=torch.double)
    weights = F.attention_weights(query, key, bias, scale=0.3)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 6, dtype=torch.double))
    torch.testing.assert_close(F.attention(query, key, value, bias, scale=0.3), weights @ value, rtol=0, atol=1e-12)


def test_saturated_attention_is_exact_and_free_of_subnormal_numbers() -> None:
    dtype = torch.float32
    query = torch.linspace(10.0, 10.5, 20, dtype=dtype).view(1, 20, 1).requires_grad_()  # logits fall below -100
    key = torch.linspace(0.0, -10.0, 20, dtype=dtype).view(1, 20, 1).requires_grad_()
    value = torch.ones(1, 20, 2, dtype=dtype) + torch.arange(20, dtype=dtype)[:, None]
    out = F.attention(query, key, value)
    out.square().sum().backward()
    exact = F.attention_weights(query.double(), key.double()) @ value.double()
    torch.testing.assert_close(out, exact.to(dtype), rtol=2 * torch.finfo(dtype).eps * 20, atol=0)
    for gradient in (query.grad, key.grad):
        assert gradient is not None
        magnitude = gradient[gradient != 0].abs()
        assert magnitude.numel() and magnitude.min() > torch.finfo(dtype).tiny


def test_normalized_adjacency_hand_typed() -> None:
    path = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    off = 6**-0.5
    expected = torch.tensor([[0.5, off, 0.0], [off, 1 / 3, off], [0.0, off, 0.5]])
    torch.testing.assert_close(F.dense_normalized_adjacency(path, 3), expected)


def test_dense_and_sparse_adjacency_agree_on_a_directed_weighted_graph() -> None:
    edge_index, weight = torch.tensor([[0, 1, 3], [1, 2, 0]]), torch.tensor([2.0, 3.0, 0.5])
    edges, weights = F.normalized_adjacency(edge_index, 4, weight)
    by_source = to_dense_adj(edges, edge_attr=weights, max_num_nodes=4)[0]
    torch.testing.assert_close(F.dense_normalized_adjacency(edge_index, 4, weight), by_source.T)


def test_adjacency_of_a_negative_node() -> None:
    with pytest.raises(ValueError, match="edge_index: names node -1, but x has 3 nodes"):
        F.normalized_adjacency(torch.tensor([[0], [-1]]), 3)


@pytest.mark.parametrize(
    ("batch", "sets", "size"),
    [
        (None, 1, 6),
        ([0, 0, 1, 1, 2, 2], 3, 2),
        ([4, 4, 4, 9, 9, 9], 2, 3),
        ([0, 0, 0, 1, 1, 2], 3, None),
        ([1, 1, 1, 0, 0, 0], 2, None),
        ([0, 1, 0, 1, 0, 1], 2, None),
    ],
)
def test_find_sets(batch: list[int] | None, sets: int, size: int | None) -> None:
    found = F.find_sets(None if batch is None else torch.tensor(batch), 6)
    assert (found.num_sets, found.size) == (sets, size)


def test_pairs_of_ragged_unsorted_sets() -> None:
    pairs = F.find_sets(torch.tensor([0, 1, 0]), 3).pairs(torch.empty(0))
    assert pairs.tolist() == [[0, 2, 1, 0, 2], [0, 0, 1, 2, 2]]


def test_bias_of_pairs_and_of_sets_agree() -> None:
    edges, weights = torch.tensor([[0, 1, 3, 3], [1, 0, 2, 2]]), torch.tensor([1.0, 2.0, 4.0, 8.0])  # one edge twice
    sets = F.find_sets(torch.tensor([0, 0, 1, 1]), 4)
    pairs = sets.pairs(weights)
    matrices = F.set_bias(edges, weights, sets)
    assert matrices.tolist() == [[[0.0, 2.0], [1.0, 0.0]], [[0.0, 12.0], [0.0, 0.0]]]
    assert torch.equal(F.pair_bias(edges, weights, pairs, sets), matrices.flatten())


def test_hop_adjacencies_hand_typed() -> None:
    hops = torch.tensor([[0, 1, 2], [1, 0, 1], [2, 1, 0]])  # a path of three nodes
    off = 6**-0.5
    expected = torch.tensor(
        [
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
            [[0.5, off, 0.0], [off, 1 / 3, off], [0.0, off, 0.5]],
            [[0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [0.5, 0.0, 0.5]],
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],  # nobody is three hops away
        ]
    )
    torch.testing.assert_close(F.hop_adjacencies(hops, 4), expected)


def test_unreachable_nodes_are_at_no_scale() -> None:
    hops = torch.tensor([[0, -1], [-1, 0]])
    assert torch.equal(F.hop_adjacencies(hops, 3), torch.eye(2).expand(3, 2, 2))


def test_hop_adjacencies_of_several_graphs_and_of_a_directed_one() -> None:
    pair, one_way = torch.tensor([[0, 1], [1, 0]]), torch.tensor([[0, -1], [1, 0]])  # node 1 hears node 0
    both = F.hop_adjacencies(torch.stack([pair, one_way]), 2, torch.double)
    assert both.dtype == torch.double
    torch.testing.assert_close(both[0, 1], torch.full((2, 2), 0.5, dtype=torch.double))
    torch.testing.assert_close(both[1, 1], torch.tensor([[1.0, 0.0], [0.5**0.5, 0.5]], dtype=torch.double))


@pytest.mark.parametrize("topology", TOPOLOGIES, ids=lambda topology: topology.name)
def test_hop_adjacencies_of_every_topology(topology: Topology) -> None:
    stack = F.hop_adjacencies(topology.hops, int(topology.hops.max()) + 1)
    assert torch.equal(stack[0], torch.eye(topology.num_joints))
    torch.testing.assert_close(stack[1], topology.normalized_adjacency)
    assert torch.equal(stack, stack.transpose(1, 2))
    assert ((stack > 0).sum(0) == 1 + (len(stack) - 1) * torch.eye(topology.num_joints)).all(), "a pair is at one scale"
    degrees = (stack > 0).sum(-1)
    torch.testing.assert_close((stack @ degrees.float().sqrt()[..., None])[..., 0], degrees.float().sqrt())


def test_hop_adjacencies_of_an_adjacency() -> None:
    with pytest.raises(ValueError, match=r"hops: expected zeros on the diagonal and nowhere else, .* Topology.hops"):
        F.hop_adjacencies(torch.tensor([[0, 1, 0], [1, 0, 1], [0, 1, 0]]), 2)


@pytest.mark.parametrize("hops", [torch.zeros(2, 3, dtype=torch.long), torch.eye(3), torch.zeros(3, dtype=torch.long)])
def test_hops_of_another_kind(hops: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"hops: expected integers \[V, V\], got torch\."):
        F.hop_adjacencies(hops, 2)


def test_no_scale() -> None:
    with pytest.raises(ValueError, match="num_scales: expected at least 1, got 0"):
        F.hop_adjacencies(torch.zeros(1, 1, dtype=torch.long), 0)
