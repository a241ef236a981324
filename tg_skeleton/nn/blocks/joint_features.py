"""Paper B's joint features (JF)."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm
from tg_skeleton.nn.blocks.options import Value, check_stride, value_channels
from tg_skeleton.nn.blocks.shortcut import Shortcut
from tg_skeleton.nn.conv import TemporalSelfAttention
from tg_skeleton.nn.functional import attention


class JointFeatures(nn.Module):
    r"""Attention among all frames, for each joint.

    .. math:: y_j = \mathrm{ReLU}\left(\mathrm{BN}(A_j V_j \Theta) + \mathrm{res}(x_j)\right), \qquad
        A_j = \mathrm{softmax}\left(Q_j K_j^\top / \sqrt C\right)

    Θ is the paper's r×1 convolution with its r = 1. With a stride s, Θ and the residual keep the frames 0, s, 2s, ...;
    Θ sees one frame at a time, so the other rows of the map are not computed.

    Assumption: one batch norm behind Θ; V is the input itself; a residual whose shape changes does so by a 1×1
    convolution with the stride, and batch norm.

    Args:
        in_channels: C.
        out_channels: C'.
        stride: s, frames per frame of the output.
        value: V is the input, or a linear map of it.

    Shapes:
        - **x** ``[P, T, V, in_channels]``
        - **output** ``[P, ceil(T / stride), V, out_channels]``

    Raises:
        ValueError: The stride is below 1, ``value`` is unknown, or ``x`` does not fit.

    >>> import torch
    >>> from tg_skeleton.nn import JointFeatures
    >>> JointFeatures(16, 32, stride=2)(torch.randn(2, 21, 25, 16)).shape
    torch.Size([2, 11, 25, 32])

    Source: paper B (AMANet, 2023), Eq. 11, Fig. 5c.
    """

    def __init__(self, in_channels: int, out_channels: int, *, stride: int = 1, value: Value = "input") -> None:
        super().__init__()
        self.stride = check_stride(stride)
        self.attention = TemporalSelfAttention(in_channels, value_channels(value, in_channels))
        self.lin_out = nn.Linear(in_channels, out_channels)
        self.norm = ChannelNorm(out_channels)
        self.residual = Shortcut(in_channels, out_channels, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """The block on ``x [P, T, V, in_channels]``."""
        y = self.attention(x) if self.stride == 1 else self._kept_rows(x)  # [P, T / s, V, C]
        return (self.norm(self.lin_out(y)) + self.residual(x)).relu()

    def _kept_rows(self, x: Tensor) -> Tensor:
        """The operator's output at the frames kept; joints stand where heads do, so that nothing is copied."""
        operator = self.attention
        tokens = operator.lin_query(x[:, :: self.stride]), operator.lin_key(x), operator.lin_value(x)
        query, key, value = (item.transpose(1, 2) for item in tokens)  # [P, V, T / s, C], and twice [P, V, T, C]
        return attention(query, key, value, scale=operator.in_channels**-0.5).transpose(1, 2)
