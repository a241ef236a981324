"""Attention maps of the operators of a network."""

from __future__ import annotations

import copy
import inspect
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tg_skeleton.nn.conv import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.self_attention import SelfAttention


@torch.no_grad()
def attention_maps(
    model: nn.Module,
    x: Tensor,
    batch: Tensor | None = None,
    batch_size: int | None = None,
    *,
    with_graph: bool = True,
    alpha: float | None = None,
) -> dict[str, Tensor]:
    """The attention maps of a network's operators, by the operators' names in the network.

    The network runs once in evaluation mode, with a hook on every operator in any block: each module whose ``forward``
    has ``return_attention_weights``. The hook computes the map from the operator's inputs. Rows are queries, columns
    are keys, and each row sums to one. G counts the maps of a person:

    =================================================  ==============  ===============
    operator                                           G               rows, columns
    =================================================  ==============  ===============
    `SpatialSelfAttention` (S1, V, SFEM)               T, frames       V, joints
    the same with ``per_frame=False`` (S2)             1               V, joints
    `TemporalSelfAttention` (T1, JF)                   V, joints       T, frames
    the same with ``per_joint=False`` (T2, FF)         1               T, frames
    `SpatioTemporalSelfAttention` (ST)                 1               T V, nodes t V + v
    the same with a window of τ frames (STFEM)         ⌈T / s⌉         τ V, nodes
    =================================================  ==============  ===============

    JF with a stride has the rows of the frames that it keeps; FF attends within groups of frames, and its map is zero
    between them. Of an operator that is called more than once, the last map is given. Another operator's map is that of
    the graph it is called with, ``[*, H, nodes, nodes]``, zero where there is no edge.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import attention_maps
    >>> from tg_skeleton.models import AMANet
    >>> model = AMANet(NTU25, in_channels=12, num_classes=60, widths=(12, 24))
    >>> for name, weights in attention_maps(model, torch.randn(20, 50, 12)).items():
    ...     print(name, list(weights.shape))
    blocks.0.factorised.0.attention [2, 20, 1, 25, 25]
    blocks.0.factorised.1.frame_features.attention [2, 1, 1, 20, 20]
    blocks.0.factorised.1.joint_features.attention [2, 25, 1, 20, 20]
    blocks.0.spatio_temporal.paths.0.attention [2, 20, 1, 75, 75]
    blocks.1.factorised.0.attention [2, 20, 1, 25, 25]
    blocks.1.factorised.1.frame_features.attention [2, 1, 1, 20, 20]
    blocks.1.factorised.1.joint_features.attention [2, 25, 1, 10, 20]
    blocks.1.spatio_temporal.paths.0.attention [2, 10, 1, 75, 75]

    Args:
        model: A network of `tg_skeleton.models`, or one with the same calling convention that calls such operators.
        x: Its input.
        batch: The clip of each node. Default: one clip.
        batch_size: The number of clips.
        with_graph: False: maps without αÅ in their logits, all else equal.
        alpha: The weight of Å in the logits of these maps, in place of each operator's own, all else equal (paper B,
            Fig. 8, with 0, 0.8 and 1.5). Operators that are called without a graph keep theirs.

    Shapes:
        - **x** ``[T, N, C]``, **batch** ``[N]``
        - **output** ``[P, G, H, queries, keys]`` each: P persons, H heads. If persons attend to each other, P is the
          number of clips and V the number of a clip's nodes.

    Raises:
        ValueError: The network has no attention operator, or ``alpha`` is given with ``with_graph=False``.

    Source: Qin et al. 2022 (paper A), Eq. 8-10; paper B (AMANet, 2023), Eq. 9-14.
    """
    if alpha is not None and not with_graph:
        raise ValueError(f"alpha: expected none with with_graph=False, which is alpha=0, got {alpha}; leave one out")
    weight = alpha if with_graph else 0.0
    maps: dict[str, Tensor] = {}
    handles = [
        part.register_forward_pre_hook(partial(_keep, maps, name, weight), with_kwargs=True)
        for name, part in model.named_modules()
        if "return_attention_weights" in inspect.signature(part.forward).parameters
    ]
    if not handles:
        raise ValueError(
            f"model: {type(model).__name__} has no attention operator of tg_skeleton.nn, so it has no maps; of the "
            "networks of tg_skeleton.models, ESAN and AMANet have some"
        )
    training = model.training
    model.eval()
    try:
        model(x, batch, 1 if batch is None else batch_size)
    finally:
        model.train(training)
        for handle in handles:
            handle.remove()
    return {name: maps[name] for name, _ in model.named_modules() if name in maps}


def _keep(
    maps: dict[str, Tensor],
    name: str,
    alpha: float | None,
    operator: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """A forward pre-hook that keeps an operator's map."""
    if alpha is not None and isinstance(operator, SelfAttention) and _has_graph(args, kwargs):
        operator = copy.copy(operator)
        operator._parameters = {key: value for key, value in operator._parameters.items() if key != "alpha"}
        operator.alpha = alpha
    # Not operator(...), which would call this hook again.
    _, (pairs, weights) = operator.forward(*args, **{**kwargs, "return_attention_weights": True})
    maps[name] = _dense(operator, pairs, weights)


def _has_graph(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether an operator is called with a graph, its second argument."""
    return (args[1] if len(args) > 1 else kwargs.get("edge_index")) is not None


def _dense(operator: nn.Module, pairs: Tensor, weights: Tensor) -> Tensor:
    """The weights of all pairs as matrices, ``[*, G, H, queries, keys]``."""
    if isinstance(operator, TemporalSelfAttention):
        weights = weights.transpose(-2, -3)  # [*, N, E, H]
    elif isinstance(operator, SpatialSelfAttention) and not operator.per_frame:
        weights = weights.unsqueeze(-3)  # [*, 1, E, H]
    elif isinstance(operator, SpatioTemporalSelfAttention) and operator.window is None:
        weights = weights.unsqueeze(-3)
    keys, queries = (int(ends.max()) + 1 for ends in pairs)
    flat = weights.new_zeros(*weights.shape[:-2], queries * keys, weights.size(-1))
    flat.index_copy_(-2, pairs[1] * keys + pairs[0], weights)
    return flat.unflatten(-2, (queries, keys)).movedim(-1, -3)
