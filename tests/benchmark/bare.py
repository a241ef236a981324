"""Only the matrix products of a network: a lower bound on the time of any code for the same equations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from tests.benchmark.measure import Run

Operands = tuple[Tensor, Tensor]


class Products:
    """Matrix products of a forward and a backward pass, with all operands and results preallocated.

    Args:
        device: The device of the operands.
        dtype: The type of the operands.
        backward: Whether to include the backward pass.
    """

    def __init__(self, device: torch.device, dtype: torch.dtype, *, backward: bool) -> None:
        self.options = {"device": device, "dtype": dtype}
        self.backward = backward
        self.products: list[tuple[Tensor, Tensor, Tensor]] = []

    def tensor(self, *shape: int) -> Tensor:
        return torch.rand(shape, **self.options)  # type: ignore[call-overload]

    def add(self, *operands: Operands) -> None:
        self.products += [(one, other, one @ other) for one, other in operands]

    def linear(self, rows: int, inputs: int, outputs: int, *, leaf: bool = False) -> None:
        """A linear map of the given number of rows; a ``leaf`` needs no gradient of its input."""
        x, weight = self.tensor(rows, inputs), self.tensor(outputs, inputs)
        self.add((x, weight.T))
        if self.backward:
            gradient = self.tensor(rows, outputs)
            self.add((gradient.T, x), *([] if leaf else [(gradient, weight)]))

    def attention(self, maps: int, keys: int, channels: int) -> None:
        """Logits and weighted values of maps whose queries are the keys: their gradient is one product."""
        query = self.tensor(maps, keys, channels)
        weights, value = self.tensor(maps, keys, keys), self.tensor(maps, keys, channels)
        self.add((query, query.mT), (weights, value))
        if self.backward:
            of_logits, gradient = self.tensor(maps, keys, keys), self.tensor(maps, keys, channels)
            self.add((of_logits, query), (gradient, value.mT), (weights.mT, gradient))

    def run(self) -> Run:
        """Run all products in sequence."""

        def run() -> None:
            for one, other, out in self.products:
                torch.matmul(one, other, out=out)

        return run


def esan(
    products: Products,
    persons: int,
    *,
    clips: int,
    in_channels: int = 6,
    frames: int = 20,
    joints: int = 25,
    widths: Sequence[int] = (64, 128, 256, 512),
    classes: int = 60,
) -> Run:
    """ESAN with undirected blocks V; the three taps of its convolution over time are one product."""
    rows = persons * frames * joints
    for _ in range(2):  # positions and velocities
        products.linear(rows, in_channels, 64, leaf=True)
        products.linear(rows, 64, 64)
    for types, width in ((joints, 64), (frames, 128)):
        products.linear(types, types, width, leaf=True)
        products.linear(types, width, width)
    for c_in, c_out in pairwise((128, *widths)):
        products.linear(rows, c_in, c_in)  # θ
        products.linear(rows, c_in, c_out)  # g
        products.linear(rows, 3 * c_in, c_out)  # the residual
        products.attention(persons * frames, joints, c_in)  # before g
    products.linear(clips, widths[-1], classes)
    return products.run()
