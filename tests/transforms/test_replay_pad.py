import pytest
import torch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import ReplayPad


@pytest.mark.parametrize(("frames", "expected"), [(1, [0] * 5), (2, [0, 1, 0, 1, 0]), (5, [0, 1, 2, 3, 4])])
def test_shorter_sequences_play_again(frames: int, expected: list[int], dot: Topology) -> None:
    sequence = SkeletonSequence.from_array(torch.arange(float(frames)).view(-1, 1, 1), dot)
    assert ReplayPad(5)(sequence).pos.flatten().tolist() == expected


def test_of_a_longer_sequence_the_first_frames_stay(dot: Topology) -> None:
    sequence = SkeletonSequence.from_array(torch.arange(9.0).view(-1, 1, 1), dot)
    assert ReplayPad(5)(sequence).pos.flatten().tolist() == [0, 1, 2, 3, 4]


def test_scores_and_streams_play_again_too(dot: Topology) -> None:
    sequence = SkeletonSequence.from_array(torch.ones(2, 1, 1), dot, score=torch.tensor([[0.25], [0.5]]))
    sequence.x = torch.tensor([3.0, 4.0]).view(2, 1, 1)
    out = ReplayPad(3)(sequence)
    assert out.score.flatten().tolist() == [0.25, 0.5, 0.25] and out.x.flatten().tolist() == [3, 4, 3]


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match=r"num_frames: expected 1 or more, got 0"):
        ReplayPad(0)
