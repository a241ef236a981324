"""Base class of the self-attention operators: projections, heads, scale, and the choice of the fastest way."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Identity, LazyLinear, Linear
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import softmax

from tg_skeleton.nn.conv.attention_graph import Graph, Weight, graph_of
from tg_skeleton.nn.conv.ragged import attend_ragged
from tg_skeleton.nn.functional import attention, attention_weights, check_features, swapped
from tg_skeleton.nn.sets import Sets, find_sets

Tokens = tuple[Tensor, Tensor, Tensor]
"""Queries, keys and attended features."""

Attended = tuple[Tensor, Tensor | None]
"""Output of the kernel: features, and the map if it is kept."""

Output = tuple[Tensor, tuple[Tensor, Tensor] | None]
"""Output of an operator: features, and (pairs, weights) if they are kept."""


class SelfAttention(MessagePassing, ABC):
    """Base class of the self-attention operators; use one of its three subclasses.

    Three ways to one result: equal sets become a view and one kernel call, ragged sets are padded first, in groups of
    similar sizes, and messages along every pair within the sets serve all other cases, return the weights of ragged
    sets, and are the reference. The kernel call saves work where the equation allows it: a query meets the inputs, with
    both projections as one, and values are mapped after the attention if that takes fewer channels through it.

    Args:
        in_channels: Channels of ``x``; -1: taken from the first input.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together. Default: ``in_channels``.
        heads: Number of attention heads.
        directed: Separate projections for queries and keys; else one for both (paper A's undirected graph).
        alpha: Weight of the normalized adjacency Å in the logits; 0: no Å, and no ``edge_index`` is needed. A parameter
            is learned.
        scale: Factor of the logits: True, one over the square root of the length of the dot product; False, 1; or a
            number.
        dropout: Dropout of the attention weights in training.
        bias: Whether projections have a bias.
        node_dim: The axis of ``[*, N, heads, channels]`` along which messages pass.

    Raises:
        ValueError: Channels are not divisible by the heads, or a number is out of range.
    """

    _pads = True
    """Whether ragged sets may be padded with nodes that nobody attends to."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int | None,
        *,
        attn_channels: int | None,
        heads: int,
        directed: bool,
        alpha: Weight,
        scale: bool | float,
        dropout: float,
        bias: bool,
        node_dim: int = -3,
    ) -> None:
        super().__init__(aggr="sum", node_dim=node_dim)
        attn_channels = in_channels if attn_channels is None else attn_channels
        projected = out_channels is not None
        out_channels = in_channels if out_channels is None else out_channels
        for name, value in (("out_channels", out_channels), ("attn_channels", attn_channels)):
            if heads < 1 or ((value < 1 or value % heads) and not value == in_channels == -1):
                raise ValueError(f"{name}: expected a positive multiple of heads = {heads}, got {value}")
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout: expected a probability in [0, 1), got {dropout}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.attn_channels = attn_channels
        self.heads = heads
        self.directed = directed
        self.alpha = alpha
        self.scale = scale
        self.dropout = dropout
        self.lin_query = _linear(in_channels, attn_channels, bias)
        self.lin_key = _linear(in_channels, attn_channels, bias) if directed else self.lin_query
        self.lin_value: Linear | Identity = _linear(in_channels, out_channels, bias) if projected else Identity()

    def reset_parameters(self) -> None:
        """Reset all learnable parameters."""
        for projection in (self.lin_query, self.lin_key, self.lin_value):
            if isinstance(projection, Linear):
                projection.reset_parameters()

    def forward(
        self,
        x: Tensor,
        edge_index: Tensor | None = None,
        edge_weight: Tensor | None = None,
        batch: Tensor | None = None,
        *,
        return_attention_weights: bool = False,
    ) -> Tensor | tuple[Tensor, tuple[Tensor, Tensor]]:
        """The operator on ``x [*, N, in_channels]``; see the class."""
        out, kept = self._attend(x, edge_index, edge_weight, batch, return_attention_weights)
        return out if kept is None else (out, kept)

    def _attend(
        self, x: Tensor, edge_index: Tensor | None, edge_weight: Tensor | None, batch: Tensor | None, keep: bool
    ) -> Output:
        """`forward` by the way that fits the sets."""
        if self.in_channels == -1:
            self._initialize(x)
        self._check_features(x)
        graph = graph_of(edge_index, edge_weight, x, self.alpha)
        sets = self._sets(batch, x.size(-2), keep)
        if sets.size is not None and sets.num_nodes:
            return self._dense(x, graph, sets, keep)
        if self._pads and not keep and sets.num_nodes:
            return self._padded(x, graph, sets), None
        return self._edgewise(x, graph, sets, keep)

    @torch.no_grad()
    def _initialize(self, x: Tensor) -> None:
        """Channels and weights from the first input."""
        self.in_channels = x.size(-1)
        for name in ("attn_channels", "out_channels"):
            if getattr(self, name) == -1:
                setattr(self, name, self.in_channels)
            if getattr(self, name) % self.heads:
                raise ValueError(
                    f"{name}: expected a multiple of heads = {self.heads}, got the {self.in_channels} channels of x"
                )
        for lin, out in (
            (self.lin_query, self.attn_channels),
            (self.lin_key, self.attn_channels),
            (self.lin_value, self.out_channels),
        ):
            if isinstance(lin, LazyLinear) and lin.has_uninitialized_params():
                lin.out_features = out
                lin(x.new_zeros(1, x.size(-1)))

    # -- projections ---------------------------------------------------------------------------------------------------

    def _project(self, x: Tensor) -> Tokens:
        """Queries, keys and values by heads: ``[*, N, C]`` to ``[*, N, H, D]`` each; the equation as it is written."""
        query = self.lin_query(x).unflatten(-1, (self.heads, -1))
        key = self.lin_key(x).unflatten(-1, (self.heads, -1)) if self.directed else query
        return query, key, self.lin_value(x).unflatten(-1, (self.heads, -1))

    def _tokens(self, x: Tensor, rows: Tensor | None = None) -> Tokens:
        """Queries, keys and attended features by heads, ``[*, N, H, D]``, with less work than `_project`.

        Args:
            x: The nodes.
            rows: The nodes that attend, if not all do.
        """
        query, key = self._queries_and_keys(x, x if rows is None else rows)
        value = x if self._maps_last else self.lin_value(x)
        return each_of(lambda item: item.unflatten(-1, (self.heads, -1)), (query, key, value))

    def _queries_and_keys(self, x: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Queries and keys ``[*, N, D]`` whose products have the softmax of the projected ones'.

        ``(x Wq + bq) (x Wk + bk)ᵀ`` is ``(x Wq Wkᵀ + bq Wkᵀ) xᵀ`` plus a term that all logits of a query share, which
        softmax ignores. So a query may meet ``x`` itself if every key that it meets is a projected node; the zeros
        around windows are not.
        """
        if not self.directed:
            query = self.lin_query(rows)
            return query, query if rows is x else self.lin_query(x)
        if not self._folds:
            return self.lin_query(rows), self.lin_key(x)
        into, onto = self.lin_query, self.lin_key
        bias = None
        if into.bias is not None and onto.bias is not None:
            # DDP expects a gradient of every parameter; that of the keys' bias is zero.
            bias = into.bias @ onto.weight + 0.0 * onto.bias.sum()
        return F.linear(rows, onto.weight.T @ into.weight, bias), x

    @property
    def _folds(self) -> bool:
        """Whether a query may meet ``x`` itself at no extra width."""
        return self.directed and self.heads == 1 and self.attn_channels == self.in_channels

    @property
    def _maps_last(self) -> bool:
        """Whether values are mapped after the attention: A (x W + b) = (A x) W + b, for rows of A sum to one."""
        drops = self.training and self.dropout > 0.0
        narrow = self.in_channels < self.out_channels
        return narrow and self.heads == 1 and not drops and isinstance(self.lin_value, Linear)

    def _mapped(self, mixed: Tensor) -> Tensor:
        """The output ``[*, N, out_channels]`` from attended features ``[*, N, C]``."""
        return self.lin_value(mixed) if self._maps_last else mixed

    def _scale(self, features: int) -> float:
        """The factor of logits that are dot products over ``features`` channels."""
        if not isinstance(self.scale, bool):
            return self.scale
        return 1.0 / math.sqrt(features) if self.scale else 1.0

    def _sets(self, batch: Tensor | None, num_nodes: int, keep: bool = False) -> Sets:
        return find_sets(batch, num_nodes, masked=not keep)

    # -- the ways ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        """The fast path, for equal sets: views and one kernel call."""

    @abstractmethod
    def _edgewise(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        """The general path and the reference: messages along every pair within the sets."""

    def _padded(self, x: Tensor, graph: Graph, sets: Sets) -> Tensor:
        """The dense path for ragged sets, padded in groups of similar sizes."""
        channels = self.attn_channels + (self.in_channels if self._maps_last else self.out_channels)
        mapped = self.in_channels * (2 * self.attn_channels + self.out_channels)
        calls = max(1, x.numel() // (x.size(-2) * x.size(-1)))  # frames of clips

        def cost(size: Tensor) -> Tensor:
            return calls * (channels * size.square() + mapped * size)

        return attend_ragged(lambda x, graph, sets: self._dense(x, graph, sets, keep=False)[0], cost, x, graph, sets)

    def _kernel(self, tokens: Tokens, bias: Tensor | None, keep: bool) -> Attended:
        """Attention over ``[B, n, H, D]``; the map ``[B, H, n, n]`` only if it is kept."""
        query, key, value = each_of(swapped, tokens)
        scale = self._scale(query.size(-1))
        dropout = self.dropout if self.training else 0.0
        if not keep:
            return swapped(attention(query, key, value, bias, scale=scale, dropout=dropout)), None
        weights = attention_weights(query, key, bias, scale=scale)
        return swapped(torch.dropout(weights, dropout, True) @ value), weights

    def edge_update(self, query_i: Tensor, key_j: Tensor, bias: Tensor | None, index: Tensor, size_i: int) -> Tensor:
        """The attention weight of every pair, ``[*, E, H]``."""
        logits = self._pair_logits(query_i, key_j)
        return self._normalize(logits if bias is None else logits + bias.unsqueeze(-1), index, size_i)

    def _normalize(self, logits: Tensor, index: Tensor, num_nodes: int) -> Tensor:
        """The softmax over the sources of each target, along the pairs' axis of ``[*, E, ..., H]``."""
        weight = softmax(logits, index, num_nodes=num_nodes, dim=self.node_dim + 1)
        return torch.dropout(weight, self.dropout, self.training)

    def _pair_logits(self, query: Tensor, key: Tensor) -> Tensor:
        """Scaled dot products ``[*, E, H]`` of queries and keys ``[*, E, H, D]``."""
        return (query * key).sum(-1) * self._scale(query.size(-1))

    def message(self, value_j: Tensor, weight: Tensor) -> Tensor:
        """The value of the source, weighted."""
        return value_j * weight.unsqueeze(-1)

    def _check_features(self, x: Tensor) -> None:
        check_features(x, self.in_channels)

    def _check_frames(self, x: Tensor) -> None:
        if x.dim() < 3:
            raise ValueError(
                f"x: expected [*, T, N, C] (frames before nodes), got {list(x.shape)}; "
                "without frames, SpatialSelfAttention(per_frame=True) is the operator to use"
            )

    def _widths(self) -> str:
        """The positional arguments, for the repr."""
        return f"{self.in_channels}, {self.out_channels if isinstance(self.lin_value, Linear) else None}"

    def _switches(self) -> str:
        """The arguments that differ from the defaults, for the repr."""
        text = "" if self.heads == 1 else f", heads={self.heads}"
        text += "" if self.attn_channels == self.in_channels else f", attn_channels={self.attn_channels}"
        text += "" if self.directed else ", directed=False"
        text += "" if self.scale is True else f", scale={self.scale}"
        return text + (f", dropout={self.dropout}" if self.dropout else "")


def _linear(in_channels: int, out_channels: int, bias: bool) -> Linear:
    if in_channels == -1:
        return LazyLinear(max(out_channels, 0), bias=bias)  # a width of -1 is set with the first input
    return Linear(in_channels, out_channels, bias=bias)


def each_of(view: Callable[[Tensor], Tensor], tokens: Tokens) -> Tokens:
    """A view of each of the three; one that two share stays shared, as the kernel saves work then."""
    query, key, value = tokens
    queries = view(query)
    keys = queries if key is query else view(key)
    return queries, keys, keys if value is key else view(value)
