"""Operators and blocks on plain tensors; any GNN project can import them."""

from tg_skeleton.nn.blocks import (
    G3D,
    MSGCN,
    MSTCN,
    SFEM,
    STFEM,
    TFEM,
    DataPreprocessing,
    FrameFeatures,
    JointFeatures,
    SelfAttentionBlock,
)
from tg_skeleton.nn.conv import (
    MultiScaleG3D,
    MultiScaleGraphConv,
    SpatialSelfAttention,
    SpatioTemporalSelfAttention,
    TemporalSelfAttention,
)

__all__ = [
    "G3D",
    "MSGCN",
    "MSTCN",
    "SFEM",
    "STFEM",
    "TFEM",
    "DataPreprocessing",
    "FrameFeatures",
    "JointFeatures",
    "MultiScaleG3D",
    "MultiScaleGraphConv",
    "SelfAttentionBlock",
    "SpatialSelfAttention",
    "SpatioTemporalSelfAttention",
    "TemporalSelfAttention",
]
