"""Self-attention among joints and frames together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.conv.attention_graph import Graph, Weight, graph_of, map_bias, pair_map_bias, weight_text
from tg_skeleton.nn.conv.self_attention import Output, SelfAttention, Tokens, each_of
from tg_skeleton.nn.functional import attention
from tg_skeleton.nn.sets import Sets, find_sets
from tg_skeleton.nn.windows import clips_in_line, windows_of_line, windows_per_clip


class SpatioTemporalSelfAttention(SelfAttention):
    r"""Self-attention among all nodes of a set in all frames, or in every forward window of τ frames.

    .. math:: y = \mathrm{softmax}\!\left(s\, Q K^\top + \alpha\, \mathrm{tile}(Å, \tau \times \tau)\right) V

    Without ``window``, the T·V nodes of a clip are one set (paper A: ST). With it, a window holds the frames t to
    t + τ - 1, t = 0, s, 2s, ... for a stride s, and the output has the τ·V nodes of every window (paper B: Eq. 13, 14).
    Frames after the last are zero after the projections: their logits are those of Å alone, their values zero, as in an
    unfolding with zero padding; ``mask_padding`` excludes them from the softmax instead. A convolution that reduces a
    window to one frame may be part of the call (``collapse``), which joins it with the values' projection.

    Assumption: heads and dropout are not in the papers, which have one head. Paper B calls ``alpha`` β.

    Args:
        in_channels: Channels of ``x``; -1: taken from the first input.
        out_channels: Channels of the output, all heads together; None: the values are ``x`` itself, unprojected.
        attn_channels: Channels of queries and keys, all heads together. Default: ``in_channels``.
        heads: Number of attention heads.
        window: τ, the frames of a window, or (τ, s) with the stride s between windows; None: one window of all frames.
        mask_padding: Whether frames after the last are excluded from a window's softmax.
        directed: Separate projections for queries and keys; else one for both.
        alpha: Weight of Å, repeated for every pair of frames; 0: no Å, and no ``edge_index`` is needed. An
            ``nn.Parameter`` is learned.
        scale: s = 1/√d for dot products over d channels; False: s = 1 (paper A); or s itself.
        dropout: Dropout of the attention weights in training.

    Shapes:
        - **x** ``[*, T, N, in_channels]``; **edge_index** ``[2, E]`` (source, target), a sparse matrix ``[N, N]``
          (target, source), or Å itself as a dense one; **edge_weight** ``[E]``; **batch** ``[N]``: the set of each node
          (None: one set)
        - **output** ``[*, T, N, out_channels]``, or with ``window`` ``[*, ⌈T / s⌉, τ, N, out_channels]``, or with
          ``collapse`` ``[*, ⌈T / s⌉, N, C']``; with ``return_attention_weights=True`` also ``(pairs [2, E'], weights
          [*, E', heads])``, or with ``window`` ``[*, ⌈T / s⌉, E', heads]``, for all pairs of nodes t·N + n within the
          sets, grouped by target

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
        alpha: Weight = 0.8,
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

    def forward(
        self,
        x: Tensor,
        edge_index: Tensor | None = None,
        edge_weight: Tensor | None = None,
        batch: Tensor | None = None,
        *,
        collapse: nn.Conv2d | None = None,
        return_attention_weights: bool = False,
    ) -> Tensor | tuple[Tensor, tuple[Tensor, Tensor]]:
        """The operator on ``x [*, T, N, in_channels]``; see the class.

        Args:
            x: The nodes.
            edge_index: The graph.
            edge_weight: Weights of its edges.
            batch: The set of each node.
            collapse: A convolution over the frames of a window that leaves one, a `TemporalConv` with a kernel of τ and
                no padding.
            return_attention_weights: Return the attention weights, too.
        """
        if collapse is not None and (self.window is None or collapse.kernel_size != (self.window, 1)):
            raise ValueError(
                f"collapse: expected a kernel of (window, 1) = ({self.window}, 1), got {collapse.kernel_size}"
            )
        if collapse is not None and not return_attention_weights and self._slides(x, batch):
            self._check_features(x)
            sets = find_sets(None, x.size(-2))
            return self._slide(x, graph_of(edge_index, edge_weight, x, self.alpha), sets, collapse)
        out, kept = self._attend(x, edge_index, edge_weight, batch, return_attention_weights)
        if collapse is not None:
            windows = out.reshape(-1, *out.shape[-3:])  # [L W, τ, N, C]
            out = collapse(windows).reshape(*out.shape[:-3], out.size(-2), -1)
        return out if kept is None else (out, kept)

    def _check_features(self, x: Tensor) -> None:
        super()._check_features(x)
        self._check_frames(x)

    def _tokens_of_windows(self, x: Tensor) -> Tokens:
        """Queries, keys and values ``[*, T, N, H, D]``, or of windows ``[*, W, τ, N, H, D]``."""
        return each_of(self._windows, self._project(x))

    def _windows(self, item: Tensor) -> Tensor:
        if self.window is None:
            return item
        item = F.pad(item, (0, 0) * 3 + (0, self.window - 1))
        return item.unfold(-4, self.window, self.stride).movedim(-1, -4)  # a view: windows overlap in memory

    def _padding_mask(self, x: Tensor) -> Tensor | None:
        """Mask of a window's frames that exist, ``[⌈T / s⌉, τ]``; None if padding is attended to."""
        if self.window is None or not self.mask_padding:
            return None
        time = torch.arange(0, x.size(-3), self.stride, device=x.device)
        return time[:, None] + torch.arange(self.window, device=x.device) < x.size(-3)

    def _dense(self, x: Tensor, graph: Graph, sets: Sets, keep: bool) -> Output:
        if sets.num_sets == 1 and not keep and self._slides(x, None):
            return self._slide(x, graph, sets, None), None
        tokens = self._tokens(x) if self.window is None else self._tokens_of_windows(x)
        lead = tokens[0].shape[:-2]  # [*, T, N] or [*, W, τ, N]
        frames, joints = lead[-2], sets.num_nodes // sets.num_sets

        def by_set(item: Tensor) -> Tensor:  # [*, T, S n, H, D] -> [L S, T n, H, D]
            item = item.reshape(-1, frames, sets.num_sets, joints, self.heads, item.size(-1))
            return item.transpose(1, 2).flatten(2, 3).flatten(0, 1)

        tokens = each_of(by_set, tokens)
        out, weights = self._kernel(tokens, self._dense_bias(x, graph, sets, frames, tokens[0].size(0)), keep)
        out = out.reshape(-1, sets.num_sets, frames, joints, self.heads * out.size(-1)).transpose(1, 2)
        out = out.reshape(*lead, out.size(-1))
        out = self._mapped(out) if self.window is None else out
        if weights is None:
            return out, None
        pairs, expanded = self._unrolled(sets, frames, x)
        weights = weights.reshape(-1, sets.num_sets, self.heads, frames, joints, frames, joints)
        weights = weights.movedim(2, -1)  # [L, S, T, n, T, n, H]
        at = [(pairs[end] // sets.num_nodes, pairs[end] % sets.num_nodes % joints) for end in (1, 0)]
        weights = weights[:, expanded[pairs[1]], at[0][0], at[0][1], at[1][0], at[1][1]]
        return out, (pairs, weights.reshape(*lead[:-2], -1, self.heads))

    def _slides(self, x: Tensor, batch: Tensor | None) -> bool:
        """Whether `_slide` serves: windows of one set and one head, without a mask."""
        one = batch is None and self.heads == 1 and x.size(-2) > 0
        return one and self.window is not None and not self.mask_padding and self.in_channels != -1

    def _slide(self, x: Tensor, graph: Graph, sets: Sets, collapse: nn.Conv2d | None) -> Tensor:
        """The dense path for windows of one set and one head: all windows of all clips are one view.

        Clips are concatenated in time, each followed by zeros, in homogeneous coordinates: an existing node has a
        channel that is one, the zeros after a clip have none, so that a projection with a bias is one linear map of
        both. Windows slide over all clips; those between two clips are dropped.
        """
        assert self.window is not None
        window, stride = self.window, self.stride
        frames, nodes = x.shape[-3:-1]
        line = clips_in_line(x.reshape(-1, frames, nodes, x.size(-1)), window, stride, ones=True)
        last = collapse is not None or not isinstance(self.lin_value, nn.Linear)  # the value's map comes last, or never

        def mapped(lin: nn.Module) -> Tensor:
            return F.linear(line, _homogeneous(lin, line))

        if last and self._folds:
            into, onto = _homogeneous(self.lin_query, line), _homogeneous(self.lin_key, line)
            query, key = F.linear(line, onto.T @ into), line
        else:
            query = mapped(self.lin_query)
            key = mapped(self.lin_key) if self.directed else query
        tokens = query, key, line if last else mapped(self.lin_value)
        views = each_of(lambda item: windows_of_line(item, window, stride).flatten(1, 2)[:, None], tokens)
        dropout = self.dropout if self.training else 0.0
        scale, bias = self._scale(self.attn_channels), self._dense_bias(x, graph, sets, window, 1)
        out = attention(*views, bias, scale=scale, dropout=dropout)  # [L W, 1, τ N, D], W windows of each clip
        out = out.view(-1, window, nodes, out.size(-1))
        if collapse is not None:
            out = self._collapsed(out, collapse)
        each = windows_per_clip(frames, window, stride)
        out = out.unflatten(0, (-1, each))[
            :, : -(-frames // stride), ..., : self.out_channels if collapse is None else None
        ]
        return out.reshape(*x.shape[:-3], *out.shape[1:])

    def _collapsed(self, windows: Tensor, collapse: nn.Conv2d) -> Tensor:
        """The convolution of values that are still to be mapped, A (x W) Θ = (A x) (W Θ): ``[L W, N, C']``."""
        inner, outer = (
            _homogeneous(self.lin_value, windows, self.out_channels),
            collapse.weight,
        )  # [C, D], [C', C, τ, 1]
        weight = (outer.flatten(2).transpose(1, 2) @ inner).permute(0, 2, 1).unsqueeze(-1)  # [C', D, τ, 1]
        return F.conv2d(windows.permute(0, 3, 1, 2), weight.contiguous(), collapse.bias).permute(0, 2, 3, 1).squeeze(1)

    def _dense_bias(self, x: Tensor, graph: Graph, sets: Sets, frames: int, maps: int) -> Tensor | None:
        """The additive mask of all maps, ``[1 or maps, 1, T n, T n]``."""
        bias = map_bias(graph, sets, x, self.alpha)
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
        tokens = self._tokens_of_windows(x)
        shape = tokens[0].shape[:-2]
        frames = shape[-2]
        query, key, value = (item.flatten(-4, -3) for item in tokens)  # [*, T N, H, D]
        pairs, batch = self._unrolled(sets, frames, x)
        unrolled = Sets(batch, batch.numel(), sets.num_sets, None)
        bias = pair_map_bias(graph, pairs, unrolled, x, self.alpha, frames)
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
        text = self._switches() + ("" if window is None else f", window={window}")
        text += ", mask_padding=True" if self.mask_padding else ""
        return f"{type(self).__name__}({self._widths()}{text}, alpha={weight_text(self.alpha)})"


def _homogeneous(lin: nn.Module, x: Tensor, channels: int = 0) -> Tensor:
    """A linear map, or the identity, of homogeneous coordinates ``[*, D]``: weight, bias and zeros, ``[C, D]``."""
    width = x.size(-1)
    if not isinstance(lin, nn.Linear):
        return torch.eye(channels, width, dtype=x.dtype, device=x.device)
    weight = lin.weight if lin.bias is None else torch.cat([lin.weight, lin.bias[:, None]], dim=1)
    return F.pad(weight, (0, width - weight.size(1)))
