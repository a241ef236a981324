"""Read errors that name the file, and text that is safe for its target."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import pickle
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from tg_skeleton.files import csv_cell, csv_text, json_text, printable, reading, reason, write_json, write_text


def deep() -> None:
    json.loads("[" * 100_000)


PARSERS = {
    "RuntimeError of a C parser": (lambda: torch.tensor([1]).view(7), "RuntimeError: shape"),
    "RecursionError": (deep, "it is nested too deeply"),
    "OverflowError": (lambda: np.float64(1).item().__class__(10**400), "OverflowError: int too large"),
    "UnicodeDecodeError": (lambda: b"ab\xff".decode(), r"byte 2 \(0xff\) is not utf-8 text"),
    "zlib.error": (lambda: zlib.decompress(b"x"), "error: Error -5"),
    "BadZipFile": (lambda: zipfile.ZipFile(io.BytesIO(b"x")), "BadZipFile: File is not a zip file"),
    "KeyError": (lambda: {}["fps"], "there is no 'fps' in it"),
    "KeyError without a key": (lambda: (_ for _ in ()).throw(KeyError), "a key is missing"),
    "EOFError": (lambda: pickle.loads(b""), "it ends too early"),
    "UnpicklingError": (lambda: pickle.loads(b"garbage"), "UnpicklingError: "),
    "MemoryError": (lambda: np.empty(1 << 60, dtype=np.int8), "it declares more data than fits into memory"),
    "AttributeError": (lambda: None.joints, "AttributeError: 'NoneType'"),
    "OSError without a number": (lambda: (_ for _ in ()).throw(OSError("not gzip")), "OSError: not gzip"),
    "OSError of a wrong seek": (lambda: io.FileIO(__file__).seek(-1), "OSError: .*Invalid argument"),
    "csv.Error": (lambda: list(csv.reader(["\0"], strict=True)) and (_ for _ in ()).throw(csv.Error("NUL")), "Error"),
    "JSONDecodeError": (lambda: json.loads("{"), r"Expecting property name .*line 1 column 2"),
    "ValueError": (lambda: int("x"), "invalid literal for int"),
}


@pytest.mark.parametrize(("parse", "message"), PARSERS.values(), ids=list(PARSERS))
def test_whatever_a_parser_raises_names_the_file(parse, message):
    expected = rf"^'x\.npz' is not a valid file of scores: {message}.*; save it anew$"
    with pytest.raises(ValueError, match=expected), reading("x.npz", "file of scores", "save it anew"):
        parse()


def test_safetensors_error(tmp_path):
    from safetensors import safe_open

    path = tmp_path / "x.safetensors"
    path.write_bytes(b"garbage")
    message = r"x\.safetensors' is not a valid checkpoint: SafetensorError: "
    with pytest.raises(ValueError, match=message), reading(path, "checkpoint"), safe_open(path, "pt"):
        pass


@pytest.mark.parametrize(
    "error", [FileNotFoundError(errno.ENOENT, "none"), PermissionError(errno.EACCES, "no"), ModuleNotFoundError("cv2")]
)
def test_errors_that_are_not_of_the_content_pass(error):
    with pytest.raises(type(error)) as caught, reading("x"):
        raise error
    assert caught.value is error


def test_an_error_that_names_the_file_already_passes():
    with pytest.raises(ValueError, match="^'x.txt' line 3: no number$"), reading("x.txt"):
        raise ValueError("'x.txt' line 3: no number")


def test_a_message_is_one_line_without_control_characters():
    with pytest.raises(ValueError) as caught, reading("a\nb\x1b[2J.json"):
        raise RuntimeError("first\x07 line\n\nstack of C++\n" + "x" * 1000)
    assert str(caught.value) == r"a\nb\x1b[2J.json: RuntimeError: first\x07 line"
    assert len(reason(ValueError("x" * 1000))) == 300
    assert reason(RuntimeError()) == "RuntimeError"


def test_interrupts_pass():
    with pytest.raises(KeyboardInterrupt), reading("x"):
        raise KeyboardInterrupt


# -- text for its target


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("walk.npy", "walk.npy"),
        ("Gehen über 人 Å", "Gehen über 人 Å"),
        ("a\u3000b", "a\u3000b"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b2J", r"\x9b2J"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        (os.fsdecode(b"\xff.npy"), r"\udcff.npy"),
        (Path("a"), "a"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown
    printable(text).encode("utf-8")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cells_that_begin_like_formulas_are_quoted(start):
    assert csv_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@pytest.mark.parametrize("value", [-0.5, 3, None, "-0.5", "+1e3", "walk", "a=b", ""])
def test_other_cells_stay(value):
    assert csv_cell(value) == value


def test_csv_text_can_be_read_back():
    text = csv_text(["name", "p"], [["=1+1", -0.5], ['a,"b"\n', None]])
    assert text.splitlines()[1] == "'=1+1,-0.5"
    assert list(csv.reader(io.StringIO(text))) == [["name", "p"], ["'=1+1", "-0.5"], ['a,"b"\n', ""]]


def test_json_has_no_nan():
    value = {
        "loss": float("nan"),
        1: [float("inf"), -float("inf"), 0.5, True, None, "text"],
        "numpy": np.array([[1.0, np.nan]]),
        "scalar": np.float32(0.5),
        "whole": np.int64(3),
        "tensor": torch.tensor([1.0, float("inf")]),
        "path": Path("a/b"),
    }

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(json_text(value), parse_constant=refuse) == {
        "loss": None,
        "1": [None, None, 0.5, True, None, "text"],
        "numpy": [[1.0, None]],
        "scalar": 0.5,
        "whole": 3,
        "tensor": [1.0, None],
        "path": "a/b",
    }


def test_json_names_what_it_can_not_write():
    with pytest.raises(TypeError, match="Object of type set is not JSON serializable"):
        json_text({"x": {1}})


def test_names_that_are_not_unicode_are_written_all_the_same(tmp_path):
    name = os.fsdecode(b"\xff")
    assert write_text(tmp_path / "a", name).read_bytes() == rb"\udcff"
    assert json.loads(write_json(tmp_path / "b", [name]).read_text(encoding="utf-8")) == [name]
