"""Recordings as tables of text."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tg_skeleton import Topology
from tg_skeleton.io import Source, read_file, read_table
from tg_skeleton.io.forms import ReadOptions
from tg_skeleton.io.joint_names import match_joints

STICK = Topology("stick", ("foot", "knee", "head"), ("foot", "foot", "knee"))


@pytest.fixture(params=["pandas", "csv"])
def read(request, tmp_path, monkeypatch):
    """Reads a text, with and without pandas."""
    if request.param == "pandas":
        pytest.importorskip("pandas", reason="pandas is not installed")
    else:
        monkeypatch.setitem(sys.modules, "pandas", None)

    def read(text, topology=STICK, name="walk.csv", **options):
        path = tmp_path / name
        path.write_text(text)
        return read_table(path, topology, **options)

    return read


def test_wide(read):
    text = "frame,head_x,head_y,foot_x,foot_y,knee_x,knee_y\n4,1,2,3,4,5,6\n6,7,8,9,10,11,12\n"
    recording = read(text)
    assert recording.pos[0, 0].tolist() == [[3, 4], [5, 6], [1, 2]]
    assert recording.pos[2, 0].tolist() == [[9, 10], [11, 12], [7, 8]]
    assert not recording.pos[1].any() and recording.pos.shape == (3, 1, 3, 2)
    assert (recording.name, recording.label, recording.score, recording.topology) == ("walk", -1, None, STICK)


@pytest.mark.parametrize("names", ["x0,y0,z0,x1,y1,z1,x2,y2,z2", "0_x,0_y,0_z,1_x,1_y,1_z,2_x,2_y,2_z", None])
def test_joints_by_their_order(read, names):
    row = "1,2,3,4,5,6,7,8,9\n"
    recording = read((f"{names}\n" if names else "") + row + row)
    assert recording.pos.shape == (2, 1, 3, 3)
    assert recording.pos[1, 0].tolist() == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert recording.remarks == ()


def test_other_names_are_taken_in_order_and_reported(read):
    recording = read("a_x,a_y,b_x,b_y,c_x,c_y\n1,2,3,4,5,6\n")
    assert recording.pos[0, 0].tolist() == [[1, 2], [3, 4], [5, 6]]
    assert recording.remarks == ("joints 'a' to 'c' are none of stick's: taken in its order",)


def test_scores_persons_and_a_class(read):
    head = "person,label," + ",".join(f"{joint}.{kind}" for joint in STICK.joints for kind in ("x", "y", "score"))
    rows = ["7,run,1,2,.5,3,4,.5,5,6,0", "9,run,1,1,1,2,2,1,3,3,1", "7,run,2,2,1,3,3,1,4,4,1"]
    recording = read("\n".join([head, *rows]))
    assert (recording.pos.shape, recording.class_name) == ((2, 2, 3, 2), "run")
    assert recording.score[0].tolist() == [[0.5, 0.5, 0.0], [1.0, 1.0, 1.0]]
    assert recording.pos[0, 0].tolist() == [[1, 2], [3, 4], [0, 0]]
    assert not recording.pos[1, 1].any()


def test_deeplabcut(read):
    lines = [
        "scorer,net,net,net,net,net,net,net,net,net",
        "bodyparts," + ",".join(f"{j},{j},{j}" for j in STICK.joints),
    ]
    lines += ["coords," + ",".join(["x,y,likelihood"] * 3), "0,1,2,.9,3,4,.9,5,6,.9", "1,1,2,.9,,,0,5,6,.9"]
    recording = read("\n".join(lines))
    assert recording.pos[0, 0].tolist() == [[1, 2], [3, 4], [5, 6]]
    np.testing.assert_allclose(recording.score[:, 0], [[0.9, 0.9, 0.9], [0.9, 0.0, 0.9]], rtol=1e-6)


def test_long(read):
    rows = ["frame\tjoint\tx\ty\tz\tperson", "2\thead\t1\t2\t3\ta", "2\tfoot\t4\t5\t6\ta", "3\thead\t7\t8\t9\tb"]
    recording = read("\n".join(rows), name="walk.tsv")
    assert recording.pos[0, 0].tolist() == [[4, 5, 6], [0, 0, 0], [1, 2, 3]]
    assert recording.pos[1, 1, 2].tolist() == [7, 8, 9]
    assert recording.score[:, 0].tolist() == [[1, 0, 1], [0, 0, 0]]
    assert recording.remarks[0] == "'knee' of stick's joints are not in the file"


def test_long_with_numbers_for_joints_and_pixels(read):
    rows = ["frame,joint,x,y,confidence", "0,0,320,240,1", "0,1,320,0,0.5", "0,2,640,480,0"]
    recording = read("\n".join(rows), image_size=(640, 480))
    assert recording.pos[0, 0].tolist() == [[0, 0], [0, 0.5], [0, 0]]
    assert recording.score[0, 0].tolist() == [1, 0.5, 0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected a table, got an empty file"),
        (
            "foot_x,foot_y,knee_x,knee_y,head_x,head_y\n1,2,3,x,5,6\n",
            "line 2, column 'knee_y': expected a number, got",
        ),
        ("foot_x,foot_y,knee_x,knee_y,head_x,head_y\n", "expected at least one row, got none"),
        ("foot_x,foot_y\n1,2\n", "expected the joints of stick, got 1 without 'knee', 'head'"),
        ("1,2,3\n", r"expected names of columns in line 1, or the numbers of 3 joints \(6 or 9\), got 3 numbers"),
        ("a,b\n1,2\n", "expected columns such as nose_x, nose_y or x0, y0"),
        ("a,a\n1,2\n", "line 1: expected every column once, got 'a' twice"),
        (
            "frame,joint,x,y\n0,0,1,2\n0,0,1,2\n",
            "line 3: expected every frame, person and joint once, got this",
        ),
        ("frame,joint,x,y\n0,3,1,2\n", "column 'joint': expected joints 0 to 2, got 3"),
        ("frame,joint,x,y\n0.5,1,1,2\n", "line 2, column 'frame': expected a whole number, got 0.5"),
        ("frame,joint,x,y\n0,1,1,2\n999999,1,1,2", "column 'frame': expected at most 100000 frames, got 1000000"),
        (
            "label,x0,y0,x1,y1,x2,y2\na,1,2,3,4,5,6\nb,1,2,3,4,5,6",
            "column 'label': expected one value in all rows, got a",
        ),
    ],
)
def test_what_is_wrong_is_named(read, text, reason):
    with pytest.raises(ValueError, match=reason):
        read(text)


def test_a_table_needs_a_skeleton_and_is_a_form(tmp_path):
    path = tmp_path / "walk.csv"
    path.write_text("x0,y0,x1,y1,x2,y2\n1,2,3,4,5,6\n")
    with pytest.raises(ValueError, match="a table does not say its skeleton; name it with --skeleton"):
        read_file(Source(path))
    form, recording = read_file(Source(path), ReadOptions(topology=STICK))
    assert (form.name, recording.pos.shape) == ("table", (1, 1, 3, 2))


def test_joints_by_name():
    assert match_joints(["HEAD", "other", "Knee ", "foot_"], STICK) == ([3, 2, 0], ())
    with pytest.raises(ValueError, match="expected the joints of stick, got 3 without 'knee'"):
        match_joints(["head", "foot", "hip"], STICK)


def test_a_small_table_makes_no_large_array(tmp_path):
    path = tmp_path / "bomb.csv"
    rows = "\n".join(f"{frame},p{frame},0,1,2" for frame in range(0, 99_000, 1000))
    path.write_text(f"frame,person,joint,x,y\n{rows}")
    with pytest.raises(ValueError, match=r"bomb\.csv: expected at most 4,194,304 numbers in .* declares 19,404,198"):
        read_table(path, Topology("stick", ("foot", "head"), ("foot", "foot")))


@pytest.mark.parametrize("frame", ["inf", "1e300", "nan"])
def test_frames_that_are_no_numbers_are_refused(tmp_path, frame):
    path = tmp_path / "walk.csv"
    path.write_text(f"frame,joint,x,y\n0,0,1,2\n{frame},0,1,2")
    with pytest.raises(
        ValueError, match=r"walk\.csv: (line 3, column 'frame': expected a whole number|column 'frame': exp)"
    ):
        read_table(path, Topology("stick", ("foot", "head"), ("foot", "foot")))
