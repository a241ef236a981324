from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tests.inference.test_exportable import dense, recordings, through
from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.collate import collate
from tg_skeleton.inference.exported_transforms import chain

DOT = Topology("dot", ("a",), ("a",))
PAIR = Topology("pair", ("a", "b"), ("a", "a"))


def moving(*values: float, fps: float | None = None) -> SkeletonSequence:
    """A point on a line, at one of these places in each frame."""
    extra = {} if fps is None else {"fps": fps}
    return SkeletonSequence.from_array(torch.tensor(values).view(-1, 1, 1), DOT, extra=extra)


@pytest.mark.parametrize(
    ("fps", "source", "expected"),
    [
        (20, 10, [1.0, 1.5, 2.0, 3.0, 4.0]),  # twice as many, the last frame stays the last one
        (5, 10, [1.0, 4.0]),
        (15, 10, [1.0, 5 / 3, 8 / 3, 4.0]),  # at 0, 2/3, 4/3 and 2 frames
        (4, 10, [1.0]),  # the next one would lie at 2.5 frames, behind the end
        (10, 10, [1.0, 2.0, 4.0]),
    ],
)
def test_hand_typed_places(fps: float, source: float, expected: list[float]) -> None:
    torch.testing.assert_close(T.Resample(fps, source)(moving(1, 2, 4)).pos.flatten(), torch.tensor(expected))


def test_the_rate_of_a_sequence_is_read_and_written() -> None:
    out = T.Resample(20)(moving(1, 2, 4, fps=10))
    assert out.pos.flatten().tolist() == [1.0, 1.5, 2.0, 3.0, 4.0]
    assert out.fps == 20
    batch = T.Resample(20.5)(collate([moving(1, 2, fps=41), moving(3, 4, fps=41)]))
    assert batch.fps.tolist() == [20.5, 20.5] and batch.pos.flatten().tolist() == [1, 3]


def test_a_rate_that_no_float_holds_is_kept_for_an_hour() -> None:
    frames = 3600 * 30
    out = T.Resample(30, source=29.97)(moving(*range(frames)))
    assert out.num_frames == (frames - 1) * 3000 // 2997 + 1 == 108_108
    assert out.pos[-1].item() == pytest.approx(108_107 * 2997 / 3000, abs=0.01)  # float32 of 10^5


def test_missing_joints_and_absent_persons_make_no_ghosts() -> None:
    nan = float("nan")
    pos = torch.tensor([[[8.0, 1.0], [4.0, 1.0]], [[8.0, 3.0], [nan, nan]], [[8.0, 5.0], [nan, nan]]])
    out = T.Resample(40, source=10)(SkeletonSequence.from_array(pos, PAIR, nan="missing"))
    assert out.pos[:, 0, 1].tolist() == [1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]
    assert out.pos[:, 1].tolist() == [[4, 1]] * 3 + [[0, 0]] * 6  # as in the nearer frame; of two the earlier
    assert out.score[:, 1].tolist() == [1] * 3 + [0] * 6
    comes = torch.tensor([[[[7.0], [7.0]], [[0.0], [0.0]]], [[[7.0], [7.0]], [[6.0], [6.0]]]])
    out = T.Resample(30, source=10)(SkeletonSequence.from_array(comes, PAIR, keep_absent=True))
    assert out.to_dense("pos")[1, :, 0, 0].tolist() == [0, 0, 6, 6]


def test_confidences_and_channels_go_along() -> None:
    sequence = SkeletonSequence.from_array(torch.ones(2, 1, 1, 2), DOT, score=torch.tensor([[[0.4]], [[0.8]]]))
    sequence.x = torch.tensor([1.0, 3.0]).view(2, 1, 1)
    out = T.Resample(2, source=1)(sequence)
    torch.testing.assert_close(out.score.flatten(), torch.tensor([0.4, 0.6, 0.8]))
    assert out.x.flatten().tolist() == [1, 2, 3]


def test_an_exported_file_resamples_recordings_of_several_lengths_alike() -> None:
    """In float64, for the reference below is that of single sequences."""
    transform = Compose([T.Resample(12.5, source=30), T.SampleSegments(7, "center")])
    stream = T.Streams("joint")
    sequences = recordings(NTU25, 3)
    expected = stream(collate([transform(one) for one in sequences])).x
    torch.testing.assert_close(through(*chain(transform, stream), dense(sequences, NTU25)), expected, rtol=0, atol=1e-6)
    bodies = dense(sequences, NTU25)
    lengths = T.Resample(15, source=30).apply(bodies).lengths
    assert [int(length) for length in bodies.lengths] == [37, 9, 50, 6] and lengths.tolist() == [19, 5, 25, 3]
    same = T.Resample(15, source=30).apply(replace(bodies, length=None))
    assert same.num_frames == 25 and same.length is None


def test_rates_that_are_none_and_sequences_without_one_are_refused() -> None:
    for rate in (0, -3, float("nan"), float("inf"), True, "30"):
        with pytest.raises(ValueError, match=f"fps: expected frames a second above 0, got {rate!r}"):
            T.Resample(rate)
    with pytest.raises(ValueError, match="source: expected frames a second above 0, got 0"):
        T.Resample(30, source=0)
    with pytest.raises(ValueError, match=r"fps: expected a sequence with its frame rate, got one without; give it"):
        T.Resample(30)(moving(1, 2))
    with pytest.raises(ValueError, match=r"fps: expected one frame rate in a batch, got 10, 20; resample the"):
        T.Resample(30)(Batch.from_data_list([moving(1, 2, fps=10), moving(1, 2, fps=20)]))
    with pytest.raises(ValueError, match=r"source: expected the frame rate .* build it with Resample\(30, source=25\)"):
        T.Resample(30).apply(dense(recordings(NTU25, 3), NTU25))
