"""Hyper-GCN's graph convolution, whose hypergraph is inferred from the clip."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import Linear, Parameter
from torch_geometric.nn import MessagePassing

from tg_skeleton.nn.functional import check_edges, check_features


class HyperGraphConv(MessagePassing):
    r"""Graph convolution in heads over the given graph and a hypergraph of nodes that are alike in the clip.

    .. math:: y_{ti} = \mathrm{Concat}_h \sum_j \left(\bar A_{hij} + \mathrm{ReLU}(\alpha)\, G_{hij}\right)
        (x_{tj} W_h + b_h), \qquad G = D_v^{-1} H\, \mathrm{diag}(w)\, D_e^{-1} H^\top

    Besides the V nodes of x there are a few *hyper nodes*: learned features, the same in every frame, which are linked
    to all nodes and are not part of the output. With them in x:

    - Ā is A + I times a learned mask that starts at one, each row divided by the sum of its absolute values.
    - Node e is the center of hyperedge e, whose members are the K nodes nearest to it, itself included:
      :math:`H_{ie} = \mathrm{softmax}_i(-\|\bar x_i \Phi_h - \bar x_e \Phi_h\|)` over them, x̄ being the mean over
      frames. D_e is I then, and D_v the sum of each row of H.
    - :math:`w = \tanh(\tanh(\bar x \Psi) W_w + b_w)` weighs the hyperedges of each head.

    Φ, Ψ and W are linear maps, with biases, of each head's channels by themselves. α starts at one.

    Assumption: D_v does not count w, whose sign is free; the hidden layer of w has a tanh; softmax runs over a
    hyperedge's members.

    Two paths, one result: products with the maps, and messages along all pairs, as the reference.

    Args:
        in_channels: Channels of ``x``, a multiple of the heads.
        out_channels: Channels of the output, a multiple of the heads.
        num_nodes: V.
        heads: Number of heads.
        num_hyper_nodes: Number of hyper nodes.
        num_members: K; all nodes where there are fewer.
        reduction: Φ and Ψ have this many times fewer channels than ``x``, at least one in each head.

    Shapes:
        - **x** ``[*, T, V, in_channels]``, or ``[V, in_channels]`` for one frame; **edge_index** ``[2, E]`` (source,
          target), or A as floats ``[V, V]`` (target, source)
        - **output** ``[*, T, V, out_channels]``

    Raises:
        ValueError: Channels can't be divided among the heads, a number is out of range, or ``x`` or ``edge_index`` does
            not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import HyperGraphConv
    >>> HyperGraphConv(16, 32, num_nodes=25)(torch.randn(8, 20, 25, 16), NTU25.edge_index).shape
    torch.Size([8, 20, 25, 32])

    Source: Zhou et al. 2024 (Hyper-GCN), section 3.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        num_nodes: int,
        heads: int = 8,
        num_hyper_nodes: int = 3,
        num_members: int = 9,
        reduction: int = 4,
    ) -> None:
        super().__init__(aggr="sum", node_dim=-3)
        for name, value in (
            ("num_nodes", num_nodes),
            ("heads", heads),
            ("num_members", num_members),
            ("reduction", reduction),
        ):
            if value < 1:
                raise ValueError(f"{name}: expected at least 1, got {value}")
        if num_hyper_nodes < 0:
            raise ValueError(f"num_hyper_nodes: expected at least 0, got {num_hyper_nodes}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.num_nodes = num_nodes
        self.heads = heads
        self.num_members = num_members
        hidden = heads * max(in_channels // heads // reduction, 1)
        total = num_nodes + num_hyper_nodes
        self.lin_distance = HeadLinear(in_channels, hidden, heads)
        self.lin_hidden = HeadLinear(in_channels, hidden, heads)
        self.lin_weight = Linear(hidden, heads)
        self.lin_value = HeadLinear(in_channels, out_channels, heads)
        self.hyper_nodes = Parameter(torch.empty(num_hyper_nodes, in_channels))
        self.mask = Parameter(torch.empty(heads, total, total))
        self.alpha = Parameter(torch.empty(1))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws all weights anew."""
        for lin in (self.lin_distance, self.lin_hidden, self.lin_weight, self.lin_value):
            lin.reset_parameters()
        torch.nn.init.normal_(self.hyper_nodes)
        torch.nn.init.ones_(self.mask)
        torch.nn.init.ones_(self.alpha)

    def forward(self, x: Tensor, edge_index: Tensor) -> Tensor:
        """The operator on ``x [*, T, V, in_channels]``; see the class."""
        check_features(x, self.in_channels)
        if x.size(-2) != self.num_nodes:
            raise ValueError(
                f"x: the learned mask is one for {self.num_nodes} nodes, got {x.size(-2)}; build the operator for the "
                "nodes of x"
            )
        clips = x if x.dim() > 2 else x.unsqueeze(0)  # [*, T, V, C]
        maps = self._maps(clips.mean(dim=-3), self._adjacency(edge_index, x))
        return self._dense(clips, maps).reshape(*x.shape[:-1], self.out_channels)

    def _adjacency(self, edge_index: Tensor, x: Tensor) -> Tensor:
        """A of the nodes and hyper nodes with self-loops, ``[n, n]`` (target, source)."""
        nodes, total = self.num_nodes, self.mask.size(-1)
        if edge_index.is_floating_point():
            if tuple(edge_index.shape) != (nodes, nodes):
                raise ValueError(
                    f"edge_index: a dense adjacency must be [{nodes}, {nodes}] for {nodes} nodes, got "
                    f"{list(edge_index.shape)}"
                )
            given = edge_index
        else:
            check_edges(edge_index, nodes)
            source, target = edge_index
            given = x.new_zeros(nodes, nodes).index_put((target, source), x.new_ones(()))
        linked = torch.nn.functional.pad(given, (0, total - nodes, 0, total - nodes), value=1.0)
        own = torch.eye(total, dtype=torch.bool, device=x.device)
        apart = torch.arange(total, device=x.device) >= nodes  # hyper nodes are not linked with each other
        return linked.masked_fill(apart & apart[:, None], 0.0).masked_fill(own, 1.0)

    def _maps(self, mean: Tensor, adjacency: Tensor) -> Tensor:
        """Ā + ReLU(α) G of the clips' means ``[*, V, C]``: ``[*, H, n, n]`` (target, source)."""
        masked = adjacency * self.mask
        fixed = masked / masked.abs().sum(-1, keepdim=True).clamp(min=torch.finfo(masked.dtype).eps)
        nodes = torch.cat([mean, self.hyper_nodes.expand(*mean.shape[:-2], -1, -1)], dim=-2)  # [*, n, C]
        return fixed + self.alpha.relu() * self._hypergraph(nodes)

    def _hypergraph(self, nodes: Tensor) -> Tensor:
        """G of ``nodes [*, n, C]``: ``[*, H, n, n]``."""
        embedded = self.lin_distance(nodes).unflatten(-1, (self.heads, -1)).transpose(-2, -3)  # [*, H, n, d]
        # Not torch.cdist, which ONNX has no function for; the root's gradient at 0, its own node, is 0.
        squared = (embedded.unsqueeze(-2) - embedded.unsqueeze(-3)).square().sum(-1)  # [*, H, e, n]
        distance = torch.where(squared > 0, squared, 1.0).sqrt() * (squared > 0)
        nearest, member = distance.topk(min(self.num_members, distance.size(-1)), largest=False)  # [*, H, e, K]
        belongs = (-nearest).softmax(dim=-1)
        incidence = torch.zeros_like(distance).scatter(-1, member, belongs.to(distance.dtype))  # [*, H, e, i]: Hᵀ
        weight = self.lin_weight(self.lin_hidden(nodes).tanh()).tanh().transpose(-1, -2)  # [*, H, e]
        mixed = (incidence * weight.unsqueeze(-1)).transpose(-1, -2) @ incidence
        degree = incidence.sum(dim=-2)  # 0 for a node in no hyper-edge, where many nodes are equal
        return mixed / degree.clamp(min=torch.finfo(degree.dtype).tiny).unsqueeze(-1)

    def _dense(self, x: Tensor, maps: Tensor) -> Tensor:
        """Only the rows of the nodes; what they hear from hyper nodes is one sum for all frames."""
        nodes = self.num_nodes
        values = self.lin_value(x).unflatten(-1, (self.heads, -1))  # [*, T, V, H, c]
        rows = maps[..., :nodes, :]
        received = torch.einsum("...hij,...tjhc->...tihc", rows[..., :nodes], values)
        if maps.size(-1) == nodes:
            return received.flatten(-2)
        hyper = self.lin_value(self.hyper_nodes).unflatten(-1, (self.heads, -1))  # [n - V, H, c]
        always = torch.einsum("...hij,jhc->...ihc", rows[..., nodes:], hyper)
        return (received + always.unsqueeze(-4)).flatten(-2)

    def _edgewise(self, x: Tensor, maps: Tensor) -> Tensor:
        """Messages along all pairs of nodes and hyper nodes, in every frame."""
        total = maps.size(-1)
        tokens = torch.cat([x, self.hyper_nodes.expand(*x.shape[:-2], -1, -1)], dim=-2)  # [*, T, n, C]
        place = torch.arange(total, device=x.device)
        pairs = torch.stack([place.repeat(total), place.repeat_interleave(total)])  # (source, target)
        weight = maps.flatten(-2).transpose(-1, -2).unsqueeze(-3)  # [*, 1, n n, H]
        values = self.lin_value(tokens).unflatten(-1, (self.heads, -1))
        return self.propagate(pairs, values=values, weight=weight)[..., : self.num_nodes, :, :].flatten(-2)

    def message(self, values_j: Tensor, weight: Tensor) -> Tensor:
        """The values of the source, weighted by every head."""
        return values_j * weight.unsqueeze(-1)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.in_channels}, {self.out_channels}, num_nodes={self.num_nodes}, "
            f"heads={self.heads}, num_hyper_nodes={self.hyper_nodes.size(0)}, num_members={self.num_members})"
        )


