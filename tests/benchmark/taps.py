"""Is a convolution over frames faster in training where its weights learn by matrix products?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import conv2d

from tests.benchmark.measure import Decimal, Ratio, Run, Table, milliseconds
from tg_skeleton.nn.taps import convolution

SHAPES = (
    (39, 20, 256, 512, 3),
    (39, 20, 64, 128, 3),
    (16, 20, 128, 64, 3),
    (6, 64, 64, 64, 9),
    (6, 32, 128, 128, 9),
    (6, 16, 256, 256, 9),
    (32, 5, 64, 64, 3),
    (32, 20, 32, 32, 5),
    (32, 20, 16, 16, 5),
)
"""Persons, frames, channels of input and output, and taps; 25 joints each."""


def torchs(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    around = weight.size(2) // 2
    return conv2d(x.permute(0, 3, 1, 2), weight, bias, padding=(around, 0)).permute(0, 2, 3, 1)


def step(layer: Callable[[Tensor, Tensor, Tensor], Tensor], leaves: list[Tensor], cotangent: Tensor) -> Run:
    return lambda: torch.autograd.grad(layer(*leaves), leaves, cotangent)


def run() -> list[Table]:
    """Forward and backward, float32."""
    torch.manual_seed(0)
    rows: list[tuple[object, ...]] = []
    for persons, frames, c_in, c_out, taps in SHAPES:
        shapes = ((persons, frames, 25, c_in), (c_out, c_in, taps, 1), (c_out,))
        leaves = [torch.randn(shape, requires_grad=True) for shape in shapes]
        cotangent = torch.randn(persons, frames, 25, c_out)
        times = milliseconds(
            {"torch": step(torchs, leaves, cotangent), "ours": step(convolution, leaves, cotangent)}, rounds=9
        )
        figures = Decimal(times["torch"]), Decimal(times["ours"]), Ratio(times["torch"] / times["ours"])
        rows.append((persons, frames, c_in, c_out, taps, *figures))
    header = ("persons", "frames", "channels", "to", "taps", "torch ms", "products ms", "ratio")
    capability = torch.backends.cpu.get_cpu_capability()
    return [Table(f"Convolutions over frames on a CPU with {capability}, forward + backward", header, rows)]
