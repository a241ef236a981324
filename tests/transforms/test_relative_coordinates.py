from __future__ import annotations

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import Part, SkeletonSequence, Topology
from tg_skeleton.topologies import BARYCENTER_GROUPS, NTU25, NTU25_CHAIN, TOPOLOGIES
from tg_skeleton.transforms import RelativeCoordinates, rotation_matrix

JOINTS = ("chest", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_hand", "right_hand")
BODY = Topology(
    "body",
    JOINTS,
    (0, 0, 0, 0, 0, 1, 2),
    pairs=((1, 2), (3, 4), (5, 6)),
    parts=(
        Part("left_arm", (1, 5), 1, 0),
        Part("right_arm", (2, 6), 2, 0),
        Part("trunk", (0, 3, 4), 0, 3),
    ),
)
LIMBED = Topology(
    "limbed",
    JOINTS,
    BODY.parents,
    pairs=BODY.pairs,
    parts=(*BODY.parts[:2], Part("left_leg", (3,), 3, 0), Part("right_leg", (4,), 4, 0), Part("trunk", (0,), 0, 1)),
)
# x to the body's left, y up, z to the front; the right arm's d is 2 long, the left one's 1
POS = torch.tensor([[0, 1, 9], [1, 1, 9], [-2, 1, 9], [1, -1, 9], [-1, -1, 9], [2, 3, 11], [-1, 3, 13]]).float()

every_body = pytest.mark.parametrize(
    "topology",
    [*TOPOLOGIES, *(topology.contract(groups) for topology, groups in BARYCENTER_GROUPS.items())],
    ids=lambda topology: topology.name,
)


def sequence(pos: torch.Tensor, topology: Topology) -> SkeletonSequence:
    out = SkeletonSequence.from_array(torch.zeros(1, topology.num_joints, 3), topology)
    out.pos = pos.view(1, *pos.shape[-2:])  # of any dtype
    return out


def close(got: torch.Tensor, expected: list[list[float]]) -> None:
    torch.testing.assert_close(got, torch.tensor([expected], dtype=got.dtype))


def test_pinv_measures_along_the_reference_bone() -> None:
    # trunk: d = (1, -2, 0); <(-1, -2, 0), d> / 5 = 0.6
    expected = [0, 0, 0, 1.2, 1.2 * 0.6, -1.2, 0.6]
    close(RelativeCoordinates(BODY)(sequence(POS, BODY)).x, [[value, 0, 0] for value in expected])


def test_frame_turns_with_the_part() -> None:
    # n = (0, 0, 1); left arm e1 = (-1, 0, 0), e2 = (0, -1, 0); right arm e1 = (1, 0, 0), e2 = (0, 1, 0); e3 = n
    expected = [[0.0] * 3] * 5 + [[-1.2, -2.4, 2.4], [0.6, 1.2, 2.4]]
    close(RelativeCoordinates(LIMBED, "frame")(sequence(POS, LIMBED)).x, expected)


def test_frame_in_the_plane_is_turned_by_90_degrees() -> None:
    # trunk: d = (1, -2), e2 = (2, 1) / 5^0.5, T = s / 5 [[1, -2], [2, 1]]
    expected = [[0, 0], [0, 0], [0, 0], [1.2, 0], [0.72, -0.96], [-1.2, -2.4], [0.6, 1.2]]
    close(RelativeCoordinates(BODY, "frame")(sequence(POS[:, :2], BODY)).x, expected)


@pytest.mark.parametrize(("center", "joint"), [(None, 0), ("left_hip", 3), (3, 3)])
def test_center_subtracts_one_joint(center: str | int | None, joint: int) -> None:
    out = RelativeCoordinates(BODY, "center", center=center)(sequence(POS, BODY)).x
    assert torch.equal(out, (POS - POS[joint])[None])


@pytest.mark.parametrize("mode", ["pinv", "frame"])
def test_scale_is_the_length_of_the_reference_bone(mode) -> None:
    once, twice = (RelativeCoordinates(LIMBED, mode, scale=scale)(sequence(POS, LIMBED)).x for scale in (1, 2))
    torch.testing.assert_close(twice, 2 * once)


@every_body
@pytest.mark.parametrize("dims", [2, 3])
def test_pinv_is_equation_7_with_a_pseudo_inverse(topology: Topology, dims: int) -> None:
    pos = torch.randn(topology.num_joints, dims, dtype=torch.float64)
    out = RelativeCoordinates(topology)(sequence(pos, topology)).x[0]
    reference = torch.zeros(dims, 1, dtype=torch.float64)
    reference[0] = 1.2
    for part in topology.parts:
        matrix = reference @ torch.linalg.pinv((pos[part.reference] - pos[part.origin])[:, None])
        for joint in part.joints:
            torch.testing.assert_close(out[joint], matrix @ (pos[joint] - pos[part.origin]), rtol=0, atol=1e-9)


@every_body
@pytest.mark.parametrize("dims", [2, 3])
def test_frame_keeps_shapes_and_agrees_with_pinv_along_the_bone(topology: Topology, dims: int) -> None:
    body = sequence(torch.randn(topology.num_joints, dims, dtype=torch.float64), topology)
    frame, pinv = (RelativeCoordinates(topology, mode)(body).x[0] for mode in ("frame", "pinv"))
    torch.testing.assert_close(frame[:, 0], pinv[:, 0])
    for part in topology.parts:
        unit = (body.pos[0, part.reference] - body.pos[0, part.origin]).norm() / 1.2
        got, expected = frame[list(part.joints)], body.pos[0, list(part.joints)]
        torch.testing.assert_close(torch.cdist(got, got) * unit, torch.cdist(expected, expected))


@every_body
@pytest.mark.parametrize("mode", ["pinv", "frame"])
def test_turned_moved_and_scaled_bodies_have_the_same_coordinates(topology: Topology, mode) -> None:
    pos = torch.randn(topology.num_joints, 3, dtype=torch.float64)
    turned = 3 * pos @ rotation_matrix(torch.tensor([0.3, -2.0, 1.1], dtype=torch.float64)).T + 5
    relative = RelativeCoordinates(topology, mode)
    torch.testing.assert_close(relative(sequence(turned, topology)).x, relative(sequence(pos, topology)).x)


@pytest.mark.parametrize("mode", ["pinv", "frame"])
def test_the_mirrored_body_has_mirrored_coordinates(mode) -> None:
    pos = torch.randn(25, 3, dtype=torch.float64)
    mirrored = (pos * torch.tensor([-1, 1, 1]))[list(NTU25.mirror)]
    relative = RelativeCoordinates(NTU25, mode)
    out, other = relative(sequence(pos, NTU25)).x[0], relative(sequence(mirrored, NTU25)).x[0][list(NTU25.mirror)]
    torch.testing.assert_close(other[:, 0], out[:, 0])
    torch.testing.assert_close(other.abs(), out.abs())


@pytest.mark.parametrize("mode", ["pinv", "frame", "center"])
@pytest.mark.parametrize("dims", [2, 3])
def test_an_absent_person_is_zero_and_another_is_not(mode, dims: int) -> None:
    pos = torch.stack([torch.zeros(7, dims), POS[:, :dims]])[None]
    out = RelativeCoordinates(LIMBED, mode)(SkeletonSequence.from_array(pos, LIMBED, keep_absent=True)).to_dense()
    assert not out[0].any()
    assert torch.equal(out[1], RelativeCoordinates(LIMBED, mode)(sequence(POS[:, :dims], LIMBED)).x)


@pytest.mark.parametrize("mode", ["pinv", "frame"])
def test_a_bone_without_length_gives_zeros_to_its_part_alone(mode) -> None:
    pos = POS.clone()
    pos[1] = pos[0]
    out = RelativeCoordinates(LIMBED, mode)(sequence(pos, LIMBED)).x[0]
    assert out[[1, 5]].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert out[6, 0] == pytest.approx(0.6)


def test_a_short_bone_counts_as_a_millimetre() -> None:
    pos = POS.clone()
    pos[1] = pos[0] + torch.tensor([-0.0005, 0, 0])
    pos[5] = pos[1] + torch.tensor([2.0, 0, 0])
    out = RelativeCoordinates(BODY)(sequence(pos, BODY)).x
    assert out[0, 5, 0] == pytest.approx(1.2 * 2 * 0.0005 / 0.001**2, rel=1e-3)


def test_a_body_on_a_line_has_no_normal_and_stays_on_the_line() -> None:
    pos = POS * torch.tensor([1, 0, 0])
    out = RelativeCoordinates(LIMBED, "frame")(sequence(pos, LIMBED)).x
    assert torch.equal(out, RelativeCoordinates(LIMBED)(sequence(pos, LIMBED)).x)
    assert out[0, 6, 0] == pytest.approx(0.6)


@pytest.mark.parametrize("mode", ["pinv", "frame", "center"])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("flat", [0.0, 1e-5, 1.0])
def test_gradients_are_finite(mode, dims: int, flat: float) -> None:
    pos = (POS[:, :dims] * flat).requires_grad_()
    RelativeCoordinates(LIMBED, mode)(sequence(pos, LIMBED)).x.square().sum().backward()
    assert bool(torch.isfinite(pos.grad).all())


@pytest.mark.parametrize("mode", ["pinv", "frame"])
def test_gradients_are_those_of_differences(mode) -> None:
    relative = RelativeCoordinates(LIMBED, mode)
    pos = POS.double() + torch.randn(7, 3, dtype=torch.float64) / 10
    assert torch.autograd.gradcheck(lambda value: relative(sequence(value, LIMBED)).x, pos.requires_grad_())


def test_two_persons_of_a_batch_have_their_own_frames() -> None:
    relative = RelativeCoordinates(LIMBED, "frame")
    one, two = sequence(POS, LIMBED), SkeletonSequence.from_array(torch.randn(1, 2, 7, 3), LIMBED)
    out = relative(Batch.from_data_list([two, one])).x
    close(out[:, 14:], [[0.0] * 3] * 5 + [[-1.2, -2.4, 2.4], [0.6, 1.2, 2.4]])
    torch.testing.assert_close(out[:, 7:14], relative(sequence(two.pos[:, 7:], LIMBED)).x)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "svd"}, r"mode: expected one of \('pinv', 'frame', 'center'\), got 'svd'"),
        ({"scale": 0.0}, r"scale: expected a positive length, got 0\.0"),
        ({"center": 1}, r"center: only mode='center' reads it, got 1 with mode='pinv'; leave it out"),
        ({"mode": "center", "center": "knee"}, r"Topology 'body': center: there is no joint 'knee'; expected an index"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RelativeCoordinates(BODY, **arguments)


@pytest.mark.parametrize("mode", ["pinv", "frame"])
def test_a_topology_without_parts_is_refused(mode, arm: Topology) -> None:
    with pytest.raises(
        ValueError, match=rf"topology: mode='{mode}' needs the parts .* 'arm' has none; give the .*parts="
    ):
        RelativeCoordinates(arm, mode)
    assert RelativeCoordinates(arm, "center").topology is arm


def test_frame_in_space_needs_two_pairs_of_parts() -> None:
    with pytest.raises(ValueError, match=r"mode='frame' in space needs two pairs .* and 'body' has 1; use mode='pinv'"):
        RelativeCoordinates(BODY, "frame")(sequence(POS, BODY))


def test_frame_of_other_dimensions_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mode: 'frame' needs pos \[T, N, 2\] or \[T, N, 3\], got 1 coordinates; use"):
        RelativeCoordinates(BODY, "frame")(sequence(POS[:, :1], BODY))


@pytest.mark.parametrize("other", [BODY.rooted_at(1), NTU25, Topology("seven", JOINTS, (0, 0, 1, 2, 3, 4, 5))])
def test_data_of_another_topology_are_refused(other: Topology) -> None:
    batch = Batch.from_data_list(
        [SkeletonSequence.from_array(torch.ones(1, body.num_joints, 3), body) for body in (BODY, other)]
    )
    with pytest.raises(
        ValueError, match=r"topology: expected persons of 'body' \(7 joints\) alone, got .* batch topolog"
    ):
        RelativeCoordinates(BODY)(batch)


def test_the_two_trees_of_ntu_are_told_apart() -> None:
    with pytest.raises(
        ValueError, match=r"topology: expected persons of 'NTU25_CHAIN' \(25 joints\) alone, got 25 nodes"
    ):
        RelativeCoordinates(NTU25_CHAIN)(sequence(torch.ones(25, 3), NTU25))
