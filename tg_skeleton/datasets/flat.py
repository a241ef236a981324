"""Flat ``.npy`` files of float32 rows, as long as it takes."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np

from tg_skeleton.datasets.journal import Part

HEADER = 128
"""Bytes before the first row."""


class FlatFile:
    """An ``.npy`` file that rows are added to; the number of them is filled in at the end.

    Args:
        path: The file.
        row: The shape of a row.
        size: Go on after the first ``size`` bytes of what is there. Left out: a new file.
    """

    def __init__(self, path: Path, row: tuple[int, ...], size: int | None = None) -> None:
        self.row = row
        self._file = path.open("w+b" if size is None else "r+b")
        if size is None:
            self._file.write(_header(0, row))
        else:
            self._file.truncate(size)
            self._file.seek(size)
        self._size = HEADER if size is None else size
        self._crc = 0

    def append(self, array: np.ndarray) -> None:
        """Add rows, ``[..., *row]``."""
        content = np.ascontiguousarray(array, dtype="<f4").reshape(-1).data.cast("B")
        self._file.write(content)
        self._size += len(content)
        self._crc = zlib.crc32(content, self._crc)

    def part(self) -> Part:
        """How far the file has come; begins another part."""
        self._file.flush()
        part = Part(self.row, self._size, self._crc)
        self._crc = 0
        return part

    def finish(self, rows: int) -> None:
        """Fill in the number of rows, and wait until all of it is on the disk."""
        self._file.seek(0)
        self._file.write(_header(rows, self.row))
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def close(self) -> None:
        """Close the file as it is."""
        self._file.close()


def crc_of(path: Path, start: int, end: int) -> int | None:
    """The CRC-32 of the bytes from ``start`` to ``end``, or nothing where the file has not as many."""
    if not path.exists() or path.stat().st_size < end:
        return None
    crc = 0
    with path.open("rb") as file:
        file.seek(start)
        while start < end:
            block = file.read(min(1 << 20, end - start))
            crc = zlib.crc32(block, crc)
            start += len(block)
    return crc


def _header(rows: int, row: tuple[int, ...]) -> bytes:
    # format 1.0 at a fixed size, so that the number of rows can be filled in after streaming
    text = str({"descr": "<f4", "fortran_order": False, "shape": (rows, *row)})
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", HEADER - 10) + text.ljust(HEADER - 11).encode() + b"\n"
