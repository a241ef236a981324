"""Reading and writing NTU RGB+D's raw format."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tg_skeleton.io import _ntu_text
from tg_skeleton.io.ntu_skeleton import NTUBodies, parse_ntu_name, read_ntu_skeleton, write_ntu_skeleton

NAME = "S001C002P003R002A013"
BODY = b"72057594037931101 0 1 0 1 2 0 0.015 -0.25 2"
JOINTS = [b"%d.5 -0.25 3.125 277.4 191.8 1036.2 519.1 -0.205 0.0534 0.969 -5.95E-05 2" % joint for joint in range(25)]
PERSON = [BODY, b"25", *JOINTS]
OTHER = [BODY.replace(b"931101", b"931102"), b"25", *JOINTS]
LINES = [b"3", b"1", *PERSON, b"0", b"2", *PERSON, *OTHER]  # line 1; 2-29; 30; 31-58, 59-85


@pytest.fixture(params=["simdjson", "numpy"])
def parser(request, monkeypatch):
    if request.param == "simdjson":
        pytest.importorskip("simdjson")
    monkeypatch.setattr(_ntu_text, "_SIMDJSON", request.param == "simdjson")


def content(lines=LINES, end=b"\r\n"):
    return end.join(lines) + end


def changed(line, new, lines=LINES):
    """The lines with one of them (1-based) replaced; by None: taken out."""
    return content([*lines[: line - 1], *([] if new is None else [new]), *lines[line:]])


def same(one, other):
    arrays = ("frame", "body_id", "body", "joints")
    return one.num_frames == other.num_frames and all(
        getattr(one, key).dtype == getattr(other, key).dtype and np.array_equal(getattr(one, key), getattr(other, key))
        for key in arrays
    )


def bodies(frame, ids, **more):
    rows = len(frame)
    arrays = {"body": np.zeros((rows, 9), np.float32), "joints": np.zeros((rows, 25, 12), np.float32), **more}
    num_frames = arrays.pop("num_frames", 9)
    return NTUBodies(NAME, num_frames, np.array(frame, np.int64), np.array(ids, np.int64), **arrays)


@pytest.mark.usefixtures("parser")
class TestRead:
    def test_rows(self):
        read = read_ntu_skeleton(content(), NAME)
        assert (read.name, read.num_frames) == (NAME, 3)
        assert read.frame.tolist() == [0, 2, 2]
        assert read.frame.dtype == read.body_id.dtype == np.int64
        assert read.body.shape == (3, 9)
        assert read.joints.shape == (3, 25, 12)
        assert read.joints.dtype == read.body.dtype == np.float32

    def test_body_ids_are_exact(self):
        assert read_ntu_skeleton(content()).body_id.tolist() == [72057594037931101] * 2 + [72057594037931102]

    def test_values_of_a_body(self):
        expected = np.array([0, 1, 0, 1, 2, 0, 0.015, -0.25, 2], np.float32)
        assert np.array_equal(read_ntu_skeleton(content()).body, np.stack([expected] * 3))

    def test_values_of_a_joint(self):
        values = [24.5, -0.25, 3.125, 277.4, 191.8, 1036.2, 519.1, -0.205, 0.0534, 0.969, -5.95e-05, 2]
        read = read_ntu_skeleton(content())
        assert np.array_equal(read.joints[1, 24], np.array(values, np.float32))
        assert np.array_equal(read.pos[1, 24], np.array([24.5, -0.25, 3.125], np.float32))

    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    @pytest.mark.parametrize("tail", [b"", b"\n\n", b"\r\n \r\n\t\n"])
    def test_line_ends_and_blank_lines_after_the_last(self, end, tail):
        assert same(read_ntu_skeleton(end.join(LINES) + tail), read_ntu_skeleton(content()))

    @pytest.mark.parametrize("space", [b"  ", b"\t", b" \t "])
    def test_other_spaces(self, space):
        assert same(read_ntu_skeleton(content().replace(b" ", space)), read_ntu_skeleton(content()))

    def test_spaces_at_the_end_of_lines(self):
        assert same(read_ntu_skeleton(content(end=b" \n")), read_ntu_skeleton(content()))

    @pytest.mark.parametrize("number", [b"+1.5", b"1.5e0", b"01.5", b"15E-1", b"1.500000000000000000000000"])
    def test_other_ways_to_write_a_number(self, number):
        assert read_ntu_skeleton(changed(5, JOINTS[0].replace(b"0.5", number))).pos[0, 0, 0] == 1.5

    def test_no_body_in_any_frame(self):
        read = read_ntu_skeleton(content([b"3", b"0", b"0", b"0"]))
        assert (read.num_frames, read.joints.shape, read.body.shape) == (3, (0, 25, 12), (0, 9))

    def test_no_frame(self):
        assert read_ntu_skeleton(b"0\n").num_frames == 0

    def test_six_bodies(self):
        people = [line for i in range(6) for line in (b"%d 0 0 0 0 0 0 0 0 0" % i, b"25", *JOINTS)]
        assert read_ntu_skeleton(content([b"1", b"6", *people])).body_id.tolist() == [0, 1, 2, 3, 4, 5]

    def test_name_of_a_file_is_its_stem(self, tmp_path):
        path = tmp_path / f"{NAME}.skeleton"
        path.write_bytes(content())
        assert read_ntu_skeleton(path).name == NAME

    def test_a_path_is_quoted(self, tmp_path):
        path = tmp_path / f"{NAME}.skeleton"
        path.write_bytes(b"")
        with pytest.raises(ValueError, match=re.escape(f"{path}: line 1: ")):
            read_ntu_skeleton(path)

    @pytest.mark.parametrize(
        ("data", "line", "reason"),
        [
            (b"", 1, "the file is empty; get it again"),
            (b" \r\n\n", 1, "the file is empty"),
            (content(LINES[:1]), 2, "expected the number of bodies in frame 0, but the file ends; it is cut off"),
            (content(LINES[:2]), 3, r"expected 10 values \(body 0 of frame 0\), but the file ends; it is cut off"),
            (content(LINES[:3]), 4, "expected the number of joints of body 0 of frame 0, but the file ends"),
            (content(LINES[:4]), 5, r"expected 12 values \(joint 0 of body 0 of frame 0\), but the file ends"),
            (content(LINES[:60]), 61, r"expected 12 values \(joint 0 of body 1 of frame 2\), but the file ends"),
            (content(LINES[:29]), 30, "expected the number of bodies in frame 1, but the file ends"),
            (content()[:-10], 85, r"expected 12 values \(joint 24 of body 1 of frame 2\), got 11"),
            (changed(1, b"4"), 86, "expected the number of bodies in frame 3, but the file ends"),
            (changed(1, b"2"), 31, "expected the end of the file after the 2 frames that line 1 announces, got '2'"),
            (changed(1, b"-3"), 1, "expected the number of frames as a whole number from 0, got '-3'"),
            (changed(1, b"2.5"), 1, "expected the number of frames as a whole number from 0, got '2.5'"),
            (changed(1, b"1e300"), 1, "expected a finite number within float32 .the number of frames., got '1e300'"),
            (changed(1, b"999999999"), 86, "expected the number of bodies in frame 3, but the file ends"),
            (changed(1, b"three"), 1, r"expected a number \(the number of frames\), got 'three'"),
            (changed(1, b"<html><body>404 Not Found"), 1, "expected the number of frames, got 3 values"),
            (changed(1, b""), 1, "expected the number of frames, got 0 values"),
            (changed(1, None), 2, "expected the number of bodies in frame 0, got 10 values"),
            (changed(2, b"2"), 30, r"expected 10 values \(body 1 of frame 0\), got 1"),
            (changed(2, b"0"), 3, "expected the number of bodies in frame 1, got 10 values"),
            (changed(2, b"-1"), 2, "expected the number of bodies in frame 0 as a whole number from 0, got '-1'"),
            (changed(2, b"1000000000"), 30, r"expected 10 values \(body 1 of frame 0\), got 1"),
            (changed(2, None), 2, "expected the number of bodies in frame 0, got 10 values"),
            (changed(3, BODY[:-2]), 3, r"expected 10 values \(body 0 of frame 0\), got 9"),
            (changed(3, BODY + b" 1"), 3, r"expected 10 values \(body 0 of frame 0\), got 11"),
            (changed(3, b"7.5" + BODY[17:]), 3, r"expected a whole number \(the id of body 0 of frame 0\), got '7.5'"),
            (changed(3, b"9" * 19 + BODY[17:]), 3, "expected an id of 64 bits"),
            (changed(3, None), 3, r"expected 10 values \(body 0 of frame 0\), got 1"),
            (changed(4, b"24"), 4, "expected 25 joints of body 0 of frame 0, got 24"),
            (changed(4, b"26"), 4, "expected 25 joints of body 0 of frame 0, got 26"),
            (changed(4, b"-25"), 4, "number of joints of body 0 of frame 0 as a whole number from 0, got '-25'"),
            (changed(4, b"25 25"), 4, "expected the number of joints of body 0 of frame 0, got 2 values"),
            (changed(9, JOINTS[4] + b" 1"), 9, r"expected 12 values \(joint 4 of body 0 of frame 0\), got 13"),
            (changed(9, JOINTS[4][:-2]), 9, r"expected 12 values \(joint 4 of body 0 of frame 0\), got 11"),
            (changed(9, JOINTS[4] * 22), 9, "expected 12 values .joint 4 of body 0 of frame 0., got 243"),
            (changed(29, None), 29, r"expected 12 values \(joint 24 of body 0 of frame 0\), got 1"),
            (changed(9, JOINTS[4].replace(b"4.5", b"NaN")), 9, "expected a finite number .*, got 'NaN'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"-Infinity")), 9, "expected a finite number .*, got '-Infinity'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"inf")), 9, "expected a finite number .*, got 'inf'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"1e39")), 9, "expected a finite number within float32 .*'1e39'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"1e999")), 9, "expected a finite number .*, got '1e999'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"4.5x")), 9, r"expected a number \(joint 4 .*\), got '4.5x'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"4,5")), 9, "expected a number .*, got '4,5'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"4_5")), 9, "expected a number .*, got '4_5'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"[4.5]")), 9, "expected a number .*, got '.4.5.'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"null")), 9, "expected a number .*, got 'null'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"4.5.1")), 9, "expected a number .*, got '4.5.1'"),
            (changed(9, JOINTS[4].replace(b"4.5", b"\xe9")), 9, r"expected a number .*, got '\\xe9'"),
            (changed(59, BODY), 59, "expected another body than 72057594037931101, which is in frame 2 already"),
            (content([*LINES, b"garbage"]), 86, "expected the end of the file after the 3 frames .*, got 'garbage'"),
            (content([*LINES, b"0"]), 86, "expected the end of the file after the 3 frames .*, got '0'"),
            (content([*LINES, b"x" * 99]), 86, f"got '{'x' * 40}…'"),
            (content([*LINES[:30], b"", *LINES[30:]]), 31, "expected the number of bodies in frame 2, got 0 values"),
            (content() * 2, 86, "expected the end of the file"),
            (content().decode().encode("utf-16"), 1, "got a byte order mark of Unicode; save the file as ASCII"),
            (content().decode().encode("utf-8-sig"), 1, "got a byte order mark of Unicode; save the file as ASCII"),
            (content().decode().encode("utf-16-le"), 1, "got a zero byte: UTF-16, or no text"),
            (content().replace(b"\r\n25", b"\r\n25\0", 1), 4, "got a zero byte"),
            (content()[:-9] + b"\0" * 9, 85, "got a zero byte"),
        ],
    )
    def test_damage_is_named_with_line_and_reason(self, data, line, reason):
        with pytest.raises(ValueError, match=f"^{NAME}: line {line}: .*{reason}"):
            read_ntu_skeleton(data, NAME)

    def test_cut_off_anywhere(self):
        whole = content([b"1", b"1", *PERSON], b"\n")
        for end in range(len(whole) - 1):
            with pytest.raises(ValueError, match=r"line \d+: expected "):
                read_ntu_skeleton(whole[:end])

    @settings(max_examples=150, deadline=None)
    @given(st.data())
    def test_in_bulk_as_line_by_line(self, data):
        damaged = bytearray(content([b"2", b"1", *PERSON, b"0"]))
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(damaged) - 1))
            end = at + data.draw(st.integers(0, 2))
            damaged[at:end] = [data.draw(st.sampled_from(b" \n\r-+.e0125,[]_x"))]
        bulk = _ntu_text.read_bulk(bytes(damaged))
        if bulk is not None:
            assert same(bulk, _ntu_text.read_lines(bytes(damaged), NAME))

    def test_a_good_file_is_read_in_bulk(self):
        assert _ntu_text.read_bulk(content()) is not None


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_what_was_written_is_read_exactly(data):
    number = st.floats(allow_nan=False, allow_infinity=False, width=32)
    pairs = st.tuples(st.integers(0, 4), st.integers(-(2**63), 2**63 - 1))
    rows = sorted(data.draw(st.lists(pairs, max_size=4, unique=True)))
    written = bodies(
        [frame for frame, _ in rows],
        [body_id for _, body_id in rows],
        num_frames=data.draw(st.integers(5, 7)),
        body=data.draw(hnp.arrays(np.float32, (len(rows), 9), elements=number, fill=number)),
        joints=data.draw(hnp.arrays(np.float32, (len(rows), 25, 12), elements=number, fill=number)),
    )
    read = read_ntu_skeleton(write_ntu_skeleton(written), NAME)
    assert same(read, written)
    assert np.array_equal(np.signbit(read.joints), np.signbit(written.joints))


@pytest.mark.parametrize("seed", range(3))
def test_any_bits_of_float32_are_written_and_read_exactly(seed):
    joints = np.random.default_rng(seed).integers(0, 2**32, (40, 25, 12), np.uint32).view(np.float32)
    written = bodies(range(40), [1] * 40, num_frames=40, joints=np.where(np.isfinite(joints), joints, np.float32(1)))
    assert same(read_ntu_skeleton(write_ntu_skeleton(written)), written)


def test_what_was_read_is_written_with_as_few_digits():
    lines = [line.replace(b"-5.95E-05", b"-5.95e-05") for line in LINES]
    assert write_ntu_skeleton(read_ntu_skeleton(content())) == content(lines, b"\n")


def test_seven_digits_that_double_rounding_would_spoil_get_another():
    bits = np.full((1, 25, 12), 0x15AE43FD, np.uint32)  # read through float64, 7.038531e-26 gives 0x15ae43fe
    joints = bits.view(np.float32)
    text = write_ntu_skeleton(bodies([0], [1], joints=joints))
    assert b"7.0385307e-26" in text
    assert np.array_equal(read_ntu_skeleton(text).joints, joints)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (bodies([0], [1], body=np.zeros((1, 10), np.float32)), r"body: expected float32 of shape \[1, 9\]"),
        (bodies([0], [1], joints=np.zeros((2, 25, 12), np.float32)), r"joints: expected .* got float32 of shape \[2, "),
        (bodies([0], [1], joints=np.zeros((1, 25, 12))), "joints: expected float32 .* got float64"),
        (bodies([0], [1, 2]), r"body_id: expected int64 of shape \[1\] .* got int64 of shape \[2\]"),
        (bodies([0], [1], body=np.full((1, 9), np.nan, np.float32)), "body: expected finite numbers"),
        (bodies([1, 0], [1, 1]), r"frame: expected ascending frames from 0, got \[1 0\]; sort"),
        (bodies([-1], [1]), r"frame: expected ascending frames from 0, got \[-1\]"),
        (bodies([9], [1]), "frame: expected frames below num_frames=9, got 9"),
        (bodies([3, 3], [1, 1]), "body_id: expected every id once per frame"),
    ],
)
def test_what_the_format_cannot_say_is_not_written(wrong, reason):
    with pytest.raises(ValueError, match=reason):
        write_ntu_skeleton(wrong)


def test_facts_of_a_name():
    facts = {"setup": 18, "camera": 2, "subject": 103, "repetition": 1, "action": 120}
    assert parse_ntu_name("S018C002P103R001A120") == facts


@pytest.mark.parametrize(
    "name", ["", "S001C001P001R001", "S001C001P001R001A001.skeleton", "S01C001P001R001A001", "S000C001P001R001A001"]
)
def test_a_name_of_another_data_set(name):
    with pytest.raises(ValueError, match=f"expected one like S001C001P001R001A001 .*, got '{name}'"):
        parse_ntu_name(name)


@pytest.mark.parametrize("place", [0, 4])
def test_an_integer_of_more_than_64_bits_is_a_number_or_an_error(place):
    fields = ["0.1", "0.2", "2.9", "250", "200", "900", "500", "0", "0", "0", "0", "2"]
    fields[place] = "9" * 21
    body = "72057594037931101 0 1 1 1 1 0 0.1 0.2 2"
    text = "\n".join(["1", "1", body, "25", *["0.1 0.2 2.9 250 200 900 500 0 0 0 0 2"] * 24, " ".join(fields)])
    assert read_ntu_skeleton(text.encode()).joints[0, 24, place] == np.float32(1e21)
    with pytest.raises(ValueError, match="line 3: expected an id of 64 bits"):
        read_ntu_skeleton(text.replace("72057594037931101", "9" * 21).encode())
