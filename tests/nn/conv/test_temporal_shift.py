from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import TemporalShift


def drawn(channels: int, stride: int) -> TemporalShift:
    """The operator in float64 with offsets of several frames."""
    conv = TemporalShift(channels, stride=stride)
    torch.nn.init.normal_(conv.offset, std=2.0)
    return conv.double()


def slow(x: Tensor, conv: TemporalShift) -> Tensor:
    """The operator on a clip ``x [T, N, C]``, one frame and channel at a time."""
    frames, _, channels = x.shape

    def frame(t: int, c: int) -> Tensor:
        return x[t, :, c] if 0 <= t < frames else 0.0 * x[0, :, c]

    rows = []
    for t in range(math.ceil(frames / conv.stride)):
        row = []
        for c in range(channels):
            position = conv.stride * t + (conv.stride - 1) / 2 + conv.offset[c]
            before = math.floor(position.item())
            share = position - before
            row.append((1 - share) * frame(before, c) + share * frame(before + 1, c))
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows)


@pytest.mark.parametrize(
    ("stride", "offsets", "expected"),
    [
        (1, [0.0, 0.25, -2.0], [[1.0, 1.25, 0.0], [2.0, 2.5, 0.0], [4.0, 3.0, 1.0]]),
        (2, [0.0, 0.5, -0.5], [[1.5, 2.0, 1.0], [2.0, 0.0, 4.0]]),
    ],
)
def test_hand_typed(stride: int, offsets: list[float], expected: list[list[float]]) -> None:
    conv = TemporalShift(3, stride=stride)
    with torch.no_grad():
        conv.offset.copy_(torch.tensor(offsets))
    x = torch.tensor([1.0, 2.0, 4.0]).view(3, 1, 1).expand(-1, -1, 3)
    torch.testing.assert_close(conv(x).squeeze(1), torch.tensor(expected))


@pytest.mark.parametrize("frames", [1, 5, 6])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_equals_a_loop_over_frames_and_channels(assert_same, stride: int, frames: int) -> None:
    torch.manual_seed(0)
    conv = drawn(4, stride)
    x = torch.randn(frames, 3, 4, dtype=torch.double, requires_grad=True)
    assert_same(conv(x), slow(x, conv), conv, x)


@pytest.mark.parametrize("far", [False, True], ids=["convolution", "gathers"])
@pytest.mark.parametrize("lead", [(), (2, 3)], ids=str)
@pytest.mark.parametrize("frames", [5, 6])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_equals_message_passing(assert_same, stride: int, frames: int, lead: tuple[int, ...], far: bool) -> None:
    torch.manual_seed(1)
    conv = drawn(4, stride)
    with torch.no_grad():
        conv.offset[0] = 20.3 if far else 3.3
    x = torch.randn(*lead, frames, 3, 4, dtype=torch.double, requires_grad=True)
    assert_same(conv(x), conv._edgewise(x), conv, x)


def test_edges_and_sets_are_not_read() -> None:
    conv, x = TemporalShift(3), torch.randn(5, 2, 3)
    edges, sets = torch.tensor([[0, 1], [1, 0]]), torch.tensor([0, 1])
    assert torch.equal(conv(x, edges, torch.ones(2), sets), conv(x))


def test_offsets_start_within_a_frame() -> None:
    offset = TemporalShift(1000).offset
    assert bool((offset.abs() <= 1).all()) and offset.std() > 0.5


@pytest.mark.parametrize(("offset", "way"), [(3.0, "aten::conv2d"), (20.0, "aten::gather")])
def test_a_few_frames_are_a_convolution(offset: float, way: str) -> None:
    conv, x = TemporalShift(3), torch.randn(2, 5, 2, 3)
    torch.nn.init.constant_(conv.offset, offset)
    with torch.profiler.profile() as profile:
        conv(x)
    ran = {event.key for event in profile.key_averages()}
    assert ran & {"aten::conv2d", "aten::gather"} == {way}


def test_without_a_gradient_of_its_input_the_offsets_have_theirs() -> None:
    conv, x = TemporalShift(2), torch.randn(5, 3, 2)
    conv(x).square().sum().backward()
    assert bool(conv.offset.grad.any())


def test_compiles_and_exports() -> None:
    conv = TemporalShift(3, stride=2)
    x, other = torch.randn(2, 2, 7, 4, 3)
    compiled = torch.compile(conv, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), conv(x))
    torch._dynamo.reset()
    torch.testing.assert_close(torch.export.export(conv, (x,)).module()(other), conv(other))


def test_repr() -> None:
    assert repr(TemporalShift(64)) == "TemporalShift(64)"
    assert repr(TemporalShift(64, stride=2)) == "TemporalShift(64, stride=2)"


def test_errors() -> None:
    with pytest.raises(ValueError, match="stride: expected at least 1 frame, got 0"):
        TemporalShift(4, stride=0)
    with pytest.raises(ValueError, match=r"x: expected \[\*, N, 8\] for in_channels = 8, got \[2, 3, 4\]"):
        TemporalShift(8)(torch.zeros(2, 3, 4))
    with pytest.raises(ValueError, match=r"x: expected \[\*, T, N, 8\] \(frames before nodes\), got \[3, 8\]"):
        TemporalShift(8)(torch.zeros(3, 8))
