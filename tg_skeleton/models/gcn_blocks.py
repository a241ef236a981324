"""Parts of ST-GCN, 2s-AGCN, DGNN and CTR-GCN: the ten blocks, and the center of a body."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn

from tg_skeleton.nn.blocks import Shortcut, SpatioTemporalBlock
from tg_skeleton.topology import Joint, Topology

WIDTHS = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
"""Channels of the blocks."""

Parts = Callable[[int, int, int], tuple[nn.Module, nn.Module]]
"""Channels in, channels out and stride to the spatial and the temporal part of a block."""


Residual = Callable[[int, int, int], nn.Module]
"""Channels in, channels out and stride to the residual of a block."""


def gcn_blocks(
    in_channels: int, widths: Sequence[int], parts: Parts, *, residual: Residual | None = None
) -> nn.Sequential:
    """Blocks of a spatial and a temporal part; the first has no residual, later ones halve the frames if they widen.

    >>> from torch import nn
    >>> from tg_skeleton.models.gcn_blocks import gcn_blocks
    >>> made = []
    >>> def parts(*channels_and_stride):
    ...     made.append(channels_and_stride)
    ...     return nn.Identity(), nn.Identity()
    >>> blocks = gcn_blocks(3, (8, 8, 16), parts)
    >>> made, [block.residual is None for block in blocks]
    ([(3, 8, 1), (8, 8, 1), (8, 16, 2)], [True, False, False])

    Args:
        in_channels: Channels of the input.
        widths: Channels of the blocks.
        parts: A function that builds the two parts of a block.
        residual: A function that builds the residual of a block. Default: a `Shortcut`.
    """
    blocks, channels = [], in_channels
    for place, width in enumerate(widths):
        stride = 2 if place and width > channels else 1
        spatial, temporal = parts(channels, width, stride)
        around = residual(channels, width, stride) if residual else Shortcut(channels, width, stride=stride)
        blocks.append(SpatioTemporalBlock(spatial, temporal, around if place else None))
        channels = width
    return nn.Sequential(*blocks)


def center_joint(topology: Topology, center: Joint | None = None) -> int:
    """The index of the joint from which spatial partitions count.

    Default: the joint with the smallest number of bones to the joint farthest from it; of several such joints, the one
    with the fewest bones to all others in total.

    Raises:
        ValueError: The topology has no such joint.

    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models.gcn_blocks import center_joint
    >>> center_joint(NTU25), center_joint(NTU25, "spine_mid")
    (20, 1)
    """
    if center is not None:
        return topology.index(center, "center")
    hops = topology.hops
    return min(range(topology.num_joints), key=lambda joint: (int(hops[joint].max()), int(hops[joint].sum())))
