"""SBU Kinect Interaction: one text file of comma-separated rows per recording."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePath

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io.recording import Recording

_NAME = re.compile(r"s(?P<first>\d\d)s(?P<second>\d\d)_(?P<action>\d\d)_(?P<trial>\d\d\d)")
SBU_CLASSES = (
    "approaching",
    "departing",
    "kicking",
    "pushing",
    "shaking hands",
    "hugging",
    "exchanging",
    "punching",
)
"""The classes, in the order of the numbers in the names."""

_BODY = (2, 15, 3)
_FIELDS = 1 + 2 * 15 * 3
_MOST = 1_000_000
# meters = offset + scale * the file's number, per axis
_SCALE = np.array([-2.56, -1.92, 1.28])
_OFFSET = np.array([1.28, 0.96, 0.0])


def read_sbu_text(source: str | os.PathLike[str] | bytes, name: str | None = None) -> Recording:
    r"""A recording of SBU from its ``skeleton_pos.txt``, or from the bytes of one: two persons in every frame.

    The file's x and y are parts of the picture (about 0..1), y down; they become, in meters and y up,

    .. math:: X = 1.28 - 2.56\, x, \quad Y = 0.96 - 1.92\, y, \quad Z = 1.28\, z.

    Assumption: 1.92 for y, as 2.56 for x, is twice the offset; with it (and not with the 1.6 that is met too) the limbs
    of the data set's persons keep their lengths over a recording. Who of the two acts is not marked; the first person
    is the file's first.

    >>> from tg_skeleton.io import read_sbu_text
    >>> rows = "\n".join(f"{frame}," + ",".join(["0.25", "0.5", "1.5"] * 30) for frame in range(7, 30))
    >>> recording = read_sbu_text(rows.encode(), "s01s02_03_001")
    >>> recording.pos.shape, recording.label, recording.facts
    ((23, 2, 15, 3), 2, {'first': 1, 'second': 2, 'trial': 1})
    >>> recording.pos[0, 0, 0].round(3).tolist()
    [0.6399999856948853, 0.0, 1.9199999570846558]

    Args:
        source: The path of a file, or the content of one.
        name: ``s01s02_03_001`` (pair, class, trial), or a path ``…/s01s02/03/001/skeleton_pos.txt``, which gives that
            name. Default: the path.

    Shapes:
        - ``pos``: ``[T, 2, 15, 3]`` float32

    Units:
        Meters: x to the right of a person who faces the camera, y up, z away from the camera.

    Raises:
        ValueError: The content is no such recording, or the name is none of this data set. The message names the file
            and the line, counted from 1.

    Source: Yun et al., Two-person Interaction Detection Using Body-Pose Features and Multiple Instance Learning,
    CVPR Workshops 2012.
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    if name is None and isinstance(source, bytes):
        raise ValueError("name: expected one such as 's01s02_03_001' with bytes, got None; the content has no name")
    given = str(name if name is not None else os.fspath(source))
    origin = given if isinstance(source, bytes) else str(os.fspath(source))
    with reading(origin):
        name, facts, label = _identity(given, origin)
        rows = _rows(content, origin)  # [T, 90]
    pos = _OFFSET + _SCALE * rows.reshape(-1, *_BODY)
    return Recording(name, pos.astype(np.float32), label, facts=facts)


def _identity(given: str, origin: str) -> tuple[str, dict[str, int], int]:
    path = PurePath(given)
    name = "_".join(path.parts[-4:-1]) if path.name == "skeleton_pos.txt" else path.stem
    matched = _NAME.fullmatch(name)
    if matched is None:
        raise ValueError(
            f"{origin}: expected a name like s01s02_03_001 (pair, class, trial) or a path like "
            f"s01s02/03/001/skeleton_pos.txt, got '{name}'"
        )
    facts = {key: int(value) for key, value in matched.groupdict().items()}
    action = facts.pop("action")
    if not 1 <= action <= len(SBU_CLASSES):
        raise ValueError(f"{origin}: expected a class in 01..{len(SBU_CLASSES):02d} in the name, got '{name}'")
    return name, facts, action - 1


def _rows(content: bytes, origin: str) -> np.ndarray:
    try:
        lines = content.decode("ascii").rstrip().splitlines()
    except UnicodeDecodeError as error:
        line, byte = content.count(b"\n", 0, error.start) + 1, content[error.start]
        raise ValueError(f"{origin}, line {line}: expected plain ASCII text, got the byte {byte:#x}") from error
    if not lines:
        raise ValueError(f"{origin}: expected rows of {_FIELDS} numbers, got an empty file")
    rows = np.array([_row(line, f"{origin}, line {number}") for number, line in enumerate(lines, 1)])
    steps = np.flatnonzero(np.diff(rows[:, 0]) != 1)
    if steps.size:
        row = int(steps[0]) + 1
        raise ValueError(
            f"{origin}, line {row + 1}: expected frame {rows[row - 1, 0] + 1:.0f} after frame {rows[row - 1, 0]:.0f}, "
            f"got {rows[row, 0]:.0f}"
        )
    return rows[:, 1:]


def _row(line: str, origin: str) -> list[float]:
    fields = line.split(",")
    if len(fields) != _FIELDS:
        raise ValueError(
            f"{origin}: expected {_FIELDS} numbers (the frame, then 15 joints x y z of each of two persons), "
            f"got {len(fields)} fields"
        )
    try:
        row = [_number(field) for field in fields]
    except ValueError as error:
        raise ValueError(f"{origin}: {error}") from error
    if not (row[0].is_integer() and row[0] >= 0):
        raise ValueError(f"{origin}: expected the number of a frame first, got '{fields[0]}'")
    return row


def _number(field: str) -> float:
    try:
        number = float("x" if "_" in field else field)  # float() takes 1_000
    except ValueError:
        raise ValueError(f"expected a number, got '{field:.30}'") from None
    if not abs(number) <= _MOST:  # nor is NaN
        raise ValueError(f"expected a finite number of at most {_MOST:.0f}, got '{field:.30}'")
    return number
