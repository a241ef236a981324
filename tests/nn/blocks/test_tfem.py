from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn import MSTCN, TFEM, FrameFeatures, JointFeatures
from tg_skeleton.nn.blocks.options import Value


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("frames", [3, 7, 10])
def test_is_frames_then_joints_then_convolutions(frames: int, stride: int) -> None:
    torch.manual_seed(0)
    block = TFEM(4, 12, 3, stride=stride, group=4, kernel_size=3, value="linear", scale="channels")
    parts = [
        FrameFeatures(4, 3, group=4, kernel_size=3, value="linear", scale="channels"),
        JointFeatures(4, 12, stride=stride, value="linear"),
        MSTCN(12, 12, activation=False),
    ]
    for part, own in zip(parts, (block.frame_features, block.joint_features, block.tcn), strict=True):
        part.load_state_dict(own.state_dict())
    x = torch.randn(2, frames, 3, 4)
    expected = parts[2](parts[1](parts[0](x)))
    assert expected.shape == (2, -(-frames // stride), 3, 12)
    assert expected.min() < 0
    assert torch.equal(block(x), expected)


@pytest.mark.parametrize(
    ("out_channels", "stride", "value", "expected"),
    [
        (96, 1, "input", 64992 + 28128 + 12800),
        (192, 2, "input", 64992 + 56640 + 50176),
        (96, 1, "linear", 74304 + 37440 + 12800),
    ],
)
def test_parameters(out_channels: int, stride: int, value: Value, expected: int) -> None:
    block = TFEM(96, out_channels, 25, stride=stride, value=value)
    assert sum(p.numel() for p in block.parameters()) == expected
