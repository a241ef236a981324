"""Reading one recording of NW-UCLA."""

import json

import numpy as np
import pytest

from tg_skeleton.io import read_nw_ucla_json

FRAME = [[float(joint), joint + 0.5, 2.0] for joint in range(20)]


def content(skeletons=(FRAME, FRAME), label=9, **more):
    return json.dumps({"file_name": "a11_s03_e02_v01", "skeletons": list(skeletons), "label": label, **more}).encode()


def test_coordinates_label_and_facts():
    recording = read_nw_ucla_json(content())
    assert recording.name == "a11_s03_e02_v01"
    assert recording.pos.shape == (2, 1, 20, 3)
    assert recording.pos.dtype == np.float32
    assert recording.pos[1, 0, 7].tolist() == [7.0, 7.5, 2.0]
    assert recording.label == 8
    assert recording.facts == {"action": 11, "subject": 3, "episode": 2, "camera": 1}


def test_name_of_a_file_is_its_stem(tmp_path):
    path = tmp_path / "a01_s10_e05_v03.json"
    path.write_bytes(content())
    assert read_nw_ucla_json(path).name == "a01_s10_e05_v03"


def test_given_name_comes_first():
    assert read_nw_ucla_json(content(), "a02_s01_e00_v02").facts["action"] == 2


def test_one_frame_is_kept():
    assert read_nw_ucla_json(content([FRAME])).pos.shape[0] == 1


def test_numbers_that_are_not_finite_are_refused_with_their_place():
    frame = [*FRAME[:7], [float("nan"), 0.0, 0.0], *FRAME[8:]]
    with pytest.raises(ValueError, match=r"expected finite numbers, got \[nan, 0.0, 0.0\] at skeletons\[1\]\[7\]"):
        read_nw_ucla_json(content([FRAME, frame]))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"skeletons": [[[0.1,', "expected JSON"),
        (b"\xff\xfe\x00", "expected JSON"),
        (b'{"label": 1}', r"expected an object with 'skeletons' and 'label', got \['label'\]"),
        (b"[1, 2]", "expected an object with 'skeletons' and 'label', got list"),
        (content([]), "expected at least one frame, got none"),
        (content([FRAME[:19]]), r"20 joints, x y z\), got shape \[1, 19, 3\]"),
        (content([FRAME, FRAME[:19]]), r"no table \[T\]\[20\]\[3\] of numbers"),
        (content([[["a", "b", "c"]] * 20]), r"no table \[T\]\[20\]\[3\] of numbers"),
        (b'{"skeletons": 3, "label": 1}', r"got shape \[\]"),
        (b'{"skeletons": {"a": 1}, "label": 1}', r"no table \[T\]\[20\]\[3\] of numbers"),
        (content(label=0), "expected a label in 1..10, got 0"),
        (content(label=11), "expected a label in 1..10, got 11"),
        (content(label="3"), "expected a label in 1..10, got '3'"),
    ],
)
def test_what_is_no_recording_is_named_with_the_reason(data, reason):
    with pytest.raises(ValueError, match=f"a01_s01_e00_v01.*{reason}"):
        read_nw_ucla_json(data, "a01_s01_e00_v01")


def test_a_path_is_quoted(tmp_path):
    path = tmp_path / "a01_s10_e05_v03.json"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=f"{path.name}: expected JSON"):
        read_nw_ucla_json(path)


def test_name_of_another_data_set():
    with pytest.raises(ValueError, match=r"expected a name like a01_s01_e00_v01 .*, got 'S001C001'"):
        read_nw_ucla_json(content(), "S001C001")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("1e999", "expected finite numbers, got"),
        ("1e39", "expected finite numbers, got"),
        ("1" + "0" * 400, r"no table \[T\]\[20\]\[3\] of numbers"),
        ('"1.5"', "of numbers"),
        ("null", "of numbers"),
        ("[" * 5000, "expected JSON, got something else"),
        ("9" * 5000, "expected JSON, got something else"),
    ],
)
def test_hostile_numbers_are_refused(number, reason):
    data = content().replace(b"[7.0, 7.5", b"[7.0, " + number.encode())
    with pytest.raises(ValueError, match=f"^a01_s01_e00_v01: .*{reason}"):
        read_nw_ucla_json(data, "a01_s01_e00_v01")
