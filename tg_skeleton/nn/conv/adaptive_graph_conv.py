"""The adaptive graph convolution of 2s-AGCN and AAGCN."""

from __future__ import annotations

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import BatchNorm2d, Linear, Parameter
from torch_geometric.utils import softmax

from tg_skeleton.nn.conv.subset_conv import SubsetConv
from tg_skeleton.nn.fuse import scale_and_shift
from tg_skeleton.nn.partition import Partition
from tg_skeleton.nn.sets import Sets

Normalize = Literal["softmax", "tanh"]
"""How dot products become the individual graph."""

_SMALL = 1e-6
"""The learnable graph starts at this."""


class AdaptiveGraphConv(SubsetConv):
    r"""Graph convolution over the skeleton, a graph learned for all clips, and one inferred from each clip.

    .. math:: y = \sum_{k=1}^{K} (A_k + B_k + C_k)\, x W_k + b_k, \qquad
        C_k = \mathrm{softmax}\left(\frac{1}{T C_e} \sum_{t=1}^{T} (x_t W_{Qk}) (x_t W_{Kk})^\top\right)

    A, the subsets of the neighborhood, is given; B, the global graph, is learned, starts near zero and is there only
    where ``num_nodes`` says how many nodes a set has; C, the individual graph, is one map a clip, whose dot products
    run over all frames.

    AAGCN learns A itself (``topology``), has no B, and weighs C by a learnable scalar that starts at zero
    (``normalize="tanh"``):

    .. math:: C_k = \alpha \tanh\left(\frac{1}{T C_e} \sum_{t=1}^{T} (x_t W_{Qk}) (x_t W_{Kk})^\top\right)

    Differs from the paper: dot products are divided by their length, T times C_e, as the authors' training does.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        attn_channels: C_e, channels of the two embeddings of each subset. Default: ``out_channels / 4``.
        num_nodes: V, the nodes of every set: there is a B ``[K, V, V]``; None: there is none.
        topology: The initial value ``[K, V, V]`` (target, source) of a learnable A; None: A is given with every call.
        normalize: ``"softmax"`` over the sources of each target, or α times ``"tanh"``.
        partition: The partition of edges into subsets; gives K.
        root: The place in every set from which the spatial partition of edges counts; a dense stack needs none.
        bias: Whether projections have a bias.

    Shapes:
        - **x** ``[*, T, N, in_channels]``, or ``[N, in_channels]`` for one frame; **edge_index** ``[2, E]`` (source,
          target), or A of one set of n nodes, which all sets share, as ``[K, n, n]`` floats (target, source), see
          `nn.partition.partition_adjacencies`; None: no A, or that of ``topology``; **edge_weight** must be None;
          **batch** ``[N]``: the set of each node (None: one set)
        - **output** ``[*, T, N, out_channels]``

    Raises:
        ValueError: Channels, nodes, ``edge_index`` and ``batch`` do not fit each other, an edge joins two sets, edges
            are weighted, the spatial partition of edges has no root, there are two graphs, ``normalize`` is unknown,
            or a number is out of range.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import AdaptiveGraphConv
    >>> conv = AdaptiveGraphConv(16, 32, num_nodes=25, root=20)
    >>> conv(torch.randn(8, 20, 25, 16), NTU25.edge_index).shape  # 8 clips of 20 frames
    torch.Size([8, 20, 25, 32])
    >>> conv = AdaptiveGraphConv(16, 32, partition="distance")
    >>> conv(torch.randn(4, 16), torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), batch=torch.tensor([0, 0, 1, 1])).shape
    torch.Size([4, 32])

    Source: Shi et al. 2019 (2s-AGCN), Eq. 3-5; Shi et al. 2020 (MS-AAGCN), section 3.
    """

    global_graph: Tensor | None
    alpha: Tensor | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        attn_channels: int | None = None,
        num_nodes: int | None = None,
        topology: Tensor | None = None,
        normalize: Normalize = "softmax",
        partition: Partition = "spatial",
        root: int | None = None,
        bias: bool = True,
    ) -> None:
        if normalize not in get_args(Normalize):
            raise ValueError(f"normalize: expected one of {get_args(Normalize)}, got {normalize!r}")
        if num_nodes is not None and topology is not None:
            raise ValueError(
                f"num_nodes: got {num_nodes} and a topology, two learnable graphs that would be summed; pass one"
            )
        super().__init__(
            in_channels, out_channels, num_nodes=num_nodes, partition=partition, root=root, topology=topology
        )
        self.normalize = normalize
        self.attn_channels = max(out_channels // 4, 1) if attn_channels is None else attn_channels
        if self.attn_channels < 1:
            raise ValueError(f"attn_channels: expected at least 1, got {attn_channels}")
        subsets = self.num_subsets
        self.lin_query = Linear(in_channels, subsets * self.attn_channels, bias=bias)
        self.lin_key = Linear(in_channels, subsets * self.attn_channels, bias=bias)
        self.lin_value = Linear(in_channels, subsets * out_channels, bias=bias)
        self.register_parameter("alpha", Parameter(torch.empty(1)) if normalize == "tanh" else None)
        shape = None if num_nodes is None else (subsets, num_nodes, num_nodes)
        self.register_parameter("global_graph", None if shape is None else Parameter(torch.empty(shape)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reset all learnable parameters."""
        for projection in (self.lin_query, self.lin_key, self.lin_value):
            projection.reset_parameters()
        self._restart_topology()
        if self.global_graph is not None:
            torch.nn.init.constant_(self.global_graph, _SMALL)
        if self.alpha is not None:
            torch.nn.init.zeros_(self.alpha)

    def _stack(self, edge_index: Tensor | None, sets: Sets, x: Tensor) -> Tensor:
        """A + B."""
        given = self._adjacencies(edge_index, sets, x)
        return given if self.global_graph is None else given + self.global_graph

    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        clips = x.reshape(-1, x.size(-3), sets.num_sets, x.size(-2) // sets.num_sets, x.size(-1))  # [L, T, S, n, C]
        query, key = self._embed(clips)  # [L, T, S, n, K, C_e]
        logits = torch.einsum("ltsikc,ltsjkc->lskij", query, key) * self._scale(x.size(-3))
        if sets.same is not None:
            logits = logits.masked_fill(~sets.same, -torch.inf if self.alpha is None else 0.0)  # tanh(0) = 0
        maps = (logits.softmax(dim=-1) if self.alpha is None else self.alpha * logits.tanh()) + stack  # [L, S, K, n, n]
        return self._out(self._mix(maps, clips))

    def _mix(self, maps: Tensor, clips: Tensor) -> Tensor:
        """Maps ``[L, S, K, n, n]`` times ``clips [L, T, S, n, C]``: ``[L, T, S, n, K, C]``.

        One product a frame leaves the result as it is read next, at the cost of a copy of the maps for each; where
        these are wider than the frame, the result is copied.
        """
        subsets, nodes = maps.shape[2:4]
        if self.in_channels < nodes:
            return torch.einsum("lskij,ltsjc->ltsikc", maps, clips)
        rows = maps.transpose(2, 3).flatten(2, 3).unsqueeze(1)  # [L, 1, S, n K, n]
        return (rows @ clips).unflatten(-2, (nodes, subsets))

    @torch.no_grad()
    def fold_(self, norm: BatchNorm2d) -> None:
        """Make a norm in evaluation mode behind the operator part of its linear maps."""
        scale, shift = scale_and_shift(norm)
        lin = self.lin_value
        lin.weight.unflatten(0, (self.num_subsets, -1)).mul_(scale[:, None])
        bias = lin.weight.new_zeros(lin.weight.size(0)) if lin.bias is None else lin.bias.clone()
        bias = bias.unflatten(0, (self.num_subsets, -1)) * scale
        bias[0] += shift
        lin.bias = Parameter(bias.flatten(), requires_grad=False)

    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        pairs, weight = self._pairs(stack, sets, x)
        query, key = self._embed(x)
        maps = self.edge_updater(pairs, query=query, key=key) + weight  # [*, E, K]
        return self._out(self.propagate(pairs, x=x.unsqueeze(-2), weight=maps.unsqueeze(-3)))

    def _embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Queries and keys of each subset: ``[*, C]`` to ``[*, K, C_e]`` each."""
        return (
            self.lin_query(x).unflatten(-1, (self.num_subsets, -1)),
            self.lin_key(x).unflatten(-1, (self.num_subsets, -1)),
        )

    def _scale(self, frames: int) -> float:
        return 1.0 / (frames * self.attn_channels)

    def _out(self, mixed: Tensor) -> Tensor:
        """The sum of the subsets ``[*, K, C]``, each mapped by its W: ``[*, C']``."""
        weight = self.lin_value.weight.unflatten(0, (self.num_subsets, -1))  # [K, C', C]
        bias = self.lin_value.bias
        return F.linear(
            mixed.flatten(-2),
            weight.transpose(0, 1).flatten(1),
            None if bias is None else bias.unflatten(0, (self.num_subsets, -1)).sum(0),
        )

    def edge_update(self, query_i: Tensor, key_j: Tensor, index: Tensor, size_i: int) -> Tensor:
        """The inferred weight of every pair, ``[*, E, K]``."""
        logits = torch.einsum("...tekc,...tekc->...ek", query_i, key_j) * self._scale(query_i.size(-4))
        return softmax(logits, index, num_nodes=size_i, dim=-2) if self.alpha is None else self.alpha * logits.tanh()

    def message(self, x_j: Tensor, weight: Tensor) -> Tensor:
        """The source, weighted for every subset: ``[*, T, E, 1, C]`` to ``[*, T, E, K, C]``."""
        return x_j * weight.unsqueeze(-1)

    def __repr__(self) -> str:
        text = "" if self.attn_channels == max(self.out_channels // 4, 1) else f", attn_channels={self.attn_channels}"
        text += "" if self.global_graph is None else f", num_nodes={self.num_nodes}"
        text += "" if self.topology is None else f", topology={list(self.topology.shape)}"
        text += "" if self.normalize == "softmax" else f", normalize={self.normalize!r}"
        text += self._switches() + ("" if self.lin_value.bias is not None else ", bias=False")
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}{text})"
