"""Operators with residual, norm and activation."""

from tg_skeleton.nn.blocks.self_attention_block import SelfAttentionBlock, TemporalConv

__all__ = ["SelfAttentionBlock", "TemporalConv"]
