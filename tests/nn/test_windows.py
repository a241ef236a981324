from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from tg_skeleton.nn.windows import clips_in_line, windows_of_line, windows_per_clip

SETTINGS = [(1, 1), (3, 1), (2, 2), (3, 2), (5, 2), (4, 3), (2, 3), (1, 4)]
"""Windows and strides."""


def all_windows(x: Tensor, window: int, stride: int) -> Tensor:
    """The windows ``[P, W, τ, V, C]`` of clips in one line."""
    windows = windows_of_line(clips_in_line(x, window, stride), window, stride)
    return windows.unflatten(0, (-1, windows_per_clip(x.size(1), window, stride)))


@pytest.mark.parametrize(("window", "stride"), SETTINGS)
@pytest.mark.parametrize("frames", [1, 4, 6, 7])
def test_windows_are_slices_of_their_clip_with_zeros_behind(frames: int, window: int, stride: int) -> None:
    x = torch.randn(3, frames, 2, 4)
    padded = torch.cat([x, x.new_zeros(3, window, 2, 4)], dim=1)
    windows = all_windows(x, window, stride)
    for i, start in enumerate(range(0, frames, stride)):
        assert torch.equal(windows[:, i], padded[:, start : start + window])


@pytest.mark.parametrize(("window", "stride"), SETTINGS)
@pytest.mark.parametrize("frames", [1, 6, 7])
def test_the_gradient_is_that_of_unfolding(frames: int, window: int, stride: int) -> None:
    line = torch.randn(frames + window, 2, 3, dtype=torch.double, requires_grad=True)
    views = windows_of_line(line, window, stride), line.unfold(0, window, stride).movedim(-1, 1)
    assert torch.equal(*views)
    cotangent = torch.randn_like(views[0])
    got, expected = (torch.autograd.grad(view, line, cotangent)[0] for view in views)
    torch.testing.assert_close(got, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("window", "stride"), [(3, 1), (3, 2), (2, 3)])
def test_first_and_second_derivatives(window: int, stride: int) -> None:
    x = torch.randn(2, 4, 1, 2, dtype=torch.double, requires_grad=True)

    def cubed(x: Tensor) -> Tensor:
        return windows_of_line(clips_in_line(x, window, stride, ones=True), window, stride) ** 3

    assert gradcheck(cubed, (x,))
    assert gradgradcheck(cubed, (x,))


@pytest.mark.parametrize(("channels", "width"), [(3, 8), (7, 8), (8, 16)])
def test_ones_mark_the_frames_that_exist(channels: int, width: int) -> None:
    x = torch.randn(2, 3, 2, channels)
    line = clips_in_line(x, window=3, stride=2, ones=True)
    assert line.shape == (2 * 3 * 2 + 1, 2, width)
    clips = line[:12].view(2, 6, 2, width)
    assert torch.equal(clips[:, :3, :, :channels], x)
    assert torch.equal(line[..., channels].sum(), torch.tensor(2.0 * 3 * 2))
    assert clips[:, :3, :, channels].eq(1.0).all()
    assert not line[..., channels + 1 :].any()


def test_windows_overlap_in_memory() -> None:
    line = clips_in_line(torch.randn(2, 6, 2, 4), window=3, stride=1)
    assert windows_of_line(line, window=3, stride=1).data_ptr() == line.data_ptr()
