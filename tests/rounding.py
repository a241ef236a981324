"""Equality up to float32 rounding: two float32 computations of one result in other batches, orders or fusions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

UNIT = 2.0**-24
"""The unit roundoff of float32."""

CONFIDENCE = 8.0
"""λ of Higham and Mary's bound: a sum exceeds it with a probability of at most 2 exp(-λ²/2), 3e-14."""

margins: list[tuple[float, str]] = []
"""Tolerance over difference of every comparison of this process, with a word on where it was made."""


def tolerance(depth: int | nn.Module, scale: float = 1.0) -> float:
    r"""The largest difference that rounding alone explains between two float32 computations of one value.

    .. math:: 2 λ \sqrt{n}\, u \cdot \text{scale}

    n additions, one behind the other in whatever order, are off by at most :math:`λ \sqrt n u \sum |terms|` each time
    (the roundings of a sum are independent, of mean zero and at most u each); the factor 2 is for the two computations.

    Args:
        depth: n, the additions along the longest path from an input to the result; of a network, the terms of the sums
            of all of its linear maps and convolutions, as if one followed the other.
        scale: The size of the terms at the end of the path, where it is not about 1.

    Source: Higham and Mary 2019, "A new approach to probabilistic rounding error analysis", Theorem 2.4.
    """
    if isinstance(depth, nn.Module):
        depth = sum(weight[0].numel() for weight in depth.parameters() if weight.dim() > 1)
    return 2 * CONFIDENCE * math.sqrt(max(depth, 1)) * UNIT * scale


def assert_equal_up_to_rounding(
    actual: Any, expected: Any, *, depth: int | nn.Module, scale: float | None = None
) -> None:
    """Asserts that two float32 results of one computation differ by rounding alone.

    Args:
        actual: A tensor, an array, a number, or a sequence of these.
        expected: Likewise.
        depth: Additions along the longest path, or the network that computes both; see `tolerance`.
        scale: The size of the terms that are added. Default: the largest absolute value expected, and at least 1.
    """
    if isinstance(expected, Sequence) and any(isinstance(part, Tensor | np.ndarray) for part in expected):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_equal_up_to_rounding(one, other, depth=depth, scale=scale)
        return
    got, wanted = (_float64(value) for value in (actual, expected))
    assert got.shape == wanted.shape, f"shapes {got.shape} and {wanted.shape}"
    if scale is None:
        scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
    limit = tolerance(depth, scale)
    difference = float(np.abs(got - wanted).max(initial=0.0))
    margins.append((limit / difference if difference else math.inf, f"{difference:.1e} of {limit:.1e}"))
    np.testing.assert_allclose(got, wanted, rtol=0, atol=limit)


def _float64(value: Any) -> np.ndarray:
    if isinstance(value, Tensor):
        return value.detach().to("cpu", torch.float64).numpy()
    return np.asarray(value, np.float64)
