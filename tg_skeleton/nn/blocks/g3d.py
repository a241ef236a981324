"""The spatio-temporal graph convolution of MS-G3D."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.blocks.options import check_stride
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.conv import MultiScaleG3D
from tg_skeleton.nn.conv.multi_scale_g3d import window_hops
from tg_skeleton.nn.functional import constant, hop_adjacencies
from tg_skeleton.nn.fuse import Fusible, fold


class G3D(nn.Module):
    r"""Graph convolution over the joints of all frames of a window, for every window and several lengths of it.

    .. math:: y_t = \sum_\tau \mathrm{BN}\left(\Theta_\tau * \mathrm{ReLU}\left(\mathrm{BN}\left(
        \mathrm{Concat}_{k=0}^{K-1}\big((\hat A_k + R_k)\, x_{(t)}\big)\, W + b\right)\right)\right)

    A window x(t) has τ frames around frame t, and zeros beyond the clip; its graph joins a joint to its neighbors and
    to itself in all of them. Θ collapses a window's τ frames to one.

    Assumption: the norm before the collapse counts a frame once for every window that holds it, and the zeros too.

    Args:
        in_channels: C.
        out_channels: C'.
        hops: The bones between any two joints, such as `Topology.hops`.
        windows: τ of every path, odd.
        stride: s, the distance of two windows.
        num_scales: K.
        hidden_channels: Channels between W and Θ. Default: C.
        activation: Whether a ReLU follows the sum; in the network it follows the sum of all parts of a block.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **hops** ``[V, V]`` integers
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    Raises:
        ValueError: There is no window, or an even one, the stride is below 1, ``hops`` is not a matrix of hops, there
            is no scale, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import G3D
    >>> G3D(3, 96, NTU25.hops, stride=2, hidden_channels=96)(torch.randn(2, 21, 25, 3)).shape
    torch.Size([2, 11, 25, 96])

    Source: Liu et al. 2020 (MS-G3D), sections 3.3, 3.4, Fig. 3.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        hops: Tensor,
        *,
        windows: Sequence[int] = (3, 5),
        stride: int = 1,
        num_scales: int = 6,
        hidden_channels: int | None = None,
        activation: bool = False,
    ) -> None:
        super().__init__()
        if not windows or any(window < 1 or window % 2 == 0 for window in windows):
            raise ValueError(f"windows: expected at least one, each of an odd number of frames, got {tuple(windows)}")
        self.activation = activation
        hidden = in_channels if hidden_channels is None else hidden_channels
        self.paths = nn.ModuleList(
            _Path((in_channels, hidden, out_channels), hops, window, stride=check_stride(stride), num_scales=num_scales)
            for window in windows
        )

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        first, *others = (path(x) for path in self.paths)
        y = sum(others, first)
        return y.relu() if self.activation else y


class _Path(Fusible):
    """One length of the window."""

    adjacency: Tensor

    def __init__(
        self, channels: tuple[int, int, int], hops: Tensor, window: int, *, stride: int, num_scales: int
    ) -> None:
        super().__init__()
        before, hidden, behind = channels
        adjacency = hop_adjacencies(window_hops(hops, window), num_scales)
        self.register_buffer("adjacency", constant(adjacency), persistent=False)
        self.conv = MultiScaleG3D(
            before, hidden, window=(window, stride), num_scales=num_scales, num_nodes=hops.size(0)
        )
        self.norm_windows: nn.Module = ChannelNorm(hidden)
        self.collapse = TemporalConv(hidden, behind, window, pad=False)
        self.norm: nn.Module = ChannelNorm(behind)

    def forward(self, x: Tensor) -> Tensor:
        windows = self.conv(x, self.adjacency)  # [P, T / s, τ, V, C]
        h = finished(windows.flatten(0, 1), self.norm_windows, relu=True)
        y = self.collapse(h)  # a window as a clip of its own: [P T / s, 1, V, C']
        return self.norm(y.view(*windows.shape[:2], *y.shape[2:]))

    def fuse_(self) -> None:
        self.norm_windows = fold(self.norm_windows, self.conv.lin_out)
        self.norm = fold(self.norm, self.collapse)
