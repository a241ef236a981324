"""Reading a folder of OpenPose's per-frame files."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tg_skeleton.io import openpose_videos, read_openpose_folder

SIZE = (640, 480)


def human(x=320.0, y=240.0, score=0.5, joints=25):
    return {"person_id": [-1], "pose_keypoints_2d": [x, y, score] * joints, "face_keypoints_2d": []}


def write(folder, *frames, video="walk"):
    folder.mkdir(exist_ok=True)
    for index, humans in enumerate(frames):
        content = {"version": 1.3, "people": humans}
        (folder / f"{video}_{index:012}_keypoints.json").write_text(json.dumps(content))
    return folder


def test_coordinates_scores_and_name(tmp_path):
    one = human(480.0, 60.0, 0.25)
    one["pose_keypoints_2d"][72:] = [0.0, 480.0, 0.75]
    recording = read_openpose_folder(write(tmp_path / "clip", [one]), SIZE)
    assert (recording.name, recording.label, recording.facts) == ("clip", -1, {})
    assert recording.pos.shape == (1, 1, 25, 2)
    assert recording.pos.dtype == recording.score.dtype == np.float32
    assert recording.pos[0, 0, 0].tolist() == [0.25, 0.375]
    assert recording.pos[0, 0, 24].tolist() == [-0.5, -0.5]
    assert recording.score[0, 0].tolist() == [0.25] * 24 + [0.75]


def test_eighteen_joints(tmp_path):
    recording = read_openpose_folder(write(tmp_path, [human(joints=18)], []), SIZE)
    assert recording.pos.shape == (2, 1, 18, 2)


def test_coordinates_in_parts_of_the_picture(tmp_path):
    recording = read_openpose_folder(write(tmp_path, [human(0.75, 0.25)]), (1, 1))
    assert recording.pos[0, 0, 3].tolist() == [0.25, 0.25]


def test_a_joint_with_confidence_0_is_zero_and_none_is_above_1(tmp_path):
    one = human(480.0, 120.0, 1.02)
    one["pose_keypoints_2d"][9:12] = [0.0, 0.0, 0.0]
    recording = read_openpose_folder(write(tmp_path, [one]), SIZE)
    assert recording.pos[0, 0, 3].tolist() == [0, 0]
    assert recording.score[0, 0].tolist() == [1.0] * 3 + [0.0] + [1.0] * 21


def test_frames_without_anybody_are_empty(tmp_path):
    recording = read_openpose_folder(write(tmp_path, [], [human(480.0)], []), SIZE)
    assert recording.pos[:, 0, 0, 0].tolist() == [0, 0.25, 0]
    nobody = read_openpose_folder(write(tmp_path / "nobody", [], []), SIZE)
    assert nobody.pos.shape == (2, 1, 25, 2) and not nobody.pos.any()


def test_files_are_in_the_order_of_their_numbers(tmp_path):
    for number, x in ((9, 0.2), (10, 0.3), (8, 0.1)):
        content = {"people": [human(x, 0.5)]}
        (tmp_path / f"frame{number}_keypoints.json").write_text(json.dumps(content))
    recording = read_openpose_folder(tmp_path, (1, 1))
    np.testing.assert_allclose(recording.pos[:, 0, 0, 0] + 0.5, [0.1, 0.2, 0.3], rtol=1e-6)
    assert recording.remarks == ()


def test_numbers_without_a_file_are_empty_frames(tmp_path):
    for number in (*range(30), *range(90, 120)):
        content = {"people": [human(0.2 + number / 1000, 0.5)]}
        (tmp_path / f"v_{number:012}_keypoints.json").write_text(json.dumps(content))
    recording = read_openpose_folder(tmp_path, (1, 1))
    assert recording.pos.shape[:2] == (120, 1)
    assert not recording.score[30:90].any() and (recording.score[90:] > 0).all()
    np.testing.assert_allclose(recording.pos[90, 0, 0, 0] + 0.5, 0.29, rtol=1e-6)
    assert recording.remarks == ("60 of 120 frames have no file; they are empty frames",)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (
            ("v_1", "v_01"),
            "expected every frame once, got number 1 in 'v_01_keypoints.json' and in 'v_1_keyp",
        ),
        (("v_1", "v_999999"), "expected at most 100000 frames, got numbers from 1 to 999999"),
    ],
)
def test_numbers_that_are_no_frames(tmp_path, names, reason):
    for name in names:
        (tmp_path / f"{name}_keypoints.json").write_text(json.dumps({"people": [human(0.1, 0.5)]}))
    with pytest.raises(ValueError, match=reason):
        read_openpose_folder(tmp_path, (1, 1))


def test_persons_are_followed_or_ranked(tmp_path):  # followed: the one seen more surely comes first
    frames = [human(64.0, score=0.9), human(576.0, score=0.8)], [human(576.0, score=0.9), human(64.0, score=0.1)]
    folder = write(tmp_path, *frames)
    followed = read_openpose_folder(folder, SIZE).score[..., 0]
    np.testing.assert_array_equal(followed, np.float32([[0.8, 0.9], [0.9, 0.1]]))
    ranked = read_openpose_folder(folder, SIZE, tracks="confidence", persons=1).score[..., 0]
    np.testing.assert_array_equal(ranked, np.float32([[0.9], [0.9]]))


def test_a_folder_of_several_videos(tmp_path):
    write(tmp_path, [human(480.0)], video="b")
    write(tmp_path, [human(160.0)], [], video="a_1")
    assert {video: len(files) for video, files in openpose_videos(tmp_path).items()} == {"a_1": 2, "b": 1}
    one = read_openpose_folder(tmp_path, SIZE, "a_1")
    assert (one.name, len(one.pos)) == ("a_1", 2)
    with pytest.raises(ValueError, match=r"expected the files of one video, found those of 2: \['a_1', 'b'\]; name"):
        read_openpose_folder(tmp_path, SIZE)
    with pytest.raises(ValueError, match=r"video: expected one of \['a_1', 'b'\], got 'c'"):
        read_openpose_folder(tmp_path, SIZE, "c")


def test_other_files_are_left_alone(tmp_path):
    write(tmp_path, [human()])
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / "walk_000_keypoints.json.part").write_text("{")
    (tmp_path / "x_1_keypoints.json").mkdir()
    assert len(read_openpose_folder(tmp_path, SIZE).pos) == 1


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_every_body_is_one_of_the_files(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("clip")
    joints, persons = data.draw(st.sampled_from((18, 25))), data.draw(st.integers(1, 3))
    part = st.floats(0, 1, width=32)
    frames = [
        [human(data.draw(part), data.draw(part), data.draw(part), joints) for _ in range(data.draw(st.integers(0, 3)))]
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    write(folder, [human(joints=joints)], *frames)
    for tracks in ("confidence", "position"):
        recording = read_openpose_folder(folder, (1, 1), persons=persons, tracks=tracks)
        assert recording.pos.shape[0] == 1 + len(frames) and recording.pos.shape[2:] == (joints, 2)
        assert 1 <= recording.pos.shape[1] <= persons and np.abs(recording.pos[1:]).max() <= 0.5
        assert not recording.pos[recording.score == 0].any()
        for row, humans in enumerate(frames, 1):
            scores = sorted((np.float32(one["pose_keypoints_2d"][2]) for one in humans), reverse=True)
            found = sorted(recording.score[row, :, 0], reverse=True)
            if tracks == "confidence":
                assert found == [*scores, *[0] * persons][: len(found)]
            else:
                assert {value for value in found if value} <= set(scores)


def broken(values):
    return json.dumps({"people": [human(), {"pose_keypoints_2d": values}]})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", ": expected JSON"),
        ('{"people": [', ": expected JSON"),
        ("[]", r": expected an object with 'people', got list"),
        ('{"version": 1.3}', r": expected an object with 'people', got \['version'\]"),
        ('{"people": {}}', r", people: expected a list, got \{\}"),
        ('{"people": [{"x": 1}]}', r", people\[0\]: expected an object with 'pose_keypoints_2d', got \['x'\]"),
        ('{"people": [{"pose_keypoints_2d": 3}]}', r", people\[0\].pose_keypoints_2d: expected a list, got 3"),
        (
            broken([0.5] * 51),
            r", people\[1\].pose_keypoints_2d: expected 54 numbers \(18 joints x, y, c\) or 75 numbers .*, got 51",
        ),
        (broken([0.5] * 54), r", people\[1\].* expected 75 numbers, as .*people\[0\].pose_keypoints_2d has, got 54"),
        (broken([*[0.5] * 74, "a"]), r", people\[1\].pose_keypoints_2d: expected numbers, got 'a'"),
        (broken([*[0.5] * 74, float("nan")]), r", people\[1\].pose_keypoints_2d: expected finite numbers, got nan"),
        (broken([*[0.5] * 74, None]), r", people\[1\].pose_keypoints_2d: expected numbers, got None"),
    ],
)
def test_damage_is_named_with_its_place(tmp_path, content, reason):
    write(tmp_path, [], [], [])
    (tmp_path / "walk_000000000001_keypoints.json").write_text(content)
    with pytest.raises(ValueError, match=rf"walk_000000000001_keypoints\.json{reason}"):
        read_openpose_folder(tmp_path, SIZE)


def test_every_truncation_is_refused(tmp_path):
    whole = json.dumps({"people": [human(joints=18)]})
    path = tmp_path / "walk_0_keypoints.json"
    for end in range(0, len(whole), 7):
        path.write_text(whole[:end])
        with pytest.raises(ValueError, match="expected JSON"):
            read_openpose_folder(tmp_path, SIZE)


@pytest.mark.parametrize("size", [None, (0, 480), (640,), "ab", (640, float("nan")), (float("inf"), 1)])
def test_the_picture_s_size_is_needed(tmp_path, size):
    with pytest.raises(ValueError, match=r"image_size: expected \(width, height\) of the picture in pixels, .* got "):
        read_openpose_folder(write(tmp_path, [human()]), size)


def test_arguments_are_checked(tmp_path):
    with pytest.raises(ValueError, match="expected files <video>_<frame>_keypoints.json, found none; OpenPose's --wr"):
        read_openpose_folder(tmp_path, SIZE)
    with pytest.raises(ValueError, match="persons: expected a whole number from 1, got 0"):
        read_openpose_folder(tmp_path, SIZE, persons=0)
    with pytest.raises(ValueError, match="tracks: expected 'confidence' or 'position', got 'id'"):
        read_openpose_folder(tmp_path, SIZE, tracks="id")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_openpose_folder(tmp_path / "nowhere", SIZE)
