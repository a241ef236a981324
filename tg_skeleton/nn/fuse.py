"""Networks for evaluation: norms folded into the weights before them, linear maps joined."""

from __future__ import annotations

import copy
from abc import abstractmethod
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)
"""A network, and its fused copy."""


class Fusible(nn.Module):
    """Base class of the blocks that `fuse` rewrites."""

    @abstractmethod
    def fuse_(self) -> None:
        """Fold this block's norms into its weights and join its linear maps, in place."""


def fuse(model: Network) -> Network:
    """A copy of a network for evaluation, with norms folded into the weights before them and linear maps joined.

    The copy computes the same in fewer passes over its features. Its operators are called as in the network itself; its
    weights need no gradient, and it can't be trained.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.models import ESAN
    >>> from tg_skeleton.nn import fuse
    >>> model = ESAN(NTU25, in_channels=6, num_classes=60).eval()
    >>> x = torch.randn(20, 25, 6)
    >>> torch.allclose(fuse(model)(x), model(x), atol=1e-5)
    True

    Args:
        model: A network or block in evaluation mode; the blocks of `tg_skeleton.nn`, subclasses of `Fusible` and
            ``nn.Sequential`` of a linear map or convolution and its norm are rewritten, everything else stays.

    Raises:
        ValueError: The network is in training mode, in which norms do not use their running statistics.
        RuntimeError: When the copy is called in training mode.
    """
    if model.training:
        raise ValueError(
            f"model: {type(model).__name__} is in training mode, in which norms do not use the running statistics that "
            "are folded; call model.eval() first"
        )
    fused = copy.deepcopy(model).requires_grad_(False)
    for module in list(fused.modules()):
        if isinstance(module, Fusible):
            module.fuse_()
        elif isinstance(module, nn.Sequential):
            for at in range(1, len(module)):
                module[at] = fold(module[at], module[at - 1])
    fused.register_forward_pre_hook(_refuse_training)
    return fused


@torch.no_grad()
def fold(norm: nn.Module, *layers: nn.Module) -> nn.Module:
    """Fold a norm into the layers whose sum is its input; the norm's shift goes to the first layer's bias.

    Gives the identity in place of the norm, or the norm itself where it is no batch norm of linear maps and
    convolutions.

    >>> import torch
    >>> from tg_skeleton.nn.fuse import fold
    >>> lin, norm = torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2, eps=0.0).eval()
    >>> norm.running_mean.fill_(1.0), lin(torch.zeros(1, 3)).shape
    (tensor([1., 1.]), torch.Size([1, 2]))
    >>> before = norm(lin(torch.ones(1, 3)))
    >>> fold(norm, lin), torch.allclose(lin(torch.ones(1, 3)), before)
    (Identity(), True)
    """
    maps = [layer for layer in layers if isinstance(layer, nn.Linear | nn.Conv2d)]
    if len(maps) < len(layers) or not isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
        return norm
    scale, shift = scale_and_shift(norm)
    for layer in maps:
        layer.weight.mul_(scale.view(-1, *(1,) * (layer.weight.dim() - 1)))
        if layer.bias is not None:
            layer.bias.mul_(scale)
    first = maps[0]
    first.bias = nn.Parameter(shift if first.bias is None else first.bias + shift, requires_grad=False)
    return nn.Identity()


def scale_and_shift(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """A batch norm in evaluation mode as ``x * scale + shift``, ``[C]`` each."""
    assert norm.running_mean is not None and norm.running_var is not None
    scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
    return scale, norm.bias - norm.running_mean * scale


@torch.no_grad()
def join(outer: nn.Linear, inner: nn.Module) -> nn.Linear:
    """``outer(inner(x))`` as one linear map; ``inner`` may be the identity."""
    if not isinstance(inner, nn.Linear):
        return outer
    both = nn.Linear(inner.in_features, outer.out_features, device="meta")
    both.weight = nn.Parameter(outer.weight @ inner.weight, requires_grad=False)
    both.bias = nn.Parameter(outer(inner.bias), requires_grad=False)
    return both


def _refuse_training(module: nn.Module, args: tuple[Any, ...]) -> None:
    if module.training:
        raise RuntimeError(
            f"{type(module).__name__}: a fused network is for evaluation; call eval(), or train the network it was "
            "made from and fuse that again"
        )
