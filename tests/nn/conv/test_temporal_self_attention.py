from __future__ import annotations

import pytest
import torch

from tg_skeleton.nn import SpatialSelfAttention, TemporalSelfAttention


def test_per_joint_is_spatial_attention_with_the_axes_swapped() -> None:
    torch.manual_seed(0)
    temporal = TemporalSelfAttention(8, 6, heads=2).double()
    spatial = SpatialSelfAttention(8, 6, heads=2, alpha=0.0).double()
    spatial.load_state_dict(temporal.state_dict())
    x = torch.randn(3, 7, 5, 8, dtype=torch.double)
    swapped = spatial(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(temporal(x), swapped, rtol=0, atol=1e-12)


@pytest.mark.parametrize("per_joint", [True, False])
def test_groups_are_clips_of_their_own(per_joint: bool) -> None:
    torch.manual_seed(0)
    grouped = TemporalSelfAttention(8, 6, per_joint=per_joint, group=3).double()
    whole = TemporalSelfAttention(8, 6, per_joint=per_joint).double()
    whole.load_state_dict(grouped.state_dict())
    x = torch.randn(2, 7, 5, 8, dtype=torch.double)  # groups of 3, 3 and 1 frames
    apart = torch.cat([whole(part) for part in x.split(3, dim=1)], dim=1)
    torch.testing.assert_close(grouped(x), apart, rtol=0, atol=1e-12)


def test_a_group_longer_than_the_clip_is_the_clip() -> None:
    grouped, x = TemporalSelfAttention(8, 6, group=50).double(), torch.randn(7, 5, 8, dtype=torch.double)
    whole = TemporalSelfAttention(8, 6).double()
    whole.load_state_dict(grouped.state_dict())
    torch.testing.assert_close(grouped(x), whole(x), rtol=0, atol=1e-12)


def test_one_frame_keeps_its_value() -> None:
    conv = TemporalSelfAttention(8, 6)
    x = torch.randn(1, 5, 8)
    torch.testing.assert_close(conv(x), conv.lin_value(x))


def test_repr() -> None:
    assert repr(TemporalSelfAttention(64, 32)) == "TemporalSelfAttention(64, 32)"
    said = repr(TemporalSelfAttention(64, 32, heads=4, per_joint=False, group=5, scale=False))
    assert said == "TemporalSelfAttention(64, 32, heads=4, scale=False, per_joint=False, group=5)"


def test_group_out_of_range() -> None:
    with pytest.raises(ValueError, match="group: expected at least one frame, or None for all frames, got 0"):
        TemporalSelfAttention(8, 8, group=0)


def test_needs_frames() -> None:
    with pytest.raises(ValueError, match=r"x: expected \[\*, T, N, C\] \(frames before nodes\), got \[3, 8\]"):
        TemporalSelfAttention(8, 8)(torch.zeros(3, 8))


def test_batch_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"batch: expected one set per node, \[3\] .* got \[2\]"):
        TemporalSelfAttention(8, 8)(torch.zeros(4, 3, 8), batch=torch.tensor([0, 0]))
