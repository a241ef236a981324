from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn import sets as S


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
    found = S.find_sets(None if batch is None else torch.tensor(batch), 6)
    assert (found.num_sets, found.size) == (sets, size)


def test_pairs_of_ragged_unsorted_sets() -> None:
    pairs = S.find_sets(torch.tensor([0, 1, 0]), 3).pairs(torch.empty(0))
    assert pairs.tolist() == [[0, 2, 1, 0, 2], [0, 0, 1, 2, 2]]


def test_bias_of_pairs_and_of_sets_agree() -> None:
    edges, weights = torch.tensor([[0, 1, 3, 3], [1, 0, 2, 2]]), torch.tensor([1.0, 2.0, 4.0, 8.0])  # one edge twice
    found = S.find_sets(torch.tensor([0, 0, 1, 1]), 4)
    pairs = found.pairs(weights)
    matrices = S.set_bias(edges, weights, found)
    assert matrices.tolist() == [[[0.0, 2.0], [1.0, 0.0]], [[0.0, 12.0], [0.0, 0.0]]]
    assert torch.equal(S.pair_bias(edges, weights, pairs, found), matrices.flatten())
