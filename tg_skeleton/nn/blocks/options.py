"""Options that several blocks share, and their checks."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor, nn

Value = Literal["input", "linear"]
"""The values of an attention map: the block's input itself, or a linear map of it."""


def value_channels(value: Value, channels: int) -> int | None:
    """The channels of a linear map of the values; None if the values are the input.

    Raises:
        ValueError: ``value`` is unknown.

    >>> value_channels("input", 8), value_channels("linear", 8)
    (None, 8)
    """
    if value not in get_args(Value):
        raise ValueError(f"value: expected one of {get_args(Value)}, got {value!r}")
    return None if value == "input" else channels


def value_map(block: nn.Module, value: Value, channels: int) -> nn.Linear | nn.Identity:
    """The map of a block's values after its attention: A (x W) = (A x) W, for rows of A sum to one.

    The block reads weights of versions in which its operator ``attention`` held the map.
    """
    block.register_load_state_dict_pre_hook(_rename_value_map)
    return nn.Identity() if value_channels(value, channels) is None else nn.Linear(channels, channels)


def _rename_value_map(module: nn.Module, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    for name in ("weight", "bias"):
        if f"{prefix}attention.lin_value.{name}" in state and f"{prefix}lin_value.{name}" not in state:
            state[f"{prefix}lin_value.{name}"] = state.pop(f"{prefix}attention.lin_value.{name}")


def graph_weight(value: float, learned: bool) -> float | nn.Parameter:
    """The weight of Å in the logits of a block: a constant, or a parameter that starts from it.

    >>> graph_weight(0.8, learned=False), graph_weight(0.5, learned=True).requires_grad
    (0.8, True)
    """
    return nn.Parameter(torch.tensor(value)) if learned else value


def check_adjacency(adjacency: Tensor) -> Tensor:
    """The adjacency, checked.

    Raises:
        ValueError: The adjacency is not ``[V, V]`` floats.
    """
    if adjacency.dim() != 2 or adjacency.size(0) != adjacency.size(1) or not adjacency.is_floating_point():
        raise ValueError(
            f"adjacency: expected Å, [V, V] floats (target, source), got {adjacency.dtype} {list(adjacency.shape)}; "
            "pass Topology.normalized_adjacency, or dense_normalized_adjacency(edge_index, V)"
        )
    return adjacency


def check_stride(stride: int) -> int:
    """The stride, checked.

    Raises:
        ValueError: The stride is below 1.
    """
    if stride < 1:
        raise ValueError(f"stride: expected at least 1 frame, got {stride}")
    return stride


def check_input(x: Tensor, channels: int, num_joints: int | None = None) -> None:
    """Raise ValueError unless ``x`` is ``[P, T, V, C]`` with these channels and, if given, joints."""
    if x.dim() != 4 or x.size(3) != channels or num_joints not in (None, x.size(2)):
        joints = "V" if num_joints is None else f"V = {num_joints}"
        raise ValueError(
            f"x: expected [P, T, {joints}, C = {channels}], got {list(x.shape)}; build the block for its joints and "
            "channels"
        )
