"""Markers in ``.c3d`` files."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tg_skeleton.npz import check_growth

_BLOCK = 512
_KEY = 0x50
_ORDERS: Mapping[int, Literal["<", ">"]] = {84: "<", 85: "<", 86: ">"}
"""Byte orders by the number of the processor: Intel, DEC, MIPS."""

_DEC = 85
_TYPES = {-1: "S1", 1: "u1", 2: "i2", 4: "f4"}
"""Types of a parameter's elements by their numbers: text, byte, integer, float."""

_MOST_DIMENSIONS = 7

Parameters = Mapping[tuple[str, str], np.ndarray]
"""Values by the names of group and parameter, in capitals; axes as in the file, where the first one runs fastest."""


@dataclass(frozen=True)
class Markers:
    """The markers of a file.

    Args:
        labels: Their names.
        points: ``[T, V, 3]`` float64, in the file's unit.
        seen: ``[T, V]`` bool.
        rate: Frames per second.
        unit: The unit of length, as the file has it.
        up: The axis that points up on a screen, as the file has it; empty where it does not say.
    """

    labels: tuple[str, ...]
    points: np.ndarray
    seen: np.ndarray
    rate: float
    unit: str
    up: str


def parse_c3d(content: bytes) -> Markers:
    """The markers in the bytes of a file.

    Raises:
        ValueError: Header or parameters lead out of the file or in a circle, declare more than it holds, or lack what
            markers need. The message names the place.

    Source: The C3D File Format, C3D.ORG, 2021.
    """
    if len(content) < _BLOCK or content[1] != _KEY:
        raise ValueError("its second byte is not 0x50, or it is shorter than its header")
    at = _BLOCK * (content[0] - 1)
    if at < 0 or at + 4 > len(content):
        raise ValueError(f"its parameters begin at byte {at}, and it has {len(content)}")
    processor = content[at + 3]
    if processor not in _ORDERS:
        raise ValueError(f"expected processor 84, 85 or 86 at byte {at + 3}, got {processor}")
    parameters = _parameters(content, at + 4, processor)
    order = _ORDERS[processor]
    count, analog, first, last, _ = struct.unpack(f"{order}5H", content[2:12])
    scale, block = _floats(content[12:16], processor)[0], struct.unpack(f"{order}H", content[16:18])[0]
    frames = _frames(parameters, first, last)
    check_growth(frames * (4 * count + analog), len(content))
    points, seen = _points(content, processor, block, (frames, count, analog), float(scale))
    labels = tuple(_texts(parameters, "LABELS") + _texts(parameters, "LABELS2"))[:count]
    if len(labels) != count or not count:
        raise ValueError(f"expected labels of {count or 'one or more'} markers, got {len(labels)}")
    rate = float(_one(parameters, "RATE", math.nan))
    unit, up = (" ".join(_texts(parameters, name)[:1]).strip() for name in ("UNITS", "Y_SCREEN"))
    return Markers(labels, points, seen, rate, unit, up)


# -- parameters --------------------------------------------------------------------------------------------------------


def _parameters(content: bytes, at: int, processor: int) -> Parameters:
    groups, found = dict[int, str](), dict[tuple[int, str], np.ndarray]()
    while at < len(content) and (letters := abs(struct.unpack_from("b", content, at)[0])) > 0:
        if at + 4 + letters > len(content):
            raise ValueError(f"an entry of its parameters at byte {at} leads out of the file")
        group = struct.unpack_from("b", content, at + 1)[0]
        name = content[at + 2 : at + 2 + letters].decode("latin1").upper()
        at += 2 + letters
        (step,) = struct.unpack_from(f"{_ORDERS[processor]}h", content, at)
        if group < 0:
            groups[-group] = name
        elif group == 0:
            raise ValueError(f"a parameter at byte {at} belongs to no group")
        else:
            found[group, name] = _values(content, at + 2, processor)
        if step == 0:
            break
        if step < 2:
            raise ValueError(f"a parameter at byte {at} is followed by one {-step} bytes before it")
        at += step
    return {(groups.get(group, ""), name): values for (group, name), values in found.items()}


