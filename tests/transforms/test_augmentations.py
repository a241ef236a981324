"""Hand-typed expectations of the transforms that make other recordings out of the given ones."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence, Topology

HIPS = Topology("hips", ("pelvis", "left_hip", "right_hip"), (0, 0, 0), pairs=[(1, 2)])
LIMBED = Topology("limbed", tuple("hlmnopq"), (0, 0, 1, 2, 0, 4, 5), pairs=[(1, 4), (2, 5), (3, 6)])
DOT = Topology("dot", ("a",), ("a",))


def dots(values: list[list[float]], label: int = 0, score: list[list[float]] | None = None) -> SkeletonSequence:
    """A recording of points ``values[t][m]`` on a line."""
    pos = torch.tensor(values)[..., None, None]
    scores = None if score is None else torch.tensor(score)[..., None]
    return SkeletonSequence.from_array(pos, DOT, y=label, score=scores, keep_absent=True)


def drawing(transform: T.BodyTransform, draws: object) -> T.BodyTransform:
    transform.draw = lambda *args: torch.tensor(draws)  # type: ignore[attr-defined]
    return transform


# -- mirror ------------------------------------------------------------------------------------------------------------


def test_the_drawn_recordings_alone_are_mirrored() -> None:
    pos = torch.tensor([[[0.0, 1.0], [2.0, 3.0], [-1.0, 5.0]]])
    score = torch.tensor([[0.5, 0.75, 1.0]])
    one = SkeletonSequence.from_array(pos, HIPS, y=3, score=score)
    batch = drawing(T.RandomMirror(HIPS, 0.5, classes=[(3, 4)]), [0.4, 0.6])(Batch.from_data_list([one, one]))
    assert batch.pos[0].tolist() == [[0, 1], [1, 5], [-2, 3], [0, 1], [2, 3], [-1, 5]]
    assert batch.score[0].tolist() == [0.5, 1.0, 0.75, 0.5, 0.75, 1.0]
    assert batch.y.tolist() == [4, 3]


def test_a_class_without_a_side_stays() -> None:
    one = SkeletonSequence.from_array(torch.ones(1, 3, 2), HIPS, y=1)
    assert T.RandomMirror(HIPS, 1.0, classes=[(3, 4)])(one).y.tolist() == [1]


def test_a_class_is_exchanged_with_one_other() -> None:
    with pytest.raises(ValueError, match=r"classes: expected pairs of classes, each class once, got .*\(2, 3\)\]"):
        T.RandomMirror(HIPS, classes=[(1, 2), (2, 3)])


# -- one axis, noise, shear, scale -------------------------------------------------------------------------------------


def test_the_drawn_axis_is_dropped() -> None:
    one = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0, 3.0]]]), DOT)
    out = drawing(T.RandomAxisDrop(0.5), [[0.4, 0.0], [0.4, 0.5], [0.4, 0.99], [0.6, 0.0]])(
        Batch.from_data_list([one] * 4)
    )
    assert out.pos[0].tolist() == [[0, 2, 3], [1, 0, 3], [1, 2, 0], [1, 2, 3]]


def test_noise_is_constant_over_a_clip() -> None:
    out = drawing(T.JointNoise(0.5), [[[[4.0]]]])(dots([[1.0], [2.0]]))
    assert out.pos.flatten().tolist() == [3.0, 4.0]


def test_noise_per_frame_leaves_missing_joints() -> None:
    transform = drawing(T.JointNoise(0.5, per_frame=True), [[[[4.0], [4.0], [-2.0]]]])
    out = transform(dots([[1.0], [0.0], [2.0]], score=[[1.0], [0.0], [1.0]]))
    assert out.pos.flatten().tolist() == [3.0, 0.0, 1.0]


def test_noise_has_its_standard_deviation() -> None:
    still = SkeletonSequence.from_array(torch.ones(500, 25, 3), NTU25)
    moved = T.JointNoise(0.1, per_frame=True)(still).pos - 1
    assert float(moved.std()) == pytest.approx(0.1, rel=0.05)


def test_shear_adds_shares_of_the_other_coordinates() -> None:
    one = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0, 4.0]]]), DOT)
    out = drawing(T.RandomShear(0.5), [[[9.0, 0.5, 0.0], [0.0, 9.0, 0.25], [-0.5, 0.0, 9.0]]])(one)
    assert out.pos.flatten().tolist() == [2.0, 3.0, 3.5]
    flat = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0]]]), DOT)
    out = drawing(T.RandomShear(0.5), [[[9.0, 0.5, 7.0], [0.25, 9.0, 7.0], [7.0] * 3]])(flat)
    assert out.pos.flatten().tolist() == [2.0, 2.25]


def test_scales_differ_by_axis() -> None:
    one = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0, 4.0]]]), DOT)
    out = drawing(T.RandomScale(0.5, 3, per_axis=True), [[0.5, 3.0, 2.0], [1.0, 1.0, 0.5]])(
        Batch.from_data_list([one] * 2)
    )
    assert out.pos[0].tolist() == [[0.5, 6.0, 8.0], [1.0, 2.0, 2.0]]
    flat = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0]]]), DOT)
    assert drawing(T.RandomScale(0.5, 3, per_axis=True), [[0.5, 3.0, 2.0]])(flat).pos.flatten().tolist() == [0.5, 6.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.RandomAxisDrop(1.1), "p: expected a probability, 0 to 1, got 1.1"),
        (lambda: T.RandomMirror(HIPS, -1), "p: expected a probability, 0 to 1, got -1"),
        (lambda: T.SwapPersons(2), "p: expected a probability, 0 to 1, got 2"),
        (lambda: T.MixUp(1.0, p=2), "p: expected a probability, 0 to 1, got 2"),
        (lambda: T.MixUp(0.0), "alpha: expected a number above 0, got 0.0"),
        (
            lambda: T.PartMix(HIPS),
            r"topology: expected limbs of 'hips' to exchange, without its root, got \(\); give gr",
        ),
        (lambda: T.PartMix(HIPS, groups=[[0, 1]]), r"topology: expected limbs .* without its root, got \(\(0, 1\),\)"),
        (lambda: T.JointNoise(-0.1), "std: expected 0 or more, got -0.1"),
        (lambda: T.RandomShear(-0.1), "bound: expected 0 or more, got -0.1"),
        (lambda: T.RandomTemporalCrop(0.0), "low, high: expected 0 < low <= high <= 1, got 0.0 and 1.0"),
        (lambda: T.RandomTemporalStretch(2.0, 1.0), "low, high: expected 0 < low <= high, got 2.0 and 1.0"),
        (lambda: T.RandomTemporalStretch(warp=1.5), "warp: expected a share of the speed, 0 to 1, got 1.5"),
        (
            lambda: T.FaceFront(DOT),
            "topology: 'dot' has no pairs of joints that are named shoulder or hip; give pairs=",
        ),
    ],
)
def test_arguments_out_of_range_are_refused(make: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("transform", [T.RandomShear(0.5), T.FaceFront(DOT, [(0, 0)])], ids=repr)
def test_coordinates_of_another_number_are_refused(transform: T.BodyTransform) -> None:
    with pytest.raises(ValueError, match=r"expected pos \[T, N, .*, got 1 coordinates"):
        transform(dots([[1.0]]))


@pytest.mark.parametrize(
    "transform",
    [
        T.RandomMirror(HIPS),
        T.RandomAxisDrop(0.5),
        T.JointNoise(1),
        T.RandomTemporalCrop(0.5),
        T.RandomTemporalStretch(),
        T.RandomShear(0.5),
    ],
    ids=repr,
)
def test_nothing_that_draws_is_exported(transform: T.BodyTransform) -> None:
    with pytest.raises(ValueError, match=r"draws at random"):
        transform.certain()


# -- persons -----------------------------------------------------------------------------------------------------------


def test_persons_are_exchanged_within_their_recording() -> None:
    two, three = dots([[1.0, 2.0]]), dots([[3.0, 4.0, 5.0]])
    batch = Batch.from_data_list([two, three, two])
    out = drawing(T.SwapPersons(0.5), [0.4, 0.4, 0.6])(batch)
    assert out.pos.flatten().tolist() == [2, 1, 5, 4, 3, 1, 2]


# -- turned to the front -----------------------------------------------------------------------------------------------


def turned_by(degrees: float) -> Tensor:
    """Hips along x, the left one at +x, turned about y."""
    angle = math.radians(degrees)
    left = torch.tensor([math.cos(angle), 0.5, -math.sin(angle)])
    return torch.stack([torch.tensor([0.0, 1.0, 0.0]), left, left * torch.tensor([-1.0, 1.0, -1.0])])


@pytest.mark.parametrize("degrees", [0.0, 30.0, 120.0, -90.0, 179.0])
def test_hips_come_to_lie_along_x(degrees: float) -> None:
    out = T.FaceFront(HIPS)(SkeletonSequence.from_array(turned_by(degrees)[None], HIPS))
    torch.testing.assert_close(out.pos[0], turned_by(0.0), atol=1e-5, rtol=0)


def test_a_turn_within_a_recording_stays() -> None:
    pos = torch.stack([turned_by(20.0), turned_by(40.0)])
    out = T.FaceFront(HIPS)(SkeletonSequence.from_array(pos, HIPS))
    torch.testing.assert_close(out.pos, torch.stack([turned_by(-10.0), turned_by(10.0)]), atol=1e-5, rtol=0)


def test_frames_without_both_joints_do_not_turn_a_recording() -> None:
    pos = torch.stack([turned_by(20.0), turned_by(77.0)])
    score = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    out = T.FaceFront(HIPS)(SkeletonSequence.from_array(pos, HIPS, score=score))
    torch.testing.assert_close(out.pos[0], turned_by(0.0), atol=1e-5, rtol=0)


def test_the_second_person_turns_with_the_first() -> None:
    pos = torch.stack([turned_by(90.0), turned_by(50.0)])[None]
    out = T.FaceFront(HIPS)(SkeletonSequence.from_array(pos, HIPS))
    torch.testing.assert_close(out.pos[0, 3:], turned_by(-40.0), atol=1e-5, rtol=0)


def test_ntu_has_shoulders_and_hips() -> None:
    names = [(NTU25.joints[left], NTU25.joints[right]) for left, right in T.FaceFront(NTU25).pairs]
    assert names == [("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")]


# -- mixed within a batch ----------------------------------------------------------------------------------------------


def test_mixed_recordings_are_blends_of_two() -> None:
    batch = Batch.from_data_list([dots([[1.0]], 0), dots([[2.0]], 1), dots([[4.0]], 2)])
    draws = [[0.1, 0.0, 0.75], [0.2, 0.0, 0.25], [0.3, 0.9, 0.5]]  # partners: 2, 0, 1; the last is not mixed
    out = drawing(T.MixUp(2.0, p=0.5), draws)(batch)
    assert out.pos.flatten().tolist() == [0.75 * 1 + 0.25 * 4, 0.75 * 2 + 0.25 * 1, 4.0]
    assert (out.y.tolist(), out.other_y.tolist(), out.share.tolist()) == ([0, 1, 2], [2, 0, 1], [0.75, 0.75, 1.0])


def test_what_one_of_both_lacks_is_not_mixed() -> None:
    one, two = dots([[1.0, 8.0]], 0), dots([[2.0]], 1)
    hidden = dots([[0.0, 3.0]], 2, score=[[0.0, 1.0]])
    draws = [[0.1, 0.0, 0.5], [0.2, 0.0, 0.5]]
    assert drawing(T.MixUp(2.0), draws)(Batch.from_data_list([one, two])).pos.flatten().tolist() == [1.5, 8.0, 1.5]
    seen = dots([[1.0, 8.0]], 0, score=[[1.0, 1.0]])
    assert drawing(T.MixUp(2.0), draws)(Batch.from_data_list([seen, hidden])).pos.flatten().tolist() == [1, 5.5, 0, 5.5]


def test_shares_follow_the_beta_distribution() -> None:
    batch = Batch.from_data_list([dots([[1.0]], label) for label in range(4000)])
    share = T.MixUp(2.0)(batch).share
    assert float(share.min()) >= 0.5
    assert float(share.mean()) == pytest.approx(0.6875, abs=0.01)  # of max(b, 1 - b) with Beta(2, 2)


def test_limbs_are_exchanged_where_they_hang() -> None:
    first = torch.tensor([[0.0], [1.0], [2.0], [3.0], [-1.0], [-2.0], [-3.0]])
    second = 10 + 2 * first
    batch = Batch.from_data_list(
        [SkeletonSequence.from_array(pos[None], LIMBED, y=label) for label, pos in enumerate((first, second))]
    )
    draws = [[0.1, 0.0, 0.5], [0.2, 0.9, 0.5]]
    out = drawing(T.PartMix(LIMBED, p=0.5), draws)(batch)
    assert out.pos.flatten().tolist() == [0, 2, 4, 6, -2, -4, -6, *second.flatten().tolist()]
    assert out.share.tolist() == pytest.approx([1 / 7, 1.0])
    assert out.other_y.tolist() == [1, 0]


def test_arms_or_legs_of_ntu_are_exchanged() -> None:
    arms, legs = ([NTU25.joints[joint] for joint in group] for group in T.PartMix(NTU25).groups)
    assert len(arms) == 12 and all(
        name.split("_")[1] in ("shoulder", "elbow", "wrist", "hand", "thumb") for name in arms
    )
    assert len(legs) == 8 and all(name.split("_")[1] in ("hip", "knee", "ankle", "foot") for name in legs)


@pytest.mark.parametrize("transform", [T.MixUp(1.0), T.PartMix(LIMBED)], ids=repr)
def test_a_single_recording_is_not_mixed(transform: T.BodyTransform) -> None:
    one = SkeletonSequence.from_array(torch.randn(3, 7, 2), LIMBED, y=2)
    out = transform(one)
    assert torch.equal(out.pos, one.pos)
    assert (out.share.tolist(), out.other_y.tolist()) == ([1.0], [2])
    with pytest.raises(ValueError, match="mixes the recordings of a batch"):
        transform.apply(T.Bodies.of(one))
