from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tg_skeleton.nn import ResidualAttention, SpatialSelfAttention, TemporalSelfAttention


def joint_norm(x: Tensor, norm: nn.BatchNorm1d) -> Tensor:
    """Batch norm of every channel of every joint of ``x [P, T, V, C]``, one at a time."""
    out = torch.empty_like(x)
    for v in range(x.size(2)):
        for c in range(x.size(3)):
            column, at = x[:, :, v, c], v * x.size(3) + c
            mean, variance = norm.running_mean[at], norm.running_var[at]
            if norm.training:
                mean, variance = column.mean(), column.var(unbiased=False)
            out[:, :, v, c] = (column - mean) / (variance + norm.eps) ** 0.5 * norm.weight[at] + norm.bias[at]
    return out


@pytest.mark.parametrize("channels", [8, 6], ids=["C = C'", "C != C'"])
@pytest.mark.parametrize("kind", [SpatialSelfAttention, TemporalSelfAttention])
@pytest.mark.parametrize(("frames", "stride"), [(6, 1), (6, 2), (5, 2)])
def test_is_the_operator_with_norms_map_and_residual(slow, kind: type, frames: int, stride: int, channels: int) -> None:
    torch.manual_seed(0)
    options = {"alpha": 0.0} if kind is SpatialSelfAttention else {}
    block = ResidualAttention(kind(stride * channels, 8, attn_channels=4, heads=2, **options), 3, stride=stride)

    def reference(x: Tensor) -> Tensor:
        y = joint_norm(x, block.norm_in)
        if frames % stride:
            y = torch.cat([y, torch.zeros_like(y[:, :1])], dim=1)
        y = torch.stack(
            [torch.cat([y[:, t + s] for s in range(stride)], dim=-1) for t in range(0, y.size(1), stride)], dim=1
        )
        y = slow.lin(block.conv(y), block.lin_out)
        y = y if channels != 8 else y + slow.shortcut(x, block.residual, stride)
        return torch.relu(slow.norm(y, block.norm))

    slow.compare(block, reference, torch.randn(2, frames, 3, channels))


def test_there_is_no_residual_where_the_channels_change() -> None:
    assert ResidualAttention(SpatialSelfAttention(6, 8, alpha=0.0), 3).residual is None


@pytest.mark.parametrize("stride", [0, 4])
def test_stride_out_of_range(stride: int) -> None:
    with pytest.raises(ValueError, match=f"stride: expected at least 1 and a divisor of .* 6 channels, got {stride}"):
        ResidualAttention(SpatialSelfAttention(6, 8, alpha=0.0), 3, stride=stride)
