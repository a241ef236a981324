import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import RandomScale


def test_each_recording_of_a_batch_has_its_own_factor(stick: Topology) -> None:
    transform = RandomScale(0.5, 3)
    transform.draw = lambda graphs, device: torch.tensor([0.5, 3.0])  # type: ignore[method-assign]
    one = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), stick)
    out = transform(Batch.from_data_list([one, one])).pos
    assert out.tolist() == [[[0.5, 1.0], [1.5, 2.0], [3.0, 6.0], [9.0, 12.0]]]


def test_factors_lie_within_their_bounds_and_fill_them() -> None:
    factors = RandomScale(0.5, 1.5).draw(4000, torch.device("cpu"))
    assert 0.5 <= factors.min() < 0.51 and 1.49 < factors.max() <= 1.5


def test_equal_bounds_fix_the_factor(stick: Topology) -> None:
    out = RandomScale(2, 2)(SkeletonSequence.from_array(torch.ones(1, 2, 3), stick))
    assert bool((out.pos == 2).all())


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (2, 1)])
def test_bounds_that_are_no_interval_of_factors_are_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match=rf"low, high: expected 0 < low <= high, got {low} and {high}"):
        RandomScale(low, high)
