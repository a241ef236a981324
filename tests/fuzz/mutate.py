"""Damage to files, by a seed: bytes, tokens, JSON trees, and the parts of zip archives."""

from __future__ import annotations

import copy
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

_TOKENS = (
    *(b"nan", b"inf", b"-inf", b"1e999", b"-1e999", b"1e39", b"9" * 21, b"-1", b"0", b"0.5", b"1_000", b"", b"null"),
    *(b"[", b"]", b"{", b"}", b'"', b",", b"\n", b"\r\n", b"\t", b"\0", b"\x1b[2J", b"\xff\xfe", b"\xed\xa0\x80", b"="),
    *(
        b"[" * 3000,
        b"1" * 5000,
        b"()" * 50,
        b"'" * 3,
        b"\x80\x04",
        b"PK\x05\x06",
        b"\x93NUMPY",
        b"99999999",
        b"-2147483648",
    ),
)
_NUMBERS = (
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    1 << 40,
    (1 << 63) - 1,
    1 << 63,
)
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        10**21,
        10**400,
        0.5,
        1e39,
        1e308,
        float("nan"),
        float("inf"),
        "",
        "x",
        "nan",
    ),
    *([], {}, [[]], [None], {"a": 1}, "\x1b[31m", "=1+1", "\ud800", "9" * 21, [0] * 3000, "é" * 300),
)


def damaged(content: bytes, other: bytes, random: random.Random) -> bytes:
    """The content with one to four kinds of damage.

    Args:
        content: The file.
        other: Another file, of which parts are taken.
        random: Chooses the damage.
    """
    if content[:1] in b"{[" and random.random() < 0.6:
        content = _json(content, random)
        if random.random() < 0.7:
            return content
    if content[:2] == b"PK" and random.random() < 0.6:
        content = _zip(content, other, random)
        if random.random() < 0.7:
            return content
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 4))):
        content = random.choice(_BYTES)(content, other, random)
    return content


def _place(content: bytes, random: random.Random) -> int:
    """A place, often among the first bytes, where headers are, or the last."""
    size = len(content)
    near = min(size, 200)
    at = random.choice((random.randrange(size + 1), random.randrange(near + 1), size - random.randrange(near + 1)))
    return min(max(at, 0), size)


def _flip(content: bytes, other: bytes, random: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 8, 64)) if changed else 0):
        changed[min(_place(content, random), len(changed) - 1)] = random.randrange(256)
    return bytes(changed)


def _cut(content: bytes, other: bytes, random: random.Random) -> bytes:
    return content[: _place(content, random)]


def _remove(content: bytes, other: bytes, random: random.Random) -> bytes:
    at = _place(content, random)
    return content[:at] + content[at + random.choice((1, 2, 7, 64, 1000)) :]


def _repeat(content: bytes, other: bytes, random: random.Random) -> bytes:
    at, size = _place(content, random), random.choice((1, 5, 60, 500))
    return content[:at] + content[at : at + size] * random.choice((2, 3, 50)) + content[at + size :]


def _insert(content: bytes, other: bytes, random: random.Random) -> bytes:
    at = _place(content, random)
    return content[:at] + random.choice(_TOKENS) + content[at + random.choice((0, 0, 1, 4)) :]


def _number(content: bytes, other: bytes, random: random.Random) -> bytes:
    at, (letter, size) = _place(content, random), random.choice((("B", 1), ("H", 2), ("I", 4), ("Q", 8)))
    number = random.choice(_NUMBERS) & ((1 << 8 * size) - 1)
    return content[:at] + struct.pack(random.choice("<>") + letter, number) + content[at + size :]


def _digits(content: bytes, other: bytes, random: random.Random) -> bytes:
    """Another number in the place of one that is written in digits."""
    places = [at for at in range(min(len(content), 4000)) if content[at : at + 1].isdigit()]
    if not places:
        return _number(content, other, random)
    at = end = random.choice(places)
    while content[end : end + 1].isdigit():
        end += 1
    return content[:at] + random.choice(_TOKENS[:13]) + content[end:]


def _splice(content: bytes, other: bytes, random: random.Random) -> bytes:
    return content[: _place(content, random)] + other[_place(other, random) :]


_BYTES: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    *(_flip, _flip, _cut, _remove, _repeat, _insert, _insert, _number, _digits, _digits, _splice),
)


def _json(content: bytes, random: random.Random) -> bytes:
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        return content
    for _ in range(random.choice((1, 1, 2, 3))):
        tree = _changed(tree, random)
    return json.dumps(tree).encode()


def _changed(tree: Any, random: random.Random) -> Any:
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    if not keys or random.random() < 0.15:
        return copy.deepcopy(random.choice((*_VALUES, [tree], [tree, 1])))
    key = random.choice(keys[:50] if random.random() < 0.5 else keys)
    change = random.random()
    if change < 0.1:
        del tree[key]
    elif change < 0.15 and isinstance(tree, dict):
        tree[random.choice(("x", "", "name", "label"))] = tree.pop(key)
    elif change < 0.2 and isinstance(tree, list):
        tree.insert(key, copy.deepcopy(tree[key]))
    else:
        tree[key] = _changed(tree[key], random)
    return tree


def _zip(content: bytes, other: bytes, random: random.Random) -> bytes:
    """The archive with a damaged part whose checksum is right."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, KeyError):
        return content
    name = random.choice(list(parts))
    change = random.random()
    if change < 0.1:
        del parts[name]
    elif change < 0.2:
        parts[random.choice(("x.npy", "pos.npy", "../x.npy", "fps.npy"))] = parts.pop(name)
    else:
        parts[name] = random.choice(_BYTES)(parts[name], other, random)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for key, value in parts.items():
            archive.writestr(key, value)
    return made.getvalue()
