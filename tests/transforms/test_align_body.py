from __future__ import annotations

import math

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.transforms import AlignBody, rotation_matrix, shortest_rotation

BUST = Topology("bust", ("hip", "neck", "left_shoulder", "right_shoulder"), (0, 0, 1, 1))
ALIGN = AlignBody(center=0, spine=(0, 1), shoulders=(2, 3))
# upright and to the front already
BODY = torch.tensor([[0.0, 0, 0], [0, 0, 2], [-1, 0, 2], [1, 0, 2]])
ABSENT = torch.zeros(4, 3)
# y up, x to the left
STANDING = torch.tensor([[0.0, 0, 0], [0, 2, 0], [1, 2, 0], [-1, 2, 0]])


def align(frames: list[list[torch.Tensor]], transform: AlignBody = ALIGN) -> torch.Tensor:
    """``frames[t][m]`` of joints ``[4, 3]`` -> ``[T, M, 4, 3]``."""
    pos = torch.stack([torch.stack(persons) for persons in frames])
    return transform(SkeletonSequence.from_array(pos, BUST, keep_absent=True, zeros="real")).pos.view_as(pos)


def close(got: torch.Tensor, expected: torch.Tensor) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=2e-6)


def test_an_aligned_body_moves_only() -> None:
    close(align([[BODY + 5]])[0, 0], BODY)


def test_y_up_becomes_z_up_and_left_to_right_x() -> None:
    close(align([[STANDING + 5]])[0, 0], BODY)


@pytest.mark.parametrize("angles", [(0.4, -1.0, 2.0), (3.0, 0.1, -0.5), (math.pi, 0.0, 0.0), (0.0, math.pi, 0.0)])
def test_a_turned_body_is_turned_back(angles: tuple[float, float, float]) -> None:
    turned = BODY @ rotation_matrix(torch.tensor(angles)).T
    close(align([[turned + 5]])[0, 0], BODY)


def test_the_body_stays_in_place_and_turns_as_in_its_first_frame() -> None:
    quarter = STANDING[:, [2, 1, 0]] * torch.tensor([1.0, 1, -1])  # about y
    out = align([[STANDING + 1], [quarter + 7]])[:, 0]
    close(out[0], BODY)
    close(out[1], torch.tensor([[0.0, 0, 0], [0, 0, 2], [0, -1, 2], [0, 1, 2]]))


def test_the_second_rotation_takes_the_spine_off_z() -> None:
    crooked = torch.tensor([[0.0, 0, 0], [0, 0, 1], [0, 0, 0], [1, 0, 1]])  # shoulders 45 degrees up from x
    out = align([[crooked]])[0, 0]
    close(out[3], torch.tensor([math.sqrt(2), 0, 0]))
    close(out[1], torch.tensor([math.sqrt(0.5), 0, math.sqrt(0.5)]))


def test_others_move_and_turn_with_the_first_person() -> None:
    out = align([[STANDING + 5, STANDING + torch.tensor([5.0, 5, 8])]])
    close(out[0, 0], BODY)
    close(out[0, 1], BODY + torch.tensor([0.0, 3, 0]))


def test_without_the_first_person_the_origin_is_where_they_were_or_will_be() -> None:
    frames = [[ABSENT, STANDING], [STANDING + 1, STANDING], [ABSENT, STANDING + 5], [STANDING + 4, ABSENT]]
    out = align(frames)
    offset = torch.tensor([-1.0, 1, 1])  # (1, 1, 1) in the body's frame
    close(out[0, 1], BODY - offset)
    close(out[1, 0], BODY)
    close(out[1, 1], BODY - offset)
    close(out[2, 1], BODY + 4 * offset)
    close(out[3, 0], BODY)
    assert not out[0, 0].any() and not out[2, 0].any() and not out[3, 1].any()


def test_a_first_person_who_is_never_there_moves_nothing() -> None:
    assert torch.equal(align([[ABSENT, STANDING + 1]])[0, 1], STANDING + 1)


def test_a_joint_that_is_zero_on_its_own_moves_with_its_body() -> None:
    body = BODY + torch.tensor([1.0, 0, 0])
    assert body[2].tolist() == [0, 0, 2]
    body[2] = 0
    close(align([[body]], AlignBody(0, (0, 1), (0, 3)))[0, 0, 2], torch.tensor([-1.0, 0, 0]) @ turned_by(body).T)


