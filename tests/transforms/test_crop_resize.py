import pytest
import torch
from torch import Tensor
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import CropResize

DOT = Topology("dot", ("a",), ("a",))


def counting(frames: int, start: int = 1) -> SkeletonSequence:
    """A point that is at ``start`` plus t."""
    return SkeletonSequence.from_array(torch.arange(start, start + frames).float().view(-1, 1, 1), DOT)


def fed(transform: CropResize, draws: list[list[float]]) -> CropResize:
    transform.draw = lambda graphs, device: torch.tensor(draws)  # type: ignore[method-assign]
    return transform


@pytest.mark.parametrize(
    ("num_frames", "high", "expected"),
    [
        (4, 1.0, [1.5, 3.5, 5.5, 7.5]),
        (4, 0.75, [2.25, 3.75, 5.25, 6.75]),  # frames 1 to 6
        (2, 0.3, [4.0, 5.0]),  # two frames
        (4, 0.1, [3.0, 4.0, 5.0, 6.0]),  # not fewer than it makes
        (16, 1.0, [1.0, *(1.25 + 0.5 * i for i in range(14)), 8.0]),  # all there are
    ],
)
def test_the_middle_hand_typed(num_frames: int, high: float, expected: list[float]) -> None:
    out = CropResize(num_frames, 0.1, high, mode="center")(counting(8)).pos.flatten()
    torch.testing.assert_close(out, torch.tensor(expected))


def test_drawn_stretches_of_a_batch_hand_typed() -> None:
    transform = fed(CropResize(2, 0.5, 1.0), [[0.0, 0.0], [0.0, 0.999], [0.999, 0.5]])
    out = transform(Batch.from_data_list([counting(8), counting(8), counting(8, start=101)])).pos
    assert out[..., 0].t().tolist() == [[1.5, 3.5], [5.5, 7.5], [103.25, 106.75]]  # 4 frames, 4 frames, 7 frames


def test_a_person_who_comes_is_not_drawn_towards_the_origin() -> None:
    pos = torch.tensor([[[0.0], [5.0]], [[0.0], [6.0]], [[8.0], [7.0]], [[8.0], [8.0]]])
    pair = Topology("pair", ("a",), ("a",))
    two = SkeletonSequence.from_array(pos.unsqueeze(2), pair)  # two persons of a joint
    out = CropResize(8, mode="center")(two).pos[..., 0]
    assert out[:, 0].tolist() == [0.0, 0.0, 0.0, 0.0, 8.0, 8.0, 8.0, 8.0]
    torch.testing.assert_close(out[:, 1], torch.tensor([5.0, 5.25, 5.75, 6.25, 6.75, 7.25, 7.75, 8.0]))


def test_scores_and_features_go_along() -> None:
    sequence = SkeletonSequence.from_array(
        torch.ones(3, 1, 1, 2), DOT, score=torch.tensor([[[0.0]], [[0.5]], [[1.0]]]), keep_absent=True
    )
    sequence.x = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1)
    out = CropResize(6, mode="center")(sequence)
    # nothing between a frame in which the joint was not seen and one in which it was
    torch.testing.assert_close(out.x.flatten(), torch.tensor([1.0, 1.0, 2.0, 2.25, 2.75, 3.0]))
    torch.testing.assert_close(out.score.flatten(), torch.tensor([0.0, 0.0, 0.5, 0.625, 0.875, 1.0]))


def test_draws_fill_what_is_possible() -> None:
    transform = CropResize(10, 0.5, 1.0)
    start, size = transform.stretch(transform.draw(4000, torch.device("cpu")), 100)
    assert size.min() == 50 and size.max() == 99
    assert start.min() == 0 and bool((start + size <= 100).all()) and bool((start + size == 100).any())


@pytest.mark.parametrize("frames", [1, 3, 64, 65, 300])
def test_every_length_is_read_within_its_stretch(frames: int) -> None:
    transform = CropResize(64)
    drawn = torch.cat([transform.draw(50, torch.device("cpu")), torch.tensor([[0.0, 0.0], [1 - 1e-7, 1 - 1e-7]])])
    start, size = transform.stretch(drawn, frames)
    times: Tensor = transform.times(start, size)
    assert bool((times.diff(dim=1) >= 0).all())
    assert bool((times[:, 0] >= start).all()) and bool((times[:, -1] <= start + size - 1).all())
    assert bool((start >= 0).all()) and bool((start + size <= frames).all())


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0.8, 0.5), (0.5, 1.1)])
def test_shares_that_are_none(low: float, high: float) -> None:
    with pytest.raises(ValueError, match=rf"low, high: expected 0 < low <= high <= 1, got {low} and {high}"):
        CropResize(64, low, high)


def test_no_frames() -> None:
    with pytest.raises(ValueError, match="num_frames: expected 1 or more, got 0"):
        CropResize(0)


def test_unknown_mode() -> None:
    with pytest.raises(ValueError, match=r"mode: expected one of \('random', 'center'\), got 'middle'"):
        CropResize(64, mode="middle")  # type: ignore[arg-type]
