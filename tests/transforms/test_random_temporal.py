"""Crops and stretches of the time of a recording, typed by hand."""

from __future__ import annotations

import torch
from torch_geometric.data import Batch

import tg_skeleton.transforms as T
from tg_skeleton import SkeletonSequence, Topology

DOT = Topology("dot", ("a",), ("a",))


def dots(*values: float) -> SkeletonSequence:
    """A recording of a point on a line."""
    return SkeletonSequence.from_array(torch.tensor(values)[:, None, None], DOT, keep_absent=True)


def drawing(transform: T.BodyTransform, draws: list[float]) -> T.BodyTransform:
    transform.draw = lambda *args: torch.tensor(draws)  # type: ignore[attr-defined]
    return transform


def test_each_recording_of_a_batch_has_its_own_start() -> None:
    one = dots(1.0, 2.0, 3.0, 4.0)
    out = drawing(T.RandomTemporalCrop(0.5, 0.5), [0.0, 0.99])(Batch.from_data_list([one, one]))
    assert out.pos[..., 0].tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_crops_fill_what_is_possible() -> None:
    lengths = {T.RandomTemporalCrop(0.25, 1.0)(dots(*range(1, 9))).num_frames for _ in range(200)}
    assert lengths == {2, 3, 4, 5, 6, 7, 8}


def test_a_crop_keeps_a_frame() -> None:
    assert T.RandomTemporalCrop(0.1, 0.1)(dots(1.0, 2.0)).num_frames == 1


def test_each_recording_of_a_batch_is_stretched_at_speeds_of_its_own() -> None:
    one = dots(1.0, 2.0, 3.0, 4.0, 5.0)
    out = drawing(T.RandomTemporalStretch(warp=0.5), [0.0, 0.5, 1.0])(Batch.from_data_list([one, one, one]))
    assert out.pos[..., 0].t().tolist() == [  # u = 1/4, 1/2, 3/4: u (1 - u) / 2 is 3/32, 1/8, 3/32 of four frames
        [1.0, 1.625, 2.5, 3.625, 5.0],
        [1.0, 2.0, 3.0, 4.0, 5.0],
        [1.0, 2.375, 3.5, 4.375, 5.0],
    ]


def test_stretches_fill_what_is_possible() -> None:
    stretch = T.RandomTemporalStretch(0.5, 1.5)
    assert {stretch(dots(1.0, 1.0, 1.0, 1.0)).num_frames for _ in range(200)} == {2, 3, 4, 5, 6}


def test_a_stretch_keeps_a_frame() -> None:
    assert T.RandomTemporalStretch(0.1, 0.1)(dots(1.0, 2.0)).pos.flatten().tolist() == [1.0]


def test_a_stretch_draws_nothing_between_a_seen_place_and_the_origin() -> None:
    out = T.RandomTemporalStretch(2.0, 2.0, warp=0.0)(dots(2.0, 0.0, 4.0))
    assert set(out.pos.flatten().tolist()) == {2.0, 0.0, 4.0}
