"""Files of numpy, whose declared shapes are compared with the bytes that are there before memory is taken."""

from __future__ import annotations

import math
import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from tg_skeleton.files import atomic_write

GROWTH = 64
"""The numbers of a file, as float64, take at most this multiple of its size."""

ROOM = 1 << 25
"""Bytes that the numbers of a file may take in any case."""


def check_growth(numbers: int, size: int) -> None:
    """Raise if a file declares more numbers than it can plausibly hold.

    >>> from tg_skeleton.npz import check_growth
    >>> check_growth(1_000_000, 292_000)
    >>> check_growth(500_000_000, 292_000)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: expected at most 4,194,304 numbers in a file of 292,000 bytes, and it declares 500,000,000; is it ...

    Args:
        numbers: The numbers that the file declares.
        size: The size of the file in bytes.

    Raises:
        ValueError: As float64 they take more than `GROWTH` times the size of the file, and more than `ROOM` bytes.
    """
    most = max(GROWTH * size, ROOM) // 8
    if numbers > most:
        raise ValueError(
            f"expected at most {most:,} numbers in a file of {size:,} bytes, and it declares {numbers:,}; "
            "is it damaged?"
        )


def read_npy(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of an ``.npy`` file; nothing is unpickled.

    Raises:
        ValueError: The file is no such array, or has fewer bytes than its shape needs.
    """
    size = os.stat(path).st_size
    with open(path, "rb") as file:
        return _array(file, size, size)


def map_npy(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of an ``.npy`` file as a map that can't be written to; nothing is unpickled.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from tg_skeleton.npz import map_npy
    >>> path = Path(tempfile.mkdtemp(), "a.npy")
    >>> np.save(path, np.arange(3))
    >>> map_npy(path).tolist(), map_npy(path).flags.writeable
    ([0, 1, 2], False)

    Raises:
        ValueError: The file is no such array, or has fewer bytes than its shape needs.
    """
    with _old_headers():
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    return array


def read_npz(path: str | os.PathLike[str], keys: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of an ``.npz`` file by their names; nothing is unpickled.

    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from tg_skeleton.npz import read_npz, write_npz
    >>> path = write_npz(Path(tempfile.mkdtemp(), "a.npz"), {"x": np.arange(3), "y": np.ones(2)})
    >>> {key: array.tolist() for key, array in read_npz(path, ["x"]).items()}
    {'x': [0, 1, 2]}

    Args:
        path: The file.
        keys: The arrays to read; those that are not there are not in the result. Default: all.

    Raises:
        ValueError: An array has fewer bytes than its shape needs, or all of them together are too large for the file,
            see `check_growth`.
        zipfile.BadZipFile: The file is damaged; other errors of `zipfile` and `zlib` occur, so read inside
            `tg_skeleton.files.reading`.
    """
    size, numbers, arrays = os.stat(path).st_size, 0, dict[str, np.ndarray]()
    wanted = None if keys is None else set(keys)
    with zipfile.ZipFile(path) as archive:
        for name in dict.fromkeys(archive.namelist()):
            key = name.removesuffix(".npy")
            if key == name or (wanted is not None and key not in wanted):
                continue
            with archive.open(name) as member:
                arrays[key] = _array(member, archive.getinfo(name).file_size, size, numbers)
            numbers += arrays[key].size
    return arrays


def write_npz(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> Path:
    """Write arrays to an uncompressed ``.npz`` file by `tg_skeleton.files.atomic_write`."""
    with atomic_write(path) as part, part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    return Path(path)


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, order (True: Fortran's) and dtype of an array in numpy's format.

    Raises:
        ValueError: The header is damaged, or the array holds Python objects.
    """
    version = np.lib.format.read_magic(file)
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    with _old_headers():
        shape, fortran, dtype = header(file)
    if dtype.hasobject:
        raise ValueError("expected numbers or text, got an array of Python objects, which could run code; save numbers")
    if any(length < 0 for length in shape):
        raise ValueError(f"expected lengths from 0, got the shape {list(shape)}")
    return shape, fortran, dtype


@contextmanager
def _old_headers() -> Iterator[None]:
    """Read the long numbers of Python 2 without numpy's warning; they mean the same."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _array(file: IO[bytes], there: int, size: int, before: int = 0) -> np.ndarray:
    """An array of ``there`` bytes with its header, in a file of ``size`` bytes that held ``before`` numbers already."""
    shape, fortran, dtype = read_header(file)
    there -= file.tell()
    count = math.prod(shape)
    if count * dtype.itemsize > there:
        raise ValueError(
            f"expected {count * dtype.itemsize:,} bytes of {dtype} for the shape {list(shape)}, got {there:,}; "
            "it is cut off or damaged: write it anew"
        )
    check_growth(before + count * max(1, dtype.itemsize // 8), size)
    content = np.empty(count * dtype.itemsize, np.uint8)
    view, filled = content.data, 0
    while filled < len(content) and (got := file.readinto(view[filled : filled + (1 << 24)])):  # type: ignore[attr-defined]
        filled += got
    if filled < len(content):
        raise ValueError(f"expected {len(content):,} bytes for the shape {list(shape)}, got {filled:,}; it is cut off")
    if isinstance(file, zipfile.ZipExtFile):
        file.read(1)  # the end, where the checksum is compared
    return content.view(dtype).reshape(shape, order="F" if fortran else "C")
