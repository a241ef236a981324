from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import JointFeatures
from tg_skeleton.nn.blocks.options import Value


@pytest.mark.parametrize("value", ["input", "linear"])
@pytest.mark.parametrize("out_channels", [4, 6], ids=["C = C'", "C != C'"])
@pytest.mark.parametrize(("frames", "stride"), [(4, 1), (4, 2), (5, 2), (1, 2)])
def test_equals_a_loop_over_persons_joints_and_frames(
    slow, frames: int, stride: int, out_channels: int, value: Value
) -> None:
    torch.manual_seed(0)
    persons, joints, channels = 2, 3, 4
    block = JointFeatures(channels, out_channels, stride=stride, value=value)

    def reference(x: Tensor) -> Tensor:
        operator = block.attention
        query, key = slow.lin(x, operator.lin_query), slow.lin(x, operator.lin_key)
        v = slow.lin(x, block.lin_value)
        rows = []
        for p in range(persons):
            for t in range(0, frames, stride):
                for j in range(joints):
                    logits = [(query[p, t, j] * key[p, s, j]).sum() / channels**0.5 for s in range(frames)]
                    rows.append(slow.mix(logits, [v[p, s, j] for s in range(frames)]))
        y = torch.stack(rows).view(persons, -1, joints, channels)
        y = slow.norm(slow.lin(y, block.lin_out), block.norm)
        return torch.relu(y + slow.shortcut(x, block.residual, stride))

    slow.compare(block, reference, torch.randn(persons, frames, joints, channels))


@pytest.mark.parametrize("frames", [40, 41])  # maps of more than 32 keys take the fused kernel
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_equals_its_layers_one_after_another(slow, stride: int, frames: int) -> None:
    torch.manual_seed(0)
    block = JointFeatures(8, 6, stride=stride, value="linear")

    def reference(x: Tensor) -> Tensor:
        every = copy.copy(block.attention)
        every.stride = 1
        y = block.lin_out(block.lin_value(every(x)))[:, ::stride]  # all rows of the map
        return torch.relu(slow.norm(y, block.norm) + slow.shortcut(x, block.residual, stride))

    slow.compare(block, reference, torch.randn(2, frames, 3, 8))


@pytest.mark.parametrize(("stride", "expected"), [(1, [4.0, 5.0, 9.0]), (2, [4.0, 9.0])])
def test_hand_typed(slow, stride: int, expected: list[float]) -> None:
    block = slow.plain(JointFeatures(1, 1, stride=stride))
    x = torch.tensor([1.0, 2.0, 6.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(block(x).flatten(), torch.tensor(expected))


@pytest.mark.parametrize(
    ("out_channels", "stride", "value", "expected"),
    [(96, 1, "input", 28128), (96, 1, "linear", 37440), (192, 2, "input", 56640)],
)
def test_parameters(out_channels: int, stride: int, value: Value, expected: int) -> None:
    block = JointFeatures(96, out_channels, stride=stride, value=value)
    assert sum(p.numel() for p in block.parameters()) == expected


def test_stride_below_one() -> None:
    with pytest.raises(ValueError, match="stride: expected at least 1 frame, got 0"):
        JointFeatures(8, 8, stride=0)
