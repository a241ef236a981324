"""Paper B's spatio-temporal feature extraction module."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
from tg_skeleton.nn.blocks.drop_path import DropPath
from tg_skeleton.nn.blocks.options import (
    Value,
    check_adjacency,
    check_input,
    check_stride,
    graph_weight,
    value_channels,
)
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.conv import SpatioTemporalSelfAttention
from tg_skeleton.nn.conv.attention_graph import Weight
from tg_skeleton.nn.functional import constant
from tg_skeleton.nn.fuse import Fusible, fold


class STFEM(nn.Module):
    r"""Attention among the joints of all frames of a window, for every window and several lengths of it.

    .. math:: y_t = \mathrm{ReLU}\Big(\sum_\tau \mathrm{BN}(A_t V_t \Theta) + \mathrm{res}(x_t)\Big), \qquad
        A_t = \mathrm{softmax}\left(Q_t K_t^\top / \sqrt C + \beta\, \mathrm{tile}(Å, \tau \times \tau)\right)

    Q, K and V are those of a window, the frames t to t + τ - 1. Frames after the last are zero after the projections
    and take part in the softmax. Θ collapses a window's τ frames to one.

    Assumption: windows lie forward of their frame; Θ is a convolution over the window, C to C', with a batch norm
    after it; τ, which is not stated, is 3; each τ is a path with weights and a residual of its own; V is the input
    itself; a residual whose shape changes does so by a 1×1 convolution with the stride, and batch norm.

    Args:
        in_channels: C.
        out_channels: C'.
        adjacency: Å, such as `Topology.normalized_adjacency`.
        windows: τ of every path.
        stride: s, the distance of two windows.
        beta: Weight of Å.
        learned: Whether β is learned, from ``beta`` on, for each window apart.
        value: V is the input, or a linear map of it.
        activation: The ReLU; without it, the output is the sum.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **adjacency** ``[V, V]`` (target, source)
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    Raises:
        ValueError: There is no window, or one without a frame, the stride is below 1, the adjacency is not a square
            matrix of floats, ``value`` is unknown, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.nn import STFEM
    >>> block = STFEM(12, 96, NTU25.normalized_adjacency, windows=(3, 5), stride=2)
    >>> block(torch.randn(2, 21, 25, 12)).shape
    torch.Size([2, 11, 25, 96])

    Source: paper B (AMANet, 2023), Eq. 13, 14; Liu et al. 2020 (MS-G3D), section 3.4, for the paths and the collapse.
    """

    adjacency: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        adjacency: Tensor,
        *,
        windows: Sequence[int] = (3,),
        stride: int = 1,
        beta: float = 0.8,
        learned: bool = False,
        value: Value = "input",
        activation: bool = True,
    ) -> None:
        super().__init__()
        if not windows or min(windows) < 1:
            raise ValueError(f"windows: expected at least one, each of at least 1 frame, got {tuple(windows)}")
        self.activation = activation
        self.register_buffer("adjacency", constant(check_adjacency(adjacency)), persistent=False)
        self.paths = nn.ModuleList(
            _Path(
                in_channels,
                out_channels,
                window,
                stride=check_stride(stride),
                beta=graph_weight(beta, learned),
                value=value,
            )
            for window in windows
        )

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        first, *others = (path(x, self.adjacency) for path in self.paths)
        y = sum(others, first)
        return y.relu() if self.activation else y


class _Path(Fusible):
    """One length of the window."""

    def __init__(
        self, in_channels: int, out_channels: int, window: int, *, stride: int, beta: Weight, value: Value
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.attention: nn.Module = SpatioTemporalSelfAttention(
            in_channels, value_channels(value, in_channels), window=(window, stride), alpha=beta
        )
        self.collapse = TemporalConv(in_channels, out_channels, window, pad=False)
        self.norm: nn.Module = ChannelNorm(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride=stride)
        self.drop_path = DropPath()

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        check_input(x, self.in_channels, adjacency.size(0))
        if isinstance(self.attention, SpatioTemporalSelfAttention):
            y = self.attention(x, adjacency, collapse=self.collapse)
        else:
            windows = self.attention(x, adjacency)  # [P, W, τ, V, C], every window as a clip of its own
            y = self.collapse(windows.flatten(0, 1)).view(*windows.shape[:2], windows.size(3), -1)
        return finished(y.contiguous(), self.norm, self.residual(x), drop=self.drop_path)

    def fuse_(self) -> None:
        self.norm = fold(self.norm, self.collapse)
