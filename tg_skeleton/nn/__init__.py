"""Operators and blocks on plain tensors; any GNN project can import them."""

from tg_skeleton.nn.blocks import SelfAttentionBlock
from tg_skeleton.nn.conv import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention

__all__ = ["SelfAttentionBlock", "SpatialSelfAttention", "SpatioTemporalSelfAttention", "TemporalSelfAttention"]
