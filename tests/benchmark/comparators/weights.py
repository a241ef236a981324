"""The package's weights for the comparators."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn


def channels_first_weights(state: Mapping[str, Tensor], comparator: nn.Module) -> dict[str, Tensor]:
    """A comparator's state from that of the package's model: views, so that gradients reach the package's weights."""
    wanted = comparator.state_dict()
    return {name: _find(state, name, wanted).view(tensor.shape) for name, tensor in wanted.items()}


def _find(state: Mapping[str, Tensor], name: str, wanted: Mapping[str, Tensor]) -> Tensor:
    """The package has one map and one norm for all branches of MS-TCN, one map for all subsets of CTR-GCN's operator,
    and values mapped behind the attention."""
    if name not in state and "attention.lin_value." in name:
        return state[name.replace("attention.lin_value.", "lin_value.")]
    if subset := re.fullmatch(r"(.*?)subsets\.(\d)\.(\w+\.\w+)", name):
        return _part(state[f"{subset[1]}conv.{subset[3]}"], int(subset[2]), wanted[name])
    if name not in state and (operator := re.fullmatch(r"(.*?)(topology|alpha)", name)):
        return state[f"{operator[1]}conv.{operator[2]}"]
    found = re.fullmatch(r"(.*?)branches\.(\d)\.(\d)\.(\w+)", name)
    if found is None:
        return state[name]
    block, branch, layer, tensor = found[1], int(found[2]), int(found[3]), found[4]
    if f"{block}branches.{branch + 1}.0.weight" not in wanted:  # the last: map, norm
        ours = ("lin_skip", "norm")[layer]
    else:  # map, norm, ReLU, convolution or maximum, norm
        ours = {0: "lin_in", 1: "norm_in", 3: f"convs.{branch}", 4: "norm"}[layer]
    value = state[f"{block}{ours}.{tensor}"]
    return value if ours.startswith(("lin_skip", "convs")) else _part(value, branch, wanted[name])


def _part(value: Tensor, which: int, like: Tensor) -> Tensor:
    """The rows of one of several equal maps or norms."""
    return value if like.dim() == 0 else value.narrow(0, which * like.size(0), like.size(0))
