"""Base class of the graph convolutions over subsets of a neighborhood."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor
from torch.nn import Parameter
from torch_geometric.nn import MessagePassing

from tg_skeleton.nn.functional import check_features, constant
from tg_skeleton.nn.partition import NUM_SUBSETS, Partition, check_partition, partition_edges, partition_stack
from tg_skeleton.nn.sets import Sets, block_bias, check_stack, check_within_sets, find_sets


class SubsetConv(MessagePassing, ABC):
    """Base class of the graph convolutions over subsets of a neighborhood, each of which learns its graph.

    Two ways to one result: equal sets are a view and one product, and messages along every pair within the sets serve
    ragged ones, and as the reference.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        num_nodes: V, the nodes of every set, where the operator has learnable weights for pairs of nodes; else None.
        partition: The partition of a neighborhood into subsets.
        root: The place in every set from which the spatial partition of edges counts.
        topology: The initial value ``[K, V, V]`` (target, source) of a learnable A, which gives K and V; None: A is
            fixed and given with every call.

    Raises:
        ValueError: A number is out of range, the partition is unknown, or ``topology`` is no stack of floats.
    """

    topology: Tensor | None
    start: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        num_nodes: int | None,
        partition: Partition,
        root: int | None,
        topology: Tensor | None = None,
    ) -> None:
        _check_topology(topology)
        super().__init__(aggr="sum", node_dim=-3)
        if topology is not None:
            num_nodes = topology.size(-1)
        if num_nodes is not None and num_nodes < 1:
            raise ValueError(f"num_nodes: expected at least 1, got {num_nodes}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_nodes = num_nodes
        self.partition = check_partition(partition)
        self.root = root
        self.num_subsets = NUM_SUBSETS[partition] if topology is None else topology.size(0)
        learned = None if topology is None else Parameter(torch.empty(topology.shape, dtype=topology.dtype))
        self.register_parameter("topology", learned)
        start = None if topology is None else constant(topology.detach().clone())
        self.register_buffer("start", start, persistent=False)

    def _restart_topology(self) -> None:
        """The learnable A becomes its initial value."""
        if self.topology is not None and self.start is not None:
            with torch.no_grad():
                self.topology.copy_(self.start)

    def forward(
        self,
        x: Tensor,
        edge_index: Tensor | None = None,
        edge_weight: Tensor | None = None,
        batch: Tensor | None = None,
    ) -> Tensor:
        """The operator on ``x [*, T, N, in_channels]``; see the class."""
        check_features(x, self.in_channels)
        if edge_weight is not None:
            raise ValueError(
                "edge_weight: neighbors are counted, not weighed; pass the stack of adjacencies instead; a batch "
                "vector is passed by name: conv(x, edge_index, batch=batch)"
            )
        known = None if edge_index is None or not edge_index.is_floating_point() else edge_index.size(-1)
        sets = find_sets(batch, x.size(-2), masked=True, size=known if self.num_nodes is None else self.num_nodes)
        if self.num_nodes is not None and self.num_nodes != sets.size:
            sizes = sets.size if sets.size is not None else "different numbers"
            raise ValueError(
                f"x: the learnable graph is one for sets of {self.num_nodes} nodes, got sets of {sizes}; pass the "
                "batch that says which nodes are a set, or build the operator without a learnable graph"
            )
        stack = self._stack(edge_index, sets, x)
        clips = x if x.dim() > 2 else x.unsqueeze(0)  # [*, T, N, C]
        out = self._edgewise(clips, stack, sets) if sets.size is None else self._dense(clips, stack, sets)
        return out.reshape(*x.shape[:-1], self.out_channels)

    @abstractmethod
    def _stack(self, edge_index: Tensor | None, sets: Sets, x: Tensor) -> Tensor:
        """The graph that all clips share, fixed and learnable: ``[S or 1, K, n, n]`` (target, source)."""

    @abstractmethod
    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """The fast path, for equal sets: ``[*, T, N, C]`` to ``[*, T, N, C']``."""

    @abstractmethod
    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """The general path and the reference: messages along every pair within the sets."""

    def _adjacencies(self, edge_index: Tensor | None, sets: Sets, x: Tensor) -> Tensor:
        """A, the learnable one or the one given, from a dense stack, edges or no edge: ``[S or 1, K, n, n]``."""
        if self.topology is not None:
            if edge_index is not None:
                raise ValueError(
                    "edge_index: expected one graph, got both edge_index and topology; build the operator with the "
                    "topology that it learns, or without one and pass a graph with every call"
                )
            return self.topology.unsqueeze(0)
        if edge_index is None:
            size = sets.filled(x)[0].size
            assert size is not None
            return x.new_zeros(1, self.num_subsets, size, size)
        if not edge_index.is_floating_point():
            return self._partitioned(edge_index, sets, x)
        check_stack(edge_index, self.num_subsets, sets)
        return edge_index.unsqueeze(0)

    def _partitioned(self, edge_index: Tensor, sets: Sets, x: Tensor) -> Tensor:
        """The subsets of each set (filled up to the largest) from edges: ``[S, K, n, n]``."""
        if torch.compiler.is_compiling() or edge_index.is_meta:
            return self._stacked(edge_index, sets, x)
        filled, place = sets.filled(x)
        num_sets, size = filled.num_sets, filled.size
        assert size is not None
        roots = None if self.root is None else (place % size == self.root).nonzero().flatten()
        if roots is not None and roots.numel() < num_sets:
            raise ValueError(
                f"root: expected a place in every set, got {self.root}, and a set of fewer nodes; "
                "pass a root that all sets have, or partition='distance'"
            )
        edges, subset, weight = partition_edges(edge_index, sets.num_nodes, self.partition, roots=roots, dtype=x.dtype)
        check_within_sets(edges, sets)
        source, target = place[edges]
        stack = weight.new_zeros(num_sets, self.num_subsets, size, size)
        return stack.index_put((target // size, subset, target % size, source % size), weight)

    def _stacked(self, edge_index: Tensor, sets: Sets, x: Tensor) -> Tensor:
        """`_partitioned` where no value can be read, so that edges can't be counted: ``[S, K, n, n]``."""
        nodes = sets.num_nodes
        roots = None
        if self.root is not None:
            place = (
                sets.places()[0] if sets.same is not None else torch.arange(nodes, device=x.device) % (sets.size or 1)
            )
            roots = place == self.root
        stack = partition_stack(edge_index, nodes, self.partition, roots=roots, dtype=x.dtype)
        return block_bias(stack, sets)

    def _pairs(self, stack: Tensor, sets: Sets, x: Tensor) -> tuple[Tensor, Tensor]:
        """All pairs within the sets ``[2, E]``, and their entries of ``stack``, ``[E, K]``."""
        filled, place = sets.filled(x)
        assert filled.size is not None
        pairs = sets.pairs(x)
        source, target = place[pairs]
        which = target // filled.size if stack.size(0) > 1 else torch.zeros_like(target)
        return pairs, stack.movedim(1, -1)[which, target % filled.size, source % filled.size]

    def _switches(self) -> str:
        """The arguments of the partition that differ from the defaults, for the repr."""
        text = "" if self.partition == "spatial" else f", partition={self.partition!r}"
        return text + ("" if self.root is None else f", root={self.root}")


def _check_topology(topology: Tensor | None) -> None:
    if topology is None:
        return
    if topology.dim() != 3 or topology.size(1) != topology.size(2) or not topology.is_floating_point():
        raise ValueError(
            f"topology: expected [K, V, V] floats (target, source), got {topology.dtype} {list(topology.shape)}; "
            "partition_adjacencies makes it from an edge_index"
        )
