"""Files of numpy: declared shapes against the bytes that are there."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tg_skeleton.files import reading
from tg_skeleton.npz import check_growth, read_npy, read_npz, write_npz


def header(shape: str, descr: str = "'<f4'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        np.array(["a", "bcd"]),
        np.array(2.5),
        np.zeros((0, 3), np.float32),
        np.array([True, False]),
    ],
    ids=str,
)
def test_arrays_come_back(tmp_path: Path, array: np.ndarray):
    np.save(tmp_path / "a.npy", array)
    np.savez_compressed(tmp_path / "a.npz", x=array)
    for found in (read_npy(tmp_path / "a.npy"), read_npz(tmp_path / "a.npz")["x"]):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype and found.flags.writeable


def test_only_the_named_arrays_are_read(tmp_path: Path):
    write_npz(tmp_path / "a.npz", {"x": np.ones(2), "y": np.zeros(1)})
    assert list(read_npz(tmp_path / "a.npz", ["y", "z"])) == ["y"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (header("(1000000000000,)"), r"expected 4,000,000,000,000 bytes of float32 .*got 0; it is cut off or damaged"),
        (header("(2, 2)") + bytes(12), r"expected 16 bytes of float32 for the shape \[2, 2\], got 12"),
        (header("(-1,)") + bytes(8), r"expected lengths from 0, got the shape \[-1\]"),
        (header("(1,)", "'|O'") + bytes(8), "array of Python objects, which could run code"),
        (b"no array", "magic string"),
    ],
)
def test_what_is_not_there_is_not_made(tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"a\.npy: {reason}|{reason}"), reading(path):
        read_npy(path)


def test_a_small_archive_does_not_become_gigabytes(tmp_path: Path):
    path = tmp_path / "bomb.npz"
    zeros = io.BytesIO()
    np.save(zeros, np.zeros(6_000_000, np.uint8))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pos.npy", zeros.getvalue())
    with pytest.raises(ValueError, match=r"at most 4,194,304 numbers in a file of .*, and it declares 6,000,000"):
        read_npz(path)


def test_the_arrays_of_an_archive_count_together(tmp_path: Path):
    np.savez_compressed(tmp_path / "bomb.npz", **{f"a{number}": np.zeros(1_500_000, np.uint8) for number in range(3)})
    with pytest.raises(ValueError, match="declares 4,500,000"):
        read_npz(tmp_path / "bomb.npz")


def test_a_large_file_may_hold_many_numbers():
    check_growth(8_000_000, 1_000_000)
    with pytest.raises(ValueError, match="declares 8,000,001; is it damaged"):
        check_growth(8_000_001, 1_000_000)


def test_a_wrong_checksum_is_noticed(tmp_path: Path):
    path = write_npz(tmp_path / "a.npz", {"x": np.arange(100)})
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.npz: BadZipFile: Bad CRC-32"), reading(path):
        read_npz(path)
