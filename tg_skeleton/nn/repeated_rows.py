"""Batch norms of batches in which a row stands for several equal ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

Runs = Sequence[tuple[int, int]]
"""Rows one after the other: how many, and how many rows each of them stands for."""


class RepeatedRows(TorchFunctionMode):
    r"""In its context, batch norms in training count a row as often as it would be there.

    .. math:: \mu = \frac{\sum_i w_i x_i}{\sum_i w_i}, \qquad
        \sigma^2 = \frac{\sum_i w_i (x_i - \mu)^2}{\sum_i w_i}

    If the gradient of an output row is the sum of the gradients of the rows that it stands for, so is that of an input
    row. It takes the place of ``torch.nn.functional.batch_norm``, so it applies to the norms of every network.

    Args:
        runs: The rows of the batch.
        tiles: How often the batch may stand in one input, one after the other, as joints and bones do in DGNN.

    Raises:
        RuntimeError: The first axis of an input is neither the batch nor a multiple of it.

    >>> import torch
    >>> from torch.nn import BatchNorm1d
    >>> from tg_skeleton.nn.repeated_rows import RepeatedRows
    >>> x = torch.tensor([[1.0], [4.0]])
    >>> with RepeatedRows([(1, 1), (1, 3)]):
    ...     out = BatchNorm1d(1)(x)
    >>> torch.allclose(out, BatchNorm1d(1)(x[[0, 1, 1, 1]])[:2])
    True
    """

    def __init__(self, runs: Runs, *, tiles: int = 1) -> None:
        super().__init__()
        self.runs = runs
        self.tiles = tiles

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """Call ``func``, or the norm that counts rows in place of a norm in training."""
        if func is F.batch_norm:
            names = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")
            given: dict[str, Any] = {"weight": None, "bias": None, "training": False, "momentum": 0.1, "eps": 1e-5}
            given |= dict(zip(names, args, strict=False)) | (kwargs or {})
            if given.pop("training"):
                return _batch_norm(runs=self._of(given["input"]), **given)
        return func(*args, **(kwargs or {}))

    def _of(self, x: Tensor) -> Runs:
        """The runs of an input whose first axis is the batch, or the batch times others."""
        rows = sum(number for number, _ in self.runs)
        tiles = 1 if x.size(0) % (rows * self.tiles) else self.tiles
        if x.size(0) % (rows * tiles):
            raise RuntimeError(
                f"batch_norm: expected {rows} rows of a batch, or a multiple, in the first axis, got {list(x.shape)}; "
                "equal bodies are computed once, so a network's norms keep bodies in their first axis"
            )
        each = x.size(0) // (rows * tiles)
        return tiles * [(number * each, repeated) for number, repeated in self.runs]


def _batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    momentum: float,
    eps: float,
    runs: Runs,
) -> Tensor:
    with torch.no_grad():
        count, mean, variance = _statistics(input, runs)
        for running, now in ((running_mean, mean), (running_var, variance * (count / max(count - 1, 1)))):
            if running is not None:
                running.lerp_(now, momentum)
    if weight is None or bias is None:
        weight, bias = torch.ones_like(mean), torch.zeros_like(mean)
    out: Tensor = _BatchNorm.apply(input, weight, bias, mean, variance, count, eps, runs)
    return out


def _parts(x: Tensor, runs: Runs) -> Iterator[tuple[Tensor, int]]:
    """The rows of every run, and how many rows each of them stands for."""
    starts = accumulate((number for number, _ in runs), initial=0)
    for start, (number, repeated) in zip(starts, runs, strict=False):
        if number:
            yield x[start : start + number], repeated


def _statistics(x: Tensor, runs: Runs) -> tuple[int, Tensor, Tensor]:
    """The number of values of a channel, their mean and their variance, of all rows."""
    counts, means, variances = [], [], []
    for part, repeated in _parts(x, runs):
        mean, variance = torch.batch_norm_update_stats(part, None, None, 0.0)
        counts.append(part.numel() // part.size(1) * repeated)
        means.append(mean)
        variances.append(variance)
    share = torch.tensor(counts, dtype=x.dtype, device=x.device).unsqueeze(1) / sum(counts)
    apart = torch.stack(means)
    mean = (share * apart).sum(0)
    return sum(counts), mean, (share * (torch.stack(variances) + (apart - mean).square())).sum(0)


class _BatchNorm(torch.autograd.Function):
    """The norm with the statistics of all rows; the gradient of the statistics is part of its gradient."""

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        mean: Tensor,
        variance: Tensor,
        count: int,
        eps: float,
        runs: Runs,
    ) -> Tensor:
        ctx.save_for_backward(x, weight, bias, mean, variance)
        ctx.others = count, eps, runs
        return F.batch_norm(x, mean, variance, weight, bias, False, 0.0, eps)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, bias, mean, variance = ctx.saved_tensors
        count, eps, runs = ctx.others
        if torch.is_grad_enabled():  # the gradient is differentiated in turn
            parts = [one for one, needs in zip((x, weight, bias), ctx.needs_input_grad, strict=False) if needs]
            out = _formula(x, weight, bias, eps, runs)
            found = iter(torch.autograd.grad(out, parts, gradient, create_graph=True))
            return *(next(found) if needs else None for needs in ctx.needs_input_grad[:3]), *[None] * 5
        root = (variance + eps).rsqrt()
        _, to_weight, to_bias = torch.ops.aten.native_batch_norm_backward(
            gradient, x, weight, None, None, mean, root, True, eps, [False, True, True]
        )
        scale = weight * root
        slope = -scale * root * to_weight / count  # of x
        shift = -scale * to_bias / count - slope * mean
        shape = (1, -1, *[1] * (x.dim() - 2))
        to_x = torch.empty_like(x)
        pieces = zip(_parts(to_x, runs), _parts(x, runs), _parts(gradient, runs), strict=True)
        for (found_part, repeated), (x_part, _), (gradient_part, _) in pieces:
            torch.addcmul((repeated * shift).view(shape), x_part, (repeated * slope).view(shape), out=found_part)
            found_part.addcmul_(gradient_part, scale.view(shape))
        return to_x, to_weight, to_bias, *[None] * 5


def _formula(x: Tensor, weight: Tensor, bias: Tensor, eps: float, runs: Runs) -> Tensor:
    """The equation, differentiated by autograd."""
    axes, shape = [0, *range(2, x.dim())], (1, -1, *[1] * (x.dim() - 2))
    repeated = torch.tensor([repeated for number, repeated in runs for _ in range(number)], dtype=x.dtype)
    rows = repeated.view(-1, *[1] * (x.dim() - 1))
    count = repeated.sum() * (x.numel() // (x.size(0) * x.size(1)))
    mean = (rows * x).sum(axes, keepdim=True) / count
    centered = x - mean
    variance = (rows * centered.square()).sum(axes, keepdim=True) / count
    return centered * (variance + eps).rsqrt() * weight.view(shape) + bias.view(shape)
