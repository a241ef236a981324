"""The structure of a ``.c3d`` file, held against its size before another library follows it."""

from __future__ import annotations

import math
import struct

from tg_skeleton.npz import check_growth

_BLOCK = 512
_MIPS = 86
_SIZES = {-1: 1, 1: 1, 2: 2, 4: 4}
"""Bytes of an element, by the number of its type: text, byte, integer, float."""


def check_c3d(content: bytes) -> None:
    """Raise if header or parameters lead out of the file, in a circle, or declare more than it holds.

    Raises:
        ValueError: They do. The message names the place.

    Source: The C3D File Format, C3D.ORG, 2021.
    """
    if len(content) < _BLOCK or content[1] != 0x50:
        raise ValueError("its second byte is not 0x50, or it is shorter than its header")
    at = _BLOCK * (content[0] - 1)
    if at < 0 or at + 4 > len(content):
        raise ValueError(f"its parameters begin at byte {at}, and it has {len(content)}")
    order = ">" if content[at + 3] == _MIPS else "<"
    points, analog, first, last = struct.unpack(f"{order}4H", content[2:10])
    numbers = (max(last - first, 0) + 1) * (4 * points + analog)
    check_growth(numbers, len(content))
    (scale,), (block,) = struct.unpack(f"{order}f", content[12:16]), struct.unpack(f"{order}H", content[16:18])
    end = _BLOCK * (block - 1) + numbers * (4 if scale < 0 else 2)
    if block < 2 or end > len(content):
        raise ValueError(f"its coordinates end at byte {end:,}, and it has {len(content):,}; it is cut off or damaged")
    at += 4
    while (letters := abs(struct.unpack_from("b", content, at)[0])) > 0:
        group = struct.unpack_from("b", content, at + 1)[0]
        at += 2 + letters
        (step,) = struct.unpack_from(f"{order}h", content, at)
        if group == 0:
            raise ValueError(f"a parameter at byte {at} belongs to no group")
        if group > 0:
            _check_parameter(content, at + 2, step - 2 if step else len(content))
        if step == 0:
            return
        if step < 2:
            raise ValueError(f"a parameter at byte {at} is followed by one {-step} bytes before it")
        at += step


def _check_parameter(content: bytes, at: int, most: int) -> None:
    kind, count = struct.unpack_from("bB", content, at)
    if kind not in _SIZES or count > 7:
        raise ValueError(f"a parameter at byte {at} has type {kind} and {count} dimensions")
    size = _SIZES[kind] * math.prod(content[at + 2 : at + 2 + count])
    if 2 + count + size > most or at + 2 + count + size > len(content):
        raise ValueError(f"a parameter at byte {at} has {size:,} bytes, more than there are")
