from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn.blocks.options import check_adjacency, check_input, check_stride, value_channels


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


@pytest.mark.parametrize("shape", [(3, 4, 8), (2, 3, 5, 8), (2, 3, 4, 7)])
def test_input_of_other_joints_or_channels(shape: tuple[int, ...]) -> None:
    check_input(torch.zeros(2, 3, 4, 8), 8, 4)
    with pytest.raises(ValueError, match=r"x: expected \[P, T, V = 4, C = 8\], got .*; build the block for its joints"):
        check_input(torch.zeros(shape), 8, 4)


def test_any_number_of_joints() -> None:
    check_input(torch.zeros(2, 3, 5, 8), 8)
    with pytest.raises(ValueError, match=r"x: expected \[P, T, V, C = 8\], got \[2, 3, 5, 7\]; build the block"):
        check_input(torch.zeros(2, 3, 5, 7), 8)
