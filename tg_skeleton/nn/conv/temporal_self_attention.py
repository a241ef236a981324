"""Self-attention among frames."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch_geometric.utils import scatter

from tg_skeleton.nn.conv.attention_graph import Graph
from tg_skeleton.nn.conv.self_attention import Attended, Output, SelfAttention, each_of
from tg_skeleton.nn.sets import Sets, check_batch, find_sets


class TemporalSelfAttention(SelfAttention):
    r"""Self-attention among frames, for each node or once for each set of nodes (the whole body).

    .. math:: y = \mathrm{softmax}\!\left(s\, Q K^\top\right) V, \qquad Q = x W_Q,\; K = x W_K,\; V = x W_V

    ``per_joint=True`` has a map per node (paper A: T1; paper B: Eq. 11), ``per_joint=False`` one per set, whose dot
    products run over all its nodes and channels (paper A: T2; paper B: Eq. 12). With ``group`` g, frames attend within
    groups of g successive frames; the last group may be shorter.

    Assumption: heads and dropout are not in the papers, which have one head.

    Args:
        in_channels: Channels of ``x``; -1: taken from the first input.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together. Default: ``in_channels``.
        heads: Number of attention heads.
        per_joint: A map per node; else one per set of ``batch``.
        group: Frames per group, or (g, s) with a stride s: only the frames 0, s, 2s, ... attend, and are the frames of
            the output; None: all frames are one group.
        directed: Separate projections for queries and keys; else one for both.
        scale: s = 1/√d for dot products over d channels (all of a body's where ``per_joint=False``); False: s = 1;
            or s itself.
        dropout: Dropout of the attention weights in training.
        bias: Whether projections have a bias.

    Shapes:
        - **x** ``[*, T, N, in_channels]``; **batch** ``[N]``: the set of each node (None: one set); **edge_index** and
          **edge_weight** belong to the calling convention and are not used
        - **output** ``[*, ⌈T / s⌉, N, out_channels]``; with ``return_attention_weights=True`` also ``(pairs [2, E'],
          weights [*, E', N or S, heads])`` for all pairs of frames (source, target), grouped by target

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
        group: int | tuple[int | None, int] | None = None,
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
        self.group, self.stride = group if isinstance(group, tuple) else (group, 1)
        if self.group is not None and self.group < 1:
            raise ValueError(f"group: expected at least one frame, or None for all frames, got {self.group}")
        if self.stride < 1:
            raise ValueError(f"group: expected a stride of at least 1 frame, got {self.stride}")
        self.per_joint = per_joint

    def _check_features(self, x: Tensor) -> None:
        super()._check_features(x)
        self._check_frames(x)

    def _sets(self, batch: Tensor | None, num_nodes: int, keep: bool = False) -> Sets:
        if self.per_joint:  # a map per node needs no sets
            if batch is not None:
                check_batch(batch, num_nodes)
            return find_sets(None, num_nodes)
        return find_sets(batch, num_nodes, masked=not keep)

    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        if sets.same is not None:
            return self._by_mask(x, sets.same), None
        frames = x.size(-3)
        if self.per_joint and (self.group or frames) >= frames:
            out, weights = self._attend_joints(x, keep)
        else:
            out, weights = self._attend_groups(x, sets, keep)
        if weights is None:
            return out, None
        pairs = self._pairs(x)
        group = weights.size(-1)
        at = pairs[1] // self.stride if weights.size(-2) != group else pairs[1]  # the row of each target
        weights = weights.movedim((-3, -4), (-1, -2))[..., pairs[1] // group, at % group, pairs[0] % group, :, :]
        return out, (self._renumbered(pairs), weights)

    def _attend_joints(self, x: Tensor, keep: bool) -> Attended:
        """A map per node and head, of all frames; the map is ``[*, 1, N, H, T', T]``.

        Nodes and heads together are the kernel's heads, so that nothing is copied, and a stride computes fewer rows.
        """
        nodes = x.size(-2)
        rows = None if self.stride == 1 else x[..., :: self.stride, :, :].contiguous()
        tokens = each_of(
            lambda item: item.reshape(-1, item.size(-4), nodes * self.heads, item.size(-1)), self._tokens(x, rows)
        )  # [L, T, N H, D]
        out, weights = self._kernel(tokens, None, keep)
        out = self._mapped(out.reshape(*x.shape[:-3], -1, nodes, self.heads * out.size(-1)))
        return out, None if weights is None else weights.view(*x.shape[:-3], 1, nodes, self.heads, *weights.shape[2:])

    def _attend_groups(self, x: Tensor, sets: Sets, keep: bool) -> Attended:
        """A map per group of frames, for each node or each set of nodes; the map is ``[*, G, R, H, g, g]``."""
        frames, nodes = x.size(-3), x.size(-2)
        group = min(self.group or frames, frames)
        padding = -frames % group
        rows = 1 if self.per_joint else nodes // sets.num_sets  # nodes whose channels make one feature
        maps = nodes // rows

        def by_body(item: Tensor) -> Tensor:  # [*, T, N, H, D] -> [L G R, g, H, n D], R maps of n nodes each
            item = item.reshape(-1, frames, maps, rows, self.heads, item.size(-1))
            item = F.pad(item, (0, 0) * 4 + (0, padding)) if padding else item
            item = item.unflatten(1, (-1, group)).permute(0, 1, 3, 2, 5, 4, 6)
            return item.flatten(5).flatten(0, 2)

        tokens = each_of(by_body, self._tokens(x))
        mask = self._mask(frames, frames + padding, group, x).repeat_interleave(maps, 0) if padding else None
        if mask is not None:
            mask = mask.repeat(tokens[0].size(0) // mask.size(0), 1, 1, 1)
        out, weights = self._kernel(tokens, mask, keep)
        out = out.reshape(-1, (frames + padding) // group, maps, group, self.heads, rows, out.size(-1) // rows)
        out = out.permute(0, 1, 3, 2, 5, 4, 6).flatten(1, 2)[:, : frames : self.stride]
        out = self._mapped(out.reshape(*x.shape[:-3], -1, nodes, self.heads * out.size(-1)))
        return out, None if weights is None else weights.view(*x.shape[:-3], -1, maps, self.heads, group, group)

    def _by_mask(self, x: Tensor, same: Tensor) -> Tensor:
        """A map per set of nodes, where the sets are a mask ``[N, N]``: each node has the map of its set."""
        query, key, value = self._project(x)  # [*, T, N, H, D]
        logits = torch.einsum("...inhd,...jnhd,nm->...ijmh", query, key, same.to(x.dtype))  # summed over the set
        features = same.sum(0) * query.size(-1)
        factor = features[:, None].to(x.dtype).rsqrt() if self.scale is True else self._scale(1)
        group = torch.arange(x.size(-3), device=x.device) // (self.group or x.size(-3))
        logits = (logits * factor).masked_fill((group[:, None] != group)[..., None, None], -torch.inf)
        weight = F.dropout(logits.softmax(-3), self.dropout, self.training)
        return torch.einsum("...ijnh,...jnhd->...inhd", weight, value).flatten(-2)[..., :: self.stride, :, :]

    def _mask(self, frames: int, padded: int, group: int, x: Tensor) -> Tensor:
        """-inf on the keys after the last frame: ``[G, 1, 1, g]``."""
        real = torch.arange(padded, device=x.device) < frames
        return x.new_zeros(padded).masked_fill(~real, -torch.inf).view(-1, 1, 1, group)

    def _pairs(self, x: Tensor) -> Tensor:
        """All pairs (source, target) of frames of one group, of the targets that the stride keeps, by target."""
        frames = x.size(-3)
        pairs = find_sets(torch.arange(frames, device=x.device) // (self.group or frames), frames).pairs(x)
        return pairs if self.stride == 1 else pairs[:, pairs[1] % self.stride == 0]

    def _renumbered(self, pairs: Tensor) -> Tensor:
        """The pairs with targets numbered as the frames of the output."""
        return pairs if self.stride == 1 else torch.stack([pairs[0], pairs[1] // self.stride])

    def _edgewise(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        query, key, value = self._project(x)
        pairs = self._pairs(x)
        batch = None if self.per_joint else sets.of_node(x)
        weight = self.edge_updater(pairs, query=query, key=key, batch=batch)  # [*, E, N, H]
        out = self.propagate(pairs, value=value, weight=weight).flatten(-2)[..., :: self.stride, :, :]
        if not keep:
            return out, None
        if batch is not None:  # the nodes of a set share their map: keep one of each
            weight = scatter(weight, batch, dim=-2, dim_size=sets.num_sets, reduce="mean")
        return out, (self._renumbered(pairs), weight)

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
        text = self._switches() + ("" if self.per_joint else ", per_joint=False")
        group = self.group if self.stride == 1 else (self.group, self.stride)
        text += "" if group is None else f", group={group}"
        return f"{type(self).__name__}({self._widths()}{text})"
