"""The pieces of paper B's blocks in loops, and the comparison with a block."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton.nn.blocks import ChannelNorm, Shortcut, TemporalConv


class Slow:
    """Equations one frame, joint and channel at a time, with the weights of a block."""

    @staticmethod
    def norm(y: Tensor, norm: ChannelNorm, channels: slice = slice(None)) -> Tensor:
        """Batch norm of ``y [P, T, V, C]`` with those ``channels`` of a norm, one channel at a time."""
        gains, shifts = norm.weight[channels], norm.bias[channels]
        means, variances = norm.running_mean[channels], norm.running_var[channels]
        out = []
        for c in range(y.size(-1)):
            column = y[..., c]
            mean, variance = means[c], variances[c]
            if norm.training:
                mean = column.sum() / column.numel()
                variance = ((column - mean) ** 2).sum() / column.numel()
            out.append((column - mean) / (variance + norm.eps) ** 0.5 * gains[c] + shifts[c])
        return torch.stack(out, dim=-1)

    @staticmethod
    def mix(logits: Sequence[Tensor], values: Sequence[Tensor]) -> Tensor:
        """The values weighted by the softmax of their logits."""
        weights = [(logit - max(logits).detach()).exp() for logit in logits]
        return sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights)

    @staticmethod
    def lin(x: Tensor, lin: nn.Module, rows: slice = slice(None)) -> Tensor:
        """Those ``rows`` of a linear map, or x where there is none."""
        return x if isinstance(lin, nn.Identity) else x @ lin.weight[rows].T + lin.bias[rows]

    @staticmethod
    def conv(x: Tensor, conv: TemporalConv) -> Tensor:
        """A convolution over the frames of ``x [P, T, V, C]``, one output frame and tap at a time."""
        (kernel, _), (stride, _), (dilation, _), (padding, _) = (
            conv.kernel_size,
            conv.stride,
            conv.dilation,
            conv.padding,
        )
        frames = x.size(1)
        out = []
        for start in range(-padding, frames + padding - dilation * (kernel - 1), stride):
            seen = [(tap, start + tap * dilation) for tap in range(kernel)]
            out.append(conv.bias + sum(x[:, t] @ conv.weight[:, :, tap, 0].T for tap, t in seen if 0 <= t < frames))
        return torch.stack(out, dim=1)

    @staticmethod
    def shortcut(x: Tensor, shortcut: Shortcut, stride: int = 1) -> Tensor:
        """A residual: x, or its projection at every stride-th frame."""
        if isinstance(shortcut.lin, nn.Identity):
            return x
        kept = torch.stack([x[:, t] for t in range(0, x.size(1), stride)], dim=1)
        return Slow.norm(Slow.lin(kept, shortcut.lin), shortcut.norm)

    @staticmethod
    def compare(block: nn.Module, reference: Callable[[Tensor], Tensor], x: Tensor) -> None:
        """Asserts that a block with weights drawn anew equals its reference, with gradients, in both modes."""
        with torch.no_grad():
            for parameter in block.parameters():
                parameter.normal_(0.0, 0.5)
        block.double()
        x = x.double().requires_grad_()
        for training in (True, False):  # the second with the running statistics that the first has left
            block.train(training)
            fast, slow = block(x), reference(x)
            torch.testing.assert_close(fast, slow, rtol=0, atol=1e-9)
            cotangent = torch.randn_like(slow)
            gradients = [torch.autograd.grad(out, [x, *block.parameters()], cotangent) for out in (fast, slow)]
            for got, expected in zip(*gradients, strict=True):
                torch.testing.assert_close(got, expected, rtol=0, atol=1e-9)

    @staticmethod
    def plain(block: nn.Module) -> nn.Module:
        """The block in evaluation mode with maps uniform but for Å, all other weights one, biases zero, norms idle."""
        with torch.no_grad():
            for name, parameter in block.named_parameters():
                parameter.fill_(float(name.endswith("weight") and "lin_query" not in name and "lin_key" not in name))
        for module in block.modules():
            if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
                module.eps = 0.0
        return block.eval()


@pytest.fixture(scope="session")
def slow() -> type[Slow]:
    """The slow references of the blocks' pieces."""
    return Slow
