from __future__ import annotations

import pytest
import torch
from torch import nn

from tg_skeleton import NTU25
from tg_skeleton.evaluation import complexity
from tg_skeleton.models import HCN
from tg_skeleton.models.hcn import _motion
from tg_skeleton.models.persons import max_over_persons


def count(**options: int) -> int:
    return sum(parameter.numel() for parameter in HCN(NTU25, 3, 60, **options).parameters())


def test_parameters_of_the_paper() -> None:
    assert count() == 2_647_868
    assert count(num_frames=32) == 1_062_652


def test_multiplications_of_a_person() -> None:
    macs = complexity(HCN(NTU25, 3, 60).to("meta"), torch.empty(64, 25, 3, device="meta")).macs
    joint = 64 * 25 * (3 * 64 + 64 * 64 * 3)
    image = 64**2 * 25 * 32 * 9 + 32**2 * 32 * 64 * 9
    head = 16**2 * 128 * 128 * 9 + 8**2 * 128 * 256 * 9
    assert macs == 2 * (joint + image) + head + 4096 * 512 + 512 * 60


def test_dropout_is_the_published_one() -> None:
    rates = [m.p for m in HCN(NTU25, 3, 60).modules() if isinstance(m, nn.Dropout | nn.Dropout2d)]
    assert rates == [0.5] * 5


def test_motion_is_interpolated_to_the_number_of_frames() -> None:
    x = torch.tensor([0.0, 1.0, 3.0, 7.0]).view(1, 4, 1, 1).expand(-1, -1, 2, 3)  # differences 1, 2, 4
    expected = torch.tensor([1.0, 1.625, 2.75, 4.0])  # at -1/8, 5/8, 11/8 and 17/8
    torch.testing.assert_close(_motion(x), expected.view(1, 4, 1, 1).expand(-1, -1, 2, 3))


def test_the_maximum_is_of_a_clip_s_persons() -> None:
    features = torch.tensor([[-1.0, 5.0], [-2.0, 9.0], [-7.0, -3.0]])
    batch = torch.tensor([0, 0, 0, 0, 1, 1])
    expected = torch.tensor([[-1.0, 9.0], [-7.0, -3.0]])
    torch.testing.assert_close(max_over_persons(features, 2, batch, 2), expected)
    torch.testing.assert_close(max_over_persons(features, 2, None, None), torch.tensor([[-1.0, 9.0]]))


@pytest.mark.parametrize("frames", [0, 8, 40])
def test_frames_that_can_not_be_halved_four_times(frames: int) -> None:
    with pytest.raises(ValueError, match=f"num_frames: expected a positive multiple of 16, .* got {frames}"):
        HCN(NTU25, 3, 60, num_frames=frames)


def test_another_number_of_frames() -> None:
    with pytest.raises(ValueError, match="x: expected 64 frames, got 32; sample them with"):
        HCN(NTU25, 3, 60)(torch.zeros(32, 25, 3))
