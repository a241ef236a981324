"""Pickles of plain data, read without running anything that they name."""

from __future__ import annotations

import io
import mmap
import os
import pickle
import re
from collections.abc import Callable
from reprlib import repr as short
from typing import Any

import numpy as np

from tg_skeleton.files import printable, reason
from tg_skeleton.io._pickle_limits import check_limits

_DTYPE = re.compile(r"b1|[iu][1248]|f[248]|[US][1-9]\d{0,5}")


class PickledArray:
    """An array in a pickle; ``array`` is a read-only view of the pickle's own bytes, without a copy."""

    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array: np.ndarray = np.empty(0)

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, content = state
        self._fill(content, dtype, shape, "F" if fortran else "C")

    def _fill(self, content: Any, dtype: Any, shape: Any, order: Any) -> None:
        if not isinstance(dtype, _PickledDType) or dtype.dtype is None:
            raise pickle.UnpicklingError("an array without a numeric dtype")
        if isinstance(content, str):
            content = content.encode("latin1")  # Python 2 wrote bytes as text
        if not isinstance(content, bytes | bytearray):
            raise pickle.UnpicklingError(f"an array whose content is {type(content).__name__}, not bytes")
        if type(shape) is not tuple or not all(type(size) is int and size >= 0 for size in shape):
            raise pickle.UnpicklingError(f"an array of shape {short(shape)}")
        array = np.frombuffer(content, dtype.dtype).reshape(shape, order="F" if order == "F" else "C")
        array.flags.writeable = False
        self.array = array


class _PickledDType:
    __slots__ = ("_spec", "dtype")

    def __init__(self, spec: Any) -> None:
        if not isinstance(spec, str) or not _DTYPE.fullmatch(spec):
            raise pickle.UnpicklingError(f"it holds an array of dtype {short(spec)}; only numbers and text are read")
        self._spec = spec
        self.dtype: np.dtype[Any] | None = None

    def __setstate__(self, state: Any) -> None:
        if type(state) is not tuple or len(state) < 5 or state[1] not in ("<", ">", "|", "="):
            raise pickle.UnpicklingError(f"a dtype of state {short(state)}")
        if any(part is not None for part in state[2:5]):  # subarray, names, fields
            raise pickle.UnpicklingError("it holds a structured array; only numbers and text are read")
        self.dtype = np.dtype(state[1] + self._spec)


class _StandIn:
    """What a pickle gets for a name that it may use: callable, and without anything that it could change."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make = make

    def __call__(self, *args: Any) -> Any:
        return self._make(*args)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it changes what it names")


def _no_array_yet(*args: Any) -> Any:
    raise pickle.UnpicklingError("it calls numpy.ndarray")


def _reconstruct(kind: Any, shape: Any, code: Any) -> PickledArray:
    if kind is not _ARRAY:
        raise pickle.UnpicklingError("it makes an array of a type of its own")
    return PickledArray()


def _from_buffer(content: Any, dtype: Any, shape: Any, order: Any, axes: Any = None) -> PickledArray:
    if axes is not None:
        raise pickle.UnpicklingError("an array with an order of axes of its own")
    pickled = PickledArray()
    pickled._fill(content, dtype, shape, order)
    return pickled


def _scalar(dtype: Any, content: Any) -> Any:
    pickled = PickledArray()
    pickled._fill(content, dtype, (), "C")
    return pickled.array.item()


def _dtype(spec: Any, align: Any = False, copy: Any = True) -> _PickledDType:
    return _PickledDType(spec)


def _encode(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("it calls a codec")
    return text.encode("latin1")  # how protocols 0 to 2 write bytes


def _no_bytes() -> bytes:
    return b""  # how protocols 0 to 2 write none


_ARRAY = _StandIn(_no_array_yet)
_NAMES: dict[tuple[str, str], _StandIn] = {
    ("numpy", "ndarray"): _ARRAY,
    ("numpy", "dtype"): _StandIn(_dtype),
    **{
        (f"numpy.{core}.{module}", name): stand_in
        for core in ("core", "_core")  # numpy 1 and 2
        for module, name, stand_in in (
            ("multiarray", "_reconstruct", _StandIn(_reconstruct)),
            ("multiarray", "scalar", _StandIn(_scalar)),
            ("numeric", "_frombuffer", _StandIn(_from_buffer)),
        )
    },
    **{
        (module, kind.__name__): _StandIn(kind)
        for module in ("builtins", "__builtin__")  # Python 3 and 2
        for kind in (set, frozenset)
    },
    ("__builtin__", "bytes"): _StandIn(_no_bytes),
    ("_codecs", "encode"): _StandIn(_encode),
}
"""All that a pickle may name. None of it is the thing itself: what is called is this module's own."""


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in _NAMES:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is neither a numpy array nor plain data")
        return _NAMES[module, name]


def load_plain(source: str | os.PathLike[str] | bytes, origin: str) -> Any:
    """The content of a pickle of dicts, lists, tuples, sets, texts, numbers and numpy arrays (as `PickledArray`).

    Anything else that the pickle names is refused when it is named, before it is imported or run. Numpy scalars come
    back as Python's. Memory and time are in proportion to the size of the file, see `check_limits`.

    Raises:
        ValueError: The content is no such pickle. The message says what it names.
        OSError: The file can't be read.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
            if isinstance(source, bytes):
                if source:
                    check_limits(source)
            elif os.fstat(file.fileno()).st_size:  # of an empty file there is no map
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                    check_limits(data)
            content = _PlainUnpickler(file, encoding="latin1").load()
            rest = file.read(1)
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        expected = "a pickle of numpy arrays and plain data"
        known = ValueError(printable(error)) if isinstance(error, pickle.UnpicklingError) else error
        raise ValueError(f"{origin}: expected {expected}, got something else: {reason(known)}") from error
    if rest:
        raise ValueError(f"{origin}: expected one pickle, got more bytes after its end; is the file damaged?")
    return content
