"""How much faster is an NTU RGB+D file read than by a plain parser, line by line and ``float()`` by ``float()``?"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np

from tests.benchmark.measure import Decimal, Ratio, Table, milliseconds
from tg_skeleton.io import _ntu_text
from tg_skeleton.io.ntu_skeleton import NTUBodies, read_ntu_skeleton, write_ntu_skeleton

FRAMES = 85
FIELDS = ("x", "y", "z", "depthX", "depthY", "colorX", "colorY", "rotW", "rotX", "rotY", "rotZ", "state")
SPREAD = (0.3, 0.5, 0.3, 60, 60, 200, 200, 0.5, 0.5, 0.5, 0.5, 0)
CENTER = (0, 0, 3, 250, 200, 960, 540, 0, 0, 0, 0, 2)


def example(persons: int) -> bytes:
    """A generated file; numbers have the seven digits that the sensor's software writes, lines end as in Windows."""
    rng = np.random.default_rng(0)
    rows = FRAMES * persons
    joints = rng.normal(CENTER, SPREAD, (rows, 25, 12))
    digits = np.array([float(f"{value:.7g}") for value in joints.ravel()], np.float32).reshape(joints.shape)
    frame = np.arange(FRAMES).repeat(persons)
    body_id = 72057594037931101 + np.tile(np.arange(persons), FRAMES)
    content = write_ntu_skeleton(NTUBodies("", FRAMES, frame, body_id, np.zeros((rows, 9), np.float32), digits))
    return content.replace(b"\n", b"\r\n")


def plain(content: bytes) -> np.ndarray:
    """The joints ``[R, 25, 12]`` read as in common scripts: a dictionary per joint, then an array."""
    file = io.TextIOWrapper(io.BytesIO(content))
    rows = []
    for _ in range(int(file.readline())):
        for _ in range(int(file.readline())):
            [float(value) for value in file.readline().split()]
            joints = range(int(file.readline()))
            rows.append([dict(zip(FIELDS, map(float, file.readline().split()), strict=True)) for _ in joints])
    return np.array([[[joint[field] for field in FIELDS] for joint in row] for row in rows], np.float32)


def read(content: bytes, simdjson: bool) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        _ntu_text._SIMDJSON = simdjson
        return read_ntu_skeleton(content).joints

    return run


def run() -> list[Table]:
    """One process, files in memory; the arrays of all contenders are asserted to be the same."""
    available, rows = _ntu_text._SIMDJSON, []
    for persons in (1, 2):
        content = example(persons)
        contenders = {"plain": lambda content=content: plain(content), "numpy only": read(content, simdjson=False)}
        if available:
            contenders["pysimdjson"] = read(content, simdjson=True)
        arrays = {name: contender() for name, contender in contenders.items()}
        assert all(np.array_equal(array, arrays["plain"]) for array in arrays.values())
        times = milliseconds(contenders)
        for name, time in times.items():
            ratio = Ratio(times["plain"] / time)
            rows.append((persons, round(len(content) / 1e3), name, Decimal(1e3 / time), ratio))
    _ntu_text._SIMDJSON = available
    return [Table(f"NTU RGB+D text, {FRAMES} frames", ("bodies", "kB", "parser", "files/s", "ratio"), rows)]
