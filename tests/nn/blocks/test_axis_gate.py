from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn.blocks import AxisGate


@pytest.mark.parametrize("axis", ["frames", "joints"])
def test_equals_a_loop_over_places_and_taps(slow, axis: str) -> None:
    torch.manual_seed(0)
    gate = AxisGate(3, 3, axis=axis)  # type: ignore[arg-type]
    people, frames, joints = 2, 5, 4
    source = torch.randn(people, frames, joints, 3, dtype=torch.double)

    def reference(x: Tensor) -> Tensor:
        y = torch.empty_like(x)
        for p in range(people):
            for t in range(frames):
                for v in range(joints):
                    g = gate.conv.bias[0]
                    at, end = (t, frames) if axis == "frames" else (v, joints)
                    for tap, place in enumerate(range(at - 1, at + 2)):
                        if 0 <= place < end:
                            seen = source[p, place] if axis == "frames" else source[p, :, place]
                            g = g + gate.conv.weight[0, :, tap, 0] @ (sum(seen) / len(seen))
                    y[p, t, v] = x[p, t, v] / (1 + torch.exp(-g)) + x[p, t, v]
        return y

    class OfX(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = gate

        def forward(self, x: Tensor) -> Tensor:
            return self.gate(x, source)

    slow.compare(OfX(), reference, torch.randn(people, frames, joints, 6))


def test_the_source_has_a_gradient_and_may_differ_along_the_other_axis() -> None:
    x, source = torch.ones(2, 6, 5, 4), torch.randn(2, 3, 5, 8, requires_grad=True)
    AxisGate(8, 5, axis="joints")(x, source).sum().backward()
    assert source.grad is not None and bool(source.grad.ne(0).all())
    assert AxisGate(8, 9, axis="frames")(torch.ones(2, 6, 5, 4), torch.ones(2, 6, 1, 8)).shape == (2, 6, 5, 4)


def test_hand_typed() -> None:
    gate = AxisGate(1, 3, axis="frames")
    x = torch.arange(1.0, 4.0).view(1, 3, 1, 1)
    torch.testing.assert_close(gate(x, x), 1.5 * x)  # it starts open by half
    torch.nn.init.ones_(gate.conv.weight)
    sums = torch.tensor([3.0, 6.0, 5.0])
    torch.testing.assert_close(gate(x, x).flatten(), x.flatten() * (1 + 1 / (1 + (-sums).exp())))


def test_parameters_start_as_they_should() -> None:
    frames, joints = AxisGate(64, 9, axis="frames"), AxisGate(64, 25, axis="joints")
    assert sum(p.numel() for p in frames.parameters()) == 64 * 9 + 1
    assert frames.conv.weight.eq(0).all() and joints.conv.bias.eq(0).all()
    assert joints.conv.weight.std().item() == pytest.approx((2 / (25 * 65)) ** 0.5, rel=0.1)


def test_unknown_axis_and_even_kernel() -> None:
    with pytest.raises(ValueError, match=r"axis: expected one of \('frames', 'joints'\), got 'channels'"):
        AxisGate(8, 9, axis="channels")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="kernel_size: expected an odd number of frames, got 4"):
        AxisGate(8, 4, axis="frames")
