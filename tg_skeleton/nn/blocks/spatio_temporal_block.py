"""The blocks that networks fill with modules of their own: one path of ST-GCN, two of MS-G3D."""

from __future__ import annotations

from torch import Tensor, nn


class SpatioTemporalBlock(nn.Module):
    r"""A module among the joints, then one over the frames, and a residual.

    .. math:: y = \mathrm{ReLU}\left(\mathrm{temporal}(\mathrm{spatial}(x)) + \mathrm{res}(x)\right)

    Args:
        spatial: ``[P, T, V, C]`` to ``[P, T, V, C']``.
        temporal: ``[P, T, V, C']`` to ``[P, ceil(T / stride), V, C']``.
        residual: res, a `Shortcut` with the same stride; None: no residual.

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
        return y.relu() if self.residual is None else (y + self.residual(x)).relu_()


class TwoPaths(nn.Module):
    r"""Two paths through space and time, in sequence and jointly, summed, and a temporal convolution.

    .. math:: y = \mathrm{tcn}\left(\mathrm{ReLU}\left(f(x) + g(x)\right)\right)

    Args:
        factorised: f, space and time in sequence, ``[P, T, V, C]`` to ``[P, T', V, C']``.
        spatio_temporal: g, space and time jointly; likewise.
        tcn: The convolution after the sum.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** that of ``tcn`` for ``[P, T', V, C']``

    >>> import torch
    >>> from torch.nn import Linear
    >>> from tg_skeleton.nn.blocks import MSTCN, TwoPaths
    >>> TwoPaths(Linear(3, 6), Linear(3, 6), MSTCN(6, 6))(torch.randn(2, 20, 25, 3)).shape
    torch.Size([2, 20, 25, 6])

    Source: Liu et al. 2020 (MS-G3D), Fig. 3; paper B (AMANet, 2023), Fig. 2.
    """

    def __init__(self, factorised: nn.Module, spatio_temporal: nn.Module, tcn: nn.Module) -> None:
        super().__init__()
        self.factorised = factorised
        self.spatio_temporal = spatio_temporal
        self.tcn = tcn

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, C]``."""
        y: Tensor = self.tcn((self.factorised(x) + self.spatio_temporal(x)).relu_())
        return y