def turned_by(body: torch.Tensor) -> torch.Tensor:
    """The second rotation of an upright body with shoulders (0, 3): about y, by the angle of hip -> right shoulder."""
    x, _, z = (body[3] - body[0]).tolist()
    length = math.hypot(x, z)
    return torch.tensor([[x / length, 0, z / length], [0, 1, 0], [-z / length, 0, x / length]])


def test_a_bone_without_length_turns_nothing() -> None:
    close(align([[torch.ones(4, 3)]])[0, 0], ABSENT)
    body = BODY.clone()
    body[1] = 0
    close(align([[body + 5]])[0, 0], body)


@pytest.mark.parametrize("scale", [0.0, 1e-7, 1e-4, 1.0])
def test_gradients_are_finite(scale: float) -> None:
    sequence = SkeletonSequence.from_array(torch.ones(1, 4, 3), BUST)
    sequence.pos = (STANDING[None] * scale + 1).requires_grad_()
    ALIGN(sequence).pos.square().sum().backward()
    assert bool(sequence.pos.grad.isfinite().all())


def test_each_sequence_of_a_batch_has_its_own_body() -> None:
    turned = BODY @ rotation_matrix(torch.tensor([0.4, -1.0, 2.0])).T
    sequences = [SkeletonSequence.from_array(pos.view(1, -1, 4, 3), BUST) for pos in (STANDING + 3, turned - 2)]
    out = ALIGN(Batch.from_data_list(sequences)).pos.view(2, 4, 3)
    close(out, torch.stack([BODY, BODY]))


def test_the_defaults_are_those_of_ntu() -> None:
    sequence = SkeletonSequence.from_array(torch.zeros(5, 1, 25, 3), NTU25)
    sequence.pos = torch.randn(5, 25, 3, dtype=torch.float64)
    out = AlignBody()(sequence).pos
    across = out[0, NTU25.index("right_shoulder")] - out[0, NTU25.index("left_shoulder")]
    close(across[1:], torch.zeros(2, dtype=torch.float64))
    assert across[0] > 0 and not out[:, NTU25.index("spine_mid")].any()


# -- the rotation


@pytest.mark.parametrize("axis", [0, 2])
@pytest.mark.parametrize("tilt", [0.0, 1e-9, 1e-6, 1e-4, 1e-2, 0.5, 1.5])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_rotations_are_rotations_near_the_axis_and_opposite_to_it(axis: int, tilt: float, side: float) -> None:
    vector = torch.tensor([[tilt, tilt / 2, tilt]])
    vector[0, axis] = side
    rotation = shortest_rotation(vector * 3, axis)[0]
    close(rotation @ rotation.T, torch.eye(3))
    assert torch.linalg.det(rotation).item() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(rotation @ vector[0], torch.eye(3)[axis] * vector.norm(), rtol=0, atol=2e-6)


@pytest.mark.parametrize("axis", [0, 2])
def test_the_shortest_rotation_leaves_what_is_at_right_angles_to_both(axis: int) -> None:
    vector = torch.randn(50, 3, dtype=torch.float64)
    unmoved = torch.linalg.cross(vector, torch.eye(3, dtype=torch.float64)[axis].expand(50, 3))
    close((shortest_rotation(vector, axis) @ unmoved[..., None])[..., 0], unmoved)


@pytest.mark.parametrize(("axis", "expected"), [(0, [-1.0, -1.0, 1.0]), (2, [1.0, -1.0, -1.0])])
def test_the_opposite_direction_is_half_a_turn(axis: int, expected: list[float]) -> None:
    assert torch.equal(shortest_rotation(-2 * torch.eye(3)[axis, None], axis)[0], torch.diag(torch.tensor(expected)))


# -- errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), r"center, spine, shoulders: expected indices of joints, 0 or more, got -1"),
        ((1, (0, -3)), r"center, spine, shoulders: expected indices of joints, 0 or more, got -3"),
        ((1, (2, 2)), r"spine: expected two joints, got 2 twice"),
        ((1, (0, 1), (4, 4)), r"shoulders: expected two joints, got 4 twice"),
    ],
)
def test_wrong_joints_are_refused(arguments, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AlignBody(*arguments)


def test_a_joint_that_the_body_lacks_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"center, spine, shoulders: expected the index of a joint, got 8 for a body of 4 joints; .*0\.\.3",
    ):
        AlignBody()(SkeletonSequence.from_array(BODY[None], BUST))


def test_planar_coordinates_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"AlignBody: expected pos \[T, N, 3\], got 2 coordinates; use CenterOnFirstFra"
    ):
        ALIGN(SkeletonSequence.from_array(BODY[None, :, :2], BUST))
