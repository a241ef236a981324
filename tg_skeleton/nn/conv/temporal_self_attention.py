"""Self-attention among the frames."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.utils import scatter

from tg_skeleton.nn.conv.self_attention import Graph, Output, SelfAttention
from tg_skeleton.nn.functional import attention
from tg_skeleton.nn.sets import Sets, find_sets


class TemporalSelfAttention(SelfAttention):
    r"""Self-attention among the frames, for each node or once for each set of nodes (the whole body).

    .. math:: y = \mathrm{softmax}\!\left(s\, Q K^\top\right) V, \qquad Q = x W_Q,\; K = x W_K,\; V = x W_V

    ``per_joint=True`` has a map per node (paper A: T1; paper B: Eq. 11), ``per_joint=False`` one per set, whose dot
    products run over all its nodes and channels (paper A: T2; paper B: Eq. 12). With ``group`` g, frames attend within
    groups of g successive frames; the last group may be shorter.

    Assumption: heads and dropout are ours; the papers have one head.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together (default: ``in_channels``).
        heads: Number of attention heads.
        per_joint: A map per node; else one per set of ``batch``.
        group: Frames per group; None: all frames are one.
        directed: Own projections for queries and keys; else one for both.
        scale: s = 1/√d for dot products over d channels (all of a body's where ``per_joint=False``); False: s = 1;
            or s itself.
        dropout: Dropout of the attention weights in training.
        bias: Projections have a bias.

    Shapes:
        - **x** ``[*, T, N, in_channels]``; **batch** ``[N]``: the set of each node (none: one set); **edge_index** and
          **edge_weight** are taken for the calling convention's sake and not read
        - **output** ``[*, T, N, out_channels]``; with ``return_attention_weights=True`` also ``(pairs [2, E'], weights
          [*, E', N or S, heads])`` for all pairs of frames (source, target), grouped by target

    Raises:
        ValueError: Channels, frames, nodes and ``batch`` do not fit each other.

    >>> import torch
    >>> from tg_skeleton.nn import TemporalSelfAttention
    >>> TemporalSelfAttention(16, 32)(torch.randn(20, 25, 16)).shape
    torch.Size([20, 25, 32])
    >>> TemporalSelfAttention(16, 32, per_joint=False, group=5)(torch.randn(8, 20, 25, 16)).shape
    torch.Size([8, 20, 25, 32])

    Source: Qin et al. 2022 (paper A), Eq. 8-10, Table 1; paper B (AMANet, 2023), Eq. 11, 12.
    """

    _pads = False  # a body's feature would hold the padding; pairs of frames are few

    def __init__(
        self,
        in_channels: int,
        out_channels: int | None,
        *,
        attn_channels: int | None = None,
        heads: int = 1,
        per_joint: bool = True,
        group: int | None = None,
        directed: bool = True,
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
            alpha=0.0,
            scale=scale,
            dropout=dropout,
            bias=bias,
            node_dim=-4,
        )
        if group is not None and group < 1:
            raise ValueError(f"group: expected at least one frame, or None for all frames, got {group}")
        self.per_joint = per_joint
        self.group = group

    def _check_features(self, x: Tensor) -> None:
        super()._check_features(x)
        self._check_frames(x)

    def _sets(self, batch: Tensor | None, num_nodes: int) -> Sets:
        sets = super()._sets(batch, num_nodes)
        return find_sets(None, num_nodes) if self.per_joint else sets  # a map per node needs no sets

    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        frames, nodes = x.size(-3), x.size(-2)
        group = min(self.group or frames, frames)
        if self.heads == 1 and not keep:
            query, key = self.queries_and_keys(x)
            if self.per_joint and group == frames:
                return self.attend_joints(query, key, self.lin_value(x)), None
            if not self.per_joint and sets.num_sets == 1:
                return self.attend_bodies(query, key, self.lin_value(x)), None
        padding = -frames % group
        rows = 1 if self.per_joint else nodes // sets.num_sets  # nodes whose channels make one feature

        def by_body(item: Tensor) -> Tensor:  # [*, T, N, H, D] -> [L G R, g, H, n D], R maps of n nodes each
            item = item.reshape(-1, frames, nodes // rows, rows, self.heads, item.size(-1))
            item = F.pad(item, (0, 0) * 4 + (0, padding)) if padding else item
            item = item.unflatten(1, (-1, group)).permute(0, 1, 3, 2, 5, 4, 6)
            return item.flatten(5).flatten(0, 2)

        query, key, value = (by_body(item) for item in self._project_folded(x))
        maps = nodes // rows
        mask = self._mask(frames, frames + padding, group, x).repeat_interleave(maps, 0) if padding else None
        if mask is not None:
            mask = mask.repeat(query.size(0) // mask.size(0), 1, 1, 1)
        out, weights = self._kernel(query, key, value, mask, keep)
        out = out.reshape(-1, (frames + padding) // group, maps, group, self.heads, rows, value.size(-1) // rows)
        out = out.permute(0, 1, 3, 2, 5, 4, 6).flatten(1, 2)[:, :frames]
        out = out.reshape(*x.shape[:-1], self.out_channels)
        if weights is None:
            return out, None
        pairs = self._frame_sets(x).pairs(x)
        weights = weights.reshape(*x.shape[:-3], -1, maps, self.heads, group, group)  # [*, G, R, H, g, g]
        weights = weights.movedim((-3, -4), (-1, -2))[..., pairs[1] // group, pairs[1] % group, pairs[0] % group, :, :]
        return out, (pairs, weights)

    def attend_joints(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """A map per node, of all frames: ``[*, T', N, D]`` and twice ``[*, T, N, .]`` to ``[*, T', N, .]``.

        Joints stand where the kernel has its heads, so that nothing is copied.
        """
        tokens = (item.reshape(-1, *item.shape[-3:]).transpose(1, 2) for item in (query, key, value))  # [L, N, T, D]
        dropout = self.dropout if self.training else 0.0
        out = attention(*tokens, scale=self._scale(query.size(-1)), dropout=dropout).transpose(1, 2)
        return out.reshape(*query.shape[:-1], value.size(-1))

    def attend_bodies(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """A map per group of frames, of all nodes as one: three times ``[*, T, N, .]`` to ``[*, T, N, .]``."""
        frames, shape = query.size(-3), value.shape
        group = min(self.group or frames, frames)
        padding = -frames % group

        def groups(item: Tensor) -> Tensor:  # [*, T, N, D] -> [L G, g, N D]
            item = item.reshape(-1, *item.shape[-3:])
            item = F.pad(item, (0, 0) * 2 + (0, padding)) if padding else item
            return item.flatten(2).view(-1, group, item.size(-2) * item.size(-1))

        query, key, value = groups(query), groups(key), groups(value)
        mask = None
        if padding:
            mask = self._mask(frames, frames + padding, group, query)[:, 0]  # [G, 1, g]
            mask = mask.repeat(query.size(0) // mask.size(0), 1, 1)
        dropout = self.dropout if self.training else 0.0
        out = attention(query, key, value, mask, scale=self._scale(query.size(-1)), dropout=dropout)
        return out.view(-1, frames + padding, *shape[-2:])[:, :frames].reshape(shape)

    def _mask(self, frames: int, padded: int, group: int, x: Tensor) -> Tensor:
        """-inf on the keys after the last frame: ``[G, 1, 1, g]``."""
        real = torch.arange(padded, device=x.device) < frames
        return x.new_zeros(padded).masked_fill(~real, -torch.inf).view(-1, 1, 1, group)

    def _frame_sets(self, x: Tensor) -> Sets:
        frames = x.size(-3)
        return find_sets(torch.arange(frames, device=x.device) // (self.group or frames), frames)

    def _edgewise(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        query, key, value = self._project(x)
        pairs = self._frame_sets(x).pairs(x)
        batch = None if self.per_joint else sets.of_node(x)
        weight = self.edge_updater(pairs, query=query, key=key, batch=batch)  # [*, E, N, H]
        out = self.propagate(pairs, value=value, weight=weight).flatten(-2)
        if not keep:
            return out, None
        if batch is not None:  # the nodes of a set share their map: keep one of each
            weight = scatter(weight, batch, dim=-2, dim_size=sets.num_sets, reduce="mean")
        return out, (pairs, weight)

    def edge_update(self, query_i: Tensor, key_j: Tensor, batch: Tensor | None, index: Tensor, size_i: int) -> Tensor:
        """The attention weight of every pair of frames for every node, ``[*, E, N, H]``."""
        logits = (query_i * key_j).sum(-1)
        if batch is None:
            logits = logits * self._scale(query_i.size(-1))
        else:
            features = torch.bincount(batch) * query_i.size(-1)
            total = scatter(logits, batch, dim=-2, dim_size=features.numel())  # [*, E, S, H]
            factor = features[:, None].to(total.dtype).rsqrt() if self.scale is True else self._scale(1)
            logits = (total * factor).index_select(-2, batch)
        return self._normalize(logits, index, size_i)

    def __repr__(self) -> str:
        said = self._switches() + ("" if self.per_joint else ", per_joint=False")
        said += "" if self.group is None else f", group={self.group}"
        return f"{type(self).__name__}({self._widths()}{said})"
