"""The text of a ``.skeleton`` file to arrays: in bulk, or line by line to say what is wrong with it and where."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from typing import NamedTuple, NoReturn

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

JOINTS, JOINT_VALUES, BODY_VALUES = 25, 12, 10

_SIMDJSON = importlib.util.find_spec("simdjson") is not None
_COMMAS = bytes.maketrans(b" \n", b",,")
_BODY_TOKENS = BODY_VALUES + 1 + JOINTS * JOINT_VALUES
_BODY_LINES = 2 + JOINTS
_BODY_SPACES = bytes([BODY_VALUES - 1, 0] + [JOINT_VALUES - 1] * JOINTS)
_TOO_LARGE = 2.0**128 - 2.0**103  # from here on float32 rounds to infinity


class Rows(NamedTuple):
    """What a file says: one row per observed body."""

    num_frames: int
    frame: np.ndarray  # [R] int64
    body_id: np.ndarray  # [R] int64
    body: np.ndarray  # [R, 9] float32
    joints: np.ndarray  # [R, 25, 12] float32


def read_bulk(content: bytes) -> Rows | None:
    """The rows of a file that is as it should be, all numbers parsed at once; None leaves it to `read_lines`."""
    text = content.rstrip()
    values = _numbers(text)
    counts = None if values is None else _body_counts(values)
    if values is None or counts is None:
        return None
    characters = np.frombuffer(text, np.uint8)
    starts = np.concatenate(([0], np.flatnonzero(characters == ord("\n")) + 1))
    # counted modulo 256, which the total number of values makes up for
    spaces = np.add.reduceat((characters == ord(" ")).view(np.uint8), starts, dtype=np.uint8)
    if spaces.tobytes() != b"\0" + b"".join(b"\0" + _BODY_SPACES * count for count in counts):
        return None
    frame = np.arange(len(counts)).repeat(counts)
    if not len(frame):  # nothing to be fast at
        return None
    before = 2 + frame  # the number of frames, and one number of bodies per frame
    row = np.arange(len(frame))
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    table = sliding_window_view(single, _BODY_TOKENS)[before + _BODY_TOKENS * row]  # [R, 311], whole rows copied
    body_id = _body_ids(text, starts[before + _BODY_LINES * row])
    if body_id is None or not np.isfinite(single).all() or (table[:, BODY_VALUES] != JOINTS).any():
        return None
    if len(set(zip(frame.tolist(), body_id.tolist(), strict=True))) < len(frame):
        return None
    joints = table[:, BODY_VALUES + 1 :].reshape(-1, JOINTS, JOINT_VALUES)
    return Rows(len(counts), frame, body_id, table[:, 1:BODY_VALUES].copy(), joints)


def read_lines(content: bytes, origin: str) -> Rows:
    """The rows of a file, value by value.

    Raises:
        ValueError: The file is damaged; the message names it, the line (1-based) and the reason.
    """
    lines = _Lines(content, origin)
    rows: dict[tuple[int, int], tuple[list[float], list[list[float]]]] = {}
    num_frames = lines.whole("the number of frames")
    for frame in range(num_frames):
        for number in range(lines.whole(f"the number of bodies in frame {frame}")):
            what = f"body {number} of frame {frame}"
            key = (frame, lines.body_id(what))
            if key in rows:
                lines.fail(f"expected another body than {key[1]}, which is in frame {frame} already")
            body = lines.numbers(BODY_VALUES, what)[1:]
            joints = lines.whole(f"the number of joints of {what}")
            if joints != JOINTS:
                lines.fail(f"expected {JOINTS} joints of {what}, got {joints}", -1)
            rows[key] = body, [lines.numbers(JOINT_VALUES, f"joint {joint} of {what}") for joint in range(JOINTS)]
    lines.end(num_frames)
    keys = np.array(list(rows), np.int64).reshape(-1, 2)
    return Rows(
        num_frames,
        keys[:, 0].copy(),
        keys[:, 1].copy(),
        np.array([body for body, _ in rows.values()], np.float32).reshape(-1, BODY_VALUES - 1),
        np.array([joints for _, joints in rows.values()], np.float32).reshape(-1, JOINTS, JOINT_VALUES),
    )


def _numbers(text: bytes) -> np.ndarray | None:
    if not text:
        return None
    try:
        if _SIMDJSON:  # three times as fast as numpy
            if b"[" in text:  # would be read as nested, and flattened
                return None
            array = importlib.import_module("simdjson").Parser().parse(b"[%b]" % text.translate(_COMMAS))
            return np.frombuffer(array.as_buffer(of_type="d"))
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # what numpy gives for text that is no number
            return np.fromstring(text, sep=" ")
    except (ValueError, TypeError, RuntimeError, DeprecationWarning):  # RuntimeError: a number of more than 64 bits
        return None


def _body_counts(values: np.ndarray) -> list[int] | None:
    if not (np.isfinite(values[0]) and values[0] >= 0 and values[0] == int(values[0])):
        return None
    counts: list[int] = []
    at = 1
    for _ in range(int(values[0])):
        count = float(values[at]) if at < len(values) else -1.0
        if not (0 <= count < len(values) and count == int(count)):
            return None
        counts.append(int(count))
        at += 1 + _BODY_TOKENS * int(count)
    return counts if at == len(values) else None


def _body_ids(text: bytes, starts: np.ndarray) -> np.ndarray | None:
    # float64 doesn't hold them: they are about 7.2e16, above 2^53
    try:
        return np.array([int(text[start : text.index(b" ", start)]) for start in starts.tolist()], np.int64)
    except (ValueError, OverflowError):
        return None


class _Lines:
    """The lines of a file, handed out one after another by what they should hold."""

    def __init__(self, content: bytes, origin: str) -> None:
        self.origin = origin
        self.lines = content.rstrip().split(b"\n") if content.strip() else []
        self.at = 0
        if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
            self.fail("expected plain ASCII text, got a byte order mark of Unicode; save the file as ASCII")
        if b"\0" in content:
            self.at = content.count(b"\n", 0, content.index(b"\0"))
            self.fail("expected plain ASCII text, got a zero byte: UTF-16, or no text; save the file as ASCII")
        if not self.lines:
            self.fail("expected the number of frames, but the file is empty; get it again")

    def fail(self, reason: str, offset: int = 0) -> NoReturn:
        raise ValueError(f"{self.origin}: line {self.at + 1 + offset}: {reason}")

    def fields(self, count: int, what: str) -> list[bytes]:
        expected = what if count == 1 else f"{count} values ({what})"
        if self.at >= len(self.lines):
            self.fail(f"expected {expected}, but the file ends; it is cut off, get it again")
        fields = self.lines[self.at].split()
        if len(fields) != count:
            self.fail(f"expected {expected}, got {len(fields)} values")
        return fields

    def number(self, field: bytes, what: str) -> float:
        try:
            value = float("_" if b"_" in field else field)  # Python takes 1_000 for a number
        except ValueError:
            self.fail(f"expected a number ({what}), got {_quote(field)}")
        if not abs(value) < _TOO_LARGE:
            self.fail(f"expected a finite number within float32 ({what}), got {_quote(field)}")
        return value

    def numbers(self, count: int, what: str) -> list[float]:
        values = [self.number(field, what) for field in self.fields(count, what)]
        self.at += 1
        return values

    def whole(self, what: str) -> int:
        field = self.fields(1, what)[0]
        value = self.number(field, what)
        if value < 0 or value != int(value):
            self.fail(f"expected {what} as a whole number from 0, got {_quote(field)}")
        self.at += 1
        return int(value)

    def body_id(self, what: str) -> int:
        """The first value of the line at hand, which stays at hand."""
        field = self.fields(BODY_VALUES, what)[0]
        try:
            value = int("_" if b"_" in field else field)
        except ValueError:
            self.fail(f"expected a whole number (the id of {what}), got {_quote(field)}")
        if not -(2**63) <= value < 2**63:
            self.fail(f"expected an id of 64 bits ({what}), got {_quote(field)}")
        return value

    def end(self, num_frames: int) -> None:
        if self.at < len(self.lines):
            got = _quote(self.lines[self.at].strip())
            self.fail(f"expected the end of the file after the {num_frames} frames that line 1 announces, got {got}")


def _quote(field: bytes) -> str:
    text = field.decode("ascii", "backslashreplace")
    return f"'{text}'" if len(text) <= 40 else f"'{text[:40]}…'"
