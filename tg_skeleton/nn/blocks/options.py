"""Choices that several blocks of paper B offer, and their checks."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor

Value = Literal["input", "linear"]
"""What an attention map mixes: the block's input itself, or a linear map of it."""


def value_channels(value: Value, channels: int) -> int | None:
    """The operator's ``out_channels``: None where its values are its input.

    Raises:
        ValueError: The choice is unknown.

    >>> value_channels("input", 8), value_channels("linear", 8)
    (None, 8)
    """
    if value not in get_args(Value):
        raise ValueError(f"value: expected one of {get_args(Value)}, got {value!r}")
    return None if value == "input" else channels


def check_adjacency(adjacency: Tensor) -> Tensor:
    """The adjacency, if it is a dense one.

    Raises:
        ValueError: It is no ``[V, V]`` of floats.
    """
    if adjacency.dim() != 2 or adjacency.size(0) != adjacency.size(1) or not adjacency.is_floating_point():
        raise ValueError(
            f"adjacency: expected Å, [V, V] floats (target, source), got {adjacency.dtype} {list(adjacency.shape)}; "
            "a topology has it as normalized_adjacency, dense_normalized_adjacency makes it from an edge_index"
        )
    return adjacency


def check_stride(stride: int) -> int:
    """The stride, if it is one.

    Raises:
        ValueError: It is below 1.
    """
    if stride < 1:
        raise ValueError(f"stride: expected at least 1 frame, got {stride}")
    return stride


def check_input(x: Tensor, channels: int, num_joints: int | None = None) -> None:
    """Raises ValueError where ``x`` is no ``[P, T, V, C]`` with these channels and, if they are given, joints."""
    if x.dim() != 4 or x.size(3) != channels or num_joints not in (None, x.size(2)):
        joints = "V" if num_joints is None else f"V = {num_joints}"
        raise ValueError(
            f"x: expected [P, T, {joints}, C = {channels}], got {list(x.shape)}; build the block for its joints and "
            "channels"
        )
