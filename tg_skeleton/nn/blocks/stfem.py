"""Paper B's spatio-temporal feature extraction module."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.folding import finished, folded
from tg_skeleton.nn.blocks.options import Value, check_adjacency, check_input, check_stride, value_channels
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.blocks.temporal_conv import TemporalConv
from tg_skeleton.nn.conv import SpatioTemporalSelfAttention
from tg_skeleton.nn.functional import attention
from tg_skeleton.nn.windows import clips_in_line, windows_of_line, windows_per_clip


class STFEM(nn.Module):
    r"""Attention among the joints of all frames of a window, for every window and several lengths of it.

    .. math:: y_t = \mathrm{ReLU}\Big(\sum_\tau \mathrm{BN}(A_t V_t \Theta) + \mathrm{res}(x_t)\Big), \qquad
        A_t = \mathrm{softmax}\left(Q_t K_t^\top / \sqrt C + \beta\, \mathrm{tile}(Å, \tau \times \tau)\right)

    Q, K and V are those of a window, the frames t to t + τ - 1. Frames after the last are zero behind the projections
    and take part in the softmax. Θ collapses a window's τ frames to one.

    Assumption: windows lie forward of their frame; Θ is a convolution over the window, C to C', with a batch norm
    behind it; τ, which is not stated, is 3; each τ is a path with weights and a residual of its own; V is the input
    itself; a residual whose shape changes does so by a 1×1 convolution with the stride, and batch norm.

    Args:
        in_channels: C.
        out_channels: C'.
        adjacency: Å, as `Topology.normalized_adjacency` has it.
        windows: τ of every path.
        stride: s, the distance of two windows.
        beta: Weight of Å.
        value: V is the input, or a linear map of it.
        activation: The ReLU; without it, the output is the sum.

    Shapes:
        - **x** ``[P, T, V, in_channels]``, **adjacency** ``[V, V]`` (target, source)
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    Raises:
        ValueError: There is no window, or one without a frame, the stride is below 1, the adjacency is no square matrix
            of floats, ``value`` is unknown, or ``x`` does not fit.

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
        value: Value = "input",
        activation: bool = True,
    ) -> None:
        super().__init__()
        if not windows or min(windows) < 1:
            raise ValueError(f"windows: expected at least one, each of at least 1 frame, got {tuple(windows)}")
        self.activation = activation
        self.register_buffer("adjacency", check_adjacency(adjacency), persistent=False)
        self.paths = nn.ModuleList(
            _Path(in_channels, out_channels, window, stride=check_stride(stride), beta=beta, value=value)
            for window in windows
        )

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        first, *others = (path(x, self.adjacency) for path in self.paths)
        y = sum(others, first)
        return y.relu() if self.activation else y


class _Path(nn.Module):
    """One length of the window."""

    def __init__(
        self, in_channels: int, out_channels: int, window: int, *, stride: int, beta: float, value: Value
    ) -> None:
        super().__init__()
        self.attention = SpatioTemporalSelfAttention(
            in_channels, value_channels(value, in_channels), window=(window, stride), alpha=beta
        )
        self.collapse = TemporalConv(in_channels, out_channels, window, pad=False)
        self.norm = ChannelNorm(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride=stride)

    def forward(self, x: Tensor, adjacency: Tensor) -> Tensor:
        operator, joints = self.attention, x.size(-2)
        check_input(x, operator.in_channels, adjacency.size(0))
        assert operator.window is not None
        window, stride = operator.window, operator.stride
        mixed = self._mix(x, operator.alpha * adjacency.repeat(window, window))  # [P W, 1, τ V, D]
        # A (x W) Θ is (A x) (W Θ), for each of a window's frames.
        inner, outer = self._widened(operator.lin_value, mixed.size(-1)), self.collapse.weight  # [C, D], [C', C, τ, 1]
        weight = (outer.flatten(2).transpose(1, 2) @ inner).permute(0, 2, 1).unsqueeze(-1)  # [C', D, τ, 1]
        assert self.collapse.bias is not None
        weight, bias = folded(self.norm, weight.contiguous(), self.collapse.bias)
        y = self.collapse.convolve(mixed.view(-1, window, joints, mixed.size(-1)), weight, bias)
        y = y.reshape(-1, windows_per_clip(x.size(1), window, stride), joints, y.size(-1))
        y = y[:, : -(-x.size(1) // stride)].contiguous()  # without the windows between two clips
        return finished(y, self.norm, self.residual(x))

    def _mix(self, x: Tensor, bias: Tensor) -> Tensor:
        """Every window's map times its frames, in homogeneous coordinates.

        A frame that exists has a channel that is one, those that stand for missing ones are zero in all, so that
        projections with a bias are linear maps, of which queries meeting the frames themselves need one.
        """
        operator = self.attention
        assert operator.window is not None
        line = clips_in_line(x, operator.window, operator.stride, ones=True)
        width = line.size(-1)
        into, onto = (self._widened(lin, width) for lin in (operator.lin_query, operator.lin_key))
        query, key = (
            windows_of_line(item, operator.window, operator.stride).flatten(1, 2)[:, None]
            for item in (F.linear(line, onto.T @ into), line)
        )  # [P W, 1, τ V, D]
        return attention(query, key, key, bias[None, None], scale=operator.in_channels**-0.5)

    def _widened(self, lin: nn.Module, width: int) -> Tensor:
        """A linear map of homogeneous coordinates: its weight, its bias, and zeros, ``[C, width]``."""
        if not isinstance(lin, nn.Linear):  # the identity
            weight = self.collapse.weight
            return torch.eye(weight.size(1), width, dtype=weight.dtype, device=weight.device)
        weight = torch.cat([lin.weight, lin.bias[:, None]], dim=1)
        return F.pad(weight, (0, width - weight.size(1)))
