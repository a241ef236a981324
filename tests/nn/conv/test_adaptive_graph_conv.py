from __future__ import annotations

import math

import pytest
import torch

from tg_skeleton import NTU25
from tg_skeleton.nn import AdaptiveGraphConv
from tg_skeleton.nn.partition import partition_adjacencies

EDGE = torch.tensor([[0, 1], [1, 0]])


def plain(conv: AdaptiveGraphConv) -> AdaptiveGraphConv:
    """All weights one and biases zero."""
    with torch.no_grad():
        for name, parameter in conv.named_parameters():
            parameter.fill_(float(name.endswith("weight")))
    return conv


def test_hand_typed() -> None:
    conv = plain(AdaptiveGraphConv(1, 1, attn_channels=1, partition="uniform"))
    log3 = math.log(3.0)
    out = conv(torch.tensor([[[0.0], [1.0]], [[0.0], [log3]]]), EDGE)  # logits 0, 0 and 0, (1 + log3²) / 2
    weight = 1 / (1 + math.exp(-(1 + log3**2) / 2))
    expected = [[(0.5 + 0.5) * 1.0, (0.5 + weight) * 1.0], [(0.5 + 0.5) * log3, (0.5 + weight) * log3]]
    torch.testing.assert_close(out[..., 0], torch.tensor(expected))


def test_global_graph_is_indexed_subset_target_source() -> None:
    conv = AdaptiveGraphConv(1, 1, partition="distance", num_nodes=2)
    with torch.no_grad():
        conv.lin_value.weight.copy_(torch.tensor([[1.0], [100.0]]))
        x = torch.tensor([[3.0], [7.0]])
        before = conv(x, EDGE)
        conv.global_graph[1, 0, 1] += 5.0
        change = conv(x, EDGE) - before
    torch.testing.assert_close(change.flatten(), torch.tensor([5.0 * 7.0 * 100.0, 0.0]))


def test_global_graph_starts_near_zero() -> None:
    conv = AdaptiveGraphConv(4, 4, num_nodes=25)
    assert torch.equal(conv.global_graph, torch.full((3, 25, 25), 1e-6))
    assert AdaptiveGraphConv(4, 4).global_graph is None


def test_without_edges_only_what_is_learned_and_inferred_counts() -> None:
    conv = AdaptiveGraphConv(4, 8, num_nodes=25)
    x = torch.randn(5, 25, 4)
    torch.testing.assert_close(conv(x), conv(x, torch.zeros(3, 25, 25)))
    alone = AdaptiveGraphConv(4, 8)
    torch.testing.assert_close(alone(x), alone(x, torch.zeros(3, 25, 25)))


def test_each_row_of_the_inferred_graph_sums_to_one() -> None:
    conv = plain(AdaptiveGraphConv(1, 1, partition="uniform"))
    torch.testing.assert_close(conv(torch.full((3, 25, 1), 7.0)), torch.full((3, 25, 1), 7.0))


@pytest.mark.parametrize(
    ("num_nodes", "bias", "expected"),
    [
        (25, True, 3 * (25 * 25 + 2 * (8 * 4 + 4) + 8 * 16 + 16)),
        (None, True, 3 * (2 * (8 * 4 + 4) + 8 * 16 + 16)),
        (None, False, 3 * (2 * 8 * 4 + 8 * 16)),
    ],
)
def test_parameters(num_nodes: int | None, bias: bool, expected: int) -> None:
    conv = AdaptiveGraphConv(8, 16, num_nodes=num_nodes, bias=bias)
    assert sum(parameter.numel() for parameter in conv.parameters()) == expected


def test_edges_of_a_skeleton_equal_its_partition() -> None:
    conv = AdaptiveGraphConv(4, 8, num_nodes=25, root=20)
    x = torch.randn(2, 5, 25, 4)
    stack = partition_adjacencies(NTU25.edge_index, 25, root=20)
    torch.testing.assert_close(conv(x, NTU25.edge_index), conv(x, stack))


