import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import SampleSegments
from tg_skeleton.transforms.sample_segments import SampleMode

CPU = torch.device("cpu")
SIZES = st.integers(1, 400)


def count_up(dot: Topology, frames: int) -> SkeletonSequence:
    """A recording whose one coordinate is the frame's number."""
    return SkeletonSequence.from_array(torch.arange(float(frames)).view(-1, 1, 1), dot, score=torch.ones(frames, 1))


def centers(dot: Topology, frames: int, num_frames: int, clips: int = 1) -> list[float]:
    return SampleSegments(num_frames, mode="center", clips=clips)(count_up(dot, frames)).pos.flatten().tolist()


def test_centers_of_equal_segments(dot: Topology) -> None:
    assert centers(dot, 12, 3) == [2, 6, 10]


def test_centers_of_segments_of_broken_length(dot: Topology) -> None:
    assert centers(dot, 10, 4) == [1, 3, 6, 8]  # 1.25, 3.75, 6.25, 8.75


def test_as_many_frames_as_segments_stay_as_they_are(dot: Topology) -> None:
    assert centers(dot, 5, 5) == [0, 1, 2, 3, 4]


def test_frames_of_a_short_sequence_repeat(dot: Topology) -> None:
    assert centers(dot, 2, 5) == [0, 0, 1, 1, 1]
    assert centers(dot, 1, 3) == [0, 0, 0]


def test_center_clips_are_evenly_shifted(dot: Topology) -> None:
    assert centers(dot, 16, 2, clips=4) == [1, 9, 3, 11, 5, 13, 7, 15]


def test_frames_of_given_draws(dot: Topology) -> None:
    r = torch.tensor([[[0, 0, 0], [7, 7, 7], [0, 4, 7]]])  # three clips of three segments, T = 8
    assert SampleSegments(3, clips=3).frames(r, 8).tolist() == [[0, 2, 5, 2, 5, 7, 0, 4, 7]]


@given(frames=SIZES, num_frames=SIZES, clips=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_each_random_frame_lies_in_its_segment(frames: int, num_frames: int, clips: int) -> None:
    transform = SampleSegments(num_frames, clips=clips)
    chosen = transform.frames(transform.draw(2, frames, CPU), frames).view(2, clips, num_frames)
    begin = torch.arange(num_frames) * frames / num_frames
    assert bool((chosen >= begin.floor()).all()) and bool((chosen < begin + frames / num_frames).all())
    assert int(chosen.min()) >= 0 and int(chosen.max()) < frames


@pytest.mark.parametrize("mode", ["random", "center"])
def test_frames_of_unlike_lengths_are_those_of_one_sequence_after_another(dot: Topology, mode: SampleMode) -> None:
    transform, lengths = SampleSegments(6, mode=mode, clips=2), [1, 4, 6, 31, 300]
    torch.manual_seed(0)
    frames = transform.frames_of(lengths)
    torch.manual_seed(0)
    assert frames.tolist() == [transform(count_up(dot, length)).pos.flatten().tolist() for length in lengths]


def test_every_frame_can_be_drawn(dot: Topology) -> None:
    drawn = SampleSegments(4, clips=200)(count_up(dot, 10)).pos.view(200, 4)
    assert [sorted(set(column.tolist())) for column in drawn.t()] == [[0, 1, 2], [2, 3, 4], [5, 6, 7], [7, 8, 9]]


def test_the_length_is_clips_times_frames(dot: Topology) -> None:
    assert SampleSegments(20, mode="random", clips=5)(count_up(dot, 31)).num_frames == 100


def test_the_seed_of_torch_decides(dot: Topology) -> None:
    def draw() -> list[float]:
        torch.manual_seed(3)
        return SampleSegments(20)(count_up(dot, 300)).pos.flatten().tolist()

    assert draw() == draw()


def test_with_a_seed_a_recording_has_its_draws_whatever_stands_beside_it(dot: Topology) -> None:
    transform = SampleSegments(20, clips=3, seed=0)
    alone = transform(count_up(dot, 300)).pos
    assert torch.equal(transform(count_up(dot, 300)).pos, alone)
    assert torch.equal(transform(Batch.from_data_list([count_up(dot, 300)] * 2)).pos, alone.expand(-1, 2, -1))
    assert transform.frames_of([7, 300])[1].tolist() == alone.flatten().tolist()


def test_another_seed_has_other_draws_and_leaves_torch_s_generator_alone(dot: Topology) -> None:
    before = torch.get_rng_state()
    one, two = (SampleSegments(20, seed=seed)(count_up(dot, 300)).pos for seed in (0, 1))
    assert not torch.equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)


def test_two_recordings_of_a_batch_have_their_own_draws(dot: Topology) -> None:
    torch.manual_seed(0)
    out = SampleSegments(20)(Batch.from_data_list([count_up(dot, 300), count_up(dot, 300)])).pos[..., 0]
    assert out[:, 0].tolist() != out[:, 1].tolist()


def test_persons_of_a_recording_share_their_draws(stick: Topology) -> None:
    pos = torch.arange(300.0).view(300, 1, 1, 1).expand(300, 2, 2, 1)
    out = SampleSegments(20)(Batch.from_data_list([SkeletonSequence.from_array(pos, stick)] * 2)).pos[..., 0]
    assert torch.equal(out[:, :1].expand(20, 4), out[:, :4])


def test_coordinates_scores_and_streams_are_sampled_alike(dot: Topology) -> None:
    sequence = count_up(dot, 50)
    sequence.score, sequence.x = sequence.pos[..., 0].clone(), sequence.pos.repeat(1, 1, 2)
    out = SampleSegments(7)(sequence)
    assert torch.equal(out.score, out.pos[..., 0]) and torch.equal(out.x, out.pos.repeat(1, 1, 2))


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match=r"num_frames: expected 1 or more, got 0"):
        SampleSegments(0)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mode: expected one of \('random', 'center'\), got 'even'"):
        SampleSegments(4, mode="even")  # type: ignore[arg-type]


def test_no_clips_are_refused() -> None:
    with pytest.raises(ValueError, match=r"clips: expected 1 or more, got 0"):
        SampleSegments(4, clips=0)
