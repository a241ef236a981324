from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import AttentionGates


def sigmoid(value: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-value))


@pytest.mark.parametrize("joints", [3, 4, 5])
def test_equals_loops_over_joints_frames_and_channels(slow, joints: int) -> None:
    torch.manual_seed(0)
    frames, channels = 6, 4
    block = AttentionGates(channels, joints, kernel_size=5)

    def along(means: list[Tensor], conv: torch.nn.Conv1d) -> list[Tensor]:
        taps, out = conv.weight.size(2), []
        for place in range(len(means)):
            seen = [(tap, place + tap - taps // 2) for tap in range(taps)]
            out.append(conv.bias[0] + sum(conv.weight[0, :, tap] @ means[n] for tap, n in seen if 0 <= n < len(means)))
        return out

    def person(y: Tensor) -> Tensor:
        gates = along([sum(y[t, v] for t in range(frames)) / frames for v in range(joints)], block.joints)
        y = torch.stack([y[:, v] * sigmoid(gate) + y[:, v] for v, gate in enumerate(gates)], dim=1)
        gates = along([sum(y[t, v] for v in range(joints)) / joints for t in range(frames)], block.frames)
        y = torch.stack([y[t] * sigmoid(gate) + y[t] for t, gate in enumerate(gates)])
        mean = sum(y[t, v] for t in range(frames) for v in range(joints)) / (frames * joints)
        hidden = (block.lin_in.weight @ mean + block.lin_in.bias).clamp(min=0)
        return y * sigmoid(block.lin_out.weight @ hidden + block.lin_out.bias) + y

    slow.compare(block, lambda x: torch.stack([person(y) for y in x]), torch.randn(2, frames, joints, channels))


def test_hand_typed() -> None:
    gates = AttentionGates(2, 1, kernel_size=1).eval()
    with torch.no_grad():
        for parameter in gates.parameters():
            parameter.zero_()
        gates.frames.weight[0, 0, 0] = 1.0
    x = torch.tensor([[0.0, 1.0], [2.0, 3.0]]).view(1, 2, 1, 2)
    first = 1 + 1 / (1 + math.exp(-3.0))  # the gate of joints has made 3 of 2
    expected = torch.tensor([[0.0, 1.5 * 1.5 * 1.5], [2 * 1.5 * first * 1.5, 3 * 1.5 * first * 1.5]])
    torch.testing.assert_close(gates(x).view(2, 2), expected)


def test_initial_values() -> None:
    gates = AttentionGates(8, 25)
    assert bool(gates.joints.weight.any()) and not bool(gates.joints.bias.any())
    assert not bool(gates.frames.weight.any()) and not bool(gates.lin_out.weight.any())


@pytest.mark.parametrize(("joints", "kernel"), [(25, 25), (18, 17), (17, 17), (2, 1)])
def test_kernel_of_the_joints(joints: int, kernel: int) -> None:
    assert AttentionGates(4, joints).joints.kernel_size == (kernel,)


def test_arguments_out_of_range() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number of frames, got 8"):
        AttentionGates(4, 25, kernel_size=8)
    with pytest.raises(ValueError, match="channels: expected at least 2, half of which the gate of channels has"):
        AttentionGates(1, 25)
