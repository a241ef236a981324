"""The product at the heart of CTR-GCN: a graph for every channel, made where it is used."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tg_skeleton.nn.functional import own_gradient_serves

_CACHED = 1 << 19
"""Numbers of the values and graphs of a few clips that a core keeps in its cache (2 MB in float32)."""


def channel_graphs(relations: Tensor, mixing: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    r"""Aggregation by graphs of every channel, which are mixtures of a few relations between the nodes.

    .. math:: y_{tic} = \sum_{k=1}^{K} \sum_j R_{kcji}\, (x_{tj} W_k + b_k)_c, \qquad
        R_{kcji} = \sum_r M_{kcr}\, D_{krji}

    Values and graphs of all channels are many times as large as x. On a CPU a few clips are therefore finished at a
    time, and the graphs, which cost little, are made again in the backward pass instead of being kept. Low precision,
    other devices, compiled graphs and the transforms of `torch.func` have one product of all clips for each subset.

    Shapes:
        - **relations** D ``[P, K, R, n, n]`` (source, target), **mixing** M ``[K, C', R]``, **x** ``[P, T, n, C]``,
          **weight** W ``[K C', C]``, **bias** b ``[K C']``
        - **output** ``[P, T, n, C']``

    >>> import torch
    >>> from tg_skeleton.nn.conv.channel_graphs import channel_graphs
    >>> relations, mixing = torch.eye(4).expand(2, 3, 1, 4, 4), torch.ones(3, 5, 1)
    >>> channel_graphs(relations, mixing, torch.ones(2, 6, 4, 7), torch.ones(15, 7), None)[0, 0, 0]  # 3 subsets
    tensor([21., 21., 21., 21., 21.])
    """
    parts = (relations, mixing, x, weight)
    offset = None if bias is None else _offset(relations, mixing, bias)
    if not own_gradient_serves(*parts):
        return _batched(*parts, offset)
    out: Tensor = _ChannelGraphs.apply(*parts, offset)
    return out


def _offset(relations: Tensor, mixing: Tensor, bias: Tensor) -> Tensor:
    """What the bias of the values adds to every frame, ``[P, C', n]``."""
    sums = relations.sum(-2).flatten(1, 2)  # of the sources, [P, K R, n]
    biased = mixing * bias.view(*mixing.shape[:2], 1)
    return biased.transpose(0, 1).flatten(1) @ sums


def _batched(relations: Tensor, mixing: Tensor, x: Tensor, weight: Tensor, offset: Tensor | None) -> Tensor:
    """One product of all clips for each subset, differentiated by autograd."""
    clips, frames, nodes, channels = x.shape
    features = x.transpose(1, 2).reshape(clips, nodes * frames, channels).mT  # [P, C, n T]
    out = None
    for k, maps in enumerate(weight.chunk(mixing.size(0))):
        graphs = torch.bmm(mixing[k].expand(clips, -1, -1), relations[:, k].flatten(2))  # [P, C', n n]
        values = torch.bmm(maps.expand(clips, -1, -1), features)  # [P, C', n T]
        product = graphs.view(-1, nodes, nodes).mT, values.view(-1, nodes, frames)
        out = torch.bmm(*product) if out is None else torch.baddbmm(out, *product)
    assert out is not None
    out = out.view(clips, -1, nodes, frames)
    out = out if offset is None else out + offset.unsqueeze(-1)
    return out.permute(0, 3, 2, 1).contiguous()


class _ChannelGraphs(torch.autograd.Function):
    """`channel_graphs` a few clips at a time: what a product makes of a clip stays in the cache for the next one."""

    @staticmethod
    def forward(
        ctx: Any, relations: Tensor, mixing: Tensor, x: Tensor, weight: Tensor, offset: Tensor | None
    ) -> Tensor:
        clips, frames, nodes, _ = x.shape
        kept = any(ctx.needs_input_grad)
        at_once = _clips_at_once(mixing, x)
        maps = _by_channel(weight, mixing)  # [C' K, C]
        graphs = _new_graphs(at_once, mixing, x)
        values = x.new_empty(clips if kept else at_once, maps.size(0), nodes * frames)
        out = x.new_empty(clips, frames, nodes, mixing.size(1))
        for start in range(0, clips, at_once):
            part = slice(start, start + at_once)
            features = x[part].transpose(1, 2).flatten(1, 2)  # [p, n T, C], node by node
            own = graphs[: features.size(0)]
            _fill_graphs(own, relations[part], mixing)
            held = values[part] if kept else values[: features.size(0)]
            torch.bmm(maps.expand(features.size(0), -1, -1), features.mT, out=held)
            product = _subsets(own, nodes).mT, held.view(-1, own.size(2) * nodes, frames)  # one sum over all subsets
            if offset is None:
                done = torch.bmm(*product)
            else:
                done = torch.baddbmm(offset[part].reshape(-1, nodes, 1), *product)
            out[part] = done.view(features.size(0), -1, nodes, frames).permute(0, 3, 2, 1)
        if kept:
            ctx.save_for_backward(relations, mixing, x, weight, offset, values)
        return out

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        *parts, values = ctx.saved_tensors
        if torch.is_grad_enabled():  # the gradient is differentiated in turn
            return _differentiable(parts, gradient, ctx.needs_input_grad)
        relations, mixing, x, weight, offset = parts
        frames, nodes = x.shape[1:3]
        at_once = _clips_at_once(mixing, x)
        maps = _by_channel(weight, mixing)
        graphs = _new_graphs(at_once, mixing, x)
        to_relations, to_mixing = torch.empty_like(relations), torch.zeros_like(mixing)
        to_x, to_maps = torch.empty_like(x), torch.zeros_like(maps)
        for start in range(0, x.size(0), at_once):
            part = slice(start, start + at_once)
            features = x[part].transpose(1, 2).flatten(1, 2)
            own = graphs[: features.size(0)]
            _fill_graphs(own, relations[part], mixing)
            outer = gradient[part].permute(0, 3, 2, 1).contiguous().view(-1, nodes, frames)  # [p C', n, T]
            held = values[part].view(outer.size(0), -1, frames)  # [p C', K n, T]
            to_values = torch.bmm(_subsets(own, nodes), outer).view(features.size(0), maps.size(0), -1)
            to_graphs = torch.bmm(held, outer.mT).view_as(own)
            for k in range(mixing.size(0)):
                one = to_graphs[:, :, k]  # [p, C', n n]
                to_mixing[k].addbmm_(one, relations[part, k].flatten(2).mT)
                to_relations[part, k] = (mixing[k].mT @ one).view_as(relations[part, k])
            to_maps.addbmm_(to_values, features)
            to_features = torch.bmm(to_values.mT, maps.expand(features.size(0), -1, -1))
            to_x[part] = to_features.view(-1, nodes, frames, x.size(-1)).transpose(1, 2)
        to_weight = to_maps.view(mixing.size(1), mixing.size(0), -1).transpose(0, 1).reshape(weight.shape)
        return to_relations, to_mixing, to_x, to_weight, None if offset is None else gradient.sum(1).mT


def _clips_at_once(mixing: Tensor, x: Tensor) -> int:
    subsets, channels = mixing.shape[:2]
    frames, nodes = x.shape[1:3]
    most = _CACHED * torch.get_num_threads() // max(1, subsets * channels * nodes * (nodes + frames))
    return min(max(1, most), max(1, x.size(0)))


def _by_channel(weight: Tensor, mixing: Tensor) -> Tensor:
    """The rows ``[K C', C]`` of subset after subset as those of channel after channel, ``[C' K, C]``."""
    return weight.unflatten(0, mixing.shape[:2]).transpose(0, 1).reshape(weight.shape)


def _new_graphs(clips: int, mixing: Tensor, x: Tensor) -> Tensor:
    subsets, channels = mixing.shape[:2]
    return x.new_empty(clips, channels, subsets, x.size(2) ** 2)


def _fill_graphs(graphs: Tensor, relations: Tensor, mixing: Tensor) -> None:
    """R of a few clips, ``[p, C', K, n n]``, (source, target)."""
    for k in range(mixing.size(0)):
        torch.bmm(mixing[k].expand(graphs.size(0), -1, -1), relations[:, k].flatten(2), out=graphs[:, :, k])


def _subsets(graphs: Tensor, nodes: int) -> Tensor:
    """The graphs as one matrix of each channel, from the nodes of all subsets: ``[p C', K n, n]``."""
    return graphs.view(-1, graphs.size(2) * nodes, nodes)


def _differentiable(
    parts: list[Tensor | None], gradient: Tensor, wanted: tuple[bool, ...]
) -> tuple[Tensor | None, ...]:
    """The gradients as functions of everything that they depend on."""
    found = iter(
        torch.autograd.grad(
            _batched(*parts),  # type: ignore[arg-type]
            [part for part, needs in zip(parts, wanted, strict=True) if needs and part is not None],
            gradient,
            create_graph=True,
        )
    )
    return tuple(next(found) if needs else None for needs in wanted)
