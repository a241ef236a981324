"""Reading one clip of Kinetics-Skeleton."""

import json
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_skeleton.io import read_kinetics_json


def human(x=0.5, y=0.5, score=0.5):
    return {"pose": [x, y] * 18, "score": [score] * 18}


def frame(index, *humans):
    return {"frame_index": index, "skeleton": list(humans)}


def content(*frames, **more):
    clip = {"data": list(frames or [frame(1, human())]), "label": "abseiling", "label_index": 3, **more}
    return json.dumps(clip).encode()


def read(*frames, **options):
    return read_kinetics_json(content(*frames), "clip", **options)


def places(recording):
    """x of joint 0 plus a half, for every frame and person; 0 where nobody is."""
    present = recording.score[..., 0] > 0
    return np.where(present, recording.pos[..., 0, 0].astype(float) + 0.5, 0).round(3).tolist()


def test_coordinates_scores_label_and_name():
    one = human(0.75, 0.125, 0.25)
    one["pose"][34:] = [0.0, 1.0]
    one["score"][17] = 0.5
    recording = read(frame(1, one))
    assert (recording.name, recording.label, recording.facts) == ("clip", 3, {})
    assert recording.pos.shape == (1, 1, 18, 2)
    assert recording.pos.dtype == recording.score.dtype == np.float32
    assert recording.pos[0, 0, 0].tolist() == [0.25, 0.375]
    assert recording.pos[0, 0, 17].tolist() == [-0.5, -0.5]
    assert recording.score[0, 0].tolist() == [0.25] * 17 + [0.5]


def test_a_joint_with_score_0_is_zero():
    one = human(0.75, 0.25)
    one["score"][3] = 0
    pos = read(frame(1, one)).pos[0, 0]
    assert pos[3].tolist() == [0, 0]
    assert pos[4].tolist() == [0.25, 0.25]


def test_frames_left_out_and_frames_without_a_person_are_empty():
    recording = read(frame(2, human(0.1)), frame(3), frame(5, human(0.2)), frame(7))
    assert places(recording) == [[0], [0.1], [0], [0], [0.2], [0], [0]]


def test_the_most_confident_two_of_every_frame():
    a, b, c = human(0.1, score=0.2), human(0.2, score=0.6), human(0.3, score=0.4)
    recording = read(frame(1, a, b, c), frame(2, c, a), frame(3, a), tracks="confidence")
    assert places(recording) == [[0.2, 0.3], [0.3, 0.1], [0.1, 0]]


def test_of_equal_scores_the_first_in_the_file_comes_first():
    recording = read(frame(1, human(0.1), human(0.2), human(0.3)))
    assert places(recording) == [[0.1, 0.2]]


def test_persons_bounds_and_absent_ones_are_left_out():
    humans = [human(0.1 * (i + 1), score=0.9 - 0.1 * i) for i in range(5)]
    assert read(frame(1, *humans), persons=1).pos.shape[1] == 1
    assert read(frame(1, *humans), persons=4).pos.shape[1] == 4
    assert read(frame(1, *humans), persons=9).pos.shape[1] == 5
    assert read(frame(1, human()), persons=2, tracks="position").pos.shape[1] == 1


@pytest.mark.parametrize("tracks", ["confidence", "position"])
def test_a_clip_without_anybody(tracks):
    recording = read(frame(1), frame(2), tracks=tracks)
    assert recording.pos.shape == (2, 1, 18, 2)
    assert recording.score.shape == (2, 1, 18)
    assert not recording.pos.any()


def test_humans_are_followed_by_position():
    frames = [frame(1, human(0.1, score=0.8), human(0.9, score=0.7))]
    frames += [frame(2, human(0.88, score=0.9), human(0.12, score=0.1)), frame(3, human(0.14, score=0.8))]
    frames += [frame(4, human(0.86, score=0.8), human(0.16, score=0.9))]
    assert places(read(*frames, tracks="confidence")) == [[0.1, 0.9], [0.88, 0.12], [0.14, 0], [0.16, 0.86]]
    assert places(read(*frames)) == [[0.1, 0.9], [0.12, 0.88], [0.14, 0], [0.16, 0.86]]


def test_the_tracks_seen_most_are_kept():
    long = [frame(i, human(0.5, score=0.9), human(0.1, score=0.3), human(0.9, score=0.2)) for i in range(1, 5)]
    assert places(read(*long, tracks="position")) == [[0.5, 0.1]] * 4
    assert places(read(*long, tracks="position", persons=1)) == [[0.5]] * 4


def test_the_nearest_pair_comes_first():
    recording = read(frame(1, human(0.5), human(0.58)), frame(2, human(0.57), human(0.65)), tracks="position")
    assert places(recording) == [[0.58, 0.5], [0.57, 0.65]]


