"""Ragged sets in groups of similar sizes, against all of them at one size and against message passing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import SpatialSelfAttention, SpatioTemporalSelfAttention
from tg_skeleton.nn.conv import ragged
from tg_skeleton.nn.conv.ragged import group_limits
from tg_skeleton.nn.conv.self_attention import SelfAttention
from tg_skeleton.nn.functional import dense_normalized_adjacency

OPERATORS: dict[str, Callable[[], SelfAttention]] = {
    "S1": lambda: SpatialSelfAttention(8, 12, heads=2),
    "S1 wide": lambda: SpatialSelfAttention(8, 12),
    "S1 without Å": lambda: SpatialSelfAttention(8, 12, alpha=0.0),
    "S2": lambda: SpatialSelfAttention(8, 12, per_frame=False, directed=False),
    "ST": lambda: SpatioTemporalSelfAttention(8, 12),
    "ST window": lambda: SpatioTemporalSelfAttention(8, 12, window=(3, 2)),
}

SIZES = [2, 9, 1, 2, 3, 9, 1]


def square(size: Tensor) -> Tensor:
    return size.square()


@pytest.fixture
def shuffled(graph) -> tuple[Tensor, Tensor, Tensor]:
    """Edges, their weights and the sets of nodes in no order."""
    torch.manual_seed(3)
    edges, batch = graph(SIZES)
    place = torch.randperm(batch.numel())
    moved = torch.empty_like(batch)
    moved[place] = batch
    return place[edges], torch.rand(edges.size(1), dtype=torch.double), moved


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", OPERATORS)
def test_groups_equal_message_passing(
    monkeypatch: pytest.MonkeyPatch, shuffled, assert_same, name: str, weighted: bool
) -> None:
    monkeypatch.setattr(ragged, "_GROUP", 0.0)  # a group for every size
    edges, weights, batch = shuffled
    conv = OPERATORS[name]().double()
    x = torch.randn(2, 5, batch.numel(), 8, dtype=torch.double, requires_grad=True)
    given = (x, edges, weights) if weighted else (x, edges)
    got = conv(*given, batch=batch)
    expected, _ = conv(*given, batch=batch, return_attention_weights=True)
    assert_same(got, expected, conv, x)


@pytest.mark.parametrize("name", ["S1", "S2"])
def test_a_dense_adjacency(monkeypatch: pytest.MonkeyPatch, shuffled, name: str) -> None:
    monkeypatch.setattr(ragged, "_GROUP", 0.0)
    edges, _, batch = shuffled
    conv, x = OPERATORS[name]().double(), torch.randn(5, batch.numel(), 8, dtype=torch.double)
    matrix = dense_normalized_adjacency(edges, batch.numel(), dtype=torch.double)
    expected = conv(x, edges, batch=batch)
    torch.testing.assert_close(conv(x, matrix, batch=batch), expected, rtol=0, atol=1e-10)


def test_small_sets_do_not_grow_to_a_large_one() -> None:
    conv = SpatialSelfAttention(4, 4, alpha=0.0)
    batch = torch.arange(41).repeat_interleave(torch.tensor([3, 4] * 20 + [400]))
    sizes: list[int] = []
    dense = conv._dense

    def watched(x: Tensor, *others: object, **options: object) -> object:
        sizes.append(x.size(-2))
        return dense(x, *others, **options)  # type: ignore[arg-type]

    conv._dense = watched  # type: ignore[assignment, method-assign]
    conv(torch.randn(batch.numel(), 4), batch=batch)
    assert sizes == [40 * 4, 400]  # at one size for all: 41 * 400


def test_an_edge_between_sets_of_two_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ragged, "_GROUP", 0.0)
    with pytest.raises(ValueError, match="edge_index: the edge 0 -> 2 joins two sets of batch"):
        SpatialSelfAttention(4, 4)(torch.zeros(3, 4), torch.tensor([[0], [2]]), batch=torch.tensor([0, 0, 1]))
    with pytest.raises(ValueError, match="edge_index: names node 5, but x has 3 nodes"):
        SpatialSelfAttention(4, 4)(torch.zeros(3, 4), torch.tensor([[0], [5]]), batch=torch.tensor([0, 0, 1]))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([5, 5, 5], [5]),
        ([5, 6, 7], [7]),  # little is saved
        ([5] * 10 + [2000], [5, 2000]),
        ([5] * 10 + [1000] * 3 + [3000] * 2, [5, 1000, 3000]),
        ([1, 5000, 4990], [1, 5000]),
    ],
)
def test_limits(counts: list[int], expected: list[int]) -> None:
    assert group_limits(torch.tensor(counts), square) == expected
