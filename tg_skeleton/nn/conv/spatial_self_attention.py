"""Self-attention among joints."""

from __future__ import annotations

import torch
from torch import Tensor

from tg_skeleton.nn.conv.attention_graph import Graph, Weight, map_bias, pair_map_bias, weight_text
from tg_skeleton.nn.conv.self_attention import Attended, Output, SelfAttention, each_of
from tg_skeleton.nn.sets import Sets


class SpatialSelfAttention(SelfAttention):
    r"""Self-attention among the nodes of each set (the joints of a person), per frame or once per clip.

    .. math:: y = \mathrm{softmax}\!\left(s\, Q K^\top + \alpha Å\right) V, \qquad
        Q = x W_Q,\; K = x W_K,\; V = x W_V, \qquad Å = \tilde D^{-1/2} (A + I) \tilde D^{-1/2}

    ``per_frame=True`` has a map per frame (paper A: S1; paper B: Eq. 9, 10), ``per_frame=False`` one per clip, whose
    dot products run over all frames and channels (paper A: S2). It is an ordinary PyG convolution: any graph, any
    leading axes, and ``batch`` assigns each node to the set within which it attends.

    Assumption: heads, dropout and an ``edge_weight`` in Å are not in the papers, which have one head.

    Args:
        in_channels: Channels of ``x``; -1: taken from the first input.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together. Default: ``in_channels``.
        heads: Number of attention heads.
        per_frame: A map per frame; else one per clip, and ``x`` is ``[*, T, N, C]``.
        directed: Separate projections for queries and keys; else one for both.
        alpha: Weight of Å in the logits; 0: no Å, and no ``edge_index`` is needed. An ``nn.Parameter`` is learned.
        scale: s = 1/√d for dot products over d channels; False: s = 1 (paper A); or s itself.
        dropout: Dropout of the attention weights in training.
        bias: Whether projections have a bias.

    Shapes:
        - **x** ``[*, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), a sparse matrix ``[N, N]``
          (target, source), or Å itself as a dense one; **edge_weight** ``[E]``; **batch** ``[N]``: the set of each node
          (None: one set)
        - **output** ``[*, N, out_channels]``; with ``return_attention_weights=True`` also ``(pairs [2, E'], weights
          [*, E', heads])`` for all pairs (source, target) within the sets, grouped by target

    Raises:
        ValueError: Channels, nodes, ``edge_index`` and ``batch`` do not fit each other, or an edge joins two sets.

    >>> import torch
    >>> from tg_skeleton.nn import SpatialSelfAttention
    >>> conv = SpatialSelfAttention(16, 32, heads=4)
    >>> edge_index = torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])
    >>> conv(torch.randn(4, 16), edge_index, batch=torch.tensor([0, 0, 1, 1])).shape  # two graphs of two nodes
    torch.Size([4, 32])
    >>> conv(torch.randn(20, 4, 16), edge_index).shape  # 20 frames, one set of four nodes
    torch.Size([20, 4, 32])

    Source: Qin et al. 2022 (paper A), Eq. 8-10, Table 1; paper B (AMANet, 2023), Eq. 9, 10.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int | None,
        *,
        attn_channels: int | None = None,
        heads: int = 1,
        per_frame: bool = True,
        directed: bool = True,
        alpha: Weight = 0.8,
        scale: bool | float = True,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            attn_channels=attn_channels,
            heads=heads,
            directed=directed,
            alpha=alpha,
            scale=scale,
            dropout=dropout,
            bias=bias,
        )
        self.per_frame = per_frame

    def _check_features(self, x: Tensor) -> None:
        super()._check_features(x)
        if not self.per_frame:
            self._check_frames(x)

    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        bias = map_bias(graph, sets, x, self.alpha)
        attend = self._attend_frames if self.per_frame else self._attend_clips
        out, weights = attend(x, bias, sets, keep)
        if weights is None:
            return out, None
        lead = x.shape[:-2] if self.per_frame else x.shape[:-3]
        weights = weights.permute(0, 2, 3, 1).reshape(*lead, -1, self.heads)  # [*, S n n, H]
        return out, (sets.pairs(x), weights)

    def _attend_frames(self, x: Tensor, bias: Tensor | None, sets: Sets, keep: bool) -> Attended:
        shape = (-1, sets.num_nodes // sets.num_sets, self.heads)
        tokens = each_of(lambda item: item.reshape(*shape, item.size(-1)), self._tokens(x))  # [B, n, H, D]
        if bias is not None and bias.size(0) > 1:  # [S, n, n] -> [L S, 1, n, n]
            bias = bias.repeat(tokens[0].size(0) // bias.size(0), 1, 1)
        out, weights = self._kernel(tokens, None if bias is None else bias[:, None], keep)
        return self._mapped(out.reshape(*x.shape[:-1], -1)), weights

    def _attend_clips(self, x: Tensor, bias: Tensor | None, sets: Sets, keep: bool) -> Attended:
        frames, joints = x.size(-3), sets.num_nodes // sets.num_sets

        def by_joint(item: Tensor) -> Tensor:  # [*, T, S n, H, D] -> [L S, n, H, T D]
            item = item.reshape(-1, frames, sets.num_sets, joints, self.heads, item.size(-1))
            return item.permute(0, 2, 3, 4, 1, 5).flatten(4).flatten(0, 1)

        tokens = each_of(by_joint, self._tokens(x))
        if bias is not None and bias.size(0) > 1:
            bias = bias.repeat(tokens[0].size(0) // bias.size(0), 1, 1)
        out, weights = self._kernel(tokens, None if bias is None else bias[:, None], keep)
        out = out.reshape(-1, sets.num_sets, joints, self.heads, frames, out.size(-1) // frames)
        return self._mapped(out.permute(0, 4, 1, 2, 3, 5).reshape(*x.shape[:-1], -1)), weights

    def _edgewise(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        query, key, value = self._project(x)
        pairs = sets.pairs(x)
        bias = pair_map_bias(graph, pairs, sets, x, self.alpha)
        weight = self.edge_updater(pairs, query=query, key=key, bias=bias)  # [*, E, H] or [*, 1, E, H]
        out = self.propagate(pairs, value=value, weight=weight).flatten(-2)
        if not keep:
            return out, None
        return out, (pairs, weight if self.per_frame else weight.squeeze(-3))

    def _pair_logits(self, query: Tensor, key: Tensor) -> Tensor:
        if self.per_frame:
            return super()._pair_logits(query, key)
        logits = torch.einsum("...tehd,...tehd->...eh", query, key).unsqueeze(-3)  # [*, 1, E, H]
        return logits * self._scale(query.size(-4) * query.size(-1))

    def __repr__(self) -> str:
        text = self._switches() + ("" if self.per_frame else ", per_frame=False") + f", alpha={weight_text(self.alpha)}"
        return f"{type(self).__name__}({self._widths()}{text})"
