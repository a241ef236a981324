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


def test_queries_that_are_keys_have_the_gradient_of_two() -> None:
    torch.manual_seed(0)
    query = torch.randn(3, 6, 8, dtype=torch.double, requires_grad=True)
    value = torch.randn(3, 6, 4, dtype=torch.double)
    results = []
    for key in (query, query.clone()):  # the clone goes the general way
        out = F.attention(query, key, value, scale=0.3)
        results.append((out, *torch.autograd.grad(out.square().sum(), query)))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert torch.autograd.gradcheck(lambda x: F.attention_weights(x, x, scale=0.3), query)
    assert torch.autograd.gradgradcheck(lambda x: F.attention_weights(x, x, scale=0.3), query)


def test_queries_that_are_keys_under_autocast() -> None:
    torch.manual_seed(0)
    query = torch.randn(3, 6, 8, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        weights = F.attention_weights(query, query)
    (gradient,) = torch.autograd.grad(weights.float().square().sum(), query)
    (exact,) = torch.autograd.grad(F.attention_weights(query, query).square().sum(), query)
    assert gradient.dtype == torch.float32
    torch.testing.assert_close(gradient, exact, rtol=0.1, atol=0.1)


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
