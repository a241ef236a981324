"""A convolution over frames that acts on each channel alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from tg_skeleton.nn.taps import check_taps, frames_of_taps


def depthwise(x: Tensor, weight: Tensor) -> Tensor:
    r"""A convolution over frames of each channel, padded with zeros to as many frames.

    .. math:: y_t = \sum\nolimits_k w_k \odot x_{t + k - (K - 1) / 2}

    Frames are the first dimension and channels the last, so no tap copies its input: each adds to the sum in place.

    Args:
        x: The input; the weights are converted to its type.
        weight: The taps, an odd number.

    Shapes:
        - **x** ``[T, *, C]``, **weight** ``[K, C]``
        - **output** ``[T, *, C]``

    Raises:
        ValueError: The taps are even in number.

    >>> import torch
    >>> from tg_skeleton.nn.depthwise import depthwise
    >>> depthwise(torch.tensor([[1.0], [10.0], [100.0]]), torch.tensor([[1.0], [0.0], [2.0]])).flatten()
    tensor([ 20., 201.,  10.])
    """
    check_taps(weight.size(0))
    out: Tensor = _Depthwise.apply(x, weight.to(x.dtype))
    return out


def _others(weight: Tensor, frames: int) -> Iterator[tuple[int, slice, slice]]:
    """`frames_of_taps` of all taps but the middle one."""
    return (tap for tap in frames_of_taps(weight.size(0), frames) if tap[0] != weight.size(0) // 2)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        y = x * weight[weight.size(0) // 2]
        for number, to, of in _others(weight, x.size(0)):
            y[to].addcmul_(x[of], weight[number])
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        (gradient,) = gradients
        x, weight = ctx.saved_tensors
        others, middle = tuple(range(x.dim() - 1)), weight.size(0) // 2
        of_x = gradient * weight[middle]
        of_weight = torch.zeros_like(weight)
        of_weight[middle] = (gradient * x).sum(others)
        for number, to, of in _others(weight, x.size(0)):
            of_x[of].addcmul_(gradient[to], weight[number])
            of_weight[number] = (gradient[to] * x[of]).sum(others)
        return of_x, of_weight
