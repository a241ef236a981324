"""Up to which size are plain products faster than torch's fused attention kernel on a CPU?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from tests.benchmark.measure import Decimal, Ratio, Table, milliseconds
from tg_skeleton.nn.functional import attention_weights

SHAPES = (
    (1200, 11, 96),
    (1200, 20, 96),
    (1200, 25, 12),
    (1200, 25, 96),
    (640, 25, 128),
    (1200, 75, 96),
    (100, 300, 96),
)
"""Maps, keys and channels: joints of a frame, of a window of three frames, and frames of a joint."""

Kernel = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def fused(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    return scaled_dot_product_attention(query, key, value, attn_mask=bias, scale=0.1)


def plain(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    return attention_weights(query, key, bias, scale=0.1) @ value


def step(kernel: Kernel, tokens: list[Tensor], bias: Tensor) -> Callable[[], object]:
    cotangent = torch.randn_like(tokens[0])
    return lambda: torch.autograd.grad(kernel(*tokens, bias), tokens, cotangent)


def run() -> list[Table]:
    """Forward and backward of one head, float32."""
    torch.manual_seed(0)
    rows: list[tuple[object, ...]] = []
    for maps, keys, channels in SHAPES:
        tokens = [torch.randn(maps, 1, keys, channels, requires_grad=True) for _ in range(3)]
        bias = torch.rand(1, 1, keys, keys)
        times = milliseconds({"fused": step(fused, tokens, bias), "plain": step(plain, tokens, bias)}, rounds=5)
        ratio = Ratio(times["fused"] / times["plain"])
        rows.append((maps, keys, channels, Decimal(times["fused"]), Decimal(times["plain"]), ratio))
    header = ("maps", "keys", "channels", "fused ms", "plain ms", "ratio")
    return [Table("Attention maps: torch's fused kernel against plain products, forward + backward", header, rows)]
