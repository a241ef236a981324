"""From the bodies that the sensor saw to persons, step by step."""

import dataclasses

import numpy as np
import pytest

from tg_skeleton.io.ntu_cleaning import (
    NTUCleaning,
    Track,
    clean_ntu,
    drop_short,
    drop_wide,
    join_tracks,
    noisy_part,
    sort_by_motion,
    stack_tracks,
    tracks_by_id,
)
from tg_skeleton.io.ntu_skeleton import NTUBodies

NAME = "S001C002P003R002A050"


def track(first, last, *, body_id=1, width=0.5, height=2.0, x=0.0, step=0.0):
    """A body in frames first to last; two of its joints span width and height, and it walks by step per frame."""
    frame = np.arange(first, last + 1)
    pos = np.zeros((len(frame), 25, 3), np.float32)
    pos[:, 1, :2] = width, height
    pos[:, :, 0] += x + step * np.arange(len(frame))[:, None]
    return Track(frame, pos, (body_id,))


def bodies(*tracks, num_frames=40, name=NAME):
    frame = np.concatenate([np.zeros(0, np.int64), *(track.frame for track in tracks)])
    order = frame.argsort(kind="stable")
    ids = np.array([track.body_ids[0] for track in tracks for _ in track.frame], np.int64)
    joints = np.zeros((len(frame), 25, 12), np.float32)
    if tracks:
        joints[:, :, :3] = np.concatenate([track.pos for track in tracks])
    return NTUBodies(name, num_frames, frame[order], ids[order], np.zeros((len(frame), 9), np.float32), joints[order])


def spans(tracks):
    return [(int(track.frame[0]), int(track.frame[-1]), track.body_ids) for track in tracks]


def test_tracks_are_bodies_by_id_in_the_order_in_which_they_appear():
    tracks = tracks_by_id(bodies(track(2, 5, body_id=9), track(0, 3, body_id=7), track(7, 7, body_id=9)))
    assert [one.body_ids for one in tracks] == [(7,), (9,)]
    assert [one.frame.tolist() for one in tracks] == [[0, 1, 2, 3], [2, 3, 4, 5, 7]]


def test_tracks_of_ids_that_float64_confuses():
    pair = [track(0, 3, body_id=72057594037931101), track(0, 3, body_id=72057594037931102)]
    assert [one.body_ids for one in tracks_by_id(bodies(*pair))] == [(72057594037931101,), (72057594037931102,)]


def test_motion_is_the_sum_of_the_variances_of_the_coordinates():
    pos = np.zeros((2, 25, 3), np.float32)
    pos[1, :, 0] = 2.0  # half of the values at 0, half at 2: variance 1
    pos[0, :, 2] = 4.0  # variance 4
    assert Track(np.arange(2), pos, (1,)).motion == 5.0


def test_bodies_of_eleven_frames_are_dropped_and_of_twelve_kept():
    assert spans(drop_short([track(0, 10), track(0, 11)])) == [(0, 11, (1,))]


def test_of_short_bodies_the_longest_stays():
    assert spans(drop_short([track(0, 2), track(0, 4), track(3, 7)])) == [(0, 4, (1,))]


def test_a_frame_is_noisy_where_width_exceeds_eight_tenths_of_height():
    one = track(0, 3, width=0.5, height=1.0)
    one.pos[0, 1, :2] = 0.75, 1.0
    one.pos[1, 1, :2] = 1.0, 1.25  # 0.8 exactly: not noisy
    one.pos[2, 1, :2] = 1.0, 1.0
    one.pos[3, 1, :2] = 0.25, 0.0
    assert noisy_part(one) == 0.5
    assert noisy_part(one, spread=0.7) == 1.0


def test_wide_bodies_are_dropped():
    person, ghost = track(0, 9), track(0, 9, width=2.0, height=0.5, body_id=2)
    assert spans(drop_wide([ghost, person])) == [(0, 9, (1,))]


@pytest.mark.parametrize(("noisy", "kept"), [(6, 2), (7, 1)])
def test_a_body_is_dropped_from_seventy_percent_noisy_frames_on(noisy, kept):
    one = track(0, 9, body_id=2)
    one.pos[:noisy, 1, 0] = 9.0
    assert len(drop_wide([track(0, 9), one])) == kept


def test_of_wide_bodies_the_least_noisy_one_stays():
    lying = track(0, 9, width=2.0, height=0.5)
    lying.pos[0, 1, :2] = 0.5, 2.0
    assert drop_wide([track(0, 9, width=2.0, height=0.5, body_id=2), lying]) == [lying]


def test_most_motion_comes_first():
    still, slow, quick = track(0, 9), track(0, 9, step=0.1), track(0, 9, step=0.2)
    assert sort_by_motion([slow, still, quick]) == [quick, slow, still]


def test_a_body_after_another_joins_it():
    joined = join_tracks([track(0, 9, body_id=1), track(10, 19, body_id=2, x=5.0)])
    assert spans(joined) == [(0, 19, (1, 2))]
    assert joined[0].pos[9:11, 0, 0].tolist() == [0.0, 5.0]


def test_a_body_before_another_joins_it_in_order_of_time():
    joined = join_tracks([track(10, 19, body_id=1, x=5.0), track(0, 7, body_id=2)])
    assert joined[0].frame.tolist() == [*range(8), *range(10, 20)]
    assert joined[0].pos[7:9, 0, 0].tolist() == [0.0, 5.0]


