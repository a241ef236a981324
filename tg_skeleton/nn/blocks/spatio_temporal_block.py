"""The block of ST-GCN and its kin: a spatial part, a temporal part, and a way around both."""

from __future__ import annotations

from torch import Tensor, nn


class SpatioTemporalBlock(nn.Module):
    r"""A module among the joints, then one over the frames, and a residual.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{temporal}(\mathrm{spatial}(x)) + \mathrm{res}(x)\right)

    Args:
        spatial: ``[P, T, V, C]`` to ``[P, T, V, C']``.
        temporal: ``[P, T, V, C']`` to ``[P, ceil(T / stride), V, C']``.
        residual: res, a `Shortcut` with the same stride; None: there is none.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** ``[P, ceil(T / stride), V, C']``

    >>> import torch
    >>> from torch.nn import Linear
    >>> from tg_skeleton.nn.blocks import Shortcut, SpatioTemporalBlock, TemporalConv
    >>> block = SpatioTemporalBlock(Linear(3, 8), TemporalConv(8, 8, 9, stride=2), Shortcut(3, 8, stride=2))
    >>> block(torch.randn(2, 21, 25, 3)).shape
    torch.Size([2, 11, 25, 8])

    Source: Yan et al. 2018 (ST-GCN), section 3.
    """

    def __init__(self, spatial: nn.Module, temporal: nn.Module, residual: nn.Module | None) -> None:
        super().__init__()
        self.spatial = spatial
        self.temporal = temporal
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, C]``."""
        y: Tensor = self.temporal(self.spatial(x))
        return (y if self.residual is None else y + self.residual(x)).relu()