def test_repr() -> None:
    assert repr(AdaptiveGraphConv(64, 32)) == "AdaptiveGraphConv(64, 32)"
    said = repr(AdaptiveGraphConv(64, 32, attn_channels=4, num_nodes=25, partition="uniform", root=20, bias=False))
    assert said == (
        "AdaptiveGraphConv(64, 32, attn_channels=4, num_nodes=25, partition='uniform', root=20, bias=False)"
    )


def test_numbers_out_of_range() -> None:
    with pytest.raises(ValueError, match="attn_channels: expected at least 1, got 0"):
        AdaptiveGraphConv(8, 8, attn_channels=0)
    with pytest.raises(ValueError, match="num_nodes: expected at least 1, got 0"):
        AdaptiveGraphConv(8, 8, num_nodes=0)


def test_root_that_is_missing_or_no_place_in_every_set() -> None:
    with pytest.raises(ValueError, match="root: partition='spatial' sorts neighbors by their hops from a root"):
        AdaptiveGraphConv(8, 8)(torch.zeros(2, 2, 8), EDGE)
    batch = torch.tensor([0, 0, 1])
    with pytest.raises(ValueError, match="root: expected a place in every set, got 1, and a set of fewer nodes; pass"):
        AdaptiveGraphConv(8, 8, root=1)(torch.zeros(2, 3, 8), EDGE, batch=batch)


def test_unknown_partition() -> None:
    with pytest.raises(ValueError, match=r"partition: expected one of \('uniform', .*\), got 'semantic'"):
        AdaptiveGraphConv(8, 8, partition="semantic")  # type: ignore[arg-type]


def test_tanh_hand_typed() -> None:
    conv = plain(AdaptiveGraphConv(1, 1, attn_channels=1, partition="uniform", normalize="tanh"))
    x = torch.tensor([[[1.0], [2.0]], [[1.0], [4.0]]])  # dot products 2, 6, 20 over two frames
    before = conv(x, EDGE)
    torch.testing.assert_close(before.flatten(), torch.tensor([1.5, 1.5, 2.5, 2.5]))  # alpha starts at zero
    with torch.no_grad():
        conv.alpha.fill_(2.0)
    one, three, ten = (2 * math.tanh(product) for product in (1.0, 3.0, 10.0))
    expected = [[one + three * 2, three + ten * 2], [one + three * 4, three + ten * 4]]
    torch.testing.assert_close(conv(x, EDGE)[..., 0], before[..., 0] + torch.tensor(expected))


def test_a_learnable_graph_starts_as_the_given_one() -> None:
    stack = partition_adjacencies(NTU25.edge_index, 25, root=20)
    conv, fixed = AdaptiveGraphConv(4, 8, topology=stack), AdaptiveGraphConv(4, 8, root=20)
    assert conv.global_graph is None
    fixed.load_state_dict({key: value for key, value in conv.state_dict().items() if key != "topology"})
    x = torch.randn(2, 5, 25, 4)
    torch.testing.assert_close(conv(x), fixed(x, NTU25.edge_index))


def test_repr_of_aagcn_s() -> None:
    said = repr(AdaptiveGraphConv(64, 32, topology=torch.zeros(3, 25, 25), normalize="tanh"))
    assert said == "AdaptiveGraphConv(64, 32, topology=[3, 25, 25], normalize='tanh')"


def test_two_learnable_graphs() -> None:
    with pytest.raises(ValueError, match="num_nodes: got 25 and a topology, two learnable graphs that would be summed"):
        AdaptiveGraphConv(8, 8, num_nodes=25, topology=torch.zeros(3, 25, 25))


def test_unknown_normalize() -> None:
    with pytest.raises(ValueError, match=r"normalize: expected one of \('softmax', 'tanh'\), got 'relu'"):
        AdaptiveGraphConv(8, 8, normalize="relu")  # type: ignore[arg-type]
