"""Batches of graphs for the operators, and the comparison of two of their ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn


@pytest.fixture(scope="session")
def graph() -> Callable[[list[int]], tuple[Tensor, Tensor]]:
    """A batch of paths of the given sizes: ``edge_index`` and ``batch``."""

    def paths(sizes: list[int]) -> tuple[Tensor, Tensor]:
        edges, start = [], 0
        for size in sizes:
            path = torch.arange(start, start + size - 1)
            edges += [torch.stack([path, path + 1]), torch.stack([path + 1, path])]
            start += size
        return torch.cat(edges, 1), torch.repeat_interleave(torch.tensor(sizes))

    return paths


@pytest.fixture(scope="session")
def assert_same() -> Callable[..., None]:
    """Values and gradients agree, those of the inputs and of the operator's parameters."""

    def compare(got: Tensor, expected: Tensor, conv: nn.Module, *inputs: Tensor) -> None:
        torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)
        cotangent = torch.randn_like(expected)
        wanted = [*inputs, *conv.parameters()]
        pairs = zip(*(torch.autograd.grad(out, wanted, cotangent) for out in (got, expected)), strict=True)
        for gradient, reference in pairs:
            torch.testing.assert_close(gradient, reference, rtol=0, atol=1e-10)

    return compare
