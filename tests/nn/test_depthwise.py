"""The convolution over frames of each channel, against a padded sum."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.rounding import assert_equal_up_to_rounding
from tg_skeleton.nn.depthwise import depthwise


def slow(x: Tensor, weight: Tensor) -> Tensor:
    around = weight.size(0) // 2
    padded = F.pad(x, (0, 0) * (x.dim() - 1) + (around, around))
    return sum(padded[shift : shift + x.size(0)] * weight[shift] for shift in range(weight.size(0)))


@pytest.mark.parametrize("frames", [1, 2, 3, 9])
@pytest.mark.parametrize("taps", [1, 3, 5])
def test_is_the_padded_sum_with_its_gradients(frames: int, taps: int) -> None:
    x = torch.randn(frames, 4, 3, dtype=torch.double, requires_grad=True)
    weight = torch.randn(taps, 3, dtype=torch.double, requires_grad=True)
    out, expected = depthwise(x, weight), slow(x, weight)
    torch.testing.assert_close(out, expected, rtol=0, atol=1e-12)
    gradient = torch.randn_like(out)
    for one, two in zip(
        torch.autograd.grad(out, (x, weight), gradient),
        torch.autograd.grad(expected, (x, weight), gradient),
        strict=True,
    ):
        torch.testing.assert_close(one, two, rtol=0, atol=1e-12)


def test_has_the_type_of_its_input() -> None:
    x, weight = torch.randn(6, 5, 4), torch.randn(5, 4)
    assert depthwise(x.bfloat16(), weight).dtype == torch.bfloat16
    assert_equal_up_to_rounding(depthwise(x, weight), slow(x, weight), depth=5)


def test_an_even_number_of_taps_is_refused() -> None:
    with pytest.raises(ValueError, match="weight: expected an odd number of taps, got 4"):
        depthwise(torch.ones(6, 2), torch.ones(4, 2))
