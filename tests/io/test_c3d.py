"""Markers in C3D files: all kinds of numbers, held against ezc3d, and files that lead out of themselves."""

import struct

import numpy as np
import pytest

from tg_skeleton.io._c3d import parse_c3d

POINTS = np.arange(24, dtype=np.float64).reshape(4, 2, 3) * 2.5 - 20  # [T, V, 3]
SEEN = np.array([[True, True], [True, False], [True, True], [False, True]])
ORDERS = {84: "<", 85: "<", 86: ">"}


def real(value, processor):
    """A float of a processor: that of DEC has its upper word first and a bias that is greater by 2."""
    if processor != 85:
        return struct.pack(f"{ORDERS[processor]}f", value)
    word = struct.pack("<f", value * 4)
    return word[2:] + word[:2]


def entry(name, group, order, value=b""):
    """A group (a negative number) or a parameter, without a description."""
    text = name.encode()
    return struct.pack("bb", len(text), group) + text + struct.pack(f"{order}h", 3 + len(value)) + value + b"\0"


def written(processor=84, *, scale=-1.0, labels=("left", "right"), first=1, more=b"", analog=1):
    """The bytes of a file with `POINTS`."""
    order = ORDERS[processor]
    text = struct.pack("bBBB", -1, 2, 8, len(labels)) + b"".join(label.ljust(8).encode() for label in labels)
    parameters = (
        bytes((0, 0, 1, processor))
        + entry("POINT", -1, order)
        + entry("LABELS", 1, order, text)
        + entry("RATE", 1, order, struct.pack("bB", 4, 0) + real(50.0, processor))
        + entry("UNITS", 1, order, struct.pack("bBB", -1, 1, 2) + b"cm")
        + entry("Y_SCREEN", 1, order, struct.pack("bBB", -1, 1, 2) + b"+Z")
        + more
        + b"\0"
    ).ljust(512, b"\0")
    header = struct.pack(f"{order}5H", len(POINTS[0]), analog, first, first + len(POINTS) - 1, 0)
    header = bytes((2, 0x50)) + header + real(scale, processor) + struct.pack(f"{order}HH", 3, analog)
    rows = b""
    for frame, seen in zip(POINTS, SEEN, strict=True):
        values = [value for point, there in zip(frame, seen, strict=True) for value in (*point, 0.0 if there else -1.0)]
        values += [7.0] * analog
        for place, value in enumerate(values):
            coordinate = place < 8 and place % 4 < 3
            number = value / scale if scale > 0 and coordinate else value
            rows += real(number, processor) if scale < 0 else struct.pack(f"{order}h", round(number))
    return header.ljust(512, b"\0") + parameters + rows


@pytest.mark.parametrize("scale", [-1.0, 0.5], ids=["floats", "integers"])
@pytest.mark.parametrize("processor", [84, 85, 86], ids=["intel", "dec", "mips"])
def test_numbers_of_every_processor(processor, scale):
    markers = parse_c3d(written(processor, scale=scale))
    np.testing.assert_array_equal(markers.points[SEEN], POINTS[SEEN])
    assert (markers.seen == SEEN).all()
    assert (markers.labels, markers.rate, markers.unit, markers.up) == (("left", "right"), 50.0, "cm", "+Z")


@pytest.mark.parametrize("scale", [-1.0, 0.5], ids=["floats", "integers"])
def test_ezc3d_reads_the_same(tmp_path, scale):
    ezc3d = pytest.importorskip("ezc3d", reason="ezc3d is not installed")
    path = tmp_path / "two.c3d"
    content = ezc3d.c3d()
    content["parameters"]["POINT"]["RATE"]["value"] = [50]
    content["parameters"]["POINT"]["LABELS"]["value"] = ["left", "right"]
    content["data"]["points"] = np.concatenate([POINTS, np.ones((4, 2, 1))], -1).transpose(2, 1, 0)
    residuals = np.where(SEEN, 0.0, -1.0).T[None]
    content["data"]["meta_points"]["residuals"] = residuals
    content["parameters"]["POINT"]["SCALE"]["value"] = [scale]
    content.write(str(path))
    theirs, ours = ezc3d.c3d(str(path)), parse_c3d(path.read_bytes())
    np.testing.assert_array_equal(ours.points[SEEN], theirs["data"]["points"][:3].transpose(2, 1, 0)[SEEN])
    assert list(ours.labels) == theirs["parameters"]["POINT"]["LABELS"]["value"]
    assert (ours.seen == (theirs["data"]["meta_points"]["residuals"][0].T >= 0)).all()


def test_more_labels_and_the_ends_of_a_long_file():
    ends = [entry("TRIAL", -2, "<")]
    ends += [
        entry(f"ACTUAL_{end}_FIELD", 2, "<", struct.pack("<bBBHH", 2, 1, 2, *words))
        for end, words in (("START", (65534, 0)), ("END", (1, 1)))
    ]
    second = entry("LABELS2", 1, "<", struct.pack("bBBB", -1, 2, 5, 1) + b"right")
    content = bytearray(written(labels=("left",), more=second + b"".join(ends)))
    content[6:10] = struct.pack("<HH", 65534, 65535)  # what a header can hold
    markers = parse_c3d(bytes(content))
    assert markers.labels == ("left", "right") and markers.points.shape == (4, 2, 3)


PARAMETERS = 516  # where the first entry begins


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, b"\0", "its parameters begin at byte -512, and it has"),
        (0, b"\xc8", "its parameters begin at byte 101888, and it has"),
        (1, b"\0", "its second byte is not 0x50"),
        (515, b"\x20", "expected processor 84, 85 or 86 at byte 515, got 32"),
        (2, b"\xff\xff\0\0\x01\0\xff\0", "expected at most 4,194,304 numbers in a file of"),
        (8, b"\0\0", "expected frames in ascending order, got 1 to 0"),
        (8, b"\xff\0", "its coordinates end at byte .*, and it has .*; it is cut off or damaged"),
        (16, b"\0\0", "its coordinates end at byte .*; it is cut off or damaged"),
        (PARAMETERS + 1, b"\0", "a parameter at byte 523 belongs to no group"),
        (PARAMETERS + 7, b"\xfe\xff", "a parameter at byte 523 is followed by one 2 bytes before it"),
        (PARAMETERS + 20, b"\x08", "a parameter at byte 536 has type 8 and 2 dimensions"),
        (PARAMETERS + 21, b"\x09", "a parameter at byte 536 has type -1 and 9 dimensions"),
        (PARAMETERS + 22, b"\xff\xff", "a parameter at byte 536 has 65,025 bytes, more than there are"),
        (2, b"\x03\0\0\0", "expected labels of 3 markers, got 2"),
    ],
)
def test_a_file_that_leads_out_of_itself_is_refused(at, value, reason):
    content = bytearray(written(analog=0))
    content[at : at + len(value)] = value
    content += bytes(0 if "cut off" in reason else 200)
    with pytest.raises(ValueError, match=reason):
        parse_c3d(bytes(content))


def test_parameters_may_end_with_the_file():
    content = written()[: 512 + 4 + 9]
    with pytest.raises(ValueError, match="cut off or damaged|leads out of the file|expected labels"):
        parse_c3d(content)
