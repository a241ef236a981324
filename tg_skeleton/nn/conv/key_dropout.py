"""Dropout of whole keys, for the self-attention operators."""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import Linear

from tg_skeleton.nn.conv.self_attention import SelfAttention

_FAR = -1e4
"""What a dropped key adds to its logits: a weight of exactly zero, also in bfloat16, but where all keys are dropped."""

Operator = TypeVar("Operator", bound=SelfAttention)


def drop_keys(conv: Operator, p: float) -> Operator:
    r"""Lets an operator drop whole keys in training: the same ones for all queries; the others make up for them.

    .. math:: \mathrm{softmax}\left(s\, Q K^\top + \log m\right) V, \qquad m_j \sim \mathrm{Bernoulli}(1 - p)

    m is drawn for each key of each map and head. Where all keys of a map are dropped, none is. It is in the operator's
    projections, which in training have one channel more a head: of queries it is constant, of keys zero or very low.

    Args:
        conv: A fresh operator of several heads, with two projections; it is changed.
        p: The probability with which a key is dropped.

    Raises:
        ValueError: ``p`` is no probability below 1, or the operator has one head or one projection for both.

    >>> from tg_skeleton.nn import SpatialSelfAttention
    >>> from tg_skeleton.nn.conv.key_dropout import drop_keys
    >>> drop_keys(SpatialSelfAttention(16, 16, heads=2, alpha=0.0), 0.5).lin_key
    KeyProjection(in_features=16, out_features=16, bias=True, heads=2, p=0.5)

    Source: Plizzari et al. 2021 (ST-TR), section 4.
    """
    if not 0.0 <= p < 1.0:
        raise ValueError(f"p: expected a probability in [0, 1), got {p}")
    if conv.heads < 2 or not conv.directed:
        raise ValueError(
            f"conv: expected several heads and directed=True, got {conv}; one head's projections are taken together"
        )
    width = conv.attn_channels // conv.heads
    scale = width**-0.5 if conv.scale is True else float(conv.scale)
    conv.scale = scale  # of the channels that are the keys' own
    bias = conv.lin_query.bias is not None
    if p > 0.0:
        conv.lin_query = QueryProjection(
            conv.in_channels, conv.attn_channels, heads=conv.heads, constant=1 / scale, bias=bias
        )
        conv.lin_key = KeyProjection(conv.in_channels, conv.attn_channels, heads=conv.heads, p=p, bias=bias)
    return conv


class QueryProjection(Linear):
    """A linear map that in training appends a constant to each head: ``[*, H D]`` becomes ``[*, H (D + 1)]``."""

    def __init__(self, in_channels: int, out_channels: int, *, heads: int, constant: float, bias: bool) -> None:
        super().__init__(in_channels, out_channels, bias=bias)
        self.heads = heads
        self.constant = constant

    def forward(self, x: Tensor) -> Tensor:
        """The map of ``x [*, C]``."""
        y = super().forward(x)
        return _appended(y, y.new_full((*y.shape[:-1], self.heads), self.constant)) if self.training else y


class KeyProjection(Linear):
    """A linear map that in training appends to each head what drops the key, or zero."""

    def __init__(self, in_channels: int, out_channels: int, *, heads: int, p: float, bias: bool) -> None:
        super().__init__(in_channels, out_channels, bias=bias)
        self.heads = heads
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """The map of ``x [*, C]``."""
        y = super().forward(x)
        if not self.training:
            return y
        dropped = torch.rand((*y.shape[:-1], self.heads), device=y.device) < self.p
        return _appended(y, dropped.to(y.dtype) * _FAR)

    def extra_repr(self) -> str:
        """The linear map's, and what is dropped."""
        return f"{super().extra_repr()}, heads={self.heads}, p={self.p}"


def _appended(y: Tensor, last: Tensor) -> Tensor:
    """One more channel behind those of each head: ``[*, H D]`` and ``[*, H]`` to ``[*, H (D + 1)]``."""
    return torch.cat([y.unflatten(-1, (last.size(-1), -1)), last.unsqueeze(-1)], dim=-1).flatten(-2)
