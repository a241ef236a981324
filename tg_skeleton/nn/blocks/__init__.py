"""Operators with residual, norm and activation."""

from tg_skeleton.nn.blocks.attention_gates import AttentionGates
from tg_skeleton.nn.blocks.axis_gate import AxisGate
from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.data_preprocessing import DataPreprocessing
from tg_skeleton.nn.blocks.directed_gcn import DirectedGCN
from tg_skeleton.nn.blocks.drop_path import DropPath
from tg_skeleton.nn.blocks.frame_features import FrameFeatures
from tg_skeleton.nn.blocks.g3d import G3D
from tg_skeleton.nn.blocks.hierarchical_gcn import HierarchicalGCN
from tg_skeleton.nn.blocks.hierarchical_tcn import HierarchicalTCN
from tg_skeleton.nn.blocks.joint_features import JointFeatures
from tg_skeleton.nn.blocks.joint_norm import JointNorm
from tg_skeleton.nn.blocks.ms_gcn import MSGCN
from tg_skeleton.nn.blocks.ms_tcn import MSTCN
from tg_skeleton.nn.blocks.residual_attention import ResidualAttention
from tg_skeleton.nn.blocks.residual_gcn import ResidualGCN
from tg_skeleton.nn.blocks.self_attention_block import SelfAttentionBlock
from tg_skeleton.nn.blocks.sfem import SFEM
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.blocks.spatial_gcn import SpatialGCN
from tg_skeleton.nn.blocks.spatio_temporal_block import SpatioTemporalBlock, TwoPaths
from tg_skeleton.nn.blocks.static_graph import StaticGraph
from tg_skeleton.nn.blocks.stfem import STFEM
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.blocks.tfem import TFEM

__all__ = [
    "G3D",
    "MSGCN",
    "MSTCN",
    "SFEM",
    "STFEM",
    "TFEM",
    "AttentionGates",
    "AxisGate",
    "ChannelNorm",
    "DataPreprocessing",
    "DirectedGCN",
    "DropPath",
    "FrameFeatures",
    "HierarchicalGCN",
    "HierarchicalTCN",
    "JointFeatures",
    "JointNorm",
    "ResidualAttention",
    "ResidualGCN",
    "SelfAttentionBlock",
    "Shortcut",
    "SpatialGCN",
    "SpatioTemporalBlock",
    "StaticGraph",
    "TemporalConv",
    "TwoPaths",
]
