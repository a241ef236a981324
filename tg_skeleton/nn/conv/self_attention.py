"""What the three self-attention operators share: projections, heads, scale."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Identity, Linear
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import softmax

from tg_skeleton.nn.functional import attention, attention_weights, check_edges, check_features, normalized_adjacency
from tg_skeleton.nn.sets import Sets, block_bias, check_within_sets, find_sets, pair_bias, set_bias

Graph = tuple[Tensor | None, Tensor | None]
"""``edge_index`` (or a dense, normalised adjacency) and ``edge_weight``."""

Attended = tuple[Tensor, Tensor | None]
"""What the kernel gives: values, and the map where it is kept."""

Output = tuple[Tensor, tuple[Tensor, Tensor] | None]
"""What an operator gives: features, and (pairs, weights) where they are kept."""


class SelfAttention(MessagePassing, ABC):
    """Base of the self-attention operators; use one of its three kinds.

    Three ways to one result: equal sets are a view and one kernel call, ragged ones are filled up to the largest first,
    and messages along every pair within the sets serve the rest, the weights of ragged sets, and as the reference.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together (default: ``in_channels``).
        heads: Number of attention heads.
        directed: Own projections for queries and keys; else one for both (paper A's undirected graph).
        alpha: Weight of the normalised adjacency Å in the logits; 0: no Å, and no ``edge_index`` is needed.
        scale: Factor of the logits: True, one over the square root of the length of the dot product; False, 1; or a
            number.
        dropout: Dropout of the attention weights in training.
        bias: Projections have a bias.
        node_dim: The axis of ``[*, N, heads, channels]`` along which messages pass.

    Raises:
        ValueError: Channels are not divisible by the heads, or a number is out of range.
    """

    _pads = True
    """Whether ragged sets may be filled up with nodes that nobody attends to."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int | None,
        *,
        attn_channels: int | None,
        heads: int,
        directed: bool,
        alpha: float,
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
            if heads < 1 or value < 1 or value % heads:
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
        self.lin_query = Linear(in_channels, attn_channels, bias=bias)
        self.lin_key = Linear(in_channels, attn_channels, bias=bias) if directed else self.lin_query
        self.lin_value: Linear | Identity = Linear(in_channels, out_channels, bias=bias) if projected else Identity()

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        for projection in (self.lin_query, self.lin_key, self.lin_value):
            if isinstance(projection, Linear):
                projection.reset_parameters()

    def _project(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values by heads: ``[*, N, C]`` to ``[*, N, H, D]`` each."""
        query = self.lin_query(x).unflatten(-1, (self.heads, -1))
        key = self.lin_key(x).unflatten(-1, (self.heads, -1)) if self.directed else query
        return query, key, self.lin_value(x).unflatten(-1, (self.heads, -1))

    def _project_folded(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`_project` with less work: queries that meet ``x`` itself as they would meet the keys.

        ``(x Wq + bq) (x Wk + bk)ᵀ`` is ``(x Wq Wkᵀ + bq Wkᵀ) xᵀ`` plus what all logits of a query share, which softmax
        ignores. So it holds where every key that a query meets is a projected node; the zeros around windows are none.
        """
        query, key = (item.unflatten(-1, (self.heads, -1)) for item in self.queries_and_keys(x))
        return query, key, self.lin_value(x).unflatten(-1, (self.heads, -1))

    def queries_and_keys(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Queries and keys ``[*, N, D]`` whose products have the softmax of the projected ones', with less work."""
        if not self.directed:
            query = self.lin_query(x)
            return query, query
        into, onto = self.lin_query, self.lin_key
        if self.heads > 1 or self.attn_channels != self.in_channels:
            return into(x), onto(x)
        bias = None
        if into.bias is not None and onto.bias is not None:
            # DDP looks for a gradient of every parameter; that of the keys' bias is zero.
            bias = into.bias @ onto.weight + 0.0 * onto.bias.sum()
        return F.linear(x, onto.weight.T @ into.weight, bias), x

    def _scale(self, features: int) -> float:
        """The factor of logits that are dot products over ``features`` channels."""
        if not isinstance(self.scale, bool):
            return self.scale
        return 1.0 / math.sqrt(features) if self.scale else 1.0

    def _bias(self, graph: Graph, sets: Sets, x: Tensor) -> Tensor | None:
        """αÅ of equal sets, ``[S, n, n]`` (S = 1 where all sets share one), -inf on padding; or None."""
        bias = None
        if self.alpha != 0.0:
            edge_index, edge_weight = self._check_graph(graph, x)
            if edge_index.is_floating_point():
                bias = block_bias(edge_index, sets)
            else:
                edges, weights = normalized_adjacency(edge_index, sets.num_nodes, edge_weight, x.dtype)
                bias = set_bias(edges, weights, sets)
            bias = self.alpha * bias
        if sets.real is not None:
            mask = x.new_zeros(sets.real.shape).masked_fill(~sets.real, -torch.inf)[:, None]  # [S, 1, n]
            bias = mask.expand(-1, mask.size(-1), -1) if bias is None else bias + mask
        return bias

    def _pair_bias(self, graph: Graph, pairs: Tensor, sets: Sets, x: Tensor, frames: int = 1) -> Tensor | None:
        """αÅ of every pair within the sets, ``[E]``, or None; with ``frames``, pairs are of nodes t N + n."""
        if self.alpha == 0.0:
            return None
        edge_index, edge_weight = self._check_graph(graph, x)
        nodes = x.size(-2)
        if edge_index.is_floating_point():
            return self.alpha * edge_index[pairs[1] % nodes, pairs[0] % nodes]
        edges, weights = normalized_adjacency(edge_index, nodes, edge_weight, x.dtype)
        start = torch.arange(frames, device=x.device) * nodes
        times = torch.cartesian_prod(start, start).T  # every (source frame, target frame)
        edges = (edges[:, None] + times[:, :, None]).flatten(1)
        return self.alpha * pair_bias(edges, weights.repeat(frames * frames), pairs, sets)

    def _check_graph(self, graph: Graph, x: Tensor) -> tuple[Tensor, Tensor | None]:
        edge_index, edge_weight = graph
        if edge_index is None:
            raise ValueError(
                f"edge_index: alpha = {self.alpha} adds the graph's Å to the logits, but no edge_index was passed; "
                "pass one, or build the operator with alpha=0"
            )
        nodes = x.size(-2)
        if edge_index.is_floating_point() and tuple(edge_index.shape) != (nodes, nodes):
            raise ValueError(
                f"edge_index: a dense adjacency must be [{nodes}, {nodes}] for x {list(x.shape)}, "
                f"got {list(edge_index.shape)}"
            )
        return edge_index, edge_weight

    def _kernel(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None, keep: bool) -> Attended:
        """Attention over ``[B, n, H, D]``; the map ``[B, H, n, n]`` only where it is to be kept."""
        query, key, value = query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)
        scale = self._scale(query.size(-1))
        dropout = self.dropout if self.training else 0.0
        if not keep:
            return attention(query, key, value, bias, scale=scale, dropout=dropout).transpose(1, 2), None
        weights = attention_weights(query, key, bias, scale=scale)
        return (torch.dropout(weights, dropout, True) @ value).transpose(1, 2), weights

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
        self._check_features(x)
        sets, graph, keep = self._sets(batch, x.size(-2)), (edge_index, edge_weight), return_attention_weights
        if sets.size is not None:
            out, kept = self._dense(x, graph, sets, keep)
        elif self._pads and not keep:
            out, kept = self._padded(x, graph, sets), None
        else:
            out, kept = self._edgewise(x, graph, sets, keep)
        return out if kept is None else (out, kept)

    def _padded(self, x: Tensor, graph: Graph, sets: Sets) -> Tensor:
        """The dense path for ragged sets, filled up to the size of the largest."""
        padded, place = sets.padded()
        edge_index, edge_weight = graph
        if self.alpha != 0.0:
            edge_index, edge_weight = self._check_graph(graph, x)
            if edge_index.is_floating_point():
                matrix = edge_index.new_zeros(padded.num_nodes, padded.num_nodes)
                edge_index = matrix.index_put((place[:, None], place), edge_index)
            else:
                check_edges(edge_index, sets.num_nodes)
                check_within_sets(edge_index, sets)
                edge_index = place[edge_index]
        filled = x.new_zeros(*x.shape[:-2], padded.num_nodes, x.size(-1)).index_copy(-2, place, x)
        return self._dense(filled, (edge_index, edge_weight), padded, keep=False)[0].index_select(-2, place)

    def _sets(self, batch: Tensor | None, num_nodes: int) -> Sets:
        return find_sets(batch, num_nodes)

    @abstractmethod
    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        """The fast path, for equal sets: views and one kernel call."""

    @abstractmethod
    def _edgewise(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        """The general path and the reference: messages along every pair within the sets."""

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
        said = "" if self.heads == 1 else f", heads={self.heads}"
        said += "" if self.attn_channels == self.in_channels else f", attn_channels={self.attn_channels}"
        said += "" if self.directed else ", directed=False"
        said += "" if self.scale is True else f", scale={self.scale}"
        return said + (f", dropout={self.dropout}" if self.dropout else "")
