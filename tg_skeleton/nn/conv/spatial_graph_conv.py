"""ST-GCN's graph convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Linear, Parameter

from tg_skeleton.nn.conv.multi_scale import apply_maps
from tg_skeleton.nn.conv.subset_conv import SubsetConv
from tg_skeleton.nn.partition import Partition
from tg_skeleton.nn.sets import Sets


class SpatialGraphConv(SubsetConv):
    r"""Graph convolution whose weights differ by the subset of the neighborhood that a neighbor belongs to.

    .. math:: y_i = \sum_k \sum_{j \in B_k(i)} \frac{M_{k,ij}}{|B_k(i)|} \left(x_j W_k + b_k\right)

    The subsets B_k of a node and its neighbors are those of `nn.partition.partition_adjacencies`. M, the edge
    importance, is learnable, starts at one and is there only where ``num_nodes`` says how many nodes a set has. With a
    ``topology``, the weights ``1 / |B_k(i)|`` themselves are learnable, for all pairs of nodes (STGCN++).

    Two ways to one result: equal sets are a view and one product with all subsets, and messages along the edges serve
    ragged ones, and as the reference.

    Differs from the paper: subsets are normalized by their size, as its definition does; its implementation section
    writes a symmetric normalization of every subset.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        partition: ``"uniform"``: one subset; ``"distance"``: the node, its neighbors; ``"spatial"``: the node, those
            towards the root, those away from it.
        root: For the spatial partition of an ``edge_index`` of integers: the root's place among the nodes of each set.
        num_nodes: V, the nodes of every set: there is an edge importance ``[K, V, V]``; None: there is none.
        topology: The initial value ``[K, V, V]`` (target, source) of the adjacencies, which are learnable; None: they
            are fixed, and every call needs its ``edge_index``.
        bias: Whether the linear map of each subset has a bias.

    Shapes:
        - **x** ``[*, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), or the adjacencies of one set of n
          nodes, which all sets share, as ``[K, n, n]`` floats (target, source); None with a ``topology``;
          **edge_weight** must be None; **batch** ``[N]``: the set of each node (None: one set)
        - **output** ``[*, N, out_channels]``

    Raises:
        ValueError: The partition is unknown, a root is missing or lies outside of a set, channels, nodes,
            ``edge_index`` and ``batch`` do not fit each other, there are two graphs or none, an edge joins two sets,
            edges are weighted, or both ``num_nodes`` and ``topology`` are given.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import SpatialGraphConv
    >>> conv = SpatialGraphConv(16, 32, root=20, num_nodes=25)
    >>> conv(torch.randn(20, 25, 16), NTU25.edge_index).shape
    torch.Size([20, 25, 32])
    >>> conv = SpatialGraphConv(16, 32, partition="distance")
    >>> conv(torch.randn(4, 16), torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), batch=torch.tensor([0, 0, 1, 1])).shape
    torch.Size([4, 32])

    Source: Yan et al. 2018 (ST-GCN), sections 3.3 to 3.5; Duan et al. 2022 (STGCN++).
    """

    importance: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        partition: Partition = "spatial",
        *,
        root: int | None = None,
        num_nodes: int | None = None,
        topology: Tensor | None = None,
        bias: bool = True,
    ) -> None:
        if num_nodes is not None and topology is not None:
            raise ValueError(
                f"num_nodes: got {num_nodes} and a topology; an edge importance scales a fixed graph, and a learnable "
                "one needs none: pass one of the two"
            )
        super().__init__(
            in_channels, out_channels, num_nodes=num_nodes, partition=partition, root=root, topology=topology
        )
        self.lin = Linear(in_channels, self.num_subsets * out_channels, bias=bias)
        shape = None if num_nodes is None else (self.num_subsets, num_nodes, num_nodes)
        self.register_parameter("importance", None if shape is None else Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reset all learnable parameters: the edge importance to one, a learnable graph to its initial value."""
        self.lin.reset_parameters()
        self._restart_topology()
        if self.importance is not None:
            torch.nn.init.ones_(self.importance)

    def _stack(self, edge_index: Tensor | None, sets: Sets, x: Tensor) -> Tensor:
        if edge_index is None and self.topology is None:
            raise ValueError("edge_index: expected a graph, got None; the operator has none of its own: pass one")
        given = self._adjacencies(edge_index, sets, x)
        return given if self.importance is None else given * self.importance

    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """Products with the adjacencies run over the fewer channels, before the linear map or after it."""
        graphs, subsets, nodes, _ = stack.shape
        tokens = x.reshape(-1, graphs, sets.num_sets // graphs, nodes, self.in_channels)  # [L, S', B, n, C]
        if self.in_channels > self.out_channels:
            values = self.lin(tokens).unflatten(-1, (subsets, -1)).flatten(-3, -2)  # [L, S', B, n K, C']
            return apply_maps(stack.permute(0, 2, 3, 1).flatten(2), values)
        mixed = apply_maps(stack.transpose(1, 2).flatten(1, 2), tokens)  # [L, S', B, n K, C]
        weight = self.lin.weight.unflatten(0, (subsets, -1)).transpose(0, 1).flatten(1)  # [C', K C]
        out = F.linear(mixed.unflatten(-2, (nodes, subsets)).flatten(-2), weight)
        received = stack.sum(-1).transpose(1, 2)  # [S', n, K], the factor of each b_k
        bias = self.lin.bias
        return out if bias is None else out.add_((received @ bias.unflatten(0, (subsets, -1))).unsqueeze(1))

    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        pairs, weight = self._pairs(stack, sets, x)
        linked = weight.any(dim=1) if self.topology is None else slice(None)  # a learnable zero has a gradient
        values = self.lin(x).unflatten(-1, (self.num_subsets, -1))  # [*, N, K, C']
        return self.propagate(pairs[:, linked], values=values, weight=weight[linked])

    def message(self, values_j: Tensor, weight: Tensor) -> Tensor:
        """The values of the source, weighted and summed over the subsets: ``[*, E, K, C']`` to ``[*, E, 1, C']``."""
        return (values_j * weight.unsqueeze(-1)).sum(-2, keepdim=True)

    def __repr__(self) -> str:
        text = self._switches() + ("" if self.importance is None else f", num_nodes={self.num_nodes}")
        text += "" if self.topology is None else f", topology={list(self.topology.shape)}"
        text += "" if self.lin.bias is not None else ", bias=False"
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}{text})"
