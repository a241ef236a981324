"""The product of CTR-GCN a few clips at a time, against the equation and against all clips at once."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn.conv import channel_graphs as module
from tg_skeleton.nn.conv.channel_graphs import channel_graphs

SHAPES = {  # clips, frames, nodes, channels, subsets, relations, channels of the output
    "many": (5, 4, 3, 2, 3, 2, 6),
    "one frame": (3, 1, 4, 3, 2, 1, 2),
    "one clip": (1, 6, 2, 1, 1, 3, 5),
    "one node": (4, 3, 1, 2, 3, 1, 1),
}

Parts = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def drawn(shape: tuple[int, ...], dtype: torch.dtype = torch.double) -> Parts:
    torch.manual_seed(0)
    clips, frames, nodes, channels, subsets, number, wide = shape
    sizes = (
        (clips, subsets, number, nodes, nodes),
        (subsets, wide, number),
        (clips, frames, nodes, channels),
        (subsets * wide, channels),
        (subsets * wide,),
    )
    parts = tuple(torch.randn(size, dtype=dtype, requires_grad=True) for size in sizes)
    return parts  # type: ignore[return-value]


def equation(relations: Tensor, mixing: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    values = torch.nn.functional.linear(x, weight, bias).unflatten(-1, mixing.shape[:2])  # [P, T, n, K, C']
    graphs = torch.einsum("kcr,pkrji->pkcji", mixing, relations)
    return torch.einsum("pkcji,ptjkc->ptic", graphs, values)


def assert_equal(got: Tensor, expected: Tensor, parts: tuple[Tensor, ...]) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)
    cotangent = torch.randn_like(expected)
    for one, other in zip(*(torch.autograd.grad(out, parts, cotangent) for out in (got, expected)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("cached", [1, 200, 1 << 19], ids=["one at once", "some at once", "all at once"])
@pytest.mark.parametrize("name", SHAPES)
def test_equals_the_equation(monkeypatch: pytest.MonkeyPatch, name: str, cached: int, biased: bool) -> None:
    monkeypatch.setattr(module, "_CACHED", cached)
    parts = drawn(SHAPES[name])[: 5 if biased else 4]
    inputs = parts if biased else (*parts, None)
    assert_equal(channel_graphs(*inputs), equation(*inputs), parts)


@pytest.mark.parametrize("name", SHAPES)
def test_all_clips_in_one_product_equal_the_equation(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(module, "own_gradient_serves", lambda *parts: False)
    parts = drawn(SHAPES[name])
    assert_equal(channel_graphs(*parts), equation(*parts), parts)


def test_gradients_of_gradients() -> None:
    parts = drawn((2, 2, 3, 2, 2, 1, 2))
    assert torch.autograd.gradcheck(channel_graphs, parts)
    assert torch.autograd.gradgradcheck(channel_graphs, parts)


@pytest.mark.parametrize("wanted", range(5))
def test_a_gradient_alone(wanted: int) -> None:
    parts = drawn(SHAPES["many"])
    one = tuple(part if place == wanted else part.detach() for place, part in enumerate(parts))
    assert_equal(channel_graphs(*one), equation(*one), (one[wanted],))


def test_nothing_is_kept_without_gradients() -> None:
    kept: list[Tensor] = []
    with torch.no_grad(), torch.autograd.graph.saved_tensors_hooks(lambda part: kept.append(part) or part, lambda p: p):
        channel_graphs(*drawn(SHAPES["many"]))
    assert not kept


def test_graphs_are_not_kept_for_the_backward_pass() -> None:
    kept: list[Tensor] = []
    parts = drawn((4, 2, 5, 2, 3, 2, 7))
    with torch.autograd.graph.saved_tensors_hooks(lambda part: kept.append(part) or part, lambda part: part):
        channel_graphs(*parts)
    graphs = 4 * 3 * 7 * 5 * 5
    assert sum(part.numel() for part in kept) < graphs
    assert max(part.numel() for part in kept) == 4 * 3 * 7 * 5 * 2  # the values


def test_under_the_transforms_of_torch_func() -> None:
    relations, mixing, x, weight, bias = (part.detach() for part in drawn(SHAPES["many"]))
    many = torch.stack([x, 2 * x])
    got = torch.func.vmap(lambda one: channel_graphs(relations, mixing, one, weight, bias))(many)
    expected = torch.stack([equation(relations, mixing, one, weight, bias) for one in many])
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-10)
    slope = torch.func.grad(lambda one: channel_graphs(relations, mixing, one, weight, bias).square().sum())(x)
    reference = torch.func.grad(lambda one: equation(relations, mixing, one, weight, bias).square().sum())(x)
    torch.testing.assert_close(slope, reference, rtol=0, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(dtype: torch.dtype) -> None:
    parts = drawn(SHAPES["many"], torch.float32)
    expected = equation(*parts)
    got = channel_graphs(*(part.to(dtype) for part in parts))
    assert got.dtype == dtype
    torch.testing.assert_close(got.float(), expected, rtol=0.05, atol=0.2)
    with torch.autocast("cpu", dtype):
        cast = channel_graphs(*parts)
    assert cast.dtype == dtype
    torch.testing.assert_close(cast.float(), expected, rtol=0.05, atol=0.2)
    cast.float().sum().backward()
    assert all(part.grad is not None and part.grad.dtype == torch.float32 for part in parts)
