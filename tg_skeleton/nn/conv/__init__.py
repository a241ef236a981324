"""Operators: one equation each, in PyG's calling convention."""

from tg_skeleton.nn.conv.adaptive_graph_conv import AdaptiveGraphConv
from tg_skeleton.nn.conv.channel_topology_conv import ChannelTopologyConv
from tg_skeleton.nn.conv.directed_graph_conv import DirectedGraphConv
from tg_skeleton.nn.conv.hyper_graph_conv import HyperGraphConv
from tg_skeleton.nn.conv.multi_scale_g3d import MultiScaleG3D
from tg_skeleton.nn.conv.multi_scale_graph_conv import MultiScaleGraphConv
from tg_skeleton.nn.conv.shift_graph_conv import ShiftGraphConv
from tg_skeleton.nn.conv.spatial_graph_conv import SpatialGraphConv
from tg_skeleton.nn.conv.spatial_self_attention import SpatialSelfAttention
from tg_skeleton.nn.conv.spatio_temporal_self_attention import SpatioTemporalSelfAttention
from tg_skeleton.nn.conv.temporal_self_attention import TemporalSelfAttention
from tg_skeleton.nn.conv.temporal_shift import TemporalShift

__all__ = [
    "AdaptiveGraphConv",
    "ChannelTopologyConv",
    "DirectedGraphConv",
    "HyperGraphConv",
    "MultiScaleG3D",
    "MultiScaleGraphConv",
    "ShiftGraphConv",
    "SpatialGraphConv",
    "SpatialSelfAttention",
    "SpatioTemporalSelfAttention",
    "TemporalSelfAttention",
    "TemporalShift",
]
