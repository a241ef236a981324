"""What a network costs: parameters and multiplications."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Complexity:
    """The cost of a network.

    Args:
        parameters: How many numbers are learned.
        macs: Multiply-accumulate operations of its matrix products and convolutions in one forward pass.
    """

    parameters: int
    macs: int


@torch.no_grad()
def complexity(model: nn.Module, x: Tensor, batch: Tensor | None = None, batch_size: int | None = None) -> Complexity:
    """Counts a network's learned parameters, and the multiply-accumulates of a forward pass.

    Norms, activations and softmax are not counted, as is usual. The network runs once, as in a test.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import complexity
    >>> from tg_skeleton.models import ESAN
    >>> cost = complexity(ESAN(NTU25, in_channels=6, num_classes=60), torch.zeros(20, 25, 6))
    >>> cost.parameters, f"{cost.macs / 1e9:.3f} GMACs"
    (893332, '0.430 GMACs')

    Args:
        model: Of `tg_skeleton.models`, or with their calling convention.
        x: What it reads; zeros will do.
        batch: The clip of each node; left out: one clip.
        batch_size: How many clips.

    Shapes:
        x ``[T, N, C]``, batch ``[N]``.
    """
    # What torch's counter does not know of itself.
    others = {torch.ops.aten.baddbmm_: _of_products}
    training = model.training
    model.eval()
    try:
        # The fused kernels are not counted on every device; the plain products are.
        with FlopCounterMode(display=False, custom_mapping=others) as counter, sdpa_kernel(SDPBackend.MATH):
            model(x, batch, 1 if batch is None else batch_size)
    finally:
        model.train(training)
    learned = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Complexity(learned, counter.get_total_flops() // 2)


def _of_products(
    added: Sequence[int], one: Sequence[int], other: Sequence[int], *, out_shape: Sequence[int] | None = None
) -> int:
    """Operations of a batch of matrix products, ``[B, n, k]`` and ``[B, k, m]``."""
    return 2 * math.prod(one) * other[-1]