class HeadLinear(torch.nn.Module):
    """A linear map of each head's channels by themselves: a 1×1 convolution in groups, of the last axis.

    >>> import torch
    >>> from tg_skeleton.nn.conv.hyper_graph_conv import HeadLinear
    >>> HeadLinear(16, 32, heads=8)(torch.randn(4, 25, 16)).shape
    torch.Size([4, 25, 32])

    Args:
        in_channels: Channels of the input, a multiple of the heads.
        out_channels: Channels of the output, a multiple of the heads.
        heads: H.

    Raises:
        ValueError: Channels can't be divided among the heads.
    """

    def __init__(self, in_channels: int, out_channels: int, heads: int) -> None:
        super().__init__()
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels < 1 or channels % heads:
                raise ValueError(f"{name}: expected a positive multiple of heads = {heads}, got {channels}")
        self.weight = Parameter(torch.empty(heads, out_channels // heads, in_channels // heads))
        self.bias = Parameter(torch.empty(out_channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the weights as `torch.nn.Linear` does."""
        bound = self.weight.size(-1) ** -0.5
        torch.nn.init.uniform_(self.weight, -bound, bound)
        torch.nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """The map of ``x [*, in_channels]``: ``[*, out_channels]``."""
        heads, _, channels = self.weight.shape
        groups = x.reshape(-1, heads, channels).transpose(0, 1)  # [H, N, c]
        out = torch.bmm(groups, self.weight.transpose(1, 2)).transpose(0, 1)  # [N, H, c']
        return out.reshape(*x.shape[:-1], self.bias.numel()) + self.bias
