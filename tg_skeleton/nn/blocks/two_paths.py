"""MS-G3D's block, whose frame paper B keeps."""

from __future__ import annotations

from torch import Tensor, nn


class TwoPaths(nn.Module):
    r"""Two ways through space and time, one after the other and both at once, summed, and a temporal convolution.

    .. math:: y = \mathrm{tcn}\left(\mathrm{ReLU}\left(f(x) + g(x)\right)\right)

    Args:
        factorised: f, space and time one after the other, ``[P, T, V, C]`` to ``[P, T', V, C']``.
        spatio_temporal: g, both at once; likewise.
        tcn: Behind the sum.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** what ``tcn`` makes of ``[P, T', V, C']``

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
        y: Tensor = self.tcn((self.factorised(x) + self.spatio_temporal(x)).relu())
        return y
