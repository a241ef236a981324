"""Joints astray become missing."""

from __future__ import annotations

import pytest
import torch

from tg_skeleton import NTU25, SkeletonSequence
from tg_skeleton.datasets import simulate
from tg_skeleton.transforms import RemoveStrays

HAND, ELBOW, WRIST = NTU25.index("left_hand"), NTU25.index("left_elbow"), NTU25.index("left_wrist")


def recording() -> torch.Tensor:
    return torch.from_numpy(simulate("handshake", camera=2, noise=False).pos[:20, :1].copy()) + 1


@pytest.mark.parametrize("joint", [HAND, ELBOW, WRIST, NTU25.root, NTU25.index("head")])
def test_a_joint_ten_meters_away_is_missing_and_no_other(joint: int) -> None:
    pos = recording()
    pos[7, 0, joint] += 10
    out = RemoveStrays(4)(SkeletonSequence.from_array(pos, NTU25))
    assert (out.score == 0).nonzero().tolist() == [[7, joint]]
    assert out.pos[7, joint].tolist() == [0, 0, 0]


def test_joints_that_are_away_together_are_missing() -> None:
    pos = recording()
    away = [HAND, NTU25.index("left_hand_tip"), NTU25.index("left_thumb")]
    pos[7, 0, away] += 10
    out = RemoveStrays(4)(SkeletonSequence.from_array(pos, NTU25))
    assert sorted((out.score == 0).nonzero()[:, 1].tolist()) == sorted(away)


def test_a_whole_recording_stays_without_scores() -> None:
    sequence = SkeletonSequence.from_array(recording(), NTU25)
    out = RemoveStrays(4)(sequence)
    assert "score" not in out and torch.equal(out.pos, sequence.pos)


def test_a_factor_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="factor: expected more than 1, got 1"):
        RemoveStrays(1)
