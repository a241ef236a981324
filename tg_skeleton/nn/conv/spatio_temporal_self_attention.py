"""Self-attention among joints and frames at once."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tg_skeleton.nn.conv.self_attention import Graph, Output, SelfAttention
from tg_skeleton.nn.functional import attention
from tg_skeleton.nn.sets import Sets
from tg_skeleton.nn.windows import clips_in_line, windows_of_line, windows_per_clip


class SpatioTemporalSelfAttention(SelfAttention):
    r"""Self-attention among all nodes of a set in all frames, or in every forward window of τ frames.

    .. math:: y = \mathrm{softmax}\!\left(s\, Q K^\top + \alpha\, \mathrm{tile}(Å, \tau \times \tau)\right) V

    Without ``window``, the T·V nodes of a clip are one set (paper A: ST). With it, a window holds the frames t to
    t + τ - 1, t = 0, s, 2s, ... for a stride s, and the output has the τ·V nodes of every window (paper B: Eq. 13, 14).
    Frames after the last are zero after the projections: their logits are those of Å alone, their values zero, as in an
    unfolding with zero padding; ``mask_padding`` leaves them out of the softmax instead.

    Assumption: heads and dropout are ours; the papers have one head. Paper B calls ``alpha`` β.

    Args:
        in_channels: Channels of ``x``.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together (default: ``in_channels``).
        heads: Number of attention heads.
        window: τ, the frames of a window, or (τ, s) with the stride s between windows; None: all frames are one.
        mask_padding: Frames after the last take no part in a window's softmax.
        directed: Own projections for queries and keys; else one for both.
        alpha: Weight of Å, repeated for every pair of frames; 0: no Å, and no ``edge_index`` is needed.
        scale: s = 1/√d for dot products over d channels; False: s = 1 (paper A); or s itself.
        dropout: Dropout of the attention weights in training.

    Shapes:
        - **x** ``[*, T, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), or Å itself as ``[N, N]`` floats
          (target, source); **edge_weight** ``[E]``; **batch** ``[N]``: the set of each node (none: one set)
        - **output** ``[*, T, N, out_channels]``, or with ``window`` ``[*, ⌈T / s⌉, τ, N, out_channels]``; with
          ``return_attention_weights=True`` also ``(pairs [2, E'], weights [*, E', heads])``, or with ``window``
          ``[*, ⌈T / s⌉, E', heads]``, for all pairs of nodes t·N + n within the sets, grouped by target

    Raises:
        ValueError: Channels, frames, nodes, ``edge_index`` and ``batch`` do not fit each other, or an edge joins two
            sets.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import SpatioTemporalSelfAttention
    >>> x = torch.randn(8, 20, 25, 16)
    >>> SpatioTemporalSelfAttention(16, 32)(x, NTU25.edge_index).shape
    torch.Size([8, 20, 25, 32])
    >>> SpatioTemporalSelfAttention(16, 32, window=3)(x, NTU25.edge_index).shape
    torch.Size([8, 20, 3, 25, 32])

    Source: Qin et al. 2022 (paper A), Eq. 8-10, Table 1; paper B (AMANet, 2023), Eq. 13, 14.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int | None,
        *,
        attn_channels: int | None = None,
        heads: int = 1,
        window: int | tuple[int, int] | None = None,
        mask_padding: bool = False,
        directed: bool = True,
        alpha: float = 0.8,
        scale: bool | float = True,
        dropout: float = 0.0,
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
            bias=True,
        )
        self.window, self.stride = window if isinstance(window, tuple) else (window, 1)
        if self.window is not None and min(self.window, self.stride) < 1:
            raise ValueError(f"window: expected at least one frame, or None for all frames, got {window}")
        self.mask_padding = mask_padding

    def _check_features(self, x: Tensor) -> None:
        super()._check_features(x)
        self._check_frames(x)

    def _tokens(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values ``[*, T, N, H, D]``, or of windows ``[*, T, τ, N, H, D]``."""
        query, key, value = self._project(x)
        return self._windows(query), self._windows(key), self._windows(value)

    def _windows(self, item: Tensor) -> Tensor:
        if self.window is None:
            return item
        item = F.pad(item, (0, 0) * 3 + (0, self.window - 1))
        return item.unfold(-4, self.window, self.stride).movedim(-1, -4)  # a view: windows overlap in memory

    def _padding_mask(self, x: Tensor) -> Tensor | None:
        """True on a window's frames that exist, ``[⌈T / s⌉, τ]``; None where all take part."""
        if self.window is None or not self.mask_padding:
            return None
        time = torch.arange(0, x.size(-3), self.stride, device=x.device)
        return time[:, None] + torch.arange(self.window, device=x.device) < x.size(-3)

    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        if self.window is not None and self.heads == sets.num_sets == 1 and not (keep or self.mask_padding):
            return self._slide(x, self._dense_bias(x, graph, sets, self.window, 1)), None
        tokens = self._project_folded(x) if self.window is None else self._tokens(x)
        frames, joints = tokens[0].size(-4), sets.num_nodes // sets.num_sets

        def by_set(item: Tensor) -> Tensor:  # [*, T, S n, H, D] -> [L S, T n, H, D]
            item = item.reshape(-1, frames, sets.num_sets, joints, self.heads, item.size(-1))
            return item.transpose(1, 2).flatten(2, 3).flatten(0, 1)

        query, key, value = (by_set(item) for item in tokens)
        out, weights = self._kernel(query, key, value, self._dense_bias(x, graph, sets, frames, query.size(0)), keep)
        out = out.reshape(-1, sets.num_sets, frames, joints, self.out_channels).transpose(1, 2)
        out = out.reshape(*tokens[0].shape[:-2], self.out_channels)
        if weights is None:
            return out, None
        pairs, expanded = self._unrolled(sets, frames, x)
        weights = weights.reshape(-1, sets.num_sets, self.heads, frames, joints, frames, joints)
        weights = weights.movedim(2, -1)  # [L, S, T, n, T, n, H]
        at = [(pairs[end] // sets.num_nodes, pairs[end] % sets.num_nodes % joints) for end in (1, 0)]
        weights = weights[:, expanded[pairs[1]], at[0][0], at[0][1], at[1][0], at[1][1]]
        return out, (pairs, weights.reshape(*tokens[0].shape[:-4], -1, self.heads))

    def _slide(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """`_dense` for windows of one set and one head: all windows of all clips are one view, nothing is unfolded.

        The clips stand one after another, each with zeros behind it, and windows slide over all of them; those between
        two clips are dropped.
        """
        assert self.window is not None
        window, stride = self.window, self.stride
        frames, nodes = x.shape[-3:-1]

        def views(item: Tensor) -> Tensor:  # [*, T, N, 1, D] -> [L W, 1, τ N, D], W windows of each clip
            line = clips_in_line(item.reshape(-1, frames, nodes, item.size(-1)), window, stride)
            return windows_of_line(line, window, stride).flatten(1, 2)[:, None]

        query, key, value = (views(item) for item in self._project(x))
        dropout = self.dropout if self.training else 0.0
        out = attention(query, key, value, bias, scale=self._scale(query.size(-1)), dropout=dropout)
        out = out.view(-1, windows_per_clip(frames, window, stride), window, nodes, self.out_channels)
        return out[:, : -(-frames // stride)].reshape(*x.shape[:-3], -1, *out.shape[2:])

    def _dense_bias(self, x: Tensor, graph: Graph, sets: Sets, frames: int, maps: int) -> Tensor | None:
        """The additive mask of all maps, ``[1 or maps, 1, T n, T n]``."""
        bias = self._bias(graph, sets, x)
        if bias is not None:
            bias = bias.repeat(1, frames, frames)
            bias = bias if bias.size(0) == 1 else bias.repeat(maps // bias.size(0), 1, 1)
        real = self._padding_mask(x)
        if real is not None:
            real = real.repeat_interleave(sets.num_nodes // sets.num_sets, 1)  # [⌈T / s⌉, τ n]
            real = real.repeat_interleave(sets.num_sets, 0)
            mask = x.new_zeros(real.shape).masked_fill(~real, -torch.inf)
            mask = mask.repeat(maps // mask.size(0), 1)[:, None]
            bias = mask if bias is None else bias + mask
        return None if bias is None else bias[:, None]

    def _unrolled(self, sets: Sets, frames: int, x: Tensor) -> tuple[Tensor, Tensor]:
        """All pairs of the nodes t·N + n within the sets, and the set of each of these nodes."""
        batch = sets.of_node(x).repeat(frames)
        return Sets(batch, batch.numel(), sets.num_sets, None).pairs(x), batch

    def _edgewise(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        tokens = self._tokens(x)
        shape = tokens[0].shape[:-2]
        frames = shape[-2]
        query, key, value = (item.flatten(-4, -3) for item in tokens)  # [*, T N, H, D]
        pairs, batch = self._unrolled(sets, frames, x)
        unrolled = Sets(batch, batch.numel(), sets.num_sets, None)
        bias = self._pair_bias(graph, pairs, unrolled, x, frames)
        mask = self._padding_mask(x)
        if mask is not None:  # [T, E]: a window's missing sources
            real = mask[:, pairs[0] // sets.num_nodes]
            mask = x.new_zeros(real.shape).masked_fill(~real, -torch.inf)
            bias = mask if bias is None else bias + mask
        weight = self.edge_updater(pairs, query=query, key=key, bias=bias)
        out = self.propagate(pairs, value=value, weight=weight).reshape(*shape, self.out_channels)
        return out, (pairs, weight) if keep else None

    def __repr__(self) -> str:
        window = self.window if self.stride == 1 else (self.window, self.stride)
        said = self._switches() + ("" if window is None else f", window={window}")
        said += ", mask_padding=True" if self.mask_padding else ""
        return f"{type(self).__name__}({self._widths()}{said}, alpha={self.alpha})"
