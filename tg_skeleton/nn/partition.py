"""Neighbourhoods in subsets, each with weights of its own: the partitions of ST-GCN."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch._higher_order_ops import while_loop
from torch_geometric.utils import add_self_loops, coalesce, remove_self_loops

from tg_skeleton.nn.functional import check_edges

Partition = Literal["uniform", "distance", "spatial"]
"""The subsets of a node and its neighbors: all of them; itself and the others; itself, those nearer to the root, and
those farther from it."""

NUM_SUBSETS: dict[Partition, int] = {"uniform": 1, "distance": 2, "spatial": 3}
"""K, the subsets of a partition."""


_FAR = 1 << 30
"""The hops to a node that no path reaches, where the number of nodes is not known."""

_NO_ROOT = (
    "root: partition='spatial' sorts neighbors by their hops from a root, but there is none; pass root=..., or use "
    "partition='distance'"
)


class Subsets(NamedTuple):
    """The edges of a graph and its self-loops, each with its place in a partition.

    Args:
        edges: ``[2, E]`` (source, target), each once.
        subset: The subset of each edge, ``[E]``, values 0 to K - 1.
        weight: One over the number of edges of the same subset and target, ``[E]``.
    """

    edges: Tensor
    subset: Tensor
    weight: Tensor


def partition_edges(
    edge_index: Tensor,
    num_nodes: int,
    partition: Partition = "spatial",
    *,
    roots: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> Subsets:
    """The partition as edges; see `partition_adjacencies`, which has one root where this has many, ``[S]`` nodes.

    Raises:
        ValueError: The partition is unknown, ``edge_index`` is no ``[2, E]``, an edge ends outside of the nodes, or
            the spatial partition has no root.
    """
    check_partition(partition)
    check_edges(edge_index, num_nodes)
    edges, _ = remove_self_loops(edge_index)
    edges, _ = add_self_loops(coalesce(edges, num_nodes=num_nodes), num_nodes=num_nodes)
    source, target = edges
    if partition == "uniform":
        subset = torch.zeros_like(source)
    elif partition == "distance":
        subset = (source != target).long()
    else:
        if roots is None:
            raise ValueError(_NO_ROOT)
        hops = _hops_from(roots, edges, num_nodes)
        subset = torch.where(hops[source] < hops[target], 1, 2).where(hops[source] != hops[target], 0)
    place = target * NUM_SUBSETS[partition] + subset
    size = torch.bincount(place)[place]
    return Subsets(edges, subset, size.to(dtype or torch.get_default_dtype()).reciprocal())


def partition_stack(
    edge_index: Tensor, num_nodes: int, partition: Partition, *, roots: Tensor | None, dtype: torch.dtype
) -> Tensor:
    """`partition_edges` as matrices ``[K, N, N]`` (target, source), computed without reading a value.

    Args:
        edge_index: The graph, ``[2, E]``.
        num_nodes: N.
        partition: The partition of a neighborhood.
        roots: The mask of the roots, ``[N]``, for the spatial partition.
        dtype: Of the result.

    Raises:
        ValueError: The spatial partition has no root.
    """
    source, target = edge_index
    itself = torch.eye(num_nodes, dtype=torch.bool, device=edge_index.device)
    linked = itself.index_put((target, source), torch.ones_like(source, dtype=torch.bool)) | itself
    if partition == "uniform":
        subsets = [linked]
    elif partition == "distance":
        subsets = [itself, linked & ~itself]
    else:
        if roots is None:
            raise ValueError(_NO_ROOT)
        hops = _counted_hops(roots, linked | linked.T)
        nearer, farther = hops[None, :] < hops[:, None], hops[None, :] > hops[:, None]
        subsets = [linked & ~nearer & ~farther, linked & nearer, linked & farther]
    stack = torch.stack(subsets).to(dtype)
    return stack / stack.sum(-1, keepdim=True).clamp(min=1)


def partition_adjacencies(
    edge_index: Tensor,
    num_nodes: int,
    partition: Partition = "spatial",
    *,
    root: int | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    r"""The adjacencies of a partition, one per subset: each node receives the mean of every subset of its neighborhood.

    .. math:: A_k[i, j] = \frac{1[j \in B_k(i)]}{|B_k(i)|}, \qquad \bigcup_k B_k(i) = \{i\} \cup N(i)

    ``"uniform"``: one subset. ``"distance"``: the node, its neighbors. ``"spatial"``: with r the hops from the root
    along edges in either direction, the nodes of r_j = r_i (the node itself), those of r_j < r_i (towards the root),
    those of r_j > r_i (away from it). A row is zero where a node has no neighbor in the subset.

    Assumption: nodes that no path links with the root are all equally far.

    Args:
        edge_index: The graph; self-loops and repeated edges change nothing.
        num_nodes: V.
        partition: The partition of a neighborhood.
        root: The node from which the spatial partition counts; the others need none.
        dtype: Of the result. Default: torch's.

    Shapes:
        - **edge_index** ``[2, E]`` (source, target)
        - **output** ``[K, V, V]`` (target, source), K = 1, 2 or 3

    Raises:
        ValueError: The partition is unknown, ``edge_index`` is no ``[2, E]``, an edge or the root lies outside of the
            nodes, or the spatial partition has no root.

    >>> import torch
    >>> from tg_skeleton.nn.partition import partition_adjacencies
    >>> path = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])
    >>> partition_adjacencies(path, 3, root=0)[1]
    tensor([[0., 0., 0.],
            [1., 0., 0.],
            [0., 1., 0.]])

    Source: Yan et al. 2018 (ST-GCN), sections 3.3 and 3.4.
    """
    if root is not None and not 0 <= root < num_nodes:
        raise ValueError(f"root: expected a node 0..{num_nodes - 1}, got {root}")
    roots = None if root is None else torch.tensor([root], device=edge_index.device)
    (source, target), subset, weight = partition_edges(edge_index, num_nodes, partition, roots=roots, dtype=dtype)
    stack = weight.new_zeros(NUM_SUBSETS[partition], num_nodes, num_nodes)
    return stack.index_put((subset, target, source), weight)


def check_partition(partition: Partition) -> Partition:
    """The partition, checked.

    Raises:
        ValueError: It is unknown.
    """
    if partition not in get_args(Partition):
        raise ValueError(f"partition: expected one of {get_args(Partition)}, got {partition!r}")
    return partition


def check_adjacencies(adjacency: Tensor, partition: Partition = "spatial") -> Tensor:
    """The adjacencies, if they can be those of the partition.

    Raises:
        ValueError: They are no ``[K, V, V]`` of floats with the partition's K.
    """
    subsets, joints = NUM_SUBSETS[check_partition(partition)], adjacency.size(-1)
    if tuple(adjacency.shape) != (subsets, joints, joints) or not adjacency.is_floating_point():
        raise ValueError(
            f"adjacency: expected [{subsets}, V, V] floats for partition={partition!r}, got "
            f"{adjacency.dtype} {list(adjacency.shape)}; partition_adjacencies makes them"
        )
    return adjacency


def _hops_from(roots: Tensor, edges: Tensor, num_nodes: int) -> Tensor:
    """The hops from the nearest root to each node, ``[N]``; N where none is linked."""
    near, far = torch.cat([edges, edges.flip(0)], dim=1)
    hops = edges.new_full((num_nodes,), num_nodes)
    hops[roots] = 0
    for _ in range(num_nodes):
        closer = hops.scatter_reduce(0, far, hops[near] + 1, "amin")
        if torch.equal(closer, hops):
            break
        hops = closer
    return hops


def _counted_hops(roots: Tensor, linked: Tensor) -> Tensor:
    """`_hops_from` without reading a value, of the mask of the roots and the matrix of links: ``[N]``."""
    start = torch.full_like(roots, _FAR, dtype=torch.long).masked_fill(roots, 0)

    def more(hops: Tensor, changed: Tensor) -> Tensor:
        return changed.clone()

    def step(hops: Tensor, changed: Tensor) -> tuple[Tensor, Tensor]:
        closer = torch.minimum(hops, (hops[None, :] + 1).masked_fill(~linked, _FAR).amin(1))
        return closer, (closer != hops).any()

    if linked.is_meta:
        return start
    hops: Tensor = while_loop(more, step, (start, torch.ones((), dtype=torch.bool, device=linked.device)))[0]
    return hops
