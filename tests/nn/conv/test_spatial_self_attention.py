from __future__ import annotations

import math

import pytest
import torch
from torch_geometric.datasets import FakeDataset
from torch_geometric.loader import DataLoader
from torch_geometric.nn import Sequential, global_mean_pool

from tg_skeleton import NTU25
from tg_skeleton.nn import SpatialSelfAttention

PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def identity_projections(conv: SpatialSelfAttention) -> SpatialSelfAttention:
    """Projections that copy their input, so that a result can be computed by hand."""
    with torch.no_grad():
        for projection in (conv.lin_query, conv.lin_key, conv.lin_value):
            projection.weight.copy_(torch.eye(conv.in_channels))
            projection.bias.zero_()
    return conv


def test_hand_typed_without_adjacency() -> None:
    conv = identity_projections(SpatialSelfAttention(1, 1, alpha=0.0))
    out = conv(torch.tensor([[0.0], [math.log(3.0)]]))  # logits of the second node: 0 and (ln 3)^2
    last = math.log(3.0) * math.exp(math.log(3.0) ** 2) / (1 + math.exp(math.log(3.0) ** 2))
    torch.testing.assert_close(out, torch.tensor([[math.log(3.0) / 2], [last]]))


def test_adjacency_enters_as_query_by_key() -> None:
    conv = identity_projections(SpatialSelfAttention(1, 1, alpha=2.0))
    edge = torch.tensor([[0], [1]])  # 0 -> 1 only: node 1 hears node 0, with 1/sqrt(1 * 2)
    _, (pairs, weights) = conv(torch.zeros(2, 1), edge, return_attention_weights=True)
    assert pairs.tolist() == [[0, 1, 0, 1], [0, 0, 1, 1]]
    first = torch.tensor([2.0, 0.0]).softmax(0)
    second = torch.tensor([2.0 / math.sqrt(2.0), 1.0]).softmax(0)
    torch.testing.assert_close(weights[:, 0], torch.cat([first, second]))


def test_edge_weight_weighs_the_adjacency() -> None:
    conv = SpatialSelfAttention(4, 4)
    x = torch.randn(3, 4)
    ones = conv(x, PATH, torch.ones(4))
    torch.testing.assert_close(ones, conv(x, PATH))
    assert not torch.allclose(ones, conv(x, PATH, torch.tensor([5.0, 5.0, 1.0, 1.0])))


@pytest.mark.parametrize("heads", [1, 4])
def test_runs_in_a_plain_pyg_project(heads: int) -> None:
    loader = DataLoader(FakeDataset(num_graphs=6, avg_num_nodes=9, num_channels=64), batch_size=6)
    data = next(iter(loader))
    assert len(set(data.ptr.diff().tolist())) > 1, "graphs of different sizes"
    conv = SpatialSelfAttention(64, 64, heads=heads)
    out = conv(data.x, data.edge_index, batch=data.batch)
    assert out.shape == data.x.shape
    frames = conv(data.x.expand(5, -1, -1), data.edge_index, batch=data.batch)
    torch.testing.assert_close(frames, out.expand(5, -1, -1), rtol=1e-5, atol=1e-5)
    network = Sequential("x, edge_index", [(conv, "x, edge_index -> x"), torch.nn.ReLU()])
    assert global_mean_pool(network(data.x, data.edge_index), data.batch).shape == (6, 64)


def test_undirected_shares_query_and_key() -> None:
    conv = SpatialSelfAttention(4, 4, directed=False)
    assert conv.lin_key is conv.lin_query
    assert sum(p.numel() for p in conv.parameters()) == 2 * (16 + 4)


def test_dropout_acts_in_training_only() -> None:
    torch.manual_seed(0)
    conv = SpatialSelfAttention(4, 4, alpha=0.0, dropout=0.5)
    x = torch.randn(30, 4)
    assert not torch.equal(conv(x), conv(x))
    conv.eval()
    assert torch.equal(conv(x), conv(x))


def test_reset_parameters_draws_anew() -> None:
    conv = SpatialSelfAttention(4, 4)
    before = [p.clone() for p in conv.parameters()]
    conv.reset_parameters()
    assert all(not torch.equal(a, b) for a, b in zip(before, conv.parameters(), strict=True))


def test_repr() -> None:
    assert repr(SpatialSelfAttention(64, 32)) == "SpatialSelfAttention(64, 32, alpha=0.8)"
    said = repr(
        SpatialSelfAttention(
            64, 32, attn_channels=16, heads=4, per_frame=False, directed=False, alpha=0.0, scale=False, dropout=0.1
        )
    )
    assert said == (
        "SpatialSelfAttention(64, 32, heads=4, attn_channels=16, directed=False, scale=False, dropout=0.1, "
        "per_frame=False, alpha=0.0)"
    )


def test_channels_not_divisible_by_heads() -> None:
    with pytest.raises(ValueError, match="out_channels: expected a positive multiple of heads = 4, got 6"):
        SpatialSelfAttention(8, 6, heads=4)
    with pytest.raises(ValueError, match="attn_channels: expected a positive multiple of heads = 4, got 6"):
        SpatialSelfAttention(6, 8, heads=4)


def test_dropout_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"dropout: expected a probability in \[0, 1\), got 1.5"):
        SpatialSelfAttention(8, 8, dropout=1.5)


def test_wrong_channels() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[3, 4\]"):
        SpatialSelfAttention(8, 8)(torch.zeros(3, 4), PATH)


def test_whole_clip_needs_frames() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, T, N, C\] \(frames before nodes\), got \[3, 8\]"):
        SpatialSelfAttention(8, 8, per_frame=False)(torch.zeros(3, 8), PATH)


def test_missing_edge_index() -> None:
    with pytest.raises(ValueError, match=r"edge_index: alpha = 0.8 adds .* build the operator with alpha=0"):
        SpatialSelfAttention(8, 8)(torch.zeros(3, 8))


def test_edge_index_of_another_graph() -> None:
    with pytest.raises(ValueError, match="edge_index: names node 24, but x has 20 nodes"):
        SpatialSelfAttention(8, 8)(torch.zeros(20, 8), NTU25.edge_index)


def test_edge_index_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"edge_index: expected integers \[2, E\], got torch.int64 \[3, 2\]"):
        SpatialSelfAttention(8, 8)(torch.zeros(3, 8), torch.zeros(3, 2, dtype=torch.long))


def test_dense_adjacency_of_another_shape() -> None:
    with pytest.raises(ValueError, match=r"a dense adjacency must be \[20, 20\] for x \[20, 8\], got \[25, 25\]"):
        SpatialSelfAttention(8, 8)(torch.zeros(20, 8), NTU25.normalized_adjacency)


def test_batch_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"batch: expected one set per node, \[3\] .* got \[2\]"):
        SpatialSelfAttention(8, 8)(torch.zeros(3, 8), PATH, batch=torch.tensor([0, 0]))


@pytest.mark.parametrize(("batch", "edge"), [([0, 0, 1, 1], (1, 2)), ([0, 0, 0, 1], (2, 3))], ids=["equal", "ragged"])
def test_edge_across_sets(batch: list[int], edge: tuple[int, int]) -> None:
    edge_index = torch.tensor([[edge[0]], [edge[1]]])
    with pytest.raises(ValueError, match=rf"edge_index: the edge {edge[0]} -> {edge[1]} joins two sets of batch"):
        SpatialSelfAttention(8, 8)(torch.zeros(4, 8), edge_index, batch=torch.tensor(batch))
