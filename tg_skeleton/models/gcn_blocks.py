"""The ten blocks that ST-GCN, 2s-AGCN, DGNN and CTR-GCN have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import nn

from tg_skeleton.nn.blocks import Shortcut, SpatioTemporalBlock

WIDTHS = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
"""Channels of the blocks."""

Parts = Callable[[int, int, int], tuple[nn.Module, nn.Module]]
"""Channels in, channels out and stride to the spatial and the temporal part of a block."""


Residual = Callable[[int, int, int], nn.Module]
"""Channels in, channels out and stride to the residual of a block."""


def gcn_blocks(
    in_channels: int, widths: Sequence[int], parts: Parts, *, residual: Residual | None = None
) -> nn.Sequential:
    """Blocks of a spatial and a temporal part; the first has no residual, one that widens behind it halves the frames.

    >>> from torch import nn
    >>> from tg_skeleton.models.gcn_blocks import gcn_blocks
    >>> said = []
    >>> def parts(*channels_and_stride):
    ...     said.append(channels_and_stride)
    ...     return nn.Identity(), nn.Identity()
    >>> blocks = gcn_blocks(3, (8, 8, 16), parts)
    >>> said, [block.residual is None for block in blocks]
    ([(3, 8, 1), (8, 8, 1), (8, 16, 2)], [True, False, False])

    Args:
        in_channels: Channels of the input.
        widths: Channels of the blocks.
        parts: Makes the two parts of a block.
        residual: Makes the residual of a block behind the first. Default: `Shortcut`.
    """
    blocks, channels = [], in_channels
    for place, width in enumerate(widths):
        stride = 2 if place and width > channels else 1
        spatial, temporal = parts(channels, width, stride)
        around = residual(channels, width, stride) if residual else Shortcut(channels, width, stride=stride)
        blocks.append(SpatioTemporalBlock(spatial, temporal, around if place else None))
        channels = width
    return nn.Sequential(*blocks)
