"""CTR-GCN's graph convolution with a graph for every channel."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import Linear, Parameter

from tg_skeleton.nn.conv.channel_graphs import channel_graphs
from tg_skeleton.nn.conv.subset_conv import SubsetConv
from tg_skeleton.nn.partition import Partition
from tg_skeleton.nn.sets import Sets


class ChannelTopologyConv(SubsetConv):
    r"""Graph convolution whose graph is shared by the channels, and refined for each of them from the clip.

    .. math:: y_{tic} = \sum_{k=1}^{K} \sum_j R_{kijc}\, (x_{tj} W_k + b_k)_c, \qquad
        R_{kij} = A_{kij} + \alpha\, M_k\left(\tanh(\bar x_i W_{Qk} - \bar x_j W_{Kk})\right), \qquad
        \bar x = \frac{1}{T} \sum_{t=1}^{T} x_t

    M is linear, from the few channels of the differences to those of the output. α starts at zero. A is learned from
    ``topology`` on, or given with every graph.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        topology: Where the learnable A starts; None: A is fixed, and every call needs its ``edge_index``.
        rel_channels: Channels of the differences. Default: ``in_channels / 8``, but at least 8.
        partition: The partition of edges into subsets; gives K where there is no ``topology``.
        root: The place in every set from which the spatial partition of edges counts; a dense stack needs none.
        bias: Whether linear maps have a bias.

    Shapes:
        - **topology** ``[K, V, V]`` floats (target, source), see `nn.partition.partition_adjacencies`
        - **x** ``[*, T, N, in_channels]``, or ``[N, in_channels]`` for one frame; **edge_index** None with a
          ``topology``, else ``[2, E]`` (source, target), or A of one set of n nodes, which all sets share, as
          ``[K, n, n]`` floats; **edge_weight** must be None; **batch** ``[N]``: the set of each node (None: one set)
        - **output** ``[*, T, N, out_channels]``

    Raises:
        ValueError: Channels, nodes, ``edge_index`` and ``batch`` do not fit each other, there are two graphs or none,
            an edge joins two sets, edges are weighted, the spatial partition of edges has no root, or a number is out
            of range.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import ChannelTopologyConv
    >>> from tg_skeleton.nn.partition import partition_adjacencies
    >>> conv = ChannelTopologyConv(16, 32, topology=partition_adjacencies(NTU25.edge_index, 25, root=20))
    >>> conv(torch.randn(8, 20, 25, 16)).shape  # 8 clips of 20 frames
    torch.Size([8, 20, 25, 32])
    >>> conv = ChannelTopologyConv(16, 32, partition="distance")
    >>> conv(torch.randn(4, 16), torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]]), batch=torch.tensor([0, 0, 1, 1])).shape
    torch.Size([4, 32])

    Source: Chen et al. 2021 (CTR-GCN), section 3.2, Fig. 3.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        topology: Tensor | None = None,
        rel_channels: int | None = None,
        partition: Partition = "spatial",
        root: int | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, num_nodes=None, partition=partition, root=root, topology=topology)
        self.rel_channels = _rel_channels(in_channels) if rel_channels is None else rel_channels
        if self.rel_channels < 1:
            raise ValueError(f"rel_channels: expected at least 1, got {rel_channels}")
        subsets = self.num_subsets
        self.lin_query = Linear(in_channels, subsets * self.rel_channels, bias=bias)
        self.lin_key = Linear(in_channels, subsets * self.rel_channels, bias=bias)
        self.lin_refine = Linear(self.rel_channels, subsets * out_channels, bias=bias)  # of each subset its rows
        self.lin_value = Linear(in_channels, subsets * out_channels, bias=bias)
        self.alpha = Parameter(torch.empty(1))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Reset all learnable parameters."""
        for projection in (self.lin_query, self.lin_key, self.lin_refine, self.lin_value):
            projection.reset_parameters()
        torch.nn.init.zeros_(self.alpha)
        self._restart_topology()

    def _stack(self, edge_index: Tensor | None, sets: Sets, x: Tensor) -> Tensor:
        """A."""
        if edge_index is None and self.topology is None:
            raise ValueError(
                "edge_index: expected one graph, got neither edge_index nor topology; build the operator with the "
                "topology that it learns, or without one and pass a graph with every call"
            )
        return self._adjacencies(edge_index, sets, x)

    def _dense(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        clips = x.reshape(-1, x.size(-3), sets.num_sets, x.size(-2) // sets.num_sets, x.size(-1))  # [L, T, S, n, C]
        out = channel_graphs(
            self._relations(clips, stack, sets),
            self._mixing(),
            clips.transpose(1, 2).flatten(0, 1),  # [L S, T, n, C]
            self.lin_value.weight,
            self.lin_value.bias,
        )
        return out.unflatten(0, clips.shape[:3:2]).transpose(1, 2)

    def _relations(self, clips: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        """What R mixes: the differences, A, and with a bias ones, ``[L S, K, C_r + 1 or 2, n, n]``, source first."""
        query, key = (part.permute(0, 1, 3, 4, 2) for part in self._embed(clips.mean(dim=1)))  # [L, S, K, C_r, n]
        differences = (query.unsqueeze(-2) - key.unsqueeze(-1)).tanh()
        shared = stack.mT.unsqueeze(2).expand(*differences.shape[:3], -1, -1, -1)
        parts = (
            [differences, shared] if self.lin_refine.bias is None else [differences, shared, torch.ones_like(shared)]
        )
        relations = torch.cat(parts, dim=3).flatten(0, 1)
        return relations if sets.same is None else relations * sets.same

    def _mixing(self) -> Tensor:
        """How R of each channel mixes them, ``[K, C', C_r + 1 or 2]``."""
        refine = (self.alpha * self.lin_refine.weight).unflatten(0, (self.num_subsets, -1))
        parts = [refine, torch.ones_like(refine[..., :1])]
        if self.lin_refine.bias is not None:
            parts.append((self.alpha * self.lin_refine.bias).view(*refine.shape[:2], 1))
        return torch.cat(parts, dim=-1)

    def _edgewise(self, x: Tensor, stack: Tensor, sets: Sets) -> Tensor:
        pairs, shared = self._pairs(stack, sets, x)
        query, key = self._embed(x.mean(dim=-3, keepdim=True))  # [*, 1, N, K, C_r]
        maps = self.edge_updater(pairs, query=query, key=key, shared=shared)
        return self.propagate(pairs, value=self._value(x), weight=maps).sum(dim=-2)

    def _embed(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The two embeddings of each subset, whose differences refine its graph: ``[*, C]`` to ``[*, K, C_r]`` each."""
        return (
            self.lin_query(x).unflatten(-1, (self.num_subsets, -1)),
            self.lin_key(x).unflatten(-1, (self.num_subsets, -1)),
        )

    def _value(self, x: Tensor) -> Tensor:
        """``[*, C]`` to ``[*, K, C']``."""
        return self.lin_value(x).unflatten(-1, (self.num_subsets, -1))

    def _refine(self, query: Tensor, key: Tensor, shared: Tensor) -> Tensor:
        """R of pairs of embeddings ``[*, K, C_r]`` whose A is ``shared [*, K]``: ``[*, K, C']``."""
        weight = self.lin_refine.weight.unflatten(0, (self.num_subsets, -1))  # [K, C', C_r]
        refined = torch.einsum("...kr,kcr->...kc", (query - key).tanh(), weight)
        if self.lin_refine.bias is not None:
            refined = refined + self.lin_refine.bias.view(self.num_subsets, -1)
        return self.alpha * refined + shared.unsqueeze(-1)

    def edge_update(self, query_i: Tensor, key_j: Tensor, shared: Tensor) -> Tensor:
        """R of every pair, ``[*, 1, E, K, C']``."""
        return self._refine(query_i, key_j, shared)

    def message(self, value_j: Tensor, weight: Tensor) -> Tensor:
        """The value of the source, weighted channel by channel."""
        return value_j * weight

    def __repr__(self) -> str:
        text = "" if self.topology is None else f", topology={list(self.topology.shape)}"
        text += "" if self.rel_channels == _rel_channels(self.in_channels) else f", rel_channels={self.rel_channels}"
        text += self._switches() + ("" if self.lin_value.bias is not None else ", bias=False")
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}{text})"


def _rel_channels(in_channels: int) -> int:
    return max(in_channels // 8, 8)
