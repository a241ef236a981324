"""A block's layers in fewer passes over its features: linear maps as one, norms in the weights, sums in place."""

from __future__ import annotations

from torch import Tensor, nn

from tg_skeleton.nn.blocks.channel_norm import ChannelNorm, scale_and_shift


def composed(outer: nn.Linear, inner: nn.Module) -> tuple[Tensor, Tensor]:
    """Weight and bias of ``outer(inner(x))`` as one linear map; ``inner`` may be the identity.

    >>> import torch
    >>> from torch.nn.functional import linear
    >>> from tg_skeleton.nn.blocks.folding import composed
    >>> outer, inner, x = torch.nn.Linear(4, 5), torch.nn.Linear(3, 4), torch.randn(2, 3)
    >>> torch.allclose(linear(x, *composed(outer, inner)), outer(inner(x)), atol=1e-6)
    True
    """
    if not isinstance(inner, nn.Linear):
        return outer.weight, outer.bias
    return outer.weight @ inner.weight, outer.weight @ inner.bias + outer.bias


def folded(norm: ChannelNorm, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """The weights in front of a norm: as they are in training, with the norm in them in a test."""
    if norm.training:
        return weight, bias
    scale, shift = scale_and_shift(norm)
    return weight * scale.view(-1, *(1,) * (weight.dim() - 1)), bias * scale + shift


def finished(y: Tensor, norm: ChannelNorm, added: Tensor | None = None, *, relu: bool = False) -> Tensor:
    """What follows `folded` weights: the norm, where it is not in them, a sum and a ReLU; overwrites ``y``.

    >>> import torch
    >>> from torch.nn.functional import linear
    >>> from tg_skeleton.nn.blocks import ChannelNorm
    >>> from tg_skeleton.nn.blocks.folding import finished, folded
    >>> norm, lin, x = ChannelNorm(4), torch.nn.Linear(3, 4), torch.randn(2, 20, 25, 3)
    >>> y = finished(linear(x, *folded(norm, lin.weight, lin.bias)), norm, relu=True)
    >>> torch.allclose(y, ChannelNorm(4)(lin(x)).relu(), atol=1e-6)
    True
    """
    if norm.training:
        return normed(y, norm, added, relu=relu)
    y = y if added is None else y.add_(added)
    return y.relu_() if relu else y


def normed(y: Tensor, norm: ChannelNorm, added: Tensor | None = None, *, relu: bool = False) -> Tensor:
    """``ReLU(norm(y) + added)``; what the norm gives is overwritten, for nobody's gradient needs it."""
    # Where autograd's views are not in between, an overwritten tensor's gradient is not copied.
    out = nn.BatchNorm2d.forward(norm, y.permute(0, 3, 1, 2))
    out = out if added is None else out.add_(added.permute(0, 3, 1, 2))
    out = out.relu_() if relu else out
    return out.permute(0, 2, 3, 1)
