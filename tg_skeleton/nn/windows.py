"""Sliding windows as strided views over clips concatenated in time, each followed by zeros."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.autograd import Function


def windows_per_clip(frames: int, window: int, stride: int) -> int:
    """Number of windows that begin in a clip of a line; those beyond ⌈T / s⌉ begin after its last frame.

    >>> windows_per_clip(5, window=3, stride=1), windows_per_clip(5, window=3, stride=2)
    (7, 4)
    """
    return -(-(frames + window - 1) // stride)


def clips_in_line(x: Tensor, window: int, stride: int, *, ones: bool = False) -> Tensor:
    """Clips concatenated in time, each followed by zeros for the windows that reach beyond its last frame.

    Args:
        x: The clips.
        window: τ.
        stride: s.
        ones: Append a channel that is one at existing nodes, and zeros up to a multiple of eight channels.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** ``[F, V, C or C + 1 + ...]``, F = P s `windows_per_clip` + max(τ - s, 0)

    >>> import torch
    >>> from tg_skeleton.nn.windows import clips_in_line
    >>> clips_in_line(torch.tensor([1.0, 2.0, 3.0, 4.0]).view(2, 2, 1, 1), window=2, stride=1).flatten()
    tensor([1., 2., 0., 3., 4., 0., 0.])
    """
    line: Tensor = _Line.apply(x, window, stride, ones)
    return line


def windows_of_line(line: Tensor, window: int, stride: int) -> Tensor:
    """All windows of a line, those between two clips too: a view.

    Shapes:
        - **line** ``[F, V, C]``
        - **output** ``[(F - τ) // s + 1, τ, V, C]``

    >>> import torch
    >>> from tg_skeleton.nn.windows import windows_of_line
    >>> windows_of_line(torch.arange(5.0).view(5, 1, 1), window=3, stride=2).flatten(1)
    tensor([[0., 1., 2.],
            [2., 3., 4.]])
    """
    windows: Tensor = _Windows.apply(line, window, stride)
    return windows


class _Line(Function):
    """`clips_in_line`, whose gradient is a view."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, window: int, stride: int, ones: bool) -> Tensor:
        clips, frames, nodes, channels = x.shape
        each = stride * windows_per_clip(frames, window, stride)
        width = (channels // 8 + 1) * 8 if ones else channels
        ctx.shape, ctx.each = x.shape, each
        line = x.new_zeros(clips * each + max(window - stride, 0), nodes, width)
        real = line[: clips * each].view(clips, each, nodes, width)[:, :frames]
        real[..., :channels] = x
        if ones:
            real[..., channels] = 1.0
        return line

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        clips, frames, _, channels = ctx.shape
        by_clip = gradients[0][: clips * ctx.each].unflatten(0, (clips, ctx.each))
        return by_clip[:, :frames, :, :channels], None, None, None


class _Windows(Function):
    """`windows_of_line`; the gradient sums one slice per window that contains a frame."""

    @staticmethod
    def forward(ctx: Any, line: Tensor, window: int, stride: int) -> Tensor:
        ctx.frames, ctx.window, ctx.stride = line.size(0), window, stride
        return line.unfold(0, window, stride).movedim(-1, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients  # [W, τ, V, C]
        count, window, stride = gradient.size(0), ctx.window, ctx.stride
        blocks = max(-(-ctx.frames // stride), count + (window - 1) // stride)
        out = gradient.new_empty(blocks, stride, *gradient.shape[2:])
        first = min(window, stride)
        out[:count, :first] = gradient[:, :first]
        out[:count, first:] = 0.0
        out[count:] = 0.0
        for start in range(stride, window, stride):  # the parts of windows in blocks after the first
            part = gradient[:, start : start + stride]
            out[start // stride : start // stride + count, : part.size(1)] += part
        return out.flatten(0, 1)[: ctx.frames], None, None
