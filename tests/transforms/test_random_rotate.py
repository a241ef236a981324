import math

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import RandomRotate, rotation_matrix

CPU = torch.device("cpu")
QUARTER = math.pi / 2


@pytest.mark.parametrize(
    ("angles", "expected"),
    [
        ((0, 0, 0), [1, 2, 3]),
        ((QUARTER, 0, 0), [1, -3, 2]),
        ((0, QUARTER, 0), [3, 2, -1]),
        ((0, 0, QUARTER), [-2, 1, 3]),
        ((QUARTER, QUARTER, 0), [2, -3, -1]),  # x first: (1, -3, 2); then y: (2, -3, -1)
        ((0, QUARTER, QUARTER), [-2, 3, -1]),  # y first: (3, 2, -1); then z: (-2, 3, -1)
        ((QUARTER, 0, QUARTER), [3, 1, 2]),  # x first: (1, -3, 2); then z: (3, 1, 2)
    ],
)
def test_axes_turn_in_the_order_x_y_z(angles: tuple[float, float, float], expected: list[float], dot: Topology) -> None:
    transform = RandomRotate(180)
    transform.draw = lambda graphs, device: torch.tensor([angles])  # type: ignore[method-assign]
    sequence = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0, 3.0]]]), dot)
    torch.testing.assert_close(transform(sequence).pos[0, 0], torch.tensor(expected, dtype=torch.float))


def test_planar_coordinates_turn_about_z_alone(dot: Topology) -> None:
    transform = RandomRotate(180)
    transform.draw = lambda graphs, device: torch.tensor([[1.0, 2.0, QUARTER]])  # type: ignore[method-assign]
    out = transform(SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0]]]), dot))
    torch.testing.assert_close(out.pos, torch.tensor([[[-2.0, 1.0]]]))


def test_each_recording_of_a_batch_has_its_own_angles(dot: Topology) -> None:
    transform = RandomRotate(180)
    transform.draw = lambda graphs, device: torch.tensor([[0, 0, QUARTER], [0, 0, -QUARTER]])  # type: ignore[method-assign]
    batch = Batch.from_data_list([SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0, 3.0]]]), dot)] * 2)
    torch.testing.assert_close(transform(batch).pos, torch.tensor([[[-2.0, 1.0, 3.0], [2.0, -1.0, 3.0]]]))


def test_rotations_keep_lengths_and_handedness() -> None:
    rotation = rotation_matrix(torch.randn(50, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))
    identity = torch.eye(3, dtype=torch.float64).expand(50, 3, 3)
    torch.testing.assert_close(rotation @ rotation.transpose(1, 2), identity)
    torch.testing.assert_close(torch.linalg.det(rotation), torch.ones(50, dtype=torch.float64))


def test_angles_lie_within_their_bounds_and_fill_them() -> None:
    angles = RandomRotate((60, 0, 17)).draw(4000, CPU)
    degrees = torch.rad2deg(angles).abs().amax(0)
    assert 59 < degrees[0] <= 60 and degrees[1] == 0 and 16.5 < degrees[2] <= 17
    assert angles[:, 0].mean().abs() < 0.05


def test_one_bound_serves_all_axes() -> None:
    torch.manual_seed(0)
    one = RandomRotate(17).draw(5, CPU)
    torch.manual_seed(0)
    assert torch.equal(one, RandomRotate((17, 17, 17)).draw(5, CPU))


def test_negative_angles_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"degrees: expected one angle or \(x, y, z\), none negative, got \(1, -2, 3\)"
    ):
        RandomRotate((1, -2, 3))


def test_two_angles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"degrees: expected one angle or \(x, y, z\), none negative, got \(1, 2\)"):
        RandomRotate((1, 2))  # type: ignore[arg-type]


def test_one_coordinate_is_refused(dot: Topology) -> None:
    with pytest.raises(ValueError, match=r"expected pos \[T, N, 2\] or \[T, N, 3\], got 1 coordinates"):
        RandomRotate(17)(SkeletonSequence.from_array(torch.ones(1, 1, 1), dot))


def test_leaving_the_plane_is_refused(dot: Topology) -> None:
    with pytest.raises(ValueError, match=r"turn about z alone, got \(60, 60, 0\); use RandomRotate\(0\)"):
        RandomRotate((60, 60, 0))(SkeletonSequence.from_array(torch.ones(1, 1, 2), dot))
