"""Who attends to whom in a network: the map of every attention operator in it."""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks import SFEM, STFEM, FrameFeatures, JointFeatures, SelfAttentionBlock
from tg_skeleton.nn.conv import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.self_attention import SelfAttention

FUSED = (SelfAttentionBlock, SFEM, STFEM, FrameFeatures, JointFeatures)
"""The blocks that compute what their operators would without calling them; an operator's input is the block's."""


@torch.no_grad()
def attention_maps(
    model: nn.Module,
    x: Tensor,
    batch: Tensor | None = None,
    batch_size: int | None = None,
    *,
    with_graph: bool = True,
) -> dict[str, Tensor]:
    """The attention maps of a network's operators, by the operators' names in it.

    The network runs once, as in a test, and each map is worked out anew from what its operator reads, for the fast ways
    of the networks do not keep it. A row is a query (who attends), a column a key (who is attended to), and each row
    sums to one. G counts the maps of a person:

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

    JF with a stride has the rows of the frames that it keeps; FF attends within groups of frames, and is zero between
    them. Of an operator that is called more than once, the last map stays.

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
        model: A network of `tg_skeleton.models`, or one with their calling convention and these operators or blocks.
        x: What it reads.
        batch: The clip of each node; left out: one clip.
        batch_size: How many clips.
        with_graph: The maps as they are; False: without αÅ in their logits, as far as there is some, all else equal
            (paper B, Fig. 8).

    Shapes:
        - **x** ``[T, N, C]``, **batch** ``[N]``
        - **output** ``[P, G, H, queries, keys]`` each: P persons, H heads. Where persons attend to each other, P is the
          number of clips and V that of a clip's nodes.

    Raises:
        ValueError: The network has no attention operator of `tg_skeleton.nn`.

    Source: Qin et al. 2022 (paper A), Eq. 8-10; paper B (AMANet, 2023), Eq. 9-14.
    """
    maps: dict[str, Tensor] = {}
    blocks = _fused(model)
    handles = []
    for name, part in model.named_modules():
        if isinstance(part, SelfAttention):
            operator = part if with_graph else _without_graph(part)
            hook = partial(_keep, maps, name, operator)
            handles.append(blocks.get(name, part).register_forward_pre_hook(hook, with_kwargs=True))
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


def _fused(model: nn.Module) -> dict[str, nn.Module]:
    """The block that bypasses an operator, by the operator's name."""
    return {
        f"{place}.{name}" if place else name: block
        for place, block in model.named_modules()
        if isinstance(block, FUSED)
        for name, part in block.named_modules()
        if isinstance(part, SelfAttention)
    }


def _without_graph(operator: SelfAttention) -> SelfAttention:
    """The operator with the same weights, and no Å in its logits."""
    bare = copy.copy(operator)
    bare.alpha = 0.0
    return bare


def _keep(
    maps: dict[str, Tensor],
    name: str,
    operator: SelfAttention,
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> None:
    """A forward pre-hook, of a block or of the operator itself, that keeps the operator's map."""
    if isinstance(module, SFEM | STFEM):
        args = (*args, module.adjacency)
    # Not operator(...), which would call this hook again.
    _, (pairs, weights) = operator.forward(*args, **{**kwargs, "return_attention_weights": True})
    dense = _dense(operator, pairs, weights)
    maps[name] = dense[..., :: module.stride, :] if isinstance(module, JointFeatures) else dense


def _dense(operator: SelfAttention, pairs: Tensor, weights: Tensor) -> Tensor:
    """The weights of all pairs as matrices, ``[*, G, H, n, n]``."""
    if isinstance(operator, TemporalSelfAttention):
        weights = weights.transpose(-2, -3)  # [*, N, E, H]
    elif isinstance(operator, SpatialSelfAttention) and not operator.per_frame:
        weights = weights.unsqueeze(-3)  # [*, 1, E, H]
    elif isinstance(operator, SpatioTemporalSelfAttention) and operator.window is None:
        weights = weights.unsqueeze(-3)
    nodes = int(pairs.max()) + 1  # each attends to itself
    flat = weights.new_zeros(*weights.shape[:-2], nodes * nodes, weights.size(-1))
    flat.index_copy_(-2, pairs[1] * nodes + pairs[0], weights)
    return flat.unflatten(-2, (nodes, nodes)).movedim(-1, -3)
