"""Shift-GCN's shift along time."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Parameter
from torch.utils._python_dispatch import _get_current_dispatch_mode
from torch_geometric.nn import MessagePassing

from tg_skeleton.nn.functional import check_features, readable

_FARTHEST = 8
"""Frames: a convolution that looks no farther takes less time than two gathers."""


class TemporalShift(MessagePassing):
    r"""Moves every channel in time by an offset of its own, which is learned and need not be whole.

    .. math:: y_{t,c} = (1 - f)\, x_{\lfloor p \rfloor, c} + f\, x_{\lfloor p \rfloor + 1, c}, \qquad
        p = s t + \frac{s - 1}{2} + \delta_c, \qquad f = p - \lfloor p \rfloor

    s is the stride; frames before the first and after the last are zero. Offsets start anywhere from -1 to 1.

    Three ways to one result: on the CPU offsets of a few frames are a convolution of each channel by itself, whose
    kernel has two weights that are not zero; else frames are gathered twice; and messages along every pair of frames
    are the reference.

    Assumption: with a stride, frame t of the output lies in the middle of the s frames that it stands for.

    Args:
        channels: C.
        stride: s, frames per frame of the output.

    Shapes:
        - **x** ``[*, T, N, channels]``; **edge_index**, **edge_weight** and **batch** are taken for the calling
          convention's sake and not read
        - **output** ``[*, ceil(T / stride), N, channels]``

    Raises:
        ValueError: ``x`` has other channels or no frames, or the stride is below 1.

    >>> import torch
    >>> from tg_skeleton.nn import TemporalShift
    >>> TemporalShift(16, stride=2)(torch.randn(8, 21, 25, 16)).shape
    torch.Size([8, 11, 25, 16])

    Source: Cheng et al. 2020 (Shift-GCN), section 3.3, Eq. 9.
    """

    def __init__(self, channels: int, *, stride: int = 1) -> None:
        super().__init__(aggr="sum", node_dim=-3)
        if stride < 1:
            raise ValueError(f"stride: expected at least 1 frame, got {stride}")
        self.channels = channels
        self.stride = stride
        self.offset = Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws the offsets anew."""
        torch.nn.init.uniform_(self.offset, -1.0, 1.0)

    def forward(
        self,
        x: Tensor,
        edge_index: Tensor | None = None,
        edge_weight: Tensor | None = None,
        batch: Tensor | None = None,
    ) -> Tensor:
        """The operator on ``x [*, T, N, channels]``; see the class."""
        check_features(x, self.channels)
        if x.dim() < 3:
            raise ValueError(f"x: expected [*, T, N, {self.channels}] (frames before nodes), got {list(x.shape)}")
        clips = x.reshape(-1, *x.shape[-3:])  # [L, T, N, C]
        start, fraction = self._start()
        reach = _reach(clips, start)
        if reach is not None:
            out = _convolved(clips, start, fraction.to(x.dtype), self.stride, reach)
        elif torch.compiler.is_compiling():
            out = _shifted(clips, start, fraction.to(x.dtype), self.stride)
        else:
            out = _Shift.apply(clips, start, fraction.to(x.dtype), self.stride)
        return out.reshape(*x.shape[:-3], *out.shape[1:])

    def _start(self) -> tuple[Tensor, Tensor]:
        """The frame of x at or before the output's first, ``[C]`` integers, and what is missing to it, ``[C]``."""
        position = self.offset + (self.stride - 1) / 2
        start = position.detach().floor()
        return start.long(), position - start

    def _edgewise(self, x: Tensor) -> Tensor:
        """The reference: messages along every pair of a frame of x and one of the output."""
        frames = x.size(-3)
        source = torch.arange(frames, device=x.device)
        target = torch.arange(-(-frames // self.stride), device=x.device)
        pairs = torch.cartesian_prod(source, target).T
        start, fraction = self._start()
        position = self.stride * pairs[1][:, None] + start + fraction  # [E, C]
        weight = (1 - (position - pairs[0][:, None]).abs()).clamp(min=0)
        return self.propagate(pairs, values=(x, None), weight=weight, size=(frames, target.numel()))

    def message(self, values_j: Tensor, weight: Tensor) -> Tensor:
        """The source, weighted channel by channel: ``[*, E, N, C]``."""
        return values_j * weight.unsqueeze(-2)

    def __repr__(self) -> str:
        text = "" if self.stride == 1 else f", stride={self.stride}"
        return f"{type(self).__name__}({self.channels}{text})"


def _reach(x: Tensor, start: Tensor) -> int | None:
    """How many frames away the farthest frame is that a channel reads; None where a convolution is not the way."""
    plain = x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled("cpu")
    if not plain or not readable(x) or _get_current_dispatch_mode() is not None:  # a mode may count products
        return None
    reach = max(-int(start.min()), int(start.max()) + 1)
    return reach if reach <= _FARTHEST else None


def _convolved(x: Tensor, start: Tensor, fraction: Tensor, stride: int, reach: int) -> Tensor:
    """`_shifted` by a convolution over the frames from ``-reach`` to ``reach``."""
    channels = x.size(-1)
    first = (start + reach).unsqueeze(1)
    kernel = x.new_zeros(channels, 2 * reach + 1).scatter(1, first, (1 - fraction).unsqueeze(1))
    kernel = kernel.scatter(1, first + 1, fraction.unsqueeze(1)).view(channels, 1, -1, 1)
    out = F.conv2d(x.permute(0, 3, 1, 2), kernel, None, (stride, 1), (reach, 0), 1, channels)
    return out.permute(0, 2, 3, 1)


def _frames(x: Tensor, index: Tensor) -> Tensor:
    """The frames ``index [T', C]`` of each channel of ``x [L, T, N, C]``, which must be there: ``[L, T', N, C]``."""
    clips, _, nodes, channels = x.shape
    step = torch.arange(nodes * channels, device=x.device).view(nodes, channels)
    flat = (index[:, None, :] * (nodes * channels) + step).flatten()  # [T' N C]
    return x.flatten(1).gather(1, flat.expand(clips, -1)).view(clips, -1, nodes, channels)


def _blend(x: Tensor, first: Tensor, first_weight: Tensor, second: Tensor, second_weight: Tensor) -> Tensor:
    """Two frames of each channel, weighted; frames that are not there are zero. Frames and weights ``[T', C]``."""
    pair = []
    for index, weight in ((first, first_weight), (second, second_weight)):
        there = (index >= 0) & (index < x.size(1))
        frames = _frames(x, index.clamp(0, x.size(1) - 1))
        pair.append((frames, (weight * there)[:, None, :]))
    (a, a_weight), (b, b_weight) = pair
    return torch.addcmul(a * a_weight, b, b_weight)


def _shifted(x: Tensor, start: Tensor, fraction: Tensor, stride: int) -> Tensor:
    """``x [L, T, N, C]`` from frame ``start + fraction``, ``[C]`` each, on: ``[L, ceil(T / stride), N, C]``."""
    index = stride * torch.arange(-(-x.size(1) // stride), device=x.device)[:, None] + start  # [T', C]
    return _blend(x, index, 1 - fraction, index + 1, fraction)


class _Shift(torch.autograd.Function):
    """`_shifted`, whose gradient is such a shift too: the output's frames are read where x's were written to."""

    @staticmethod
    def forward(x: Tensor, start: Tensor, fraction: Tensor, stride: int) -> Tensor:
        return _shifted(x, start, fraction, stride)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor, int], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[:3])
        ctx.stride = inputs[3]

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, None, Tensor | None, None]:
        x, start, fraction = ctx.saved_tensors
        stride = ctx.stride
        into_x = into_fraction = None
        if ctx.needs_input_grad[0]:
            frame = torch.arange(x.size(1), device=x.device)[:, None] - start  # [T, C], times stride of the output
            first, second = (
                (at.div(stride, rounding_mode="floor"), weight * (at % stride == 0))
                for at, weight in ((frame, 1 - fraction), (frame - 1, fraction))
            )
            into_x = _blend(gradient, *first, *second)
        if ctx.needs_input_grad[2]:
            one = torch.ones_like(fraction)
            index = stride * torch.arange(gradient.size(1), device=x.device)[:, None] + start
            rise = _blend(x, index, -one, index + 1, one)  # what a later frame adds
            into_fraction = (rise * gradient).sum(dim=(0, 1, 2))
        return into_x, None, into_fraction, None