def test_a_human_too_far_away_is_another_one():
    frames = [frame(1, human(0.1), human(0.5)), frame(2, human(0.15), human(0.65))]
    recording = read(*frames, tracks="position")
    assert places(recording) == [[0.1, 0.5], [0.15, 0.65]]  # the second person goes on with a further track
    frames = [frame(1, human(0.5)), frame(2, human(0.5), human(0.9)), frame(3, human(0.9))]
    assert places(read(*frames, tracks="position", persons=1)) == [[0.5], [0.5], [0]]


def test_a_track_lasts_30_frames_without_a_person():
    away = [frame(1, human(0.5), human(0.1)), frame(2, human(0.1))]
    back = [frame(31, human(0.5)), frame(32, human(0.1))]
    followed = places(read(*away, *back, tracks="position"))
    assert followed[30] == [0, 0.5] and followed[31] == [0.1, 0]
    late = read(frame(1, human(0.5)), frame(32, human(0.5), human(0.1)), tracks="position", persons=1)
    assert places(late)[31] == [0.5]  # as a new track, which goes on as the same person


def test_distance_is_over_joints_seen_both_times():
    half, other = human(0.5), human(0.52)
    half["pose"][:18], half["score"][:9] = [0.0] * 18, [0] * 9
    one = read(frame(1, human(0.5), human(0.9)), frame(2, human(0.88), half), tracks="position")
    assert one.score[1, 0].tolist() == [0] * 9 + [0.5] * 9 or one.score[1, 1].tolist() == [0] * 9 + [0.5] * 9
    other["score"][9:] = [0] * 9  # seen with `half` at no joint: nothing to compare
    two = read(frame(1, half), frame(2, other), tracks="position", persons=2)
    assert two.pos.shape[1] == 1 and two.score.astype(bool).sum() == 18


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_every_body_is_one_of_the_file(data):
    count = st.integers(0, 4)
    part = st.floats(0, 1, width=32)
    frames = [
        frame(index, *(human(data.draw(part), data.draw(part), data.draw(part)) for _ in range(data.draw(count))))
        for index in sorted(data.draw(st.sets(st.integers(1, 12), min_size=1, max_size=5)))
    ]
    persons = data.draw(st.integers(1, 3))
    for tracks in ("confidence", "position"):
        recording = read(*frames, persons=persons, tracks=tracks)
        assert recording.pos.shape[0] == frames[-1]["frame_index"]
        assert 1 <= recording.pos.shape[1] <= persons
        for entry in frames:
            row = entry["frame_index"] - 1
            scores = sorted((np.float32(one["score"][0]) for one in entry["skeleton"]), reverse=True)
            found = sorted(recording.score[row, :, 0], reverse=True)
            expected = [*scores, *[0] * persons][: recording.pos.shape[1]]
            if tracks == "confidence":
                assert found == expected
            else:
                assert {value for value in found if value} <= set(scores)


def test_name_of_a_file_is_its_stem(tmp_path):
    path = tmp_path / "__NrybzYzUg.json"
    path.write_bytes(content())
    assert read_kinetics_json(path).name == "__NrybzYzUg"
    assert read_kinetics_json(str(path), "other").name == "other"


def broken(**changes):
    return frame(1, {**human(), **changes})


