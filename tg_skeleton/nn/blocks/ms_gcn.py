"""The multi-scale graph convolution of MS-G3D."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.conv import MultiScaleGraphConv
from tg_skeleton.nn.functional import constant, hop_adjacencies
from tg_skeleton.nn.fuse import Fusible, fold


class MSGCN(Fusible):
    r"""Graph convolution over the joints at every number of bones apart, in each frame.

    .. math:: y_t = \mathrm{ReLU}\left(\mathrm{BN}\left(
        \mathrm{Concat}_{k=0}^{K-1}\big((\hat A_k + R_k)\, x_t\big)\, W + b\right)\right)

    Args:
        in_channels: C.
        out_channels: C'.
        hops: The bones between any two joints, such as `Topology.hops`.
        num_scales: K.
        activation: Whether the block ends with the ReLU.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **hops** ``[V, V]`` integers
        - **output** ``[P, T, V, out_channels]``

    Raises:
        ValueError: ``hops`` is not a matrix of hops, there is no scale, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import MSGCN
    >>> MSGCN(3, 96, NTU25.hops)(torch.randn(2, 20, 25, 3)).shape
    torch.Size([2, 20, 25, 96])

    Source: Liu et al. 2020 (MS-G3D), section 3.2, Fig. 3.
    """

    adjacency: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, hops: Tensor, *, num_scales: int = 13, activation: bool = True
    ) -> None:
        super().__init__()
        self.activation = activation
        self.register_buffer("adjacency", constant(hop_adjacencies(hops, num_scales)), persistent=False)
        self.conv = MultiScaleGraphConv(in_channels, out_channels, num_scales=num_scales, num_nodes=hops.size(0))
        self.norm: nn.Module = ChannelNorm(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        return finished(self.conv(x, self.adjacency), self.norm, relu=self.activation)

    def fuse_(self) -> None:
        """See `tg_skeleton.nn.fuse`."""
        self.norm = fold(self.norm, self.conv.lin_out)
