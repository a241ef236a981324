"""Batch norms whose statistics are those of all devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.nn.functional import all_reduce
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode


class SyncedNorms(TorchFunctionMode):
    r"""In its context, batch norms in training take their mean and variance over all processes.

    .. math:: \mu = \frac{\sum_r \sum_i x_{ri}}{\sum_r n_r}, \qquad
        \sigma^2 = \frac{\sum_r \sum_i (x_{ri} - \mu)^2}{\sum_r n_r}

    with the :math:`n_r` values of a channel in process r. Processes may have different numbers of persons. It takes the
    place of ``torch.nn.functional.batch_norm``, so it applies to the norms of every network, wherever their channels
    are; torch's ``SyncBatchNorm`` replaces modules, expects the channels in the second axis, and needs a GPU. In one
    process nothing changes.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Call ``func``, or the synchronized norm in place of a norm in training."""
        kwargs = kwargs or {}
        if func is F.batch_norm and dist.is_initialized():
            return _batch_norm(func, args, kwargs)
        return func(*args, **kwargs)


def _batch_norm(func: Callable[..., Tensor], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Tensor:
    names = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
    given: dict[str, Any] = {"weight": None, "bias": None, "training": False, "momentum": 0.1, "eps": 1e-5}
    given |= dict(zip(names, args, strict=False)) | dict(kwargs)
    x: Tensor = given["input"]
    if not given["training"]:
        return func(*args, **kwargs)
    axes, shape = [0, *range(2, x.dim())], [1, -1, *[1] * (x.dim() - 2)]
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    count = wide.new_tensor([x.numel() / x.size(1)])
    total = all_reduce(torch.cat([wide.sum(axes), count]))
    mean, number = total[:-1] / total[-1], total[-1].detach()
    centered = wide - mean.view(shape)
    variance = all_reduce(centered.square().sum(axes)) / number
    with torch.no_grad():
        for running, now in (("running_mean", mean), ("running_var", variance * number / (number - 1).clamp(min=1))):
            if given[running] is not None:
                given[running].lerp_(now.to(given[running]), given["momentum"])
    out = centered * (variance + given["eps"]).rsqrt().view(shape)
    if given["weight"] is not None:
        out = out * given["weight"].view(shape) + given["bias"].view(shape)
    return out.to(x.dtype)
