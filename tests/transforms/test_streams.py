import pytest
import torch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import Streams, bones, velocity

# elbow (parent shoulder), shoulder (root), hand (parent elbow); two frames of two persons
POS = torch.tensor([[[2.0, 1.0, 4.0], [20.0, 10.0, 40.0]], [[3.0, 3.0, 7.0], [0.0, 0.0, 0.0]]])[..., None]
TABLES = {
    "joint": [[2, 1, 4, 20, 10, 40], [3, 3, 7, 0, 0, 0]],
    "bone": [[1, 0, 2, 10, 0, 20], [0, 0, 4, 0, 0, 0]],
    "joint_velocity": [[0, 0, 0, 0, 0, 0], [1, 2, 3, -20, -10, -40]],
    "bone_velocity": [[0, 0, 0, 0, 0, 0], [-1, 0, 2, -10, 0, -20]],
}


@pytest.mark.parametrize("name", TABLES)
def test_each_stream_is_its_table(name: str, arm: Topology) -> None:
    out = Streams(name)(SkeletonSequence.from_array(POS, arm)).x  # type: ignore[arg-type]
    assert out.shape == (2, 6, 1) and out[..., 0].tolist() == TABLES[name]


def test_channels_come_in_the_order_of_the_names(arm: Topology) -> None:
    sequence = SkeletonSequence.from_array(POS.expand(2, 2, 3, 2) * torch.tensor([1.0, 100.0]), arm)
    out = Streams("bone_velocity", "joint")(sequence).x
    assert out.shape == (2, 6, 4)
    assert out[1, 2].tolist() == [2, 200, 7, 700]


def test_coordinates_stay(arm: Topology) -> None:
    sequence = SkeletonSequence.from_array(POS, arm)
    assert Streams("bone")(sequence).pos is sequence.pos


def test_the_score_is_one_channel(arm: Topology) -> None:
    score = torch.arange(12.0).view(2, 2, 3)
    out = Streams("joint", "score")(SkeletonSequence.from_array(POS, arm, score=score)).x
    assert out.shape == (2, 6, 2) and out[..., 1].flatten().tolist() == list(range(12))


def test_a_velocity_stays_within_its_clip(dot: Topology) -> None:
    pos = torch.tensor([1.0, 3.0, 10.0, 20.0]).view(4, 1, 1)
    out = Streams("joint_velocity", clips=2)(SkeletonSequence.from_array(pos, dot)).x
    assert out.flatten().tolist() == [0, 2, 0, 10]


def test_bones_take_leading_dimensions() -> None:
    assert bones(torch.tensor([2.0, 1.0, 4.0])[:, None], torch.tensor([1, 1, 0])).flatten().tolist() == [1, 0, 2]


def test_the_velocity_of_one_frame_is_zero() -> None:
    assert velocity(torch.ones(1, 5, 3)).tolist() == torch.zeros(1, 5, 3).tolist()


def test_no_stream_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names: expected one stream or more of \('joint', 'bone', .*\), got none"):
        Streams()


def test_an_unknown_stream_is_refused() -> None:
    with pytest.raises(ValueError, match=r"names: expected streams of \('joint', 'bone', .*'score'\), got 'bones'"):
        Streams("joint", "bones")  # type: ignore[arg-type]


def test_a_score_that_is_not_there_is_refused(arm: Topology) -> None:
    with pytest.raises(ValueError, match=r"'score' is asked for, and the sequence has none; leave 'score' out"):
        Streams("score")(SkeletonSequence.from_array(POS, arm))


def test_no_clips_are_refused() -> None:
    with pytest.raises(ValueError, match=r"clips: expected 1 or more, got 0"):
        Streams("joint", clips=0)


def test_clips_of_broken_length_are_refused(arm: Topology) -> None:
    with pytest.raises(ValueError, match=r"clips: 2 frames are no 3 clips of one length; give the clips of SampleSeg"):
        Streams("joint_velocity", clips=3)(SkeletonSequence.from_array(POS, arm))
