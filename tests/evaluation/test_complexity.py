from __future__ import annotations

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from tg_skeleton.evaluation import Complexity, complexity


class Attention(nn.Module):
    """One frozen and one learned map, fused attention, and a convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Linear(4, 8, bias=False).requires_grad_(False)
        self.learned = nn.Linear(8, 6)
        self.conv = nn.Conv1d(6, 5, 3, padding=1, bias=False)
        self.seen: list[tuple[int | None, bool]] = []

    def forward(self, x: torch.Tensor, batch: torch.Tensor | None, batch_size: int | None) -> torch.Tensor:
        self.seen.append((batch_size, self.training))
        y = self.frozen(x)  # [T, N, 8]
        y = scaled_dot_product_attention(y, y, y)
        return self.conv(self.learned(y).transpose(1, 2))  # [T, 5, N]


def test_parameters_and_multiplications_of_a_network_counted_by_hand() -> None:
    t, n = 7, 3
    learned = 8 * 6 + 6 + 6 * 5 * 3
    macs = t * n * 4 * 8 + 2 * t * n * n * 8 + t * n * 8 * 6 + t * n * 6 * 5 * 3
    assert complexity(Attention(), torch.zeros(t, n, 4)) == Complexity(learned, macs)


def test_the_network_runs_once_as_in_a_test_and_stays_as_it_was() -> None:
    network = Attention()
    complexity(network, torch.zeros(2, 3, 4))
    complexity(network, torch.zeros(2, 3, 4), torch.tensor([0, 1, 1]), 2)
    assert network.seen == [(1, False), (2, False)]
    assert network.training
    assert all(parameter.grad is None for parameter in network.parameters())
    complexity(network.eval(), torch.zeros(2, 3, 4))
    assert not network.training


class InPlace(nn.Module):
    def forward(self, x: torch.Tensor, batch: torch.Tensor | None, batch_size: int | None) -> torch.Tensor:
        return torch.zeros(2, 3, 5).baddbmm_(x[:, :3, :4], torch.ones(2, 4, 5), beta=1)


def test_products_that_are_added_in_place_count() -> None:
    assert complexity(InPlace(), torch.zeros(2, 3, 4)).macs == 2 * 3 * 4 * 5
