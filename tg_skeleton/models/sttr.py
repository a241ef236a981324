"""ST-TR, one stream of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from tg_skeleton.models.body_network import BodyNetwork
from tg_skeleton.models.gcn_blocks import center_joint
from tg_skeleton.models.persons import mean_over_body
from tg_skeleton.nn.blocks import (
    ChannelNorm,
    ResidualAttention,
    Shortcut,
    SpatialGCN,
    SpatioTemporalBlock,
    TemporalConv,
)
from tg_skeleton.nn.conv import SpatialSelfAttention, TemporalSelfAttention
from tg_skeleton.nn.conv.key_dropout import drop_keys
from tg_skeleton.nn.partition import partition_adjacencies
from tg_skeleton.topology import Joint, Topology

Attention = Literal["spatial", "temporal"]
"""What attends: the joints of a frame (S-TR), or the frames of a joint (T-TR)."""

WIDTHS = (128, 128, 128, 128, 256, 256, 256, 512, 512, 512)
"""Channels of the blocks."""


class STTR(BodyNetwork):
    r"""The spatial or the temporal transformer network: ST-GCN's frame, with attention in place of one of its parts.

    .. math:: x \leftarrow \mathrm{ReLU}\left(\mathrm{temporal}(\mathrm{spatial}(x)) + \mathrm{res}(x)\right)

    In the blocks behind the first that widens, and in it, attention among the joints of each frame stands for the graph
    convolution (``attention="spatial"``: S-TR), or attention among the frames of each joint for the temporal one
    (``"temporal"``: T-TR); the other part is ST-GCN's. In front stands a batch norm of every channel of every joint of
    every person, and the normed input is concatenated again in front of the first block that widens. Blocks that widen
    halve the frames; the first block has no residual. Behind stand a batch norm, the mean over frames, joints and
    persons, and a linear classifier. The paper adds the scores of an S-TR and a T-TR.

    Assumption: the counts of the authors' networks (12,122,826 and 6,836,390 for 3 channels, 12,126,348 and 6,840,914
    for 6) settle what the text leaves open: the queries, keys and values of T-TR see as many frames as their stride,
    its residual of another length is projected, and 1,024 parameters of both are those of one batch norm of 512
    channels, taken to be the last one. With an odd number of frames the last one's partner is zero.

    Args:
        topology: The skeleton; gives V and the bones.
        in_channels: Channels of ``x``; 6 for joints and bones.
        num_classes: Number of classes.
        attention: What attends.
        center: The joint from which the spatial partition counts (default: the one from which the farthest joint is
            nearest; joint 20 of NTU RGB+D).
        widths: Channels of the blocks, from the first that widens on multiples of 4 times the heads.
        heads: Attention heads, at least 2.
        dropout: Dropout behind every temporal convolution.
        key_dropout: Probability with which a key is dropped in training, see `nn.conv.key_dropout.drop_keys`.
        num_persons: M: each of M persons of a clip has an input norm of its own, and every clip exactly M persons
            (`PadPersons`). 1: one norm for all, and a clip may have any number of persons.

    Shapes:
        - **x** ``[T, N, in_channels]``, **batch** ``[N]``: the clip of each node (none: one clip)
        - **output** logits ``[B, num_classes]``

    Raises:
        ValueError: The attention is unknown, the center is no joint, widths and heads do not fit, ``num_persons`` is
            below 1, or ``x`` or ``batch`` does not fit the topology, the channels and the persons.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import STTR
    >>> model = STTR(NTU25, in_channels=3, num_classes=60, attention="temporal")
    >>> sum(parameter.numel() for parameter in model.parameters())
    6836390
    >>> model(torch.randn(16, 100, 3), batch=torch.arange(2).repeat_interleave(50), batch_size=2).shape
    torch.Size([2, 60])

    Source: Plizzari et al. 2021, "Skeleton-based action recognition via spatial and temporal transformer networks".
    """

    def __init__(
        self,
        topology: Topology,
        in_channels: int,
        num_classes: int,
        *,
        attention: Attention = "spatial",
        center: Joint | None = None,
        widths: Sequence[int] = WIDTHS,
        heads: int = 8,
        dropout: float = 0.5,
        key_dropout: float = 0.5,
        num_persons: int = 2,
    ) -> None:
        if attention not in get_args(Attention):
            raise ValueError(f"attention: expected one of {get_args(Attention)}, got {attention!r}")
        super().__init__(topology, in_channels, num_persons=num_persons)
        joints = topology.num_joints
        self.attention = attention
        adjacency = partition_adjacencies(topology.edge_index, joints, root=center_joint(topology, center))

        def attend(channels: int, width: int) -> SpatialSelfAttention | TemporalSelfAttention:
            if attention == "spatial":
                conv: SpatialSelfAttention | TemporalSelfAttention = SpatialSelfAttention(
                    channels, width, attn_channels=width // 4, heads=heads, alpha=0.0
                )
            else:
                conv = TemporalSelfAttention(channels, width, attn_channels=width // 4, heads=heads)
            return drop_keys(conv, key_dropout)

        blocks, channels = [], in_channels
        self.joined = next((place for place, width in enumerate(widths) if width > widths[0]), len(widths))
        for place, width in enumerate(widths):
            stride = 2 if place and width > widths[place - 1] else 1
            attends = place >= self.joined
            channels += in_channels if place == self.joined else 0
            if attends and attention == "spatial":
                spatial: nn.Module = ResidualAttention(attend(channels, width), joints)
            else:
                spatial = SpatialGCN(channels, width, adjacency)
            if attends and attention == "temporal":
                temporal: nn.Module = ResidualAttention(attend(stride * width, width), joints, stride=stride)
            else:
                convolution = TemporalConv(width, width, 9, stride=stride)
                temporal = nn.Sequential(convolution, ChannelNorm(width), nn.Dropout(dropout))
            residual = Shortcut(channels, width, stride=stride) if place else None
            blocks.append(SpatioTemporalBlock(spatial, temporal, residual))
            channels = width
        self.blocks: nn.ModuleList = nn.ModuleList(blocks)
        self.norm = ChannelNorm(channels)
        self.classifier = nn.Linear(channels, num_classes)

    def features(self, x: Tensor) -> Tensor:
        """Features ``[P, C']`` of the normed persons ``[P, T, V, in_channels]``."""
        start = x
        for place, block in enumerate(self.blocks):
            x = block(torch.cat([x, start], dim=-1) if place == self.joined else x)
        return mean_over_body(self.norm(x))  # [P, C']
