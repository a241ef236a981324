from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import SelfAttentionBlock
from tg_skeleton.nn.blocks.self_attention_block import Kind

KINDS = get_args(Kind)


def reference(block: SelfAttentionBlock, x: Tensor) -> Tensor:
    """Paper A, Table 1, in loops over the maps of ``x [P, T, V, C]``."""
    attention = block.attention
    theta, phi, g = attention.lin_query(x), attention.lin_key(x), attention.lin_value(x)
    y = torch.zeros_like(g)
    persons, frames, joints, _ = x.shape

    def attend(at: tuple[int | slice, ...], swap: bool = False) -> None:
        q, k, v = (item[at] for item in (theta, phi, g))
        shape = v.shape
        if swap:  # the second axis attends: [A, B, C] -> [B, A, C]
            q, k, v = (item.transpose(0, 1) for item in (q, k, v))
        q, k = q.flatten(1), k.flatten(1)
        mixed = torch.softmax(q @ k.T, 1) @ v.flatten(1)
        y[at] = mixed.view(v.shape).transpose(0, 1) if swap else mixed.view(shape)

    for p in range(persons):
        if block.kind in ("V", "S1"):
            for t in range(frames):
                attend((p, t))
        elif block.kind == "S2":
            attend((p,), swap=True)
        elif block.kind == "T1":
            for v in range(joints):
                attend((p, slice(None), v))
        elif block.kind == "T2":
            attend((p,))
        else:
            q, k, v = (item[p].flatten(0, 1) for item in (theta, phi, g))
            y[p] = (torch.softmax(q @ k.T, 1) @ v).view_as(y[p])
    y = block.lin_out(y)
    if block.kind == "V":
        weight, bias = block.residual.weight, block.residual.bias
        for t in range(frames):
            y[:, t] = y[:, t] + bias
            for tap in range(3):
                if 0 <= t + tap - 1 < frames:
                    y[:, t] = y[:, t] + x[:, t + tap - 1] @ weight[:, :, tap, 0].T
    else:
        y = y + block.residual(x)
    mean, variance = y.mean((0, 1, 2)), y.var((0, 1, 2), unbiased=False)
    return torch.relu((y - mean) / (variance + block.norm.eps).sqrt() * block.norm.weight + block.norm.bias)


@pytest.mark.parametrize("out_channels", [6, 8], ids=["C != C'", "C = C'"])
@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_equals_the_loop_reference(kind: Kind, directed: bool, out_channels: int) -> None:
    torch.manual_seed(0)
    block = SelfAttentionBlock(8, out_channels, kind=kind, directed=directed).double()
    x = torch.randn(2, 5, 4, 8, dtype=torch.double, requires_grad=True)
    cotangent = torch.randn(2, 5, 4, out_channels, dtype=torch.double)
    results = []
    for out in (block(x), reference(block, x)):
        results.append([out, *torch.autograd.grad((out * cotangent).sum(), [x, *block.parameters()])])
    for fast, slow in zip(*results, strict=True):
        torch.testing.assert_close(fast, slow, rtol=0, atol=1e-9)


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_in_a_test_the_norm_is_that_of_the_training(kind: Kind, directed: bool) -> None:
    torch.manual_seed(0)
    block = SelfAttentionBlock(8, 6, kind=kind, directed=directed).double()
    with torch.no_grad():
        for value in (block.norm.weight, block.norm.bias, block.norm.running_mean):
            value.normal_()
        block.norm.running_var.uniform_(0.5, 2.0)
    block.eval()
    x = torch.randn(2, 5, 4, 8, dtype=torch.double, requires_grad=True)
    plain = block.norm((block.lin_out(block.attention(x)) + block.residual(x)).flatten(0, 2)).relu().view(2, 5, 4, 6)
    cotangent = torch.randn_like(plain)
    for fast, slow in zip(
        *([out, *torch.autograd.grad((out * cotangent).sum(), [x, *block.parameters()])] for out in (block(x), plain)),
        strict=True,
    ):
        torch.testing.assert_close(fast, slow, rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_a_directed_block_has_one_projection_more(kind: Kind) -> None:
    def count(directed: bool) -> int:
        return sum(p.numel() for p in SelfAttentionBlock(8, 6, kind=kind, directed=directed).parameters())

    assert count(True) - count(False) == 8 * 8 + 8


def test_unknown_kind() -> None:
    with pytest.raises(ValueError, match=r"kind: expected one of \('V', 'S1', 'S2', 'T1', 'T2', 'ST'\), got 'S3'"):
        SelfAttentionBlock(8, 8, kind="S3")  # type: ignore[arg-type]
