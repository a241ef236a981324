"""Joints that were not seen get a place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.transforms import FillMissing
from tg_skeleton.transforms.fill_missing import hop_counts

STICK = Topology("stick", ("a", "b"), ("a", "a"))
ARM = Topology("arm", ("shoulder", "elbow", "hand", "tip"), (0, 0, 1, 2))
X = float("nan")


def series(*values: float) -> SkeletonSequence:
    """A stick whose joint a stays at (1, 1) and whose joint b goes along x."""
    pos = torch.tensor([[[1.0, 1.0], [value, 2.0]] for value in values])
    return SkeletonSequence.from_array(pos, STICK, nan="missing")


def places(data: SkeletonSequence) -> list[float]:
    return data.pos[:, 1, 0].tolist()


def test_between_sightings_it_is_interpolated() -> None:
    out = FillMissing()(series(4, X, X, 10, 11))
    assert places(out) == pytest.approx([4, 6, 8, 10, 11])
    assert out.score.eq(1).all()


def test_at_the_ends_it_hangs_on_the_skeleton_by_the_mean_bone() -> None:
    out = FillMissing()(series(X, 4, 6, X))
    assert places(out) == pytest.approx([5, 4, 6, 5])  # 1 + the mean of 3 and 5
    assert out.pos[0, 1].tolist() == [5, 2]


def test_causally_the_last_sighting_is_held_and_nothing_later_is_read() -> None:
    out = FillMissing(causal=True)(series(X, 4, X, 10, X))
    assert places(out) == pytest.approx([1, 4, 4, 10, 10])  # no bone is known yet in the first frame
    short = FillMissing(causal=True)(series(X, 4, X, 10))
    assert torch.equal(short.pos, out.pos[:4])


def test_longer_gaps_stay_missing() -> None:
    out = FillMissing(limit=1)(series(4, X, 6, X, X, 9))
    assert places(out) == pytest.approx([4, 5, 6, 0, 0, 9])
    assert out.score[:, 1].tolist() == [1, 1, 1, 0, 0, 1]


def test_a_joint_that_was_never_seen_stands_at_its_nearest_ancestor() -> None:
    pos = torch.rand(5, 1, 4, 3) + 1
    pos[:, :, 2] = X
    out = FillMissing()(SkeletonSequence.from_array(pos, ARM, nan="missing")).to_dense("pos")[0]
    torch.testing.assert_close(out[:, 2], out[:, 1])


def test_a_missing_root_hangs_on_its_child() -> None:
    pos = torch.rand(5, 1, 4, 3) + 1
    bone = (pos[1:, 0, 1] - pos[1:, 0, 0]).mean(0)
    pos[0, 0, 0] = X
    out = FillMissing()(SkeletonSequence.from_array(pos, ARM, nan="missing")).to_dense("pos")[0]
    torch.testing.assert_close(out[0, 0], pos[0, 0, 1] - bone)


def test_a_person_who_is_away_while_another_is_there_stays_away_and_empty_frames_are_filled() -> None:
    pos = torch.rand(6, 2, 4, 3) + 1
    pos[2, 0] = 0
    pos[4] = 0
    sequence = SkeletonSequence.from_array(pos, ARM, nan="missing", score=torch.ones(6, 2, 4))
    out = FillMissing()(sequence).to_dense("pos")
    assert out[0, 2].abs().sum() == 0
    torch.testing.assert_close(out[:, 4], (out[:, 3] + out[:, 5]) / 2)


def test_a_recording_without_scores_stays() -> None:
    sequence = series(4, 5, 6)
    assert "score" not in sequence and FillMissing()(sequence).pos is not None
    assert torch.equal(FillMissing()(sequence).pos, sequence.pos)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("limit", [None, 2])
def test_against_loops(limit: int | None, causal: bool) -> None:
    draw = np.random.default_rng(0)
    pos = draw.standard_normal((12, 1, 25, 3)) + 3
    hidden = draw.random((12, 25)) < 0.4
    hidden[0, :3] = False
    pos[:, 0][hidden] = np.nan
    got = FillMissing(limit, causal=causal)(SkeletonSequence.from_array(pos, NTU25, nan="missing")).pos.double().numpy()
    expected = by_loops(pos[:, 0], ~hidden, limit, causal)
    np.testing.assert_allclose(got, expected, atol=1e-5)


def by_loops(pos: np.ndarray, seen: np.ndarray, limit: int | None, causal: bool) -> np.ndarray:
    frames, joints = seen.shape
    hops, parents = hop_counts(torch.tensor(NTU25.parents)).numpy(), NTU25.parents
    out, placed, short = np.where(seen[..., None], pos, 0), seen.copy(), np.ones_like(seen)
    for t in range(frames):
        for joint in range(joints):
            if seen[t, joint]:
                continue
            earlier = [s for s in range(t) if seen[s, joint]]
            later = [s for s in range(t, frames) if seen[s, joint]]
            gap = (later[0] if later else frames) - (earlier[-1] if earlier else -1) - 1
            short[t, joint] = limit is None or gap <= limit
            if not short[t, joint]:
                continue
            if causal and earlier:
                out[t, joint], placed[t, joint] = pos[earlier[-1], joint], True
            elif not causal and earlier and later:
                share = (t - earlier[-1]) / (later[0] - earlier[-1])
                out[t, joint] = (1 - share) * pos[earlier[-1], joint] + share * pos[later[0], joint]
                placed[t, joint] = True
    filled = out.copy()
    for t in range(frames):
        shape = np.zeros((joints, 3))
        for joint in sorted(range(joints), key=lambda j: hops[NTU25.root, j]):
            upto = t + 1 if causal else frames
            both = [s for s in range(upto) if seen[s, joint] and seen[s, parents[joint]]]
            bone = np.mean([pos[s, joint] - pos[s, parents[joint]] for s in both], 0) if both else 0
            shape[joint] = shape[parents[joint]] + bone if joint != NTU25.root else 0
        for joint in range(joints):
            if not placed[t, joint] and short[t, joint] and placed[t].any():
                nearest = min((k for k in range(joints) if placed[t, k]), key=lambda k: (hops[joint, k], k))
                filled[t, joint] = out[t, nearest] + shape[joint] - shape[nearest]
    return filled


def test_hops_prefer_ancestors() -> None:
    assert hop_counts(torch.tensor(ARM.parents)).tolist() == [
        [-1, 2, 4, 6],
        [1, -1, 2, 4],
        [3, 1, -1, 2],
        [5, 3, 1, -1],
    ]


def test_a_batch_is_filled_recording_by_recording() -> None:
    one, two = series(4, X, 8), series(X, 5, 9)
    out = FillMissing()(Batch.from_data_list([one, two]))
    assert out.pos[:, 1, 0].tolist() == pytest.approx([4, 6, 8])
    assert out.pos[:, 3, 0].tolist() == pytest.approx([7, 5, 9])  # 1 + the mean of 4 and 8


def test_no_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="limit: expected 1 frame or more, or None, got 0"):
        FillMissing(0)


def test_frames_without_anybody_are_filled_where_there_are_no_scores() -> None:
    pos = torch.ones(5, 2, 2, 2)
    pos[:, 0, 1, 0] = torch.tensor([4.0, 0, 0, 10, 11])
    pos[1:3] = 0  # nobody
    pos[4, 1] = 0  # the second person leaves
    data = SkeletonSequence.from_array(pos, STICK, nan="missing")
    assert "score" not in data
    out = FillMissing()(data)
    assert out.pos[:, 1, 0].tolist() == pytest.approx([4, 6, 8, 10, 11])
    assert out.score[:, 2].tolist() == [1, 1, 1, 1, 0] and out.pos[4, 2:].abs().sum() == 0
    without = SkeletonSequence.from_array(pos[3:], STICK, nan="missing")
    assert "score" not in FillMissing()(without)
