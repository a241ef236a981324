from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn.blocks.options import check_adjacency, check_stride, value_channels


def test_value_channels() -> None:
    assert (value_channels("input", 8), value_channels("linear", 8)) == (None, 8)


def test_unknown_value() -> None:
    with pytest.raises(ValueError, match=r"value: expected one of \('input', 'linear'\), got 'x'"):
        value_channels("x", 8)  # type: ignore[arg-type]


@pytest.mark.parametrize("adjacency", [torch.zeros(3, 4), torch.zeros(3, 3, dtype=torch.long), torch.zeros(3)], ids=str)
def test_adjacency_that_is_no_square_of_floats(adjacency: torch.Tensor) -> None:
    with pytest.raises(ValueError, match=r"adjacency: expected Å, \[V, V\] floats \(target, source\), got torch.* \[3"):
        check_adjacency(adjacency)


def test_stride_below_one() -> None:
    with pytest.raises(ValueError, match="stride: expected at least 1 frame, got 0"):
        check_stride(0)
