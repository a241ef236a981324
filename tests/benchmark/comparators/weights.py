"""The package's weights for the comparators."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

BRANCHES = 6
"""Of the multi-scale temporal convolution."""


def channels_first_weights(state: Mapping[str, Tensor], comparator: nn.Module) -> dict[str, Tensor]:
    """A comparator's state from that of the package's model: views, so that gradients reach the package's weights."""
    return {name: _find(state, name).view(tensor.shape) for name, tensor in comparator.state_dict().items()}


def _find(state: Mapping[str, Tensor], name: str) -> Tensor:
    """The package has one map and one norm for all branches of MS-TCN, and values mapped behind the attention."""
    if name not in state and "attention.lin_value." in name:
        return state[name.replace("attention.lin_value.", "lin_value.")]
    found = re.fullmatch(r"(.*?)branches\.(\d)\.(\d)\.(\w+)", name)
    if found is None:
        return state[name]
    block, branch, layer, tensor = found[1], int(found[2]), int(found[3]), found[4]
    if branch == BRANCHES - 1:  # map, norm
        ours, parts = (("lin_skip", None), ("norm", BRANCHES))[layer]
    else:  # map, norm, ReLU, convolution or maximum, norm
        ours, parts = {
            0: ("lin_in", BRANCHES - 1),
            1: ("norm_in", BRANCHES - 1),
            3: (f"convs.{branch}", None),
            4: ("norm", BRANCHES),
        }[layer]
    value = state[f"{block}{ours}.{tensor}"]
    return value if parts is None or value.dim() == 0 else value.chunk(parts)[branch]
