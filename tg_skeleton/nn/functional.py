"""The one attention kernel, the normalised adjacencies, and the sets within which nodes attend."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.nn.conv.gcn_conv import gcn_norm

_NEGLIGIBLE = -40.0
"""Logits this far below a row's largest add less than 1e-17 to its sum. Left as they are, those of about -90 become
subnormal weights, with which a CPU multiplies many times more slowly: a trained ESAN, whose logits are not scaled, took
2.9 times as long for a training step."""

_SMALL_MAP = 32
"""Keys up to which plain products, forward and backward, beat torch's fused CPU kernel for certain: by 1.1 to 1.9, see
``python -m tests.benchmark small_maps``. Beyond, memory counts for more."""


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | None = None,
    *,
    scale: float = 1.0,
    dropout: float = 0.0,
    added: Tensor | None = None,
) -> Tensor:
    r"""Softmax attention in one fused call where torch has one.

    .. math:: \mathrm{softmax}(s\, Q K^\top + B)\, V + R

    Shapes:
        - **query**, **key** ``[*, L, E]``, **value** ``[*, L, E_v]``, **bias** broadcastable to ``[*, L, L]``,
          **added** ``[*, L, E_v]``: R, a residual, which may be overwritten
        - **output** ``[*, L, E_v]``

    >>> import torch
    >>> from tg_skeleton.nn.functional import attention
    >>> attention(torch.zeros(1, 2, 4), torch.zeros(1, 2, 4), torch.tensor([[[1.0], [3.0]]])).flatten()
    tensor([2., 2.])
    """
    if query.device.type == "cpu" and (query.size(-1) != value.size(-1) or key.size(-2) <= _SMALL_MAP):
        # torch's fused CPU kernel wants one width, and for maps this small the plain products are faster.
        weights = torch.dropout(attention_weights(query, key, bias, scale=scale), dropout, True)
        if added is not None and added.dim() == 3 and not torch.is_grad_enabled():
            return added.baddbmm_(weights, value)  # a pass over the result less
        out = weights @ value
    else:
        out = F.scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=scale, dropout_p=dropout)
    return out if added is None else out.add_(added)


def attention_weights(query: Tensor, key: Tensor, bias: Tensor | None = None, *, scale: float = 1.0) -> Tensor:
    """The map of `attention`, ``softmax(s Q K^T + B)``: ``[*, L, E]`` twice to ``[*, L, L]``, (query, key)."""
    logits = query @ key.transpose(-2, -1)
    logits = logits if scale == 1.0 else logits * scale
    logits = logits if bias is None else logits + bias
    if scale == 1.0 and logits.device.type == "cpu":  # only unscaled logits lie that far apart
        logits = (logits - logits.detach().amax(dim=-1, keepdim=True)).clamp(min=_NEGLIGIBLE)
    return logits.softmax(dim=-1)


def normalized_adjacency(
    edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None = None, dtype: torch.dtype | None = None
) -> tuple[Tensor, Tensor]:
    r"""Å of a graph as edges: PyG's GCN normalisation with self-loops.

    .. math:: Å = \tilde D^{-1/2} (A + I) \tilde D^{-1/2}

    Shapes:
        - **edge_index** ``[2, E]`` (source, target), **edge_weight** ``[E]``
        - **output** ``[2, E + N]`` and its weights ``[E + N]``

    Raises:
        ValueError: ``edge_index`` is no ``[2, E]``, or an edge ends outside of the nodes.

    >>> import torch
    >>> from tg_skeleton.nn.functional import normalized_adjacency
    >>> normalized_adjacency(torch.tensor([[0, 1], [1, 0]]), 2)[1]
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    check_edges(edge_index, num_nodes)
    edges, weights = gcn_norm(edge_index, edge_weight, num_nodes, dtype=dtype)
    return edges, weights


def check_edges(edge_index: Tensor, num_nodes: int) -> None:
    """Raises ValueError where ``edge_index`` is no ``[2, E]``, or an edge ends outside of the nodes."""
    if edge_index.dim() != 2 or edge_index.size(0) != 2 or edge_index.is_floating_point():
        raise ValueError(f"edge_index: expected integers [2, E], got {edge_index.dtype} {list(edge_index.shape)}")
    low, high = (int(end) for end in edge_index.aminmax()) if edge_index.numel() else (0, 0)
    if low < 0 or high >= num_nodes:
        raise ValueError(
            f"edge_index: names node {low if low < 0 else high}, but x has {num_nodes} nodes ([*, N, C]); "
            "pass the edge_index that belongs to x"
        )