def without(entry, key):
    return {name: value for name, value in entry.items() if name != key}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "expected JSON"),
        (content()[:-40], "expected JSON"),
        (b"\xff\xfe\x00", "expected JSON"),
        (b"[" * 100_000, "expected JSON, got something else: it is nested too deeply"),
        (b"[]", "expected an object with 'data' and 'label_index', got list"),
        (b'{"data": []}', r"expected an object with 'data' and 'label_index', got \['data'\]"),
        (content(data={}), r"data: expected a list, got \{\}"),
        (content(data=[]), "data: expected at least one frame, got none"),
        (content(label_index=-1), "expected 'label_index' to be a whole number from 0, got -1"),
        (content(label_index="3"), "expected 'label_index' to be a whole number from 0, got '3'"),
        (content(label_index=True), "expected 'label_index' to be a whole number from 0, got True"),
        (content(5), r"data\[0\]: expected an object with 'frame_index' and 'skeleton', got int"),
        (content(frame(1), {"frame_index": 2}), r"data\[1\]: expected .*, got \['frame_index'\]"),
        (content(frame(0)), r"data\[0\].frame_index: .* ascend from 1 to at most 100000, got 0 after 0"),
        (content(frame(1), frame(1)), r"data\[1\].frame_index: .* got 1 after 1"),
        (content(frame(1.5)), r"data\[0\].frame_index: .* got 1.5 after 0"),
        (content(frame(10**9)), r"data\[0\].frame_index: .* got 1000000000 after 0"),
        (content({"frame_index": 1, "skeleton": None}), r"data\[0\].skeleton: expected a list, got None"),
        (content(frame(1, 7)), r"data\[0\].skeleton\[0\]: expected an object with 'pose' and 'score', got int"),
        (content(frame(1, without(human(), "score"))), r"data\[0\].skeleton\[0\]: expected .*, got \['pose'\]"),
        (content(broken(pose=[0.5] * 35)), r"data\[0\].skeleton\[0\].pose: expected 36 numbers, got 35"),
        (
            content(frame(1, human()), frame(2, human(), {"pose": [0.5] * 36, "score": []})),
            r"data\[1\].skeleton\[1\].score: expected 18",
        ),
        (content(broken(pose={"x": 1})), r"skeleton\[0\].pose: expected a list, got \{'x': 1\}"),
        (content(broken(score=["a", *[0.5] * 17])), r"skeleton\[0\].score: expected numbers, got 'a'"),
        (content(broken(score=["0.5"] * 18)), r"skeleton\[0\].score: expected numbers, got '0.5'"),
        (content(broken(score=[[0.5]] * 18)), r"skeleton\[0\].score: expected numbers, got \[0.5\]"),
        (content(broken(score=[None] * 18)), r"skeleton\[0\].score: expected numbers, got None"),
        (content(broken(score=[True] * 18)), r"skeleton\[0\].score: expected numbers, got True"),
        (content(broken(score=[10**30] * 18)), r"skeleton\[0\].score: expected numbers"),
        (content(broken(pose=[float("nan"), *[0.5] * 35])), r"skeleton\[0\].pose: expected finite numbers, got nan"),
        (content(broken(pose=[0.5, float("-inf"), *[0.5] * 34])), "expected finite numbers, got -inf"),
        (content(broken(pose=[0.5, 1e39, *[0.5] * 34])), "expected finite numbers, got 1e[+]39"),
    ],
)
def test_damage_is_named_with_its_place(data, reason):
    with pytest.raises(ValueError, match=rf"^clip(: |, ).*{reason}"):
        read_kinetics_json(data, "clip")


def test_every_truncation_is_refused():
    whole = content()
    for end in range(len(whole)):
        with pytest.raises(ValueError, match="clip: expected JSON"):
            read_kinetics_json(whole[:end], "clip")


def test_a_path_is_quoted(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"{")
    with pytest.raises(ValueError, match=r"a\.json: expected JSON"):
        read_kinetics_json(path, "other")


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="name: expected the clip's name with bytes, got None"):
        read_kinetics_json(content())
    with pytest.raises(ValueError, match="persons: expected a whole number from 1, got 0"):
        read(persons=0)
    with pytest.raises(ValueError, match="tracks: expected 'confidence' or 'position', got 'id'"):
        read(tracks="id")


@pytest.fixture(scope="module")
def archive(shared_data):
    with zipfile.ZipFile(shared_data / "kinetics-skeleton.zip") as archive:
        yield archive


@pytest.mark.parametrize("tracks", ["confidence", "position"])
def test_the_real_clips(archive, tracks):
    shapes = {}
    for member in archive.namelist():
        if member.endswith(".json") and "_label" not in member:
            recording = read_kinetics_json(archive.read(member), member, tracks=tracks)
            assert np.isfinite(recording.pos).all() and np.abs(recording.pos).max() < 0.6
            assert not recording.pos[recording.score == 0].any()
            shapes[member.split("/")[-1]] = recording.pos.shape[:2], recording.label
    assert shapes == {
        "__U_scuxNlQ.json": ((299, 2), 58),
        "__lt03EF4ao.json": ((249, 2), 208),
        "__PYrzYbzKE.json": ((299, 2), 173),
        "__NrybzYzUg.json": ((299, 2), 0),
        "__vOysOPoCY.json": ((249, 2), 207),
        "__vzEs2wzdQ.json": ((164, 2), 335),
        "__u6odV5hrI.json": ((299, 2), 207),
    }


def test_followed_persons_jump_less_in_a_real_clip(archive):
    content = archive.read("kinetics-skeleton/kinetics_train/__PYrzYbzKE.json")

    def jumps(tracks):
        recording = read_kinetics_json(content, "clip", tracks=tracks)
        seen = recording.score > 0
        both = seen[1:] & seen[:-1]  # [T - 1, M, V]
        return (np.linalg.norm(np.diff(recording.pos, axis=0), axis=-1)[both] > 0.2).mean()

    assert jumps("position") < 0.1 * jumps("confidence")
