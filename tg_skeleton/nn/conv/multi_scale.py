"""Base class of the two multi-scale graph operators."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Linear, Parameter
from torch_geometric.nn import MessagePassing

from tg_skeleton.nn.functional import check_edges, check_features, hop_adjacencies
from tg_skeleton.nn.sets import Sets, check_stack, check_within_sets, find_sets

_SMALL = 1e-6
"""The learnable part of the adjacencies starts uniform within plus and minus this."""


class MultiScale(MessagePassing, ABC):
    """Base class of the multi-scale graph operators; use one of its two kinds.

    Two ways to one result: equal sets are a view and one product with all scales, and messages along every pair within
    the sets serve ragged ones, and as the reference.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        num_scales: K, the scales k = 0 to K - 1.
        num_nodes: V, the nodes of every set; then each scale's adjacency has a learnable part. None: it has none.
        frames: Frames that one graph spans.
        bias: Whether the linear map has a bias.

    Raises:
        ValueError: A number is out of range.
    """

    residual: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        num_scales: int,
        num_nodes: int | None,
        frames: int,
        bias: bool,
    ) -> None:
        super().__init__(aggr="sum", node_dim=-3)
        for name, value in (("num_scales", num_scales), ("num_nodes", num_nodes)):
            if value is not None and value < 1:
                raise ValueError(f"{name}: expected at least 1, got {value}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_scales = num_scales
        self.num_nodes = num_nodes
        self.frames = frames
        self.lin_out = Linear(num_scales * in_channels, out_channels, bias=bias)
        shape = None if num_nodes is None else (num_scales, frames * num_nodes, frames * num_nodes)
        self.register_parameter("residual", None if shape is None else Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reset all learnable parameters."""
        self.lin_out.reset_parameters()
        if self.residual is not None:
            torch.nn.init.uniform_(self.residual, -_SMALL, _SMALL)

    def forward(
        self, x: Tensor, edge_index: Tensor, edge_weight: Tensor | None = None, batch: Tensor | None = None
    ) -> Tensor:
        """The operator on ``x [*, N, in_channels]``; see the class."""
        self._check_features(x)
        if edge_weight is not None:
            raise ValueError(
                "edge_weight: hops are counted, not weighed; drop the edges that should not count instead; a batch "
                "vector is passed by name: conv(x, edge_index, batch=batch)"
            )
        known = edge_index.size(-1) // self.frames if edge_index.is_floating_point() else self.num_nodes
        sets = find_sets(batch, x.size(-2), masked=True, size=known)
        stack = self._stack(edge_index, sets, x)
        return self._edgewise(x, stack, sets) if sets.size is None else self._dense(x, stack, sets)

    @abstractmethod
    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """The fast path, for equal sets, with the adjacencies ``[S or 1, K, m, m]``."""

    @abstractmethod
    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """The general path and the reference: messages along every pair within the sets."""

    @abstractmethod
    def _expand(self, hops: Tensor) -> Tensor:
        """The hops in the operator's graph, ``[*, m, m]``, from those between the nodes, ``[*, n, n]``."""

    def _stack(self, edge_index: Tensor, sets: Sets, x: Tensor) -> Tensor:
        """The adjacencies of all scales with their learnable part, ``[S or 1, K, m, m]``."""
        if self.num_nodes is not None and self.num_nodes != sets.size:
            sizes = sets.size if sets.size is not None else "different numbers"
            raise ValueError(
                f"x: num_nodes = {self.num_nodes} makes the operator one for sets of {self.num_nodes} nodes, got sets "
                f"of {sizes}; pass the batch that says which nodes are a set, or build it with num_nodes=None"
            )
        if edge_index.is_floating_point():
            check_stack(edge_index, self.num_scales, sets, self.frames)
            stack = edge_index.unsqueeze(0)
        else:
            stack = hop_adjacencies(self._expand(self._hops(edge_index, sets, x)), self.num_scales, x.dtype)
        return stack if self.residual is None else stack + self.residual

    def _hops(self, edge_index: Tensor, sets: Sets, x: Tensor) -> Tensor:
        """The hops within each set (filled up to the largest), ``[S, n, n]`` (target, source); -1 for none or many."""
        check_edges(edge_index, sets.num_nodes)
        check_within_sets(edge_index, sets)
        filled, place = sets.filled(x)
        num_sets, size = filled.num_sets, filled.size
        assert size is not None
        linked = x.new_zeros(num_sets * size * size, dtype=torch.float)
        source, target = place[edge_index]
        linked[target * size + source % size] = 1.0
        linked = linked.view(num_sets, size, size)
        reached = torch.eye(size, device=x.device).expand_as(linked)
        hops = reached.long() - 1
        for hop in range(1, self.num_scales):
            reached = ((linked @ reached > 0) | (reached > 0)).float()
            hops = torch.where((reached > 0) & (hops < 0), hop, hops)
        return hops

    def _mix(self, tokens: Tensor, stack: Tensor) -> Tensor:
        """All scales of ``tokens [L, S', B, m, C]``, each with its rows of the linear map: ``[L, S', B, m, C']``.

        The products with the adjacencies run over the fewer channels, before the linear map or after it.
        """
        scales, nodes = stack.shape[1:3]
        if self.in_channels <= self.out_channels:
            maps = stack.transpose(1, 2).flatten(1, 2)  # [S', m K, m]
            mixed = apply_maps(maps, tokens)  # [L, S', B, m K, C]
            return self.lin_out(mixed.unflatten(-2, (nodes, scales)).flatten(-2))
        maps = stack.permute(0, 2, 3, 1).flatten(2)  # [S', m, m K]
        out = apply_maps(maps, self._project(tokens).unflatten(-1, (scales, -1)).flatten(-3, -2))
        return out if self.lin_out.bias is None else out + self.lin_out.bias

    def _project(self, x: Tensor) -> Tensor:
        """The linear map of each scale: ``[*, C]`` to ``[*, K C']``."""
        weight = self.lin_out.weight.unflatten(1, (self.num_scales, -1))  # [C', K, C]
        return F.linear(x, weight.transpose(0, 1).flatten(0, 1))

    def _propagate(self, tokens: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """Messages among ``tokens [*, F N, C]``, of F frames: ``[*, F N, C']``."""
        filled, place = sets.filled(tokens)
        assert filled.size is not None
        batch = sets.of_node(tokens).repeat(self.frames)
        pairs = Sets(batch, batch.numel(), sets.num_sets, None).pairs(tokens)
        start = torch.arange(self.frames, device=tokens.device) * filled.size
        at = (start[:, None] + place % filled.size).flatten()  # the row of each node in its set's adjacency
        which = batch[pairs[1]] if stack.size(0) > 1 else torch.zeros_like(pairs[1])
        weight = stack.movedim(1, -1)[which, at[pairs[1]], at[pairs[0]]]  # [E, K]
        return self.lin_out(self.propagate(pairs, x=tokens.unsqueeze(-2), weight=weight).flatten(-2))

    def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
        """The source, weighted by every scale: ``[*, E, 1, C]`` to ``[*, E, K, C]``."""
        return x_j * weight.unsqueeze(-1)

    def _check_features(self, x: Tensor) -> None:
        check_features(x, self.in_channels)

    def _switches(self) -> str:
        """The arguments after the channels, for the repr."""
        text = f", num_scales={self.num_scales}"
        text += "" if self.num_nodes is None else f", num_nodes={self.num_nodes}"
        return text + ("" if self.lin_out.bias is not None else ", bias=False")


def apply_maps(maps: Tensor, x: Tensor) -> Tensor:
    """``maps [S', M, m]`` times ``x [L, S', B, m, C]``: ``[L, S', B, M, C]``.

    The gradient of one map for all is a sum over L and B: with few channels, so that a map is larger than what it is
    multiplied with, they are made one axis first; otherwise that copy costs more than a map's gradient of each.
    """
    if maps.size(0) > 1 or (maps.requires_grad and x.size(-1) < maps.size(-1)):
        return torch.einsum("smn,lsbnc->lsbmc", maps, x)
    flat = x.reshape(-1, *x.shape[-2:])
    return maps.expand(flat.size(0), -1, -1).bmm(flat).view(*x.shape[:-2], *maps.shape[1:2], x.size(-1))
