"""Operators and blocks on plain tensors; any GNN project can import them."""

from tg_skeleton.nn.blocks import (
    MSTCN,
    SFEM,
    STFEM,
    TFEM,
    DataPreprocessing,
    FrameFeatures,
    JointFeatures,
    SelfAttentionBlock,
)
from tg_skeleton.nn.conv import SpatialSelfAttention, SpatioTemporalSelfAttention, TemporalSelfAttention

__all__ = [
    "MSTCN",
    "SFEM",
    "STFEM",
    "TFEM",
    "DataPreprocessing",
    "FrameFeatures",
    "JointFeatures",
    "SelfAttentionBlock",
    "SpatialSelfAttention",
    "SpatioTemporalSelfAttention",
    "TemporalSelfAttention",
]
