"""A convolution over frames whose weights learn by matrix products, where those are faster than torch's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tg_skeleton.nn.functional import own_gradient_serves

LEAST_WEIGHTS = 64 * 64
"""Weights of a tap from which on the products are faster."""


def learns_by_products(x: Tensor, weight: Tensor) -> bool:
    """Whether `convolution` is faster in training than torch's own, by what was measured.

    The gradient of the weights is what differs: on a CPU with AVX2 and no AVX-512, oneDNN reaches little more than half
    of the speed of a matrix product (``python -m tests.benchmark taps``).

    >>> import torch
    >>> from tg_skeleton.nn.taps import learns_by_products
    >>> learns_by_products(torch.randn(2, 20, 25, 16), torch.randn(16, 16, 3, 1))
    False
    """
    learns = torch.is_grad_enabled() and weight.requires_grad and own_gradient_serves(x, weight)
    wide = weight.size(0) * weight.size(1) >= LEAST_WEIGHTS and weight.size(2) > 1
    return learns and wide and torch.backends.cpu.get_cpu_capability() == "AVX2"


def convolution(x: Tensor, weight: Tensor, bias: Tensor | None = None, dilation: int = 1) -> Tensor:
    r"""A convolution over the frames of a clip, padded with zeros to as many frames.

    .. math:: y_t = b + \sum\nolimits_k W_k\, x_{t + d (k - (K - 1) / 2)}

    The gradient of x is the same convolution with its taps in reverse; that of a tap is one product of a person's
    gradients and inputs, summed over persons, of views in place of copies.

    Args:
        x: The input.
        weight: The taps, an odd number.
        bias: b.
        dilation: d.

    Shapes:
        - **x** ``[P, T, V, C]``, **weight** ``[C', C, K, 1]``, **bias** ``[C']``
        - **output** ``[P, T, V, C']``

    Raises:
        ValueError: The taps are even in number.

    >>> import torch
    >>> from tg_skeleton.nn.taps import convolution
    >>> x = torch.tensor([1.0, 10.0, 100.0]).view(1, 3, 1, 1)
    >>> convolution(x, torch.tensor([1.0, 0.0, 2.0]).view(1, 1, 3, 1)).flatten()
    tensor([ 20., 201.,  10.])
    """
    check_taps(weight.size(2))
    y: Tensor = _Convolution.apply(x, weight, bias, dilation)
    return y


def check_taps(number: int) -> None:
    """Raise a ValueError if taps are even in number."""
    if number % 2 == 0:
        raise ValueError(f"weight: expected an odd number of taps, got {number}")


def frames_of_taps(number: int, frames: int, dilation: int = 1) -> Iterator[tuple[int, slice, slice]]:
    """Each tap that reads a frame of a clip: its place, the frames that it adds to, and those that it reads.

    >>> from tg_skeleton.nn.taps import frames_of_taps
    >>> [(place, to.start, of.start) for place, to, of in frames_of_taps(3, 5)]
    [(0, 1, 0), (1, 0, 0), (2, 0, 1)]
    """
    for place in range(number):
        shift = dilation * (place - number // 2)
        if abs(shift) < frames:
            early, late = slice(0, frames - abs(shift)), slice(abs(shift), frames)
            yield place, *((early, late) if shift > 0 else (late, early))


def _torchs(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
    around = dilation * (weight.size(2) // 2)
    return F.conv2d(x.permute(0, 3, 1, 2), weight, bias, 1, (around, 0), (dilation, 1)).permute(0, 2, 3, 1)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(x: Tensor, weight: Tensor, bias: Tensor | None, dilation: int) -> Tensor:
        return _torchs(x, weight, bias, dilation)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor | None, int], output: Tensor) -> None:
        x, weight, _, ctx.dilation = inputs
        ctx.save_for_backward(x, weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None, None]:
        x, weight = ctx.saved_tensors
        to_x, to_weight, to_bias, _ = ctx.needs_input_grad
        of_x = _torchs(gradient, weight.flip(2).transpose(0, 1), None, ctx.dilation) if to_x else None
        of_weight = _of_weight(gradient, x, weight.size(2), ctx.dilation) if to_weight else None
        return of_x, of_weight, gradient.sum((0, 1, 2)) if to_bias else None, None


def _of_weight(gradient: Tensor, x: Tensor, taps: int, dilation: int) -> Tensor:
    of_weight = x.new_zeros(gradient.size(-1), x.size(-1), taps, 1)
    for place, to, of in frames_of_taps(taps, x.size(1), dilation):
        each = gradient[:, to].flatten(1, 2).mT @ x[:, of].flatten(1, 2)  # [P, C', C]
        of_weight[:, :, place, 0] = each.sum(0)
    return of_weight
