"""The graph of an attention operator, and αÅ as a bias of its maps."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch_geometric.utils import is_sparse, to_edge_index

from tg_skeleton.nn.functional import normalized_adjacency
from tg_skeleton.nn.sets import Sets, block_bias, pair_bias, set_bias

Weight = float | nn.Parameter
"""The weight of Å in the logits; a parameter is learned."""

Graph = tuple[Tensor | None, Tensor | None]
"""``edge_index`` (or a dense normalized adjacency) and ``edge_weight``; nothing where the logits have no Å."""


def weight_text(alpha: Weight) -> str:
    """The weight of Å in words."""
    return "Parameter" if isinstance(alpha, Tensor) else str(alpha)


def graph_of(edge_index: Tensor | None, edge_weight: Tensor | None, x: Tensor, alpha: Weight) -> Graph:
    """The graph, checked, a sparse matrix as edges; nothing if ``alpha`` is 0.

    Raises:
        ValueError: There is no graph, or it does not fit ``x``.
    """
    if not isinstance(alpha, Tensor) and alpha == 0.0:
        return None, None
    if edge_index is None:
        raise ValueError(
            f"edge_index: alpha = {weight_text(alpha)} adds the graph's Å to the logits, but no edge_index was passed; "
            "pass one, or build the operator with alpha=0"
        )
    if edge_weight is not None and not edge_weight.is_floating_point():
        raise ValueError(
            f"edge_weight: expected floats [E], got {edge_weight.dtype} {list(edge_weight.shape)}; a batch vector "
            "is passed by name: conv(x, edge_index, batch=batch)"
        )
    if is_sparse(edge_index):
        if edge_weight is not None:
            raise ValueError("edge_weight: a sparse edge_index holds its weights itself; leave edge_weight out")
        sizes = [edge_index.size(0), edge_index.size(1)]  # torch_sparse's matrices have no shape
        if sizes != [x.size(-2)] * 2:
            raise ValueError(
                f"edge_index: expected a sparse matrix [N, N] (target, source) for x {list(x.shape)}, got {sizes}"
            )
        edges, weight = to_edge_index(edge_index)
        return edges.flip(0), weight.to(x.dtype)
    nodes = x.size(-2)
    if edge_index.is_floating_point() and tuple(edge_index.shape) != (nodes, nodes):
        raise ValueError(
            f"edge_index: a dense adjacency must be [{nodes}, {nodes}] for x {list(x.shape)}, "
            f"got {list(edge_index.shape)}"
        )
    return edge_index, edge_weight


def map_bias(graph: Graph, sets: Sets, x: Tensor, alpha: Weight) -> Tensor | None:
    """αÅ of equal sets, ``[S, n, n]`` (S = 1 if all sets share one), -inf where nobody may look; or None."""
    edge_index, edge_weight = graph
    bias = None
    if edge_index is not None:
        if edge_index.is_floating_point():
            bias = block_bias(edge_index, sets)
        else:
            edges, weights = normalized_adjacency(edge_index, sets.num_nodes, edge_weight, x.dtype)
            bias = set_bias(edges, weights, sets)
        bias = alpha * bias
    if sets.real is not None:
        mask = x.new_zeros(sets.real.shape).masked_fill(~sets.real, -torch.inf)[:, None]  # [S, 1, n]
        bias = mask.expand(-1, mask.size(-1), -1) if bias is None else bias + mask
    if sets.same is not None:
        bias = x.new_zeros(1, *sets.same.shape) if bias is None else bias
        bias = bias.masked_fill(~sets.same, -torch.inf)
    return bias


def pair_map_bias(graph: Graph, pairs: Tensor, sets: Sets, x: Tensor, alpha: Weight, frames: int = 1) -> Tensor | None:
    """αÅ of every pair within the sets, ``[E]``, or None; with ``frames``, pairs are of nodes t N + n."""
    edge_index, edge_weight = graph
    if edge_index is None:
        return None
    nodes = x.size(-2)
    if edge_index.is_floating_point():
        return alpha * edge_index[pairs[1] % nodes, pairs[0] % nodes]
    edges, weights = normalized_adjacency(edge_index, nodes, edge_weight, x.dtype)
    start = torch.arange(frames, device=x.device) * nodes
    times = torch.cartesian_prod(start, start).T  # every (source frame, target frame)
    edges = (edges[:, None] + times[:, :, None]).flatten(1)
    return alpha * pair_bias(edges, weights.repeat(frames * frames), pairs, sets)
