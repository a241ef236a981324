from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tg_skeleton.nn import FrameFeatures
from tg_skeleton.nn.blocks.frame_features import FrameScale
from tg_skeleton.nn.blocks.options import Value


@pytest.mark.parametrize("value", ["input", "linear"])
@pytest.mark.parametrize("scale", ["features", "channels"])
@pytest.mark.parametrize(
    ("frames", "group", "kernel_size"), [(6, 3, 5), (7, 5, 5), (3, 5, 3), (1, 5, 5)], ids=["2g", "g + 2", "T < g", "1"]
)
def test_equals_a_loop_over_persons_groups_and_frames(
    slow, frames: int, group: int, kernel_size: int, scale: FrameScale, value: Value
) -> None:
    torch.manual_seed(0)
    persons, joints, channels = 2, 3, 4
    block = FrameFeatures(channels, joints, group=group, kernel_size=kernel_size, value=value, scale=scale)
    root = (channels if scale == "channels" else joints * channels) ** 0.5

    def reference(x: Tensor) -> Tensor:
        operator = block.attention
        query, key = slow.lin(x, operator.lin_query), slow.lin(x, operator.lin_key)
        v = slow.lin(x, block.lin_value)
        rows = []
        for p in range(persons):
            for t in range(frames):
                first = t // group * group
                others = range(first, min(first + group, frames))
                logits = [(query[p, t] * key[p, s]).sum() / root for s in others]
                rows.append(slow.mix(logits, [v[p, s] for s in others]))
        y = torch.stack(rows).view(x.shape)
        return torch.relu(slow.norm(slow.conv(y, block.conv), block.norm) + x)

    slow.compare(block, reference, torch.randn(persons, frames, joints, channels))


def test_hand_typed(slow) -> None:
    block = slow.plain(FrameFeatures(1, 1, group=2, kernel_size=3))
    x = torch.tensor([1.0, 3.0, 5.0]).view(1, 3, 1, 1)
    mixed = [2.0, 2.0, 5.0]
    expected = [2.0 + 2.0 + 1.0, sum(mixed) + 3.0, 2.0 + 5.0 + 5.0]
    torch.testing.assert_close(block(x).flatten(), torch.tensor(expected))


def test_scale_by_channels_is_that_of_a_query_longer_by_the_root_of_the_joints() -> None:
    torch.manual_seed(0)
    letter, features = FrameFeatures(8, 4, scale="channels").eval(), FrameFeatures(8, 4).eval()
    features.load_state_dict(letter.state_dict())
    with torch.no_grad():
        for parameter in features.attention.lin_query.parameters():
            parameter.mul_(2.0)
    x = torch.randn(2, 10, 4, 8)
    torch.testing.assert_close(letter(x), features(x))


@pytest.mark.parametrize(("value", "expected"), [("input", 64992), ("linear", 74304)])
def test_parameters(value: Value, expected: int) -> None:
    assert sum(p.numel() for p in FrameFeatures(96, 25, value=value).parameters()) == expected


def test_unknown_scale() -> None:
    with pytest.raises(ValueError, match=r"scale: expected one of \('features', 'channels'\), got 'joints'"):
        FrameFeatures(8, 4, scale="joints")  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(2, 10, 5, 8), (10, 4, 8), (2, 10, 4, 7)])
def test_other_joints_or_channels(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"x: expected \[P, T, V = 4, C = 8\], got \[.*\]; build the block for its"):
        FrameFeatures(8, 4)(torch.zeros(shape))
