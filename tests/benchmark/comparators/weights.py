"""The package's weights for the comparators."""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor, nn


def channels_first_weights(state: Mapping[str, Tensor], comparator: nn.Module) -> dict[str, Tensor]:
    """A comparator's state, made of the package's weights, so that gradients reach them."""
    wanted = comparator.state_dict()
    return {name: _find(state, name, wanted).reshape(tensor.shape) for name, tensor in wanted.items()}


def _find(state: Mapping[str, Tensor], name: str, wanted: Mapping[str, Tensor]) -> Tensor:
    """The package has one map and one norm for all branches of MS-TCN, one map for all subsets of an operator, values
    mapped behind the attention, and three maps for ST-TR's attention."""
    if name not in state and "attention.lin_value." in name:
        return state[name.replace("attention.lin_value.", "lin_value.")]
    if subset := re.fullmatch(r"(.*?)subsets\.(\d)\.(\w+\.\w+)", name):
        return _part(state[f"{subset[1]}conv.{subset[3]}"], int(subset[2]), wanted[name])
    if name not in state and (operator := re.fullmatch(r"(.*?)(topology|alpha|importance|mask)", name)):
        return state[f"{operator[1]}conv.{operator[2]}"]
    if together := re.fullmatch(r"(.*?)lin_all\.(\w+)", name):
        return _together(
            [state[f"{together[1]}lin_{of}.{together[2]}"] for of in ("query", "key", "value")], wanted[name]
        )
    found = re.fullmatch(r"(.*?)branches\.(\d)\.(\d)\.(\w+)", name)
    if found is None:
        return state[name]
    block, branch, layer, tensor = found[1], int(found[2]), int(found[3]), found[4]
    if f"{block}branches.{branch + 1}.0.weight" not in wanted:  # the last: map, norm
        ours = ("lin_skip", "norm")[layer]
    else:  # map, norm, ReLU, convolution or maximum, norm
        ours = {0: "lin_in", 1: "norm_in", 3: f"convs.{branch}", 4: "norm"}[layer]
    value, like = state[f"{block}{ours}.{tensor}"], wanted[name]
    if like.dim() == 0 or ours.startswith(("lin_skip", "convs")):
        return value
    layer = 4 if ours == "norm" else layer
    before = sum(wanted[f"{block}branches.{i}.{layer}.{tensor}"].size(0) for i in range(branch))
    return value.narrow(0, before, like.size(0))


def _together(maps: list[Tensor], like: Tensor) -> Tensor:
    """Several linear maps of successive frames, ``[C', s C]`` each, as one convolution ``[C', C, s, 1]``."""
    one = torch.cat(maps)
    return one if like.dim() == 1 else one.unflatten(1, (like.size(2), -1)).transpose(1, 2).unsqueeze(-1)


def _part(value: Tensor, which: int, like: Tensor) -> Tensor:
    """The rows of one of several equal maps."""
    return value.narrow(0, which * like.size(0), like.size(0))
