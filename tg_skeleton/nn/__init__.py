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
    ResidualGCN,
    SelfAttentionBlock,
    SpatialGCN,
)
from tg_skeleton.nn.conv import (
    AdaptiveGraphConv,
    ChannelTopologyConv,
    MultiScaleG3D,
    MultiScaleGraphConv,
    SpatialGraphConv,
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
    "AdaptiveGraphConv",
    "ChannelTopologyConv",
    "DataPreprocessing",
    "FrameFeatures",
    "JointFeatures",
    "MultiScaleG3D",
    "MultiScaleGraphConv",
    "ResidualGCN",
    "SelfAttentionBlock",
    "SpatialGCN",
    "SpatialGraphConv",
    "SpatialSelfAttention",
    "SpatioTemporalSelfAttention",
    "TemporalSelfAttention",
]
