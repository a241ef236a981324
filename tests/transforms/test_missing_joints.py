"""Joints that were not seen: marked when a recording is made, and left out of every transform."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.collate import collate, with_scores
from tg_skeleton.datasets import simulate
from tg_skeleton.topologies import COCO17

ARM = Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))


def body(frames: int = 30, persons: int = 1) -> np.ndarray:
    draw = np.random.default_rng(0)
    place = draw.normal(size=(1, persons, 25, 3)) * 0.4 + np.array([0.2, 0.1, 2.9])
    return (place + 0.05 * draw.normal(size=(frames, persons, 25, 3))).astype(np.float32)


def test_a_whole_recording_has_no_scores() -> None:
    assert "score" not in SkeletonSequence.from_array(body(), NTU25)


@pytest.mark.parametrize("unseen", [0.0, np.nan, np.inf])
def test_zero_and_not_finite_joints_have_score_and_position_0(unseen: float) -> None:
    pos = body()
    pos[11, 0, 7] = unseen
    data = SkeletonSequence.from_array(pos, NTU25, nan="missing")
    assert (data.score == 0).nonzero().tolist() == [[11, 7]] and data.pos[11, 7].tolist() == [0, 0, 0]
    assert data.score.unique().tolist() == [0, 1]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_coordinates_that_are_not_finite_are_refused_or_missing(value):
    pos = np.ones((4, 1, 3, 2), np.float32)
    pos[2, 0, 1, 1] = value
    reason = r"got 1 that are NaN or infinite, the first at \[2, 0, 1, 1\] of shape \[4, 1, 3, 2\]; nan='missing' takes"
    with pytest.raises(ValueError, match=reason):
        SkeletonSequence.from_array(pos, ARM)
    assert SkeletonSequence.from_array(pos, ARM, nan="missing").score[2].tolist() == [1, 0, 1]
    assert SkeletonSequence.from_array(np.ma.masked_invalid(pos), ARM).score[2].tolist() == [1, 0, 1]
    with pytest.raises(ValueError, match="nan: expected 'refuse' or 'missing', got 'none'"):
        SkeletonSequence.from_array(pos, ARM, nan="none")


def test_hidden_values_of_a_masked_array_are_not_seen() -> None:
    pos = np.ma.masked_array(body(), mask=False)
    pos[3, 0, 4] = np.ma.masked
    pos.data[3, 0, 4] = -9999
    data = SkeletonSequence.from_array(pos, NTU25)
    assert (data.score == 0).nonzero().tolist() == [[3, 4]] and data.pos.abs().max() < 10


def test_zeros_may_be_real() -> None:
    pos = body()
    pos[11, 0, 7] = 0
    assert "score" not in SkeletonSequence.from_array(pos, NTU25, zeros="real")
    with pytest.raises(ValueError, match=r"zeros: expected one of \('missing', 'real'\), got 'none'"):
        SkeletonSequence.from_array(pos, NTU25, zeros="none")  # type: ignore[arg-type]


def test_the_joint_on_which_data_are_centered_was_seen_and_a_hand_at_the_origin_was_not() -> None:
    pos = body(persons=2)
    hand = pos.copy()
    hand[:, :, NTU25.index("left_hand")] = 0
    data = SkeletonSequence.from_array(hand, NTU25)
    assert (data.score == 0).nonzero()[:, 1].unique().tolist() == [7, 32]
    wrist = simulate("handshake", camera=2, noise=False).pos[:30].copy()
    wrist[:, :, NTU25.index("left_wrist")] = 0  # between other joints, but meters away from them
    assert (SkeletonSequence.from_array(wrist, NTU25).score == 0).nonzero()[:, 1].unique().tolist() == [6, 31]
    centered = pos - pos[:, :, :1]
    assert "score" not in SkeletonSequence.from_array(centered, NTU25)
    centered[:, :, NTU25.index("left_wrist")] = 0  # of two, the one nearer to the root
    assert (SkeletonSequence.from_array(centered, NTU25).score == 0).nonzero()[:, 1].unique().tolist() == [6, 31]


def test_frames_without_anybody_at_both_ends_are_left_out() -> None:
    pos = body(73)
    padded = np.concatenate([np.zeros((4, 1, 25, 3)), pos, np.zeros((223, 1, 25, 3))])
    assert torch.equal(SkeletonSequence.from_array(padded, NTU25).pos, SkeletonSequence.from_array(pos, NTU25).pos)
    assert SkeletonSequence.from_array(padded, NTU25, keep_absent=True).num_frames == 300


def test_channels_first_is_recognized() -> None:
    pos = body(300, 2)
    data = SkeletonSequence.from_array(pos.transpose(3, 0, 2, 1), NTU25, score=np.ones((300, 25, 2)))
    assert torch.equal(data.pos, SkeletonSequence.from_array(pos, NTU25).pos) and data.score.shape == (300, 50)


@pytest.mark.parametrize("given", [False, True])
def test_one_unseen_joint_does_not_move_the_others(given: bool) -> None:
    whole, broken, score = body(), body(), np.ones((30, 1, 25))
    broken[11, 0, 7] = 0
    score[11, 0, 7] = 0
    fit = Compose([T.CenterOnFirstFrame(1), T.MinMaxNormalize()])
    expected = fit(SkeletonSequence.from_array(whole, NTU25)).pos
    got = fit(SkeletonSequence.from_array(broken, NTU25, score=score if given else None)).pos
    seen = torch.ones(30, 25, dtype=torch.bool)
    seen[11, 7] = False
    assert (got - expected)[seen].abs().max() < 0.02 and got[11, 7].tolist() == [0, 0, 0]


def test_the_origin_is_where_the_joint_was_first_seen() -> None:
    pos = body()
    pos[:2, 0, 1] = 0
    out = T.CenterOnFirstFrame(1)(SkeletonSequence.from_array(pos, NTU25)).pos
    torch.testing.assert_close(out[2, 1], torch.zeros(3))
    torch.testing.assert_close(out[0, 0], torch.from_numpy(pos[0, 0, 0] - pos[2, 0, 1]))
    out = T.AlignBody()(SkeletonSequence.from_array(pos, NTU25)).pos
    assert out[:2, 1].tolist() == [[0] * 3] * 2 and bool(out.isfinite().all())


def test_resampling_leaves_nothing_between_a_place_and_the_origin() -> None:
    pos, score = np.full((40, 1, 17, 2), 0.4), np.ones((40, 1, 17))
    pos[::2, 0, 9] = score[::2, 0, 9] = 0
    out = T.CropResize(64)(SkeletonSequence.from_array(pos, COCO17, score=score))
    assert set(out.pos[:, 9].unique().tolist()) <= {0.0, out.pos.max().item()}
    assert torch.equal(out.score[:, 9] > 0, out.pos[:, 9, 0] > 0)


def test_streams_of_unseen_joints_are_zero() -> None:
    pos = torch.tensor(
        [[[1.0, 1], [2, 1], [4, 1]], [[1, 2], [0, 0], [4, 3]], [[1, 4], [2, 4], [4, 7]], [[1, 7], [2, 8], [4, 13]]]
    )
    data = SkeletonSequence.from_array(pos, ARM)
    names = ("joint", "bone", "joint_velocity", "joint_acceleration")
    joint, bone, velocity, acceleration = T.Streams(*names)(data).x.split(2, -1)
    assert joint[1, 1].tolist() == [0, 0]
    assert bone[1].tolist() == [[0, 0], [0, 0], [0, 0]] and bone[2, 2].tolist() == [2, 3]
    assert velocity[:, 1].tolist() == [[0, 0], [0, 0], [0, 0], [0, 4]]
    assert acceleration[:, 1].tolist() == [[0, 0], [0, 0], [0, 0], [0, 0]]
    assert acceleration[:, 2].tolist() == [[0, 0], [0, 2], [0, 2], [0, 2]]


def test_a_barycenter_is_that_of_the_joints_that_were_seen() -> None:
    pos = torch.tensor([[[1.0, 1], [3, 1], [0, 0]]])
    out = T.Barycenter(ARM, [(0,), (1, 2)])(SkeletonSequence.from_array(pos, ARM))
    assert out.pos.tolist() == [[[1, 1], [3, 1]]] and out.score.tolist() == [[1, 0.5]]


@pytest.mark.parametrize("mode", ["pinv", "frame", "center"])
def test_relative_coordinates_of_and_to_unseen_joints_are_zero(mode) -> None:
    pos = body()
    origin = NTU25.parts[0].origin
    pos[3, 0, origin] = 0
    pos[4, 0, NTU25.parts[0].joints[-1]] = 0
    out = T.RelativeCoordinates(NTU25, mode)(SkeletonSequence.from_array(pos, NTU25)).x
    assert bool((out[4, NTU25.parts[0].joints[-1]] == 0).all()) and bool((out[3, origin] == 0).all())
    if mode != "center":
        assert bool((out[3, list(NTU25.parts[0].joints)] == 0).all())


@pytest.mark.parametrize(
    "load", [lambda pair: next(iter(DataLoader(pair, batch_size=2))), collate], ids=["PyG", "collate"]
)
@pytest.mark.parametrize(("key", "first"), [("score", 0), ("score", 1), ("y", 0), ("y", 1)])
def test_a_batch_of_sequences_with_and_without_names_both(load, key, first) -> None:
    given = {"score": {"score": np.ones((30, 1, 25)), "y": 1}, "y": {"y": 1}}[key]
    one = SkeletonSequence.from_array(body(), NTU25, name="a", **given)
    other = SkeletonSequence.from_array(body(), NTU25, name="b", **{k: v for k, v in given.items() if k != key})
    with pytest.raises(ValueError, match=f"a batch needs {key} in all sequences or in none: 'a' has it, 'b' has not"):
        load([one, other] if first == 0 else [other, one])


def test_scores_are_filled_where_asked_for() -> None:
    broken = body()
    broken[11, 0, 7] = 0
    whole = body(30, 2)
    whole[5, 1] = 0
    one, two = with_scores([SkeletonSequence.from_array(array, NTU25) for array in (broken, whole)])
    assert collate([one, two]).score.shape == (30, 75)
    assert (two.score == 0).nonzero()[:, 0].unique().tolist() == [5] and two.score[5, :25].eq(1).all()


@pytest.mark.parametrize(
    "load", [lambda pair: next(iter(DataLoader(pair, batch_size=2))), collate], ids=["PyG", "collate"]
)
def test_facts_of_any_name_come_out_as_they_went_in(load) -> None:
    facts = [{"subject_index": place, "face": 5 - place, "batch_number": 7} for place in (1, 2)]
    batch = load([SkeletonSequence.from_array(body(), NTU25, extra=one) for one in facts])
    assert batch.subject_index.tolist() == [1, 2] and batch.face.tolist() == [4, 3]
    assert batch.batch_number.tolist() == [7, 7]
    assert [one.subject_index for one in batch.to_data_list()] == [1, 2]


def test_dropped_joints_and_frames() -> None:
    data = SkeletonSequence.from_array(body(200, 2), NTU25)
    joints = T.RandomJointDrop(0.3)(data).score
    assert torch.equal(joints, joints[:1].expand_as(joints)) and 0 < joints[0].mean() < 1
    frames = T.RandomFrameDrop(0.3)(data)
    assert torch.equal(frames.score, frames.score[:, :1].expand_as(frames.score)) and 0.55 < frames.score.mean() < 0.85
    assert frames.pos[frames.score == 0].abs().sum() == 0
    with pytest.raises(ValueError, match="p: expected a probability, 0 to 1, got 2"):
        T.RandomFrameDrop(2)


def test_mirrored_twice_is_as_it_was_and_flips_refuse_other_axes() -> None:
    data = SkeletonSequence.from_array(body(), NTU25)
    once = T.Mirror(NTU25)(data)
    assert torch.equal(once.pos[:, NTU25.index("left_hand"), 0], -data.pos[:, NTU25.index("right_hand"), 0])
    assert torch.equal(T.Mirror(NTU25)(once).pos, data.pos)
    with pytest.raises(ValueError, match=r"axis: expected 0 \(x\), 1 \(y\) or 2 \(z\), got 3"):
        T.Flip(3)
    flat = SkeletonSequence.from_array(body()[..., :2], NTU25)
    with pytest.raises(ValueError, match="axis: expected one of the 2 coordinates of pos, got 2"):
        T.Flip(2)(flat)