def dense_normalized_adjacency(
    edge_index: Tensor, num_nodes: int, edge_weight: Tensor | None = None, dtype: torch.dtype | None = None
) -> Tensor:
    """Å of a graph as a matrix ``[N, N]``, indexed (target, source) like an attention map (query, key).

    >>> import torch
    >>> from tg_skeleton.nn.functional import dense_normalized_adjacency
    >>> dense_normalized_adjacency(torch.tensor([[0, 1], [1, 0]]), 2)
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    (source, target), weights = normalized_adjacency(edge_index, num_nodes, edge_weight, dtype)
    matrix = weights.new_zeros(num_nodes * num_nodes).index_add(0, target * num_nodes + source, weights)
    return matrix.view(num_nodes, num_nodes)


def hop_adjacencies(hops: Tensor, num_scales: int, dtype: torch.dtype | None = None) -> Tensor:
    r"""The disentangled adjacencies of a graph, one per scale: who is exactly k hops away, normalised like Å.

    .. math:: \hat A_k = D_k^{-1/2} A_k D_k^{-1/2}, \qquad A_0 = I, \quad A_k = 1[\mathrm{hops} = k] + I

    Args:
        hops: The length of the shortest path from each node to each other; where there is none, a negative number.
        num_scales: K; the scales are k = 0 to K - 1. Those beyond the longest path are I.
        dtype: Of the result (default: torch's).

    Shapes:
        - **hops** ``[*, V, V]`` integers (target, source), as `Topology.hops` has them
        - **output** ``[*, K, V, V]`` (target, source)

    Raises:
        ValueError: ``hops`` is no square matrix of integers that are zero on the diagonal only, or there is no scale.

    >>> import torch
    >>> from tg_skeleton.nn.functional import hop_adjacencies
    >>> hop_adjacencies(torch.tensor([[0, 1], [1, 0]]), 2)
    tensor([[[1.0000, 0.0000],
             [0.0000, 1.0000]],
    <BLANKLINE>
            [[0.5000, 0.5000],
             [0.5000, 0.5000]]])

    Source: Liu et al. 2020 (MS-G3D), section 3.2.
    """
    if num_scales < 1:
        raise ValueError(f"num_scales: expected at least 1, got {num_scales}")
    if hops.dim() < 2 or hops.size(-2) != hops.size(-1) or hops.is_floating_point() or hops.dtype == torch.bool:
        raise ValueError(f"hops: expected integers [V, V], got {hops.dtype} {list(hops.shape)}")
    same = torch.eye(hops.size(-1), dtype=torch.bool, device=hops.device)
    if not torch.equal(hops == 0, same.expand_as(hops)):
        raise ValueError(
            "hops: expected zeros on the diagonal and nowhere else, got another matrix (an adjacency?); pass the "
            "lengths of the shortest paths, as Topology.hops has them, negative where there is none"
        )
    scales = torch.arange(num_scales, device=hops.device).view(-1, 1, 1)
    adjacency = ((hops.unsqueeze(-3) == scales) | same).to(dtype or torch.get_default_dtype())
    scale = adjacency.sum(-1, keepdim=True).rsqrt()  # [*, K, V, 1]
    return scale * adjacency * scale.transpose(-2, -1)


class Sets(NamedTuple):
    """A partition of N nodes into the sets within which they attend.

    Args:
        batch: The set of each node, ``[N]``, values 0..S-1; None: all nodes are one set.
        num_nodes: N.
        num_sets: S.
        size: Nodes per set where the sets are equal, stand one after another and are in order; else None.
        real: In sets that `padded` made equal, which nodes are none of the padding, ``[S, n]``; else None.
    """

    batch: Tensor | None
    num_nodes: int
    num_sets: int
    size: int | None
    real: Tensor | None = None

    def of_node(self, like: Tensor) -> Tensor:
        """The set of each node, ``[N]``."""
        return like.new_zeros(self.num_nodes, dtype=torch.long) if self.batch is None else self.batch

    def pairs(self, like: Tensor) -> Tensor:
        """All (source, target) pairs within the sets, ``[2, E]``, grouped by target, sources in ascending order."""
        batch = self.of_node(like)
        order, counts, first = self._order(batch)
        degree = counts[batch]
        target = torch.repeat_interleave(torch.arange(self.num_nodes, device=batch.device), degree)
        rank = torch.arange(target.numel(), device=batch.device) - (degree.cumsum(0) - degree)[target]
        return torch.stack([order[first[batch[target]] + rank], target])

    def padded(self) -> tuple[Sets, Tensor]:
        """The sets filled up to the size of the largest, and the new place of each node, ``[N]``."""
        assert self.batch is not None
        order, counts, first = self._order(self.batch)
        size, device = int(counts.max()), order.device
        rank = torch.empty_like(order)
        rank[order] = torch.arange(self.num_nodes, device=device) - first[self.batch[order]]
        batch = torch.arange(self.num_sets, device=device).repeat_interleave(size)
        real = torch.arange(size, device=device) < counts[:, None]
        return Sets(batch, batch.numel(), self.num_sets, size, real), self.batch * size + rank

    def filled(self, like: Tensor) -> tuple[Sets, Tensor]:
        """`padded`, where the sets are not equal as they stand, and the place of each node, ``[N]``."""
        return self.padded() if self.size is None else (self, torch.arange(self.num_nodes, device=like.device))

    def _order(self, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The nodes set by set ``[N]``; of each set the number of its nodes and where they begin, ``[S]``."""
        counts = torch.bincount(batch, minlength=self.num_sets)
        return batch.argsort(stable=True), counts, counts.cumsum(0) - counts


def find_sets(batch: Tensor | None, num_nodes: int) -> Sets:
    """The sets that a ``batch`` vector describes; equal ones in order are found, so that they can be viewed densely.

    Raises:
        ValueError: ``batch`` does not have one entry per node.
    """
    if batch is None:
        return Sets(None, num_nodes, 1, num_nodes)
    if batch.dim() != 1 or batch.numel() != num_nodes:
        raise ValueError(
            f"batch: expected one set per node, [{num_nodes}] for x [*, N = {num_nodes}, C], got {list(batch.shape)}"
        )
    if num_nodes == 0:
        return Sets(batch, 0, 0, None)
    values, numbered = torch.unique(batch, return_inverse=True)
    num_sets = values.numel()
    size = num_nodes // num_sets
    in_order = torch.arange(num_nodes, device=batch.device) // size
    equal = num_nodes % num_sets == 0 and torch.equal(numbered, in_order)
    return Sets(numbered, num_nodes, num_sets, size if equal else None)


def set_bias(edges: Tensor, weights: Tensor, sets: Sets) -> Tensor:
    """Weighted edges as one matrix per equal set, ``[S, n, n]`` (target, source).

    Raises:
        ValueError: An edge joins two sets.
    """
    size = sets.size
    assert size is not None
    check_within_sets(edges, sets)
    source, target = edges
    flat = weights.new_zeros(sets.num_nodes * size).index_add(0, target * size + source % size, weights)
    return flat.view(sets.num_sets, size, size)


def block_bias(matrix: Tensor, sets: Sets) -> Tensor:
    """The blocks of a matrix ``[N, N]`` that belong to equal sets, ``[S, n, n]``."""
    blocks = matrix.unflatten(1, (sets.num_sets, -1)).unflatten(0, (sets.num_sets, -1))  # [S, n, S, n]
    return blocks.diagonal(dim1=0, dim2=2).movedim(-1, 0)


def pair_bias(edges: Tensor, weights: Tensor, pairs: Tensor, sets: Sets) -> Tensor:
    """Weighted edges as one value per pair of `Sets.pairs`, zero where a pair is no edge: ``[E]``.

    Raises:
        ValueError: An edge joins two sets.
    """
    check_within_sets(edges, sets)
    keys = pairs[1] * sets.num_nodes + pairs[0]  # ascending: grouped by target, sources ascending
    at = torch.searchsorted(keys, edges[1] * sets.num_nodes + edges[0])
    return weights.new_zeros(pairs.size(1)).index_add(0, at, weights)


def check_features(x: Tensor, in_channels: int) -> None:
    """Raises ValueError where ``x`` is no ``[*, N, in_channels]``."""
    if x.dim() < 2 or x.size(-1) != in_channels:
        raise ValueError(f"x: expected [*, N, {in_channels}] for in_channels = {in_channels}, got {list(x.shape)}")


def check_stack(stack: Tensor, count: int, sets: Sets, frames: int = 1) -> None:
    """Raises ValueError where ``stack`` is not ``count`` dense adjacencies of one set's nodes in ``frames`` frames."""
    nodes = None if sets.size is None else frames * sets.size
    if nodes is None or tuple(stack.shape) != (count, nodes, nodes):
        wanted = f"[{count}, {nodes}, {nodes}] for sets of {sets.size} nodes"
        raise ValueError(
            f"edge_index: dense adjacencies must be {wanted if nodes else 'edges, for the sets are ragged'}, "
            f"got {list(stack.shape)}"
        )


def check_within_sets(edges: Tensor, sets: Sets) -> None:
    """Raises ValueError where an edge joins two sets: such an edge can't become a bias of an attention map."""
    if sets.batch is None:
        return
    crossing = sets.batch[edges[0]] != sets.batch[edges[1]]
    if bool(crossing.any()):
        source, target = edges[:, crossing][:, 0].tolist()
        raise ValueError(
            f"edge_index: the edge {source} -> {target} joins two sets of batch; nodes attend within their set only: "
            "drop such edges, or pass a batch that keeps their ends together"
        )
