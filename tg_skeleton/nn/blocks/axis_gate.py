"""A gate for every frame or every joint."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn

from tg_skeleton.nn.blocks.temporal_conv import TemporalConv

Axis = Literal["frames", "joints"]
"""The axis that a gate has a value for each place of."""


class AxisGate(nn.Module):
    r"""Features amplified by one number for each frame, or each joint, that is computed from other features.

    .. math:: y = x\,(1 + \sigma(g)), \qquad g = \Theta * \bar z + b

    For frames, the mean is over the joints of z, and Θ runs over frames; for joints, the mean is over the frames, and Θ
    runs over joints in their order. Both are padded with zeros.

    Assumption: Θ starts at zero for frames and as Xavier's normal distribution for joints; b starts at zero.

    Args:
        channels: C of z.
        kernel_size: Frames or joints that Θ sees, odd.
        axis: What the gate has a value for each of.

    Shapes:
        - **x** ``[P, T, V, C']``, **source** z ``[P, T', V', C]``: T' = T for frames, V' = V for joints
        - **output** ``[P, T, V, C']``

    Raises:
        ValueError: The axis is unknown, or the kernel is even.

    >>> import torch
    >>> from tg_skeleton.nn.blocks import AxisGate
    >>> fine, coarse = torch.randn(2, 20, 25, 8), torch.randn(2, 10, 25, 16)
    >>> AxisGate(16, 25, axis="joints")(fine, coarse).shape
    torch.Size([2, 20, 25, 8])

    Source: Shi et al. 2020 (MS-AAGCN), section 3.4; Chen et al. 2021 (DualHead-Net), section 3.4.
    """

    def __init__(self, channels: int, kernel_size: int, *, axis: Axis) -> None:
        super().__init__()
        if axis not in get_args(Axis):
            raise ValueError(f"axis: expected one of {get_args(Axis)}, got {axis!r}")
        self.axis = axis
        self.conv = TemporalConv(channels, 1, kernel_size)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets all weights to their start."""
        if self.axis == "frames":
            nn.init.zeros_(self.conv.weight)
        else:
            nn.init.xavier_normal_(self.conv.weight)
        assert self.conv.bias is not None
        nn.init.zeros_(self.conv.bias)

    def forward(self, x: Tensor, source: Tensor) -> Tensor:
        """``x [P, T, V, C']``, gated by ``source [P, T', V', C]``."""
        if self.axis == "frames":
            gate = self.conv(source.mean(dim=2, keepdim=True))  # [P, T, 1, 1]
        else:
            mean = source.mean(dim=1).unsqueeze(2)  # [P, V, 1, C], the joints where the convolution has its frames
            gate = self.conv(mean).transpose(1, 2)  # [P, 1, V, 1]
        return x * (gate.sigmoid() + 1)
