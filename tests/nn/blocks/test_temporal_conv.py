from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn.blocks import TemporalConv


def test_needs_no_copy() -> None:
    x = torch.randn(2, 5, 4, 8)
    out = TemporalConv(8, 6, 3, stride=2)(x)
    assert out.shape == (2, 3, 4, 6)
    assert out.is_contiguous()


@pytest.mark.parametrize(
    ("stride", "dilation", "pad", "expected"),
    [
        (1, 1, True, [12, 123, 234, 345, 450]),
        (2, 1, True, [12, 234, 450]),
        (1, 2, True, [13, 24, 135, 240, 350]),
        (2, 2, True, [13, 135, 350]),
        (1, 1, False, [123, 234, 345]),
        (1, 2, False, [135]),
    ],
)
def test_stride_dilation_and_padding(stride: int, dilation: int, pad: bool, expected: list[float]) -> None:
    conv = TemporalConv(1, 1, 3, stride=stride, dilation=dilation, pad=pad)
    with torch.no_grad():
        conv.weight.view(-1).copy_(torch.tensor([100.0, 10.0, 1.0]))
        conv.bias.zero_()
    x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]).view(1, 5, 1, 1)
    assert conv(x).flatten().tolist() == expected


def test_even_kernel() -> None:
    with pytest.raises(ValueError, match="kernel_size: expected an odd number of frames, got 4; padding keeps"):
        TemporalConv(8, 8, 4)
    assert TemporalConv(8, 8, 4, pad=False)(torch.randn(1, 4, 2, 8)).shape == (1, 1, 2, 8)


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (1, 3), (2, 2)])
def test_a_clip_padded_by_its_ends_equals_the_copies_and_no_padding(stride: int, dilation: int) -> None:
    torch.manual_seed(0)
    conv = TemporalConv(3, 4, 5, stride=stride, dilation=dilation, padding_mode="replicate").double()
    bare = TemporalConv(3, 4, 5, stride=stride, dilation=dilation, pad=False).double()
    bare.load_state_dict(conv.state_dict())
    x = torch.randn(2, 7, 6, 3, dtype=torch.double)
    around = 2 * dilation
    padded = torch.cat([x[:, :1].expand(-1, around, -1, -1), x, x[:, -1:].expand(-1, around, -1, -1)], dim=1)
    torch.testing.assert_close(conv(x), bare(padded), rtol=0, atol=1e-12)
    assert conv(x).shape[1] == -(-7 // stride)
