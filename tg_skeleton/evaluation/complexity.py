"""The cost of a network: parameters and multiply-accumulate operations."""

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
        parameters: The number of learned parameters.
        macs: Multiply-accumulate operations of its matrix products and convolutions in one forward pass.
    """

    parameters: int
    macs: int


@torch.no_grad()
def complexity(model: nn.Module, x: Tensor, batch: Tensor | None = None, batch_size: int | None = None) -> Complexity:
    """Count the learned parameters of a network, and the multiply-accumulate operations of a forward pass.

    Norms, activations and softmax are not counted, as usual. The network runs once, in evaluation mode.

    >>> import torch
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.evaluation import complexity
    >>> from tg_skeleton.models import ESAN
    >>> cost = complexity(ESAN(NTU25, in_channels=6, num_classes=60), torch.zeros(20, 25, 6))
    >>> cost.parameters, f"{cost.macs / 1e9:.3f} GMACs"
    (893332, '0.430 GMACs')

    Args:
        model: A network of `tg_skeleton.models`, or one with the same calling convention.
        x: The input of the network, such as zeros.
        batch: The clip of each node. Default: a single clip.
        batch_size: The number of clips.

    Shapes:
        x ``[T, N, C]``, batch ``[N]``.
    """
    # Operations that torch's counter does not count.
    others = {torch.ops.aten.baddbmm_: _of_products}
    training = model.training
    model.eval()
    try:
        # Fused kernels are not counted on every device; plain products are.
        with FlopCounterMode(display=False, custom_mapping=others) as counter, sdpa_kernel(SDPBackend.MATH):
            model(x, batch, 1 if batch is None else batch_size)
    finally:
        model.train(training)
    learned = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return Complexity(learned, counter.get_total_flops() // 2)


def _of_products(
    added: Sequence[int], one: Sequence[int], other: Sequence[int], *, out_shape: Sequence[int] | None = None
) -> int:
    """Floating point operations of batched matrix products, ``[B, n, k]`` and ``[B, k, m]``."""
    return 2 * math.prod(one) * other[-1]
