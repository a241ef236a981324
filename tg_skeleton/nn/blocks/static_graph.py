"""Any convolution of PyG as the spatial part of a block."""

from __future__ import annotations

import inspect

import torch
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

ERRORS = (AssertionError, IndexError, RuntimeError, TypeError, ValueError)
"""Errors of a convolution that can't read leading axes of persons and frames."""


class StaticGraph(nn.Module):
    r"""A graph convolution among the joints of every person in every frame.

    .. math:: y_{p,t} = \mathrm{conv}(x_{p,t},\; \mathrm{edge\_index},\; \mathrm{edge\_weight})

    Without ``unroll``, persons and frames are leading axes to the convolution, PyG's static graph: one call, no copy.
    Not all can read it: PyG's attention wants plain rows of nodes, and so does a batch norm inside (`ChannelNorm` does
    not). With ``unroll`` they get them, and P T disjoint copies of the graph.

    Tested as static graphs: `GCNConv`, `SAGEConv`, `GraphConv`, `GINConv`, `ChebConv`, `TAGConv`, `SGConv`, `SSGConv`,
    `ARMAConv`, `APPNP`, `LEConv`, `ClusterGCNConv`, `ResGatedGraphConv`, `FiLMConv`, `GENConv`, `EdgeConv`, `MFConv`,
    `CGConv`, `MixHopConv`, `AntiSymmetricConv`, `DirGNNConv`, `LGConv`, `SimpleConv`; of ours `SpatialSelfAttention`,
    `SpatialGraphConv`. Tested unrolled only: `GATConv`, `GATv2Conv`, `TransformerConv`, `SuperGATConv`, `GeneralConv`,
    `EGConv`, `PNAConv`, `GatedGraphConv`, `AGNNConv`, `FeaStConv`, `GPSConv`. Those refuse a static graph with an error
    that says so. None was found that takes one and is silently wrong; the shape of every output is checked.

    A convolution computes normalizations of the graph in every call, and a GPU may wait for it. `GCNConv` can be
    spared that: ``normalize=False``, and the edges and weights of `nn.functional.normalized_adjacency`. A norm inside
    treats all persons and frames as one batch, unrolled or not.

    Args:
        conv: Called as ``conv(x, edge_index)``, with ``edge_weight`` or ``edge_attr`` where there are weights. Where it
            takes a ``batch``, that tells it the copies of an unrolled graph apart.
        edge_index: The graph of one person. Without ``unroll`` also floats that ``conv`` reads as a dense graph, as
            `SpatialSelfAttention` does Å.
        edge_weight: Constant weights of the edges, or their attributes.
        unroll: Repeat the graph for every person and frame.

    Shapes:
        - **x** ``[P, T, V, C]``; **edge_index** ``[2, E]`` (source, target), or floats ``[*, V, V]``;
          **edge_weight** ``[E]`` or ``[E, D]``
        - **output** ``[P, T, V, C']``

    Raises:
        ValueError: ``conv`` can't be called so, caches, takes no weights where there are some, or must be unrolled;
            ``edge_index``, ``edge_weight`` and ``x`` do not fit each other.
        RuntimeError: ``conv`` can't read a static graph, or its output is not one row per joint.

    >>> import torch
    >>> from torch_geometric.nn import GATv2Conv, GCNConv
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import StaticGraph
    >>> x = torch.randn(2, 20, 25, 3)
    >>> StaticGraph(GCNConv(3, 16), NTU25.edge_index)(x).shape
    torch.Size([2, 20, 25, 16])
    >>> StaticGraph(GATv2Conv(3, 4, heads=4), NTU25.edge_index, unroll=True)(x).shape
    torch.Size([2, 20, 25, 16])

    Source: the static graphs of PyG's cheat sheet of graph convolutions.
    """

    edge_index: Tensor
    edge_weight: Tensor | None

    def __init__(
        self, conv: nn.Module, edge_index: Tensor, *, edge_weight: Tensor | None = None, unroll: bool = False
    ) -> None:
        super().__init__()
        taken = tuple(inspect.signature(conv.forward).parameters)
        _check_conv(conv, taken, unroll)
        _check_graph(edge_index, edge_weight, unroll)
        self.conv = conv
        self.unroll = unroll
        self.num_nodes = _num_nodes(edge_index)
        self.takes_batch = "batch" in taken
        self.weight_name: str = next((name for name in ("edge_weight", "edge_attr") if name in taken), "")
        if edge_weight is not None and not self.weight_name:
            raise ValueError(f"edge_weight: {_name(conv)} takes neither edge_weight nor edge_attr; leave it out")
        self.register_buffer("edge_index", edge_index, persistent=False)
        self.register_buffer("edge_weight", edge_weight, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """The convolution on ``x [P, T, V, C]``."""
        if x.dim() != 4 or x.size(2) < self.num_nodes:
            raise ValueError(
                f"x: expected [P, T, V, C] with at least the {self.num_nodes} joints that edge_index names, got "
                f"{list(x.shape)}; pass the edge_index that belongs to x"
            )
        out = self._unrolled(x) if self.unroll else self._static(x)
        if out.shape[:-1] != x.shape[:-1]:
            fix = "choose another conv" if self.unroll else "pass unroll=True"
            raise RuntimeError(
                f"conv: expected {_name(self.conv)} to give a row per joint, got {list(out.shape)} for x "
                f"{list(x.shape)}; {fix}"
            )
        return out

    def _static(self, x: Tensor) -> Tensor:
        try:
            return self._convolve(x, self.edge_index, self.edge_weight)
        except torch.OutOfMemoryError:
            raise
        except ERRORS as error:
            if not self._reads_a_frame(x):
                raise
            raise RuntimeError(
                f"conv: {_name(self.conv)} can't read a static graph, x {list(x.shape)}, though it reads a frame of it "
                f"({type(error).__name__}: {error}); pass unroll=True"
            ) from error

    def _unrolled(self, x: Tensor) -> Tensor:
        people, frames, joints, _ = x.shape
        copy = torch.arange(people * frames, device=x.device)
        edges = (self.edge_index[:, None] + joints * copy[:, None]).flatten(1)  # [2, P T E]
        weight = self.edge_weight
        if weight is not None:
            weight = weight.expand(people * frames, *weight.shape).flatten(0, 1)  # [P T E] or [P T E, D]
        batch = copy.repeat_interleave(joints) if self.takes_batch else None  # [P T V]
        out = self._convolve(x.flatten(0, 2), edges, weight, batch)
        return out.unflatten(0, (people, frames, joints)) if out.size(0) == people * frames * joints else out

    def _convolve(self, x: Tensor, edge_index: Tensor, weight: Tensor | None, batch: Tensor | None = None) -> Tensor:
        options: dict[str, Tensor] = {} if weight is None else {self.weight_name: weight}
        if batch is not None:
            options["batch"] = batch
        out = self.conv(x, edge_index, **options)
        if not isinstance(out, Tensor):
            raise RuntimeError(f"conv: expected {_name(self.conv)} to give a tensor, got {type(out).__name__}")
        return out

    @torch.no_grad()
    def _reads_a_frame(self, x: Tensor) -> bool:
        """Whether the convolution works on one person and frame."""
        try:
            self._convolve(x[0, 0], self.edge_index, self.edge_weight)
        except ERRORS:
            return False
        return True

    def extra_repr(self) -> str:
        """Whether the graph is repeated."""
        return f"unroll={self.unroll}"


def _name(conv: nn.Module) -> str:
    return type(conv).__name__


def _num_nodes(edge_index: Tensor) -> int:
    if edge_index.is_floating_point():
        return edge_index.size(-1)
    return int(edge_index.max()) + 1 if edge_index.numel() else 0


def _check_conv(conv: nn.Module, taken: tuple[str, ...], unroll: bool) -> None:
    """Raise ValueError if a convolution can't be called, caches, or would pass messages along the persons."""
    if taken[1:2] != ("edge_index",):
        raise ValueError(
            f"conv: expected a forward(x, edge_index, ...), got {_name(conv)}.forward({', '.join(taken)}); "
            "wrap it in a module whose forward is"
        )
    for part in conv.modules():
        if getattr(part, "cached", False):
            raise ValueError(
                f"conv: {_name(part)}(cached=True) keeps the result of its first batch; pass cached=False, or "
                "normalize once: normalize=False, and the edges and weights of nn.functional.normalized_adjacency"
            )
        if not unroll and isinstance(part, MessagePassing) and part.node_dim >= 0:
            raise ValueError(
                f"conv: {_name(part)} has its nodes along axis {part.node_dim}, so it can't read a static graph "
                "[*, V, C]; pass unroll=True"
            )


def _check_graph(edge_index: Tensor, edge_weight: Tensor | None, unroll: bool) -> None:
    """Raise ValueError if a graph is neither edges nor, if it is not unrolled, a dense one without weights."""
    shape, edges = tuple(edge_index.shape), edge_index.dtype == torch.long
    fits = len(shape) == 2 and shape[0] == 2 if edges else len(shape) >= 2 and shape[-1] == shape[-2]
    if not fits or not (edges or (edge_index.is_floating_point() and not unroll)):
        dense = "" if unroll else ", or floats [*, V, V] that conv reads as a dense graph"
        raise ValueError(
            f"edge_index: expected torch.int64 [2, E]{dense}, got {edge_index.dtype} {list(shape)}; "
            "Topology.edge_index is such"
        )
    if edges and edge_index.numel() and int(edge_index.min()) < 0:
        raise ValueError(f"edge_index: expected nodes from 0 up, got {int(edge_index.min())}; number the joints from 0")
    if edge_weight is not None and (not edges or edge_weight.dim() == 0 or edge_weight.size(0) != shape[1]):
        raise ValueError(
            f"edge_weight: expected one row per edge of edge_index {list(shape)}, got {list(edge_weight.shape)}; a "
            "dense graph holds its weights itself"
        )
