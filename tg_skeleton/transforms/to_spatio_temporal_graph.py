"""Unrolls a recording to an ordinary PyG graph, one node per joint and frame."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Data
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform
from torch_geometric.utils import sort_edge_index

from tg_skeleton.data import NODE_INDICES, SkeletonSequence
from tg_skeleton.transforms._graphs import graph_index, graph_ptr, time_major


class SpatioTemporalGraph(Data):
    """A PyG graph with a node per joint and frame; ``person`` counts up when such graphs are batched."""

    def __inc__(self, key: str, value: Any, *args: Any, **kwargs: Any) -> Any:
        return int(value.max()) + 1 if key == "person" else super().__inc__(key, value, *args, **kwargs)


@functional_transform("to_spatio_temporal_graph")
class ToSpatioTemporalGraph(BaseTransform):
    r"""Unrolls a sequence in time, with the edges that windows of ``window`` frames hold.

    .. math:: A_\tau = \begin{bmatrix} A + I & \cdots & A + I \\ \vdots & \ddots & \vdots \\ A + I & \cdots & A + I
        \end{bmatrix} \in \{0, 1\}^{\tau V \times \tau V}

    All frames of a window of :math:`\tau` are linked by the bones of one frame (A) and each joint to itself (I).
    Windows start at every frame, so (t, i) and (t', j) are linked, in both directions, if :math:`|t - t'| < \tau` and
    i = j or a bone links i and j. A node is not linked to itself. :math:`\tau = 1` leaves the bones of each frame.

    Node (t, i) of a sequence with N nodes becomes node t N + i; in a batch, the sequences' graphs follow one another.
    Edges are sorted by source, then by target.

    ==============  ======================  ===========================================================================
    attribute       shape                   meaning
    ==============  ======================  ===========================================================================
    ``x``           ``[T N, C]``            ``x`` of the sequence, or ``pos`` if it has none
    ``pos``         ``[T N, D]``            coordinates; ``score`` ``[T N]`` likewise
    ``edge_index``  ``[2, E]``              (source, target)
    ``edge_type``   ``[E]``                 0 a bone of one frame, 1 one joint in two frames, 2 a bone across two frames
    ``frame``       ``[T N]``               t
    ``joint``       ``[T N]``               joint type
    ``person``      ``[T N]``               skeleton; counts up in a batch
    ``batch``       ``[T N]``               sequence; ``ptr`` ``[B + 1]`` likewise (of a batch only)
    ==============  ======================  ===========================================================================

    ``y``, ``name`` and the other attributes stay.

    Args:
        window: :math:`\tau`; T or more links all frames.

    Units:
        Frames.

    Raises:
        ValueError: ``window`` is less than 1, or the sequence has neither ``x`` nor ``pos``.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import ToSpatioTemporalGraph
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> graph = ToSpatioTemporalGraph(window=2)(SkeletonSequence.from_array(torch.ones(2, 2, 3), stick))
    >>> graph.x.shape, graph.edge_index.tolist()
    (torch.Size([4, 3]), [[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], [1, 2, 3, 0, 2, 3, 0, 1, 3, 0, 1, 2]])
    >>> graph.edge_type.tolist()
    [0, 1, 2, 0, 2, 1, 1, 2, 0, 2, 1, 0]

    Source: Eq. 13 of the AMANet paper (2023), after MS-G3D. Assumption: A of Eq. 13 has self-loops, as Å of Eq. 14
    and MS-G3D have.
    """

    def __init__(self, window: int) -> None:
        if window < 1:
            raise ValueError(f"window: expected 1 frame or more, got {window}")
        self.window = window

    def forward(self, data: SkeletonSequence) -> SpatioTemporalGraph:
        values = time_major(data)
        x = values.get("x", values.get("pos"))
        if x is None:
            raise ValueError(
                "data: expected x or pos to unroll, got neither; build it with SkeletonSequence.from_array"
            )
        frames, graph = data.num_frames, graph_index(data)
        order = torch.argsort(graph.repeat(frames), stable=True)  # graph, then frame, then node
        out = SpatioTemporalGraph(x=x.flatten(0, 1)[order])
        for key, value in data.to_dict().items():
            if key in values and key != "x":
                out[key] = value.flatten(0, 1)[order]
            elif key not in (*values, *NODE_INDICES, "edge_index", "batch", "ptr", "num_nodes"):
                out[key] = value
        out.edge_index, out.edge_type = self.edges(data)
        out.frame = torch.arange(frames, device=graph.device).repeat_interleave(graph.numel())[order]
        out.joint, out.person = data.joint.repeat(frames)[order], data.person.repeat(frames)[order]
        if data.batch is not None:
            out.batch, out.ptr = graph.repeat(frames)[order], graph_ptr(data) * frames
        return out

    def edges(self, data: SkeletonSequence) -> tuple[Tensor, Tensor]:
        """``edge_index`` ``[2, E]`` and ``edge_type`` ``[E]`` of the unrolled graph."""
        frames, graph, ptr = data.num_frames, graph_index(data), graph_ptr(data)
        first, size = ptr[graph], ptr.diff()[graph]
        node = torch.arange(graph.numel(), device=graph.device)
        at_start = node + first * (frames - 1)  # the new number of the node's first frame

        frame = torch.arange(frames, device=graph.device)
        t, u = ((frame[:, None] - frame).abs() < self.window).nonzero().t()[:, :, None]  # [K, 1] each
        i, j = torch.cat([data.edge_index, node.expand(2, -1)], dim=1)
        pairs = torch.stack([at_start[i] + t * size[i], at_start[j] + u * size[j]]).flatten(1)
        kind = torch.where(t == u, 0, torch.where(i == j, 1, 2)).flatten()
        linked = pairs[0] != pairs[1]
        return sort_edge_index(pairs[:, linked], kind[linked], num_nodes=frames * graph.numel())

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.window})"
