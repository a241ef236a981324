"""Batch norm of every channel of every joint."""

from __future__ import annotations

from torch import Tensor, nn


class JointNorm(nn.BatchNorm1d):
    """Batch norm over persons and frames, of every channel of every joint apart.

    Args:
        num_joints: V.
        channels: C.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** ``[P, T, V, C]``

    >>> import torch
    >>> from tg_skeleton.nn.blocks import JointNorm
    >>> JointNorm(25, 16)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 16])
    """

    def __init__(self, num_joints: int, channels: int) -> None:
        super().__init__(num_joints * channels)

    def forward(self, x: Tensor) -> Tensor:
        """The norm of ``x [P, T, V, C]``."""
        return super().forward(x.flatten(2).flatten(0, 1)).view_as(x)
