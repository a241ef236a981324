"""NTU RGB+D's raw format: one ``.skeleton`` text per recording, as the Kinect v2 tracked it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io._ntu_text import BODY_VALUES, JOINT_VALUES, JOINTS, read_bulk, read_lines

_NAME = re.compile(
    r"S(?P<setup>\d{3})C(?P<camera>\d{3})P(?P<subject>\d{3})R(?P<repetition>\d{3})A(?P<action>\d{3})", re.ASCII
)


@dataclass(frozen=True, eq=False)
class NTUBodies:
    """The content of a ``.skeleton`` file: one row per body and frame in which the sensor saw it.

    Args:
        name: Identity of the recording.
        num_frames: The frames of the recording, also those without a body.
        frame: The frame of each row ``[R]`` int64, 0-based, ascending.
        body_id: The sensor's number of the body ``[R]`` int64, about 7.2e16, once per frame.
        body: Per row ``[R, 9]`` float32: clipped edges, confidence and state of the left hand, of the right hand,
            restricted, lean x, lean y, tracking state.
        joints: Per row and joint ``[R, 25, 12]`` float32: x, y, z, depth x, depth y, color x, color y, orientation w,
            x, y, z, tracking state (0 not tracked, 1 inferred, 2 tracked).

    Units:
        x, y, z in meters in camera space, y up; depth and color in pixels.
    """

    name: str
    num_frames: int
    frame: np.ndarray
    body_id: np.ndarray
    body: np.ndarray
    joints: np.ndarray

    @property
    def pos(self) -> np.ndarray:
        """x, y, z of the joints ``[R, 25, 3]``, a view."""
        return self.joints[:, :, :3]


def parse_ntu_name(name: str) -> dict[str, int]:
    """The facts in a name ``SsssCcccPpppRrrrAaaa``, as written there (1-based).

    >>> from tg_skeleton.io import parse_ntu_name
    >>> parse_ntu_name("S017C003P020R002A060")
    {'setup': 17, 'camera': 3, 'subject': 20, 'repetition': 2, 'action': 60}

    Raises:
        ValueError: The name is none of NTU RGB+D.
    """
    matched = _NAME.fullmatch(name)
    facts = {key: int(value) for key, value in matched.groupdict().items()} if matched else {}
    if not facts or 0 in facts.values():
        raise ValueError(
            f"name: expected one like S001C001P001R001A001 (setup, camera, subject, repetition, action, from 1), "
            f"got '{name}'"
        )
    return facts


def read_ntu_skeleton(source: str | os.PathLike[str] | bytes, name: str | None = None) -> NTUBodies:
    """The bodies of an NTU RGB+D recording from a ``.skeleton`` file, or from the bytes of one.

    Nothing is cleaned: see `clean_ntu`. A recording in which no frame has a body is read, with R = 0. Line ends may be
    those of Windows, and blank lines may follow the last line. With the package ``pysimdjson`` installed reading is
    several times as fast, the arrays are the same.

    >>> from tg_skeleton.io import read_ntu_skeleton
    >>> joint = b"0.1 0.9 2.5 250 200 900 500 0 0 0 1 2"
    >>> body = [b"72057594037931101 0 1 1 1 1 0 0.02 -0.1 2", b"25", *[joint] * 25]
    >>> bodies = read_ntu_skeleton(b"\\n".join([b"2", b"0", b"1", *body]), "S001C001P001R001A024")
    >>> bodies.num_frames, bodies.frame, bodies.body_id, bodies.pos.shape
    (2, array([1]), array([72057594037931101]), (1, 25, 3))

    Args:
        source: The path of a file, or the content of one.
        name: Identity of the recording. Default: the stem of the path, or of bytes an empty name.

    Shapes:
        - ``pos``: ``[R, 25, 3]`` float32

    Units:
        Meters in camera space, y up.

    Raises:
        ValueError: The file is damaged; the message names it, the line (1-based) and the reason.
    """
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    origin = name or ("the given bytes" if isinstance(source, bytes) else os.fspath(source))
    if name is None:
        name = "" if isinstance(source, bytes) else Path(source).stem
    with reading(origin):
        rows = read_bulk(content)
        return NTUBodies(name, *(read_lines(content, origin) if rows is None else rows))


def write_ntu_skeleton(bodies: NTUBodies) -> bytes:
    """The content of a ``.skeleton`` file, of which `read_ntu_skeleton` gives the very same arrays.

    >>> import numpy as np
    >>> from tg_skeleton.io import NTUBodies, read_ntu_skeleton, write_ntu_skeleton
    >>> row = np.zeros(1, np.int64), np.full(1, 72057594037931101), np.zeros((1, 9), np.float32)
    >>> bodies = NTUBodies("S001C001P001R001A001", 1, *row, np.full((1, 25, 12), 0.1, np.float32))
    >>> write_ntu_skeleton(bodies).splitlines()[4]
    b'0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1 0.1'

    Args:
        bodies: One row per body and frame. Numbers get the fewest digits from 7 on that give the same float32 back.

    Raises:
        ValueError: The arrays don't fit together, or hold what the format can't say. The message names the array.
    """
    _check(bodies)
    rows = len(bodies.frame)
    per_row = BODY_VALUES - 1 + JOINTS * JOINT_VALUES
    texts = _texts(np.concatenate((bodies.body, bodies.joints.reshape(rows, JOINTS * JOINT_VALUES)), axis=1).ravel())
    first = np.searchsorted(bodies.frame, np.arange(bodies.num_frames + 1)).tolist()
    lines = [str(bodies.num_frames)]
    for frame in range(bodies.num_frames):
        lines.append(str(first[frame + 1] - first[frame]))
        for row in range(first[frame], first[frame + 1]):
            body, joints = per_row * row, per_row * row + BODY_VALUES - 1
            lines.append(" ".join([str(int(bodies.body_id[row])), *texts[body:joints]]))
            lines.append(str(JOINTS))
            ends = range(joints + JOINT_VALUES, per_row * (row + 1) + 1, JOINT_VALUES)
            lines.extend(" ".join(texts[end - JOINT_VALUES : end]) for end in ends)
    return ("\n".join(lines) + "\n").encode()


def _check(bodies: NTUBodies) -> None:
    rows = len(bodies.frame)
    shapes = {"frame": (rows,), "body_id": (rows,), "body": (rows, BODY_VALUES - 1)}
    for key, shape in {**shapes, "joints": (rows, JOINTS, JOINT_VALUES)}.items():
        array = getattr(bodies, key)
        dtype = np.int64 if len(shape) == 1 else np.float32
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"{key}: expected {dtype.__name__} of shape {list(shape)} (one row per entry of frame), "
                f"got {array.dtype} of shape {list(array.shape)}"
            )
        if dtype is np.float32 and not np.isfinite(array).all():
            raise ValueError(f"{key}: expected finite numbers, got NaN or infinite ones; leave these rows out")
    if rows and not (bodies.frame[0] >= 0 and (np.diff(bodies.frame) >= 0).all()):
        raise ValueError(f"frame: expected ascending frames from 0, got {bodies.frame}; sort the rows by frame")
    if rows and bodies.frame[-1] >= bodies.num_frames:
        raise ValueError(f"frame: expected frames below num_frames={bodies.num_frames}, got {bodies.frame[-1]}")
    if len(set(zip(bodies.frame.tolist(), bodies.body_id.tolist(), strict=True))) < rows:
        raise ValueError("body_id: expected every id once per frame, got one twice; give the bodies different ids")


def _texts(values: np.ndarray) -> list[str]:
    texts = np.empty(len(values), object)
    left = np.arange(len(values))
    for digits in (7, 8, 9):  # 9 are enough for every float32
        line = f"%.{digits}g " * len(left) % tuple(values[left].tolist())
        texts[left] = line.split()
        with np.errstate(over="ignore"):
            read = np.fromstring(line, sep=" ").astype(np.float32)
        left = left[read != values[left]]
    texts[(values == 0) & np.signbit(values)] = "-0.0"  # -0 is read as a whole number, which has no sign
    return list(texts)
