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
    StaticGraph,
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
from tg_skeleton.nn.fuse import Fusible, fuse

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
    "Fusible",
    "JointFeatures",
    "MultiScaleG3D",
    "MultiScaleGraphConv",
    "ResidualGCN",
    "SelfAttentionBlock",
    "SpatialGCN",
    "SpatialGraphConv",
    "SpatialSelfAttention",
    "SpatioTemporalSelfAttention",
    "StaticGraph",
    "TemporalSelfAttention",
    "fuse",
]
