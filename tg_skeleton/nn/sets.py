"""Sets of nodes that attend to each other."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from tg_skeleton.nn.functional import readable


class Sets(NamedTuple):
    """A partition of N nodes into sets of nodes that attend to each other.

    Args:
        batch: The set of each node, ``[N]``, values 0..S-1; None: all nodes are one set.
        num_nodes: N.
        num_sets: S.
        size: Nodes per set if all sets are equal, contiguous and in order; else None.
        real: Mask of nodes that are not padding, ``[S, n]``, in sets that `padded` made equal; else None.
        same: Mask of pairs of nodes of one set, ``[N, N]``, if the sets are not known when the operator runs (see
            `find_sets`): then S is 1 and n is N; else None.
    """

    batch: Tensor | None
    num_nodes: int
    num_sets: int
    size: int | None
    real: Tensor | None = None
    same: Tensor | None = None

    def places(self) -> tuple[Tensor, Tensor, Tensor]:
        """The place of each node in its set, the size of its set, and the nodes of its set in order; of `same`.

        ``[N]``, ``[N]`` and ``[N, N]``, of whose rows only the first entries, as many as the set has nodes, count.
        """
        assert self.same is not None
        place, size = self.same.tril(-1).sum(1), self.same.sum(1)
        return place, size, self.same.int().argsort(dim=1, descending=True, stable=True)

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
        """The sets padded to the size of the largest, and the new index of each node, ``[N]``."""
        assert self.batch is not None
        order, counts, first = self._order(self.batch)
        size, device = int(counts.max()), order.device
        rank = torch.empty_like(order)
        rank[order] = torch.arange(self.num_nodes, device=device) - first[self.batch[order]]
        batch = torch.arange(self.num_sets, device=device).repeat_interleave(size)
        real = torch.arange(size, device=device) < counts[:, None]
        return Sets(batch, batch.numel(), self.num_sets, size, real), self.batch * size + rank

    def filled(self, like: Tensor) -> tuple[Sets, Tensor]:
        """`padded` if the sets are not equal, else the sets themselves, and the index of each node, ``[N]``."""
        return self.padded() if self.size is None else (self, torch.arange(self.num_nodes, device=like.device))

    def _order(self, batch: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The nodes sorted by set ``[N]``; number of nodes and offset of each set, ``[S]``."""
        counts = torch.bincount(batch, minlength=self.num_sets)
        return batch.argsort(stable=True), counts, counts.cumsum(0) - counts


def find_sets(batch: Tensor | None, num_nodes: int, *, masked: bool = False, size: int | None = None) -> Sets:
    """The sets that a ``batch`` vector describes; equal sets in order are detected, so that they become views.

    Args:
        batch: The set of each node, ``[N]``; None: one set.
        num_nodes: N.
        masked: In a compiled graph and on the meta device, where the number of sets can't be read, give one set of all
            nodes with the mask `Sets.same`.
        size: Nodes of each set where the caller knows them, because its graph is that of one set; read in place of
            ``batch`` where that can't be read.

    Raises:
        ValueError: ``batch`` does not have one entry per node.
    """
    if batch is None:
        return Sets(None, num_nodes, 1, num_nodes)
    check_batch(batch, num_nodes)
    if num_nodes == 0:
        return Sets(batch, 0, 0, None)
    if masked and (torch.compiler.is_compiling() or batch.is_meta):
        if size is not None:
            return Sets(torch.arange(num_nodes, device=batch.device) // size, num_nodes, num_nodes // size, size)
        return Sets(None, num_nodes, 1, num_nodes, same=batch[:, None] == batch)
    values, numbered = torch.unique(batch, return_inverse=True)
    num_sets = values.numel()
    size = num_nodes // num_sets
    in_order = torch.arange(num_nodes, device=batch.device) // size
    equal = num_nodes % num_sets == 0 and torch.equal(numbered, in_order)
    return Sets(numbered, num_nodes, num_sets, size if equal else None)


def check_batch(batch: Tensor, num_nodes: int) -> None:
    """Raise ValueError unless ``batch`` has one entry per node."""
    if batch.dim() != 1 or batch.numel() != num_nodes:
        raise ValueError(
            f"batch: expected one set per node, [{num_nodes}] for x [*, N = {num_nodes}, C], got {list(batch.shape)}"
        )


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
    """The blocks of matrices ``[*, N, N]`` that belong to equal sets, ``[S, *, n, n]``."""
    blocks = matrix.unflatten(-1, (sets.num_sets, -1)).unflatten(-3, (sets.num_sets, -1))  # [*, S, n, S, n]
    return blocks.diagonal(dim1=-4, dim2=-2).movedim(-1, 0)


def pair_bias(edges: Tensor, weights: Tensor, pairs: Tensor, sets: Sets) -> Tensor:
    """Weighted edges as one value per pair of `Sets.pairs`, zero where a pair is no edge: ``[E]``.

    Raises:
        ValueError: An edge joins two sets.
    """
    check_within_sets(edges, sets)
    keys = pairs[1] * sets.num_nodes + pairs[0]  # ascending: grouped by target, sources ascending
    at = torch.searchsorted(keys, edges[1] * sets.num_nodes + edges[0])
    return weights.new_zeros(pairs.size(1)).index_add(0, at, weights)


def check_stack(stack: Tensor, count: int, sets: Sets, frames: int = 1) -> None:
    """Raise ValueError unless ``stack`` is ``count`` dense adjacencies of one set's nodes in ``frames`` frames."""
    nodes = None if sets.size is None else frames * sets.size
    if nodes is None or tuple(stack.shape) != (count, nodes, nodes):
        wanted = f"[{count}, {nodes}, {nodes}] for sets of {sets.size} nodes"
        raise ValueError(
            f"edge_index: dense adjacencies must be {wanted if nodes else 'edges, for the sets are ragged'}, "
            f"got {list(stack.shape)}"
        )


def check_within_sets(edges: Tensor, sets: Sets) -> None:
    """Raise ValueError if an edge joins two sets: no attention map has an entry for it."""
    if sets.batch is None or not readable(edges):
        return
    crossing = sets.batch[edges[0]] != sets.batch[edges[1]]
    if bool(crossing.any()):
        source, target = edges[:, crossing][:, 0].tolist()
        raise ValueError(
            f"edge_index: the edge {source} -> {target} joins two sets of batch; nodes attend within their set only: "
            "drop such edges, or pass a batch that keeps their ends together"
        )
