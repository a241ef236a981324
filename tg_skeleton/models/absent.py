"""Absent persons: the bodies of zeros that fill clips up are all alike, so the networks compute one of them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils._python_dispatch import _get_current_dispatch_mode

from tg_skeleton.nn.blocks import DropPath
from tg_skeleton.nn.conv.key_dropout import KeyProjection
from tg_skeleton.nn.conv.self_attention import SelfAttention
from tg_skeleton.nn.functional import readable
from tg_skeleton.nn.repeated_rows import RepeatedRows, Runs


class Alike(NamedTuple):
    """Bodies of which equal ones are taken once.

    Args:
        chosen: The bodies that are computed, ``[Q]``: those that are there, then one for all absent ones of a place.
        row: Of each body the one that stands for it, ``[P]``.
        runs: How many bodies each of them stands for.
    """

    chosen: Tensor
    row: Tensor
    runs: Runs


def of_each_body(
    network: nn.Module,
    features: Callable[[Tensor], Tensor],
    bodies: Tensor,
    normed: Tensor,
    *,
    num_persons: int,
    tiles: int = 1,
) -> Tensor:
    r"""The features ``[P, C']`` of all bodies, computed once for all absent bodies at the same place in their clips.

    .. math:: f(z)_p = f(z_{\text{chosen}})_{r(p)}

    A body of zeros has the same features as any other; in training it counts as often in the statistics of the norms as
    there are such bodies (`RepeatedRows`), so that logits, gradients and running statistics are those of the whole
    batch. All bodies are computed where that would not be so, or could not be known or would be noticed: with dropout
    in training, with the gradient of ``bodies``, in training with autocast, in low precision or with several processes;
    on other devices than the CPU, which would have to wait, and in compiled graphs; where a hook, or a mode that
    counts operations, watches a part of the network.

    Args:
        network: The network, whose persons meet in batch norms only.
        features: Its blocks, from ``[Q, T, V, C]`` to ``[Q, C']``.
        bodies: Its input ``[P, T, V, C]``, one body per person.
        normed: The same behind the input norm.
        num_persons: M, the places in a clip that have an input norm of their own.
        tiles: How often the batch may stand in the input of a norm, one after the other.
    """
    alike = _alike(bodies, num_persons) if _known(bodies) else None
    if alike is None or not _exact(network, normed):
        return features(normed)
    counts = RepeatedRows(alike.runs, tiles=tiles) if _trains(network) else nullcontext()
    with counts:
        out = features(normed.index_select(0, alike.chosen))
    return out.index_select(0, alike.row)


def _known(bodies: Tensor) -> bool:
    """Whether values can be looked at."""
    tracked = torch._C._get_tracing_state() is not None or torch._C._are_functorch_transforms_active()
    return readable(bodies) and not tracked and not bodies.requires_grad


def _alike(bodies: Tensor, num_persons: int) -> Alike | None:
    """None where no two bodies are equal."""
    absent = (bodies == 0).flatten(1).all(1)  # [P]
    place = torch.arange(bodies.size(0)) % num_persons
    groups = [group for m in range(num_persons) if (group := (absent & (place == m)).nonzero().flatten()).numel()]
    if all(group.numel() == 1 for group in groups):
        return None
    present = absent.logical_not().nonzero().flatten()
    row = torch.empty_like(place)
    row[present] = torch.arange(present.numel())
    for number, group in enumerate(groups):
        row[group] = present.numel() + number
    runs = [(present.numel(), 1), *((1, group.numel()) for group in groups)]
    return Alike(torch.cat([present, *(group[:1] for group in groups)]), row, runs)


def _trains(network: nn.Module) -> bool:
    return any(module.training for module in network.modules())


def _exact(network: nn.Module, normed: Tensor) -> bool:
    """Whether one body can stand for several, and nothing looks at the parts of the network."""
    parts = [module for module in network.modules() if module is not network]
    if _get_current_dispatch_mode() is not None or any(_watched(part) for part in parts):
        return False
    if not _trains(network):
        return True
    if torch.is_autocast_enabled("cpu") or normed.dtype not in (torch.float32, torch.float64):
        return False
    together = dist.is_available() and dist.is_initialized()
    return not together and not any(part.training and _draws(part) for part in parts)


def _watched(module: nn.Module) -> bool:
    return bool(
        module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or module._backward_pre_hooks
    )


def _draws(module: nn.Module) -> bool:
    """Whether a module in training draws for each body apart."""
    if isinstance(module, SelfAttention):
        return module.dropout > 0.0
    return isinstance(module, nn.modules.dropout._DropoutNd | DropPath | KeyProjection) and module.p > 0.0
