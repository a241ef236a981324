"""Reading one recording of SBU."""

import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tg_skeleton.io import read_sbu_text
from tg_skeleton.topologies import SBU15

NAME = "s01s02_03_001"


def row(frame=1, fields=None):
    numbers = ["0.5", "0.25", "2"] * 30 if fields is None else fields
    return ",".join([str(frame), *numbers])


def content(*rows, end="\r\n"):
    return "".join(line + end for line in rows or (row(180), row(181))).encode()


def changed(field, text, frame=181):
    """Rows 180 and 181, with another text in one field of the second."""
    fields = row(frame).split(",")
    fields[field] = text
    return content(row(180), ",".join(fields))


def test_coordinates_are_metres_with_y_up():
    line = row(1, ["0.25", "0.75", "1.5"] + ["0.5", "0.5", "1"] * 14 + ["1", "0", "2"] + ["0.5", "0.5", "1"] * 14)
    pos = read_sbu_text(content(line), NAME).pos
    assert pos.shape == (1, 2, 15, 3)
    assert pos.dtype == np.float32
    np.testing.assert_allclose(pos[0, 0, 0], [0.64, -0.48, 1.92], rtol=1e-6)
    np.testing.assert_allclose(pos[0, 1, 0], [-1.28, 0.96, 2.56], rtol=1e-6)
    np.testing.assert_allclose(pos[0, 0, 14], [0, 0, 1.28], atol=1e-7)


def test_name_label_and_facts():
    recording = read_sbu_text(content(), "s07s01_08_012")
    assert (recording.name, recording.label) == ("s07s01_08_012", 7)
    assert recording.facts == {"first": 7, "second": 1, "trial": 12}
    assert recording.score is None


@pytest.mark.parametrize(
    "path", ["sbu/s01s02/03/001/skeleton_pos.txt", "s01s02/03/001/skeleton_pos.txt", NAME + ".txt"]
)
def test_name_of_a_path(tmp_path, path):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content())
    assert read_sbu_text(file).name == NAME
    assert read_sbu_text(str(file)).name == NAME
    assert read_sbu_text(content(), path).name == NAME


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_trailing_blank_lines(end):
    assert read_sbu_text(content(end=end) + b"\n\n", NAME).pos.shape[0] == 2
    assert read_sbu_text(content(end=end).rstrip(), NAME).pos.shape[0] == 2


@settings(deadline=None, max_examples=20)
@given(npst.arrays(np.float64, st.tuples(st.integers(1, 4), st.just(90)), elements=st.floats(-10, 10)))
def test_any_numbers_are_read(values):
    rows = [row(frame, [repr(float(value)) for value in line]) for frame, line in enumerate(values)]
    pos = read_sbu_text(content(*rows), NAME).pos
    expected = values.reshape(-1, 2, 15, 3) * [-2.56, -1.92, 1.28] + [1.28, 0.96, 0]
    np.testing.assert_array_equal(pos, expected.astype(np.float32))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ": expected rows of 91 numbers, got an empty file"),
        (b"\r\n \r\n", ": expected rows of 91 numbers, got an empty file"),
        (content() + b"182,0.5,0.2", ", line 3: expected 91 numbers .*, got 3 fields"),
        (content(row(1) + ","), ", line 1: expected 91 numbers .*, got 92 fields"),
        (content(row(1), "", row(2)), ", line 2: expected 91 numbers .*, got 1 fields"),
        (content(row(1).replace(",", " ")), ", line 1: expected 91 numbers .*, got 1 fields"),
        (changed(4, "nan"), ", line 2: expected a finite number of at most 1000000, got 'nan'"),
        (changed(90, "-inf"), ", line 2: expected a finite number of at most 1000000, got '-inf'"),
        (changed(90, "1e400"), ", line 2: expected a finite number"),
        (changed(5, "abc"), ", line 2: expected a number, got 'abc'"),
        (changed(5, ""), ", line 2: expected a number, got ''"),
        (changed(5, "1_0"), ", line 2: expected a number, got '1_0'"),
        (changed(5, "0.5\x00"), ", line 2: expected a number"),
        (changed(0, "181.5"), ", line 2: expected the number of a frame first, got '181.5'"),
        (changed(0, "-1"), ", line 2: expected the number of a frame first, got '-1'"),
        (changed(0, "183"), ", line 2: expected frame 181 after frame 180, got 183"),
        (changed(0, "180"), ", line 2: expected frame 181 after frame 180, got 180"),
        (content().decode().encode("utf-16"), ", line 1: expected plain ASCII text, got the byte 0xff"),
        (b"\xef\xbb\xbf" + content(), ", line 1: expected plain ASCII text, got the byte 0xef"),
        (content() + "182,½".encode("latin1"), ", line 3: expected plain ASCII text, got the byte 0xbd"),
    ],
)
def test_damage_is_named_with_its_line(data, reason):
    with pytest.raises(ValueError, match=NAME + reason):
        read_sbu_text(data, NAME)


def test_every_truncation_that_can_be_seen_is_refused():
    whole = content()
    start = whole.rindex(b",")
    for end in range(whole.index(b"\n") + 2, start + 1):
        with pytest.raises(ValueError, match=f"{NAME}, line 2: expected"):
            read_sbu_text(whole[:end], NAME)


@pytest.mark.parametrize("name", ["a01_s01_e00_v01", "s01s02_3_001", "s01s02/03/001/other.txt", ""])
def test_name_of_another_data_set(name):
    with pytest.raises(ValueError, match="expected a name like s01s02_03_001"):
        read_sbu_text(content(), name)


@pytest.mark.parametrize("name", ["s01s02_00_001", "s01s02_09_001"])
def test_class_out_of_range(name):
    with pytest.raises(ValueError, match=f"expected a class in 01..08 in the name, got '{name}'"):
        read_sbu_text(content(), name)


def test_bytes_need_a_name():
    with pytest.raises(ValueError, match="name: expected one such as 's01s02_03_001' with bytes, got None"):
        read_sbu_text(content())


def test_a_path_is_quoted(tmp_path):
    path = tmp_path / f"{NAME}.txt"
    path.write_bytes(b"1,2")
    with pytest.raises(ValueError, match=rf"{tmp_path}.*{NAME}\.txt, line 1"):
        read_sbu_text(path)


@pytest.fixture(scope="module")
def real(shared_data):
    with zipfile.ZipFile(shared_data / "sbu.zip") as archive:
        members = [name for name in archive.namelist() if name.endswith(".txt")]
        return [read_sbu_text(archive.read(name), name) for name in members]


def test_the_real_recordings(real):
    assert len({recording.name for recording in real}) == 282
    assert sum(len(recording.pos) for recording in real) == 6822
    assert {recording.label for recording in real} == set(range(8))
    heads, feet = (np.concatenate([r.pos[:, :, joint, 1].ravel() for r in real]) for joint in (0, 11))
    assert 1.2 < np.median(heads - feet) < 1.6  # of a person who stands, in meters


def test_limbs_keep_their_lengths(real):
    limbs = np.array([4, 5, 7, 8, 10, 11, 13, 14])
    parents = np.array(SBU15.parents)[limbs]

    def unsteady(scale):
        bones = [(r.pos[:, :, limbs] - r.pos[:, :, parents]) * np.float32([1, scale / 1.92, 1]) for r in real]
        lengths = [np.linalg.norm(bone, axis=-1) for bone in bones]
        return np.mean([np.median(length.std(0) / length.mean(0)) for length in lengths])

    assert unsteady(1.92) < min(unsteady(1.6), unsteady(1.8), unsteady(2.04))
    assert unsteady(1.92) < 0.02
