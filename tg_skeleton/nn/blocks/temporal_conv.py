"""A convolution over time."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from tg_skeleton.nn.taps import convolution, learns_by_products

PaddingMode = Literal["zeros", "replicate"]
"""What a clip is padded with in time: zeros, or copies of its first and of its last frame."""


class TemporalConv(nn.Conv2d):
    """A convolution over the frames of ``[P, T, V, C]``, which is channels-last memory: no axis moves.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: Frames that one output depends on.
        stride: The output has the frames 0, s, 2s, ...
        dilation: Distance of these frames.
        pad: The clip is padded so that it keeps its length, divided by the stride; else the output has only
            the frames that see no padding.
        padding_mode: What the clip is padded with: zeros, or copies of its first and of its last frame.

    Shapes:
        - **x** ``[P, T, V, in_channels]``
        - **output** ``[P, ceil(T / stride), V, out_channels]``, or without ``pad``
          ``[P, (T - dilation (kernel_size - 1) - 1) // stride + 1, V, out_channels]``

    Raises:
        ValueError: The kernel is even, so that no padding keeps the length.

    >>> import torch
    >>> from tg_skeleton.nn.blocks import TemporalConv
    >>> TemporalConv(16, 32, 3)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 32])
    >>> TemporalConv(16, 32, 3, stride=2, dilation=4)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 10, 25, 32])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        pad: bool = True,
        padding_mode: PaddingMode = "zeros",
    ) -> None:
        if pad and kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size: expected an odd number of frames, got {kernel_size}; padding keeps the length only then"
            )
        super().__init__(
            in_channels,
            out_channels,
            (kernel_size, 1),
            stride=(stride, 1),
            dilation=(dilation, 1),
            padding=(dilation * (kernel_size // 2) if pad else 0, 0),
            padding_mode=padding_mode,
        )

    def forward(self, x: Tensor) -> Tensor:
        """The convolution on ``x [P, T, V, in_channels]``."""
        return self.convolve(x, self.weight, self.bias)

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The convolution with other weights in place of its own."""
        if self._keeps_frames and learns_by_products(x, weight):
            return convolution(x, weight, bias, self.dilation[0])
        return self._conv_forward(x.permute(0, 3, 1, 2), weight, bias).permute(0, 2, 3, 1)

    @property
    def _keeps_frames(self) -> bool:
        """Whether zeros around the clip keep its length."""
        return self.stride == (1, 1) and self.padding != (0, 0) and self.padding_mode == "zeros"
