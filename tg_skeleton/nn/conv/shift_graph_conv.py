"""Shift-GCN's graph convolution without a graph."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import Linear, Parameter
from torch_geometric.nn import MessagePassing

from tg_skeleton.nn.functional import check_features
from tg_skeleton.nn.sets import Sets, find_sets


class ShiftGraphConv(MessagePassing):
    r"""A linear map between two shifts of the channels along the nodes of each set, which thereby all meet.

    .. math:: y_{i,d} = z_{(i - d) \bmod n,\, d}, \qquad z_k = (h_k \odot (1 + \tanh M_k))\, W + b, \qquad
        h_{k,c} = x_{(k + c) \bmod n,\, c}

    n is the number of nodes of a set. M, the mask, is learnable, starts at zero and is there only where ``num_nodes``
    says how many nodes a set has.

    Two ways to one result: equal sets are a view that is rearranged in one pass, and messages along every pair within
    the sets serve ragged ones, and as the reference.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output.
        num_nodes: V, the nodes of every set: there is a mask ``[V, in_channels]``; None: there is none.
        bias: The linear map has a bias.

    Shapes:
        - **x** ``[*, N, in_channels]``; **batch** ``[N]``: the set of each node (none: one set); **edge_index** and
          **edge_weight** are taken for the calling convention's sake and not read
        - **output** ``[*, N, out_channels]``

    Raises:
        ValueError: Channels, nodes and ``batch`` do not fit each other, or ``num_nodes`` is below 1.

    >>> import torch
    >>> from tg_skeleton.nn import ShiftGraphConv
    >>> ShiftGraphConv(16, 32, num_nodes=25)(torch.randn(8, 20, 25, 16)).shape
    torch.Size([8, 20, 25, 32])
    >>> ShiftGraphConv(16, 32)(torch.randn(5, 16), batch=torch.tensor([0, 0, 1, 1, 1])).shape
    torch.Size([5, 32])

    Source: Cheng et al. 2020 (Shift-GCN), section 3.2, Eq. 6, 7.
    """

    mask: Tensor | None

    def __init__(self, in_channels: int, out_channels: int, *, num_nodes: int | None = None, bias: bool = True) -> None:
        super().__init__(aggr="sum", node_dim=-2)
        if num_nodes is not None and num_nodes < 1:
            raise ValueError(f"num_nodes: expected at least 1, got {num_nodes}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_nodes = num_nodes
        self.lin = Linear(in_channels, out_channels, bias=bias)
        self.register_parameter("mask", None if num_nodes is None else Parameter(torch.empty(num_nodes, in_channels)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all weights anew; the mask becomes zero."""
        self.lin.reset_parameters()
        if self.mask is not None:
            torch.nn.init.zeros_(self.mask)

    def forward(
        self,
        x: Tensor,
        edge_index: Tensor | None = None,
        edge_weight: Tensor | None = None,
        batch: Tensor | None = None,
    ) -> Tensor:
        """The operator on ``x [*, N, in_channels]``; see the class."""
        check_features(x, self.in_channels)
        sets = find_sets(batch, x.size(-2), masked=True, size=self.num_nodes)
        if self.num_nodes is not None and self.num_nodes != sets.size:
            sizes = sets.size if sets.size is not None else "different numbers"
            raise ValueError(
                f"x: the mask is one for sets of {self.num_nodes} nodes, got sets of {sizes}; pass the batch that says "
                "which nodes are a set, or build the operator without num_nodes"
            )
        if sets.same is not None:
            return self._gathered(x, sets)
        return self._edgewise(x, sets) if sets.size is None else self._dense(x, sets)

    def _gathered(self, x: Tensor, sets: Sets) -> Tensor:
        """The sets as a mask, in a compiled graph: each channel from the node that many places ahead in its set."""
        place, size, nodes = sets.places()

        def shifted(values: Tensor, way: int) -> Tensor:
            ahead = way * torch.arange(values.size(-1), device=values.device)
            source = nodes.gather(1, (place[:, None] + ahead) % size[:, None])  # [N, C]
            return values.gather(-2, source.expand_as(values))

        return shifted(self.lin(shifted(x, 1)), -1)

    def _dense(self, x: Tensor, sets: Sets) -> Tensor:
        bodies = x.unflatten(-2, (sets.num_sets, -1))  # [*, S, n, C]
        out = shift_nodes(self.lin(self._masked(shift_nodes(bodies, 1))), -1)
        return out.flatten(-3, -2)

    def _edgewise(self, x: Tensor, sets: Sets) -> Tensor:
        pairs = sets.pairs(x)
        batch = sets.of_node(x)
        filled, place = sets.filled(x)
        assert filled.size is not None
        size = torch.bincount(batch, minlength=sets.num_sets)[batch[pairs[1]]]  # of each pair's set
        ahead = (place[pairs[0]] - place[pairs[1]]) % size  # places from the target to the source, in a circle
        shifted = self.propagate(pairs, values=x, here=_here(ahead, size, self.in_channels))
        masked = self._masked(shifted.unflatten(-2, (-1, self.num_nodes or 1))).flatten(-3, -2)
        return self.propagate(pairs, values=self.lin(masked), here=_here(-ahead % size, size, self.out_channels))

    def _masked(self, x: Tensor) -> Tensor:
        return x if self.mask is None else x * (1 + self.mask.tanh())

    def message(self, values_j: Tensor, here: Tensor) -> Tensor:
        """The channels of the source that the target takes from it: ``[*, E, C]``."""
        return values_j * here

    def __repr__(self) -> str:
        text = "" if self.num_nodes is None else f", num_nodes={self.num_nodes}"
        text += "" if self.lin.bias is not None else ", bias=False"
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}{text})"


def shift_nodes(x: Tensor, direction: int) -> Tensor:
    """Channel c of node i from node ``(i + direction c) mod n``: ``[*, n, C]`` to ``[*, n, C]``.

    >>> import torch
    >>> from tg_skeleton.nn.conv.shift_graph_conv import shift_nodes
    >>> shift_nodes(torch.tensor([[1, 2], [3, 4], [5, 6]]), 1).tolist()
    [[1, 4], [3, 6], [5, 2]]
    """
    nodes, channels = x.shape[-2:]
    flat = x.reshape(-1, nodes * channels)
    if torch.compiler.is_compiling():
        return flat.index_select(1, _places(nodes, channels, direction, x.device)).view_as(x)
    out: Tensor = _Permutation.apply(flat, nodes, direction)
    return out.view_as(x)


def _places(nodes: int, channels: int, direction: int, device: torch.device) -> Tensor:
    """Where the channels of every node are read, ``[n C]``."""
    channel = torch.arange(channels, device=device, dtype=torch.int32)
    node = torch.arange(nodes, device=device, dtype=torch.int32)[:, None]
    return ((node + direction * channel) % nodes * channels + channel).flatten()


class _Permutation(torch.autograd.Function):
    """A permutation of columns ``[L, n C]`` whose gradient is one too: each is read once, so nothing is added up."""

    @staticmethod
    def forward(x: Tensor, nodes: int, direction: int) -> Tensor:
        return x.index_select(1, _places(nodes, x.size(1) // nodes, direction, x.device))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, int, int], output: Tensor) -> None:
        ctx.nodes, ctx.direction = inputs[1:]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _Permutation.apply(gradient, ctx.nodes, -ctx.direction), None, None


def _here(ahead: Tensor, size: Tensor, channels: int) -> Tensor:
    """Mask of the channels that a target takes from a source, by the distance of the two: ``[E, C]``."""
    return torch.arange(channels, device=ahead.device) % size[:, None] == ahead[:, None]
