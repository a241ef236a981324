"""DGNN's directed graph convolution, of nodes and of edges."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Linear
from torch_geometric.nn import MessagePassing

from tg_skeleton.nn.conv.multi_scale import apply_maps
from tg_skeleton.nn.functional import check_edges, check_features


class DirectedGraphConv(MessagePassing):
    r"""Graph convolution that updates nodes by their edges and edges by their nodes, telling either end apart.

    .. math:: x'_i = \left[x_i,\; \sum\nolimits_{e:\,s(e) = i} a_e,\; \sum\nolimits_{e:\,t(e) = i} a_e\right] W_x + b_x,
        \qquad a'_e = \left[a_e,\; x_{s(e)},\; x_{t(e)}\right] W_a + b_a

    s(e) is the source of edge e, t(e) its target. A dense graph is a pair of incidence matrices, ``B[0, i, e] = 1``
    where i is the source of e and ``B[1, i, e] = 1`` where it is the target; they may hold other numbers, and be
    learned. The sums over edges are then ``B[k] a``, and an edge's ends ``B[k]ᵀ x``. A column of zeros is an edge
    without ends, which an edge list can't express.

    Two paths, one result: products with incidence matrices, and messages along the edges, which serve any graph, and
    as the reference.

    Args:
        in_channels: Channels of ``x`` and of ``edge_attr``.
        out_channels: Channels of both outputs.
        bias: Both linear maps have a bias.

    Shapes:
        - **x** ``[*, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), or incidence matrices of floats
          ``[2, N, E]``; **edge_attr** ``[*, E, in_channels]``
        - **output** ``[*, N, out_channels]`` and ``[*, E, out_channels]``

    Raises:
        ValueError: Channels, nodes and edges do not fit each other.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import DirectedGraphConv
    >>> child, parent = torch.tensor(NTU25.bones).T
    >>> joints, bones = torch.randn(20, 25, 3), torch.randn(20, 24, 3)
    >>> out = DirectedGraphConv(3, 64)(joints, torch.stack([parent, child]), bones)
    >>> [part.shape for part in out]
    [torch.Size([20, 25, 64]), torch.Size([20, 24, 64])]

    Source: Shi et al. 2019 (DGNN), section 3.2.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__(aggr="sum", node_dim=-2)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.lin_node = Linear(3 * in_channels, out_channels, bias=bias)
        self.lin_edge = Linear(3 * in_channels, out_channels, bias=bias)

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        self.lin_node.reset_parameters()
        self.lin_edge.reset_parameters()

    def forward(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor) -> tuple[Tensor, Tensor]:
        """The operator on ``x [*, N, in_channels]`` and ``edge_attr [*, E, in_channels]``; see the class."""
        check_features(x, self.in_channels)
        nodes, edges = x.size(-2), edge_index.size(-1)
        expected = (*x.shape[:-2], edges, self.in_channels)
        if tuple(edge_attr.shape) != expected:
            raise ValueError(
                f"edge_attr: expected {list(expected)} for x {list(x.shape)} and {edges} edges, got "
                f"{list(edge_attr.shape)}; pass one row per edge of edge_index, with as many channels as x"
            )
        if not edge_index.is_floating_point():
            return self._edgewise(x, edge_index, edge_attr)
        if tuple(edge_index.shape) != (2, nodes, edges):
            raise ValueError(
                f"edge_index: dense incidence matrices must be [2, N = {nodes}, E], sources and targets, got "
                f"{list(edge_index.shape)}"
            )
        return self._dense(x, edge_index, edge_attr)

    def _dense(self, x: Tensor, incidence: Tensor, edge_attr: Tensor) -> tuple[Tensor, Tensor]:
        """With incidence matrices ``[2, N, E]``."""
        return (
            _combine(x, edge_attr, incidence.transpose(0, 1), self.lin_node),
            _combine(edge_attr, x, incidence.permute(2, 0, 1), self.lin_edge),
        )

    def _edgewise(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor) -> tuple[Tensor, Tensor]:
        """With messages along the edges."""
        nodes = x.size(-2)
        check_edges(edge_index, nodes)
        source, target = edge_index
        leaving = self.propagate(edge_index.flip(0), edge_attr=edge_attr, size=(nodes, nodes))
        arriving = self.propagate(edge_index, edge_attr=edge_attr, size=(nodes, nodes))
        ends = x.index_select(-2, source), x.index_select(-2, target)
        return (
            self.lin_node(torch.cat([x, leaving, arriving], dim=-1)),
            self.lin_edge(torch.cat([edge_attr, *ends], dim=-1)),
        )

    def message(self, edge_attr: Tensor) -> Tensor:
        """What an edge tells its ends: itself."""
        return edge_attr

    def __repr__(self) -> str:
        bias = "" if self.lin_node.bias is not None else ", bias=False"
        return f"{type(self).__name__}({self.in_channels}, {self.out_channels}{bias})"


def _combine(own: Tensor, others: Tensor, maps: Tensor, lin: Linear) -> Tensor:
    """``lin`` of own features ``[*, n, C]`` and two sums of others' ``[*, m, C]`` by ``maps [n, 2, m]``.

    The three are not concatenated: each has its rows of the linear map.
    """
    channels = own.size(-1)
    tokens = others.reshape(-1, 1, 1, *others.shape[-2:])  # [L, 1, 1, m, C]
    sums = apply_maps(maps.flatten(0, 1).unsqueeze(0), tokens)  # [L, 1, 1, 2 n, C]
    out = F.linear(own.reshape(-1, channels), lin.weight[:, :channels], lin.bias)  # [L n, C']
    out = torch.addmm(out, sums.reshape(-1, 2 * channels), lin.weight[:, channels:].t())
    return out.view(*own.shape[:-1], -1)