def _values(content: bytes, at: int, processor: int) -> np.ndarray:
    if at + 2 > len(content):
        raise ValueError(f"a parameter at byte {at} leads out of the file")
    kind, count = struct.unpack_from("bB", content, at)
    if kind not in _TYPES or count > _MOST_DIMENSIONS:
        raise ValueError(f"a parameter at byte {at} has type {kind} and {count} dimensions")
    shape = tuple(content[at + 2 : at + 2 + count])
    element = np.dtype(_TYPES[kind]).newbyteorder(_ORDERS[processor])
    begin, size = at + 2 + count, element.itemsize * math.prod(shape)
    if begin + size > len(content):
        raise ValueError(f"a parameter at byte {at} has {size:,} bytes, more than there are")
    part = content[begin : begin + size]
    values = _floats(part, processor) if element.kind == "f" else np.frombuffer(part, element)
    return values.reshape(shape, order="F")


def _floats(part: bytes, processor: int) -> np.ndarray:
    """Floats of a processor as float64."""
    numbers = np.frombuffer(part, np.dtype("f4").newbyteorder(_ORDERS[processor]))
    if processor == _DEC:  # the upper word is first
        words = numbers.view("<u2").reshape(-1, 2).astype(np.uint32)
        numbers = (words[:, 0] << 16 | words[:, 1]).view(np.float32)
    with np.errstate(invalid="ignore"):  # NaN of another kind is NaN
        wide: np.ndarray = numbers.astype(np.float64)
    return wide / 4 if processor == _DEC else wide  # whose exponent has a bias greater by 2


def _one(parameters: Parameters, name: str, default: float) -> Any:
    values = parameters.get(("POINT", name))
    return default if values is None or values.size == 0 or values.dtype.kind == "S" else values.flat[0]


def _texts(parameters: Parameters, name: str) -> list[str]:
    """The texts of a parameter of the points; the letters of a text are the first axis."""
    values = parameters.get(("POINT", name))
    if values is None or values.dtype.kind != "S" or values.size == 0:
        return []
    letters = values.reshape(values.shape[0] if values.ndim else 1, -1, order="F")
    return [text.tobytes().decode("latin1").rstrip(" \0") for text in letters.T]


def _frames(parameters: Parameters, first: int, last: int) -> int:
    """The number of frames; that of a long file does not fit its header."""
    ends = [parameters.get(("TRIAL", f"ACTUAL_{end}_FIELD")) for end in ("START", "END")]
    words = [end.astype(np.int64).ravel() & 0xFFFF for end in ends if end is not None and end.dtype.kind == "i"]
    if [len(pair) for pair in words] == [2, 2]:
        first, last = (int(low + (high << 16)) for low, high in words)
    if last < first:
        raise ValueError(f"expected frames in ascending order, got {first} to {last}")
    return last - first + 1


# -- points ------------------------------------------------------------------------------------------------------------


def _points(
    content: bytes, processor: int, block: int, sizes: tuple[int, int, int], scale: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates and sightings: four numbers a marker, of which the last is negative where it was not seen."""
    frames, count, analog = sizes
    whole = scale < 0  # floats in the file's unit; else integers, to be multiplied by the scale
    begin, row = _BLOCK * (block - 1), 4 * count + analog
    end = begin + frames * row * (4 if whole else 2)
    if begin < _BLOCK or end > len(content):
        raise ValueError(f"its coordinates end at byte {end:,}, and it has {len(content):,}; it is cut off or damaged")
    part = content[begin:end]
    if whole:
        numbers = _floats(part, processor)
    else:
        numbers = np.frombuffer(part, np.dtype("i2").newbyteorder(_ORDERS[processor])).astype(np.float64)
    markers = numbers.reshape(frames, row)[:, : 4 * count].reshape(frames, count, 4)
    return markers[..., :3] * (1.0 if whole else scale), markers[..., 3] >= 0
