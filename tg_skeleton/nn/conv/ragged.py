"""Attention within ragged sets: padded, in groups of similar sizes where one size for all would cost more."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tg_skeleton.nn.conv.attention_graph import Graph
from tg_skeleton.nn.functional import check_edges
from tg_skeleton.nn.sets import Sets, check_within_sets, find_sets

Dense = Callable[[Tensor, Graph, Sets], Tensor]
"""An operator on equal sets: ``x``, its graph and the sets to the output ``[*, N, C']``."""

_GROUP = 2e6
"""Multiplications in the time that one more group takes: its nodes and edges are chosen, its kernels start."""


def attend_ragged(dense: Dense, cost: Callable[[Tensor], Tensor], x: Tensor, graph: Graph, sets: Sets) -> Tensor:
    """``dense`` on ragged sets, each of them padded to the size of the largest in its group.

    Args:
        dense: The operator on equal sets.
        cost: Multiplications of a set by its number of nodes.
        x: The nodes.
        graph: Edges and their weights, or a dense adjacency.
        sets: The sets.

    Shapes:
        - **x** ``[*, N, C]``
        - **output** ``[*, N, C']``

    Raises:
        ValueError: An edge ends outside of the nodes or joins two sets.
    """
    assert sets.batch is not None
    edges = graph[0]
    if edges is not None and not edges.is_floating_point():
        check_edges(edges, sets.num_nodes)
        check_within_sets(edges, sets)
    counts = torch.bincount(sets.batch, minlength=sets.num_sets)
    limits = group_limits(counts, cost)
    if len(limits) == 1:
        return _padded(dense, x, graph, sets)
    group = torch.bucketize(counts, torch.tensor(limits, device=counts.device))[sets.batch]  # of each node
    outputs, places = [], []
    for number in range(len(limits)):
        nodes = (group == number).nonzero().flatten()
        own = find_sets(sets.batch[nodes], nodes.numel())
        attend = _padded if own.size is None else _as_they_are
        outputs.append(attend(dense, x.index_select(-2, nodes), _within(graph, nodes, group == number), own))
        places.append(nodes)
    return torch.cat(outputs, dim=-2).index_select(-2, torch.cat(places).argsort())


def group_limits(counts: Tensor, cost: Callable[[Tensor], Tensor]) -> list[int]:
    """The largest sizes of the groups, ascending; a group is divided where that saves more than it costs.

    >>> import torch
    >>> from tg_skeleton.nn.conv.ragged import group_limits
    >>> group_limits(torch.tensor([30] * 50 + [31] + [1000]), lambda size: 64 * size**2)
    [31, 1000]
    """
    sizes, number = torch.unique(counts.cpu(), return_counts=True)  # ascending
    costs = cost(sizes.double())
    limits: list[int] = []
    todo = [(0, sizes.numel())]
    while todo:
        first, end = todo.pop()
        below = number[first:end].cumsum(0)[:-1].double()  # sets up to each size but the largest
        saved = below * (costs[end - 1] - costs[first : end - 1])
        if saved.numel() and float(saved.max()) > _GROUP:
            cut = first + int(saved.argmax()) + 1
            todo += [(first, cut), (cut, end)]
        else:
            limits.append(int(sizes[end - 1]))
    return sorted(limits)


def _as_they_are(dense: Dense, x: Tensor, graph: Graph, sets: Sets) -> Tensor:
    return dense(x, graph, sets)


def _padded(dense: Dense, x: Tensor, graph: Graph, sets: Sets) -> Tensor:
    """All sets padded to the size of the largest."""
    padded, place = sets.padded()
    edge_index, edge_weight = graph
    if edge_index is not None:
        if edge_index.is_floating_point():
            matrix = edge_index.new_zeros(padded.num_nodes, padded.num_nodes)
            edge_index = matrix.index_put((place[:, None], place), edge_index)
        else:
            edge_index = place[edge_index]
    filled = x.new_zeros(*x.shape[:-2], padded.num_nodes, x.size(-1)).index_copy(-2, place, x)
    return dense(filled, (edge_index, edge_weight), padded).index_select(-2, place)


def _within(graph: Graph, nodes: Tensor, chosen: Tensor) -> Graph:
    """The graph of some nodes, which the mask ``chosen`` tells from the others."""
    edge_index, edge_weight = graph
    if edge_index is None:
        return graph
    if edge_index.is_floating_point():
        return edge_index[nodes[:, None], nodes], edge_weight
    own = chosen[edge_index[0]]
    number = torch.empty_like(chosen, dtype=torch.long)
    number[nodes] = torch.arange(nodes.numel(), device=nodes.device)
    return number[edge_index[:, own]], None if edge_weight is None else edge_weight[own]
