"""Batch norm of channels-last features, and the end of a block."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ChannelNorm(nn.BatchNorm2d):
    """Batch norm over the last axis of ``[P, T, V, C]``, which is channels-last memory: no axis moves.

    Shapes:
        - **x** ``[P, T, V, C]``
        - **output** ``[P, T, V, C]``

    >>> import torch
    >>> from tg_skeleton.nn.blocks import ChannelNorm
    >>> ChannelNorm(16)(torch.randn(2, 20, 25, 16)).shape
    torch.Size([2, 20, 25, 16])
    """

    def forward(self, x: Tensor) -> Tensor:
        """The norm of ``x [P, T, V, C]``."""
        return super().forward(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)

    @torch.no_grad()
    def split(self, widths: Sequence[int]) -> list[ChannelNorm]:
        """Norms in evaluation mode of ``widths`` channels, in order."""
        parts = []
        for start, width in zip(accumulate(widths, initial=0), widths, strict=False):
            part = ChannelNorm(width, self.eps).to(self.weight).eval().requires_grad_(False)
            for name in ("weight", "bias", "running_mean", "running_var"):
                getattr(part, name).copy_(getattr(self, name)[start : start + width])
            parts.append(part)
        return parts


def finished(
    y: Tensor, norm: nn.Module, added: Tensor | None = None, *, relu: bool = False, drop: nn.Module | None = None
) -> Tensor:
    """``ReLU(drop(norm(y)) + added)`` without temporary tensors.

    Overwrites the norm's output, which no gradient needs, or ``y`` itself if `tg_skeleton.nn.fuse` has folded the norm.

    >>> import torch
    >>> from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, finished
    >>> norm, y, x = ChannelNorm(4), *torch.randn(2, 2, 20, 25, 4)
    >>> torch.equal(finished(y, norm, x, relu=True), (ChannelNorm(4)(y) + x).relu())
    True
    """
    # An overwritten tensor's gradient is copied if it is a view, so the norm's own output is overwritten.
    out = y.permute(0, 3, 1, 2)
    out = nn.BatchNorm2d.forward(norm, out) if isinstance(norm, ChannelNorm) else out
    out = out if drop is None else drop(out)
    out = out if added is None else out.add_(added.permute(0, 3, 1, 2))
    out = out.relu_() if relu else out
    return out.permute(0, 2, 3, 1)


def joined(outer: nn.Linear, inner: nn.Module, x: Tensor) -> Tensor:
    """``outer(inner(x))`` as one linear map; ``inner`` may be the identity.

    >>> import torch
    >>> from tg_skeleton.nn.blocks.channel_norm import joined
    >>> outer, inner, x = torch.nn.Linear(4, 5), torch.nn.Linear(3, 4), torch.randn(2, 3)
    >>> torch.allclose(joined(outer, inner, x), outer(inner(x)), atol=1e-6)
    True
    """
    if not isinstance(inner, nn.Linear):
        return outer(x)
    return F.linear(x, outer.weight @ inner.weight, outer.weight @ inner.bias + outer.bias)