def test_bodies_that_share_a_frame_stay_apart():
    assert spans(join_tracks([track(0, 9), track(9, 19)])) == [(0, 9, (1,)), (9, 19, (1,))]


def test_a_body_in_the_gap_of_another_stays_apart():
    joined = join_tracks([track(0, 9), track(20, 29), track(12, 15)])
    assert spans(joined) == [(0, 29, (1, 1)), (12, 15, (1,))]


def test_a_body_joins_the_first_that_it_does_not_overlap():
    joined = join_tracks([track(0, 9, body_id=1), track(0, 5, body_id=2), track(8, 19, body_id=3)])
    assert spans(joined) == [(0, 9, (1,)), (0, 19, (2, 3))]


def test_stacked_persons_are_zero_where_they_are_absent():
    pos = stack_tracks([track(5, 7, x=1.0), track(6, 9, x=2.0)])
    assert pos.shape == (5, 2, 25, 3)
    assert pos.dtype == np.float32
    assert pos[:, :, 0, 0].tolist() == [[1, 0], [1, 2], [1, 2], [0, 2], [0, 2]]
    assert not pos[3:, 0].any()


def test_recording_has_label_and_facts_of_its_name():
    recording = clean_ntu(bodies(track(3, 30)))
    assert (recording.name, recording.label, recording.score) == (NAME, 49, None)
    assert recording.facts == {"setup": 1, "camera": 2, "subject": 3, "repetition": 2, "action": 50}


def test_frames_without_a_body_are_stripped_at_the_ends_only():
    recording = clean_ntu(bodies(track(3, 12, x=1.0), track(15, 30, x=1.0)))
    assert recording.pos.shape == (28, 1, 25, 3)
    assert np.flatnonzero(recording.pos[:, 0, 0, 0] == 0).tolist() == [10, 11]


def test_ids_that_change_in_mid_sequence_are_one_person():
    recording = clean_ntu(bodies(track(0, 19, body_id=7, x=1.0), track(20, 39, body_id=8, x=1.5, step=0.1)))
    assert recording.pos.shape == (40, 1, 25, 3)
    assert recording.pos[19:21, 0, 0, 0].tolist() == [1.0, 1.5]


def test_a_lone_body_of_three_frames_is_kept():
    assert clean_ntu(bodies(track(10, 12))).pos.shape == (3, 1, 25, 3)


def test_a_lone_body_that_lies_is_kept():
    assert clean_ntu(bodies(track(0, 20, width=1.8, height=0.4))).pos.shape == (21, 1, 25, 3)


def test_ghosts_leave_the_persons():
    furniture = track(0, 39, body_id=2, width=2.0, height=0.5, step=1.0)
    glimpse = track(0, 2, body_id=3, x=4.0, step=2.0)
    recording = clean_ntu(bodies(furniture, glimpse, track(5, 25, x=1.0)))
    assert recording.pos.shape == (21, 1, 25, 3)
    assert recording.pos[0, 0, 0, 0] == 1.0


def test_of_three_persons_the_two_with_most_motion_are_kept():
    recording = clean_ntu(bodies(track(0, 20), track(0, 20, body_id=2, step=0.1), track(0, 20, body_id=3, step=0.2)))
    assert recording.pos.shape == (21, 2, 25, 3)
    assert np.allclose(recording.pos[1, :, 0, 0], [0.2, 0.1])


@pytest.mark.parametrize(
    ("change", "persons", "frames"),
    [
        ({}, 1, 21),
        ({"max_short": 2}, 2, 21),
        ({"max_short": 0, "persons": 3}, 2, 21),
        ({"noisy": float("inf")}, 2, 40),
        ({"spread": float("inf")}, 2, 40),
        ({"max_short": 0, "noisy": float("inf"), "persons": 3}, 3, 40),
        ({"max_short": 0, "noisy": float("inf"), "persons": 1}, 1, 40),
    ],
)
def test_thresholds_change_what_is_kept(change, persons, frames):
    furniture = track(0, 39, body_id=2, width=2.0, height=0.5, step=1.0)
    glimpse = track(8, 10, body_id=3)
    recording = clean_ntu(bodies(furniture, glimpse, track(5, 25)), NTUCleaning(**change))
    assert recording.pos.shape == (frames, persons, 25, 3)


def test_no_body_at_all():
    with pytest.raises(
        ValueError, match=f"{NAME}: expected a body in at least one frame, got none in 40; leave it out"
    ):
        clean_ntu(bodies())


def test_name_of_another_data_set():
    with pytest.raises(ValueError, match="expected one like S001C001P001R001A001 .*, got 'clip7'"):
        clean_ntu(bodies(track(0, 9), name="clip7"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"max_short": -1}, "max_short: expected a number of frames from 0 .*, got -1"),
        ({"spread": 0.0}, "spread: expected a ratio above 0 .*, got 0.0"),
        ({"noisy": float("nan")}, "noisy: expected a part above 0 .*, got nan"),
        ({"persons": 0}, "persons: expected at least 1, got 0"),
    ],
)
def test_thresholds_out_of_range(wrong, reason):
    with pytest.raises(ValueError, match=reason):
        NTUCleaning(**wrong)


def test_thresholds_are_fixed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        NTUCleaning().persons = 3
