"""Recordings as tables of text: one row a frame, or one row a joint and frame."""

from __future__ import annotations

import csv
import math
import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tg_skeleton.files import reading
from tg_skeleton.io._poses import MOST_FRAMES
from tg_skeleton.io.arrays import float32_coordinates
from tg_skeleton.io.joint_names import match_joints
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.units import aspect_of
from tg_skeleton.npz import check_growth
from tg_skeleton.topology import Topology

_FRAME = ("frame", "frame_index", "frame_id", "frame_number", "frame_no")
_JOINT = ("joint", "joint_name", "keypoint", "landmark", "bodypart", "marker", "joint_index")
_PERSON = ("person", "person_id", "person_index", "id", "track", "track_id", "body", "individual")
_LABEL = ("label", "class", "action", "activity")
_SCORE = ("score", "confidence", "conf", "likelihood", "visibility", "c")
_AXES = ("x", "y", "z")
_KINDS = "|".join((*_AXES, *sorted(_SCORE, key=len, reverse=True)))
_JOINT_FIRST = re.compile(rf"(?P<joint>.+?)(?:[ _.:\-]+(?P<kind>{_KINDS})|(?<=\d)(?P<near>[xyz]))", re.IGNORECASE)
_KIND_FIRST = re.compile(rf"(?P<kind>{_KINDS})[ _.:\-]*(?P<joint>\d+)", re.IGNORECASE)


class _Table(NamedTuple):
    """The columns of a file by their names, as texts, and the line (from 1) of the first row."""

    columns: dict[str, list[str]]
    first_line: int


def read_table(
    path: str | os.PathLike[str], topology: Topology | None, *, image_size: tuple[float, float] | None = None
) -> Recording:
    r"""A recording from a ``.csv`` or ``.tsv`` file, through pandas where it is installed.

    - *Wide*: one row a frame (and person); a column for each number of a joint, ``nose_x``, ``nose_y``, ``nose_score``,
      or ``x0``, ``y0``, ``x1``, …; or no names at all and the joints' numbers one after another. The three lines of
      names that DeepLabCut writes are understood.
    - *Long*: one row a frame and joint: ``frame``, ``joint`` (a name, or a number from 0), ``x``, ``y`` and optionally
      ``z``, ``score``, ``person``.

    A column ``person`` (``id``, ``track``) tells persons apart, ``frame`` numbers the frames (a number that is missing
    is an empty frame), and ``label`` (``class``, ``action``) is the class, the same in all rows. Empty cells and NaN
    are joints that were not seen. See `as_coordinates` for pixels and scores.

    >>> import tempfile
    >>> from pathlib import Path
    >>> from tg_skeleton import Topology
    >>> from tg_skeleton.io import read_table
    >>> stick = Topology("stick", ("foot", "head"), ("foot", "foot"))
    >>> path = Path(tempfile.mkdtemp(), "walk.csv")
    >>> _ = path.write_text("frame,joint,x,y\n3,head,0.5,1.5\n3,foot,0.5,0.25\n5,head,1.5,2.5\n")
    >>> recording = read_table(path, stick)
    >>> recording.pos.shape, recording.pos[0, 0].tolist(), recording.score[:, 0].tolist()
    ((3, 1, 2, 2), [[0.5, 0.25], [0.5, 1.5]], [[1.0, 1.0], [0.0, 0.0], [0.0, 1.0]])

    Args:
        path: The file.
        topology: The skeleton; its joints are found by their names, in any order, else by their order.
        image_size: (W, H) of the pictures in pixels, of coordinates in pixels.

    Raises:
        ValueError: The file is no such table. The message names the column, or the line.
    """
    if topology is None:
        raise ValueError("a table does not say its skeleton; name it with --skeleton")
    with reading(path) as path:
        table = _load(path, topology)
        names = {name.lower().strip(): name for name in table.columns}
        long = any(name in names for name in _JOINT) and {"x", "y"} <= names.keys()
        pos, score, remarks = (_long if long else _wide)(table, topology)
        values = float32_coordinates(pos, topology.num_joints, score=score, layout="T M V C", image_size=image_size)
        return Recording(
            path.stem,
            values.pos,
            -1,
            values.score,
            class_name=_constant(table, _LABEL),
            topology=topology,
            remarks=(*remarks, *values.remarks),
            aspect=aspect_of(image_size) if values.pos.shape[-1] == 2 else 1.0,
        )


def _load(path: Path, topology: Topology) -> _Table:
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = [line for _, line in zip(range(4), file, strict=False)]
    if not head:
        raise ValueError("expected a table, got an empty file")
    delimiter = max(",;\t", key=head[0].count)
    lines = [next(csv.reader([line], delimiter=delimiter), []) for line in head]
    if all(_is_number(cell) for cell in lines[0]):
        names, skip = _unnamed(len(lines[0]), topology), 0
    elif lines[0][0].lower() == "scorer" and len(lines) > 2:  # DeepLabCut: scorer, bodyparts, coords
        names, skip = (
            ["frame", *(f"{part}_{kind}" for part, kind in zip(*(line[1:] for line in lines[1:3]), strict=True))],
            3,
        )
    else:
        names, skip = [name.strip() for name in lines[0]], 1
    twice, times = Counter(names).most_common(1)[0]
    if times > 1:
        raise ValueError(f"line 1: expected every column once, got '{twice}' twice")
    return _Table(dict(zip(names, _cells(path, delimiter, skip, len(names)), strict=True)), skip + 1)


def _cells(path: Path, delimiter: str, skip: int, width: int) -> list[list[str]]:
    """The columns below the names."""
    try:
        import pandas
    except ImportError:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file, delimiter=delimiter))[skip:]
        rows = [row for row in rows if row]
        wrong = next((line for line, row in enumerate(rows, skip + 1) if len(row) != width), None)
        if wrong is not None:
            found = len(rows[wrong - skip - 1])
            raise ValueError(f"line {wrong}: expected {width} cells, got {found}") from None
        return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
    try:
        frame = pandas.read_csv(
            path, sep=delimiter, header=None, skiprows=skip, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except pandas.errors.EmptyDataError:
        return [[] for _ in range(width)]
    except (ValueError, pandas.errors.ParserError) as error:
        raise ValueError(f"expected a table of {width} columns: {error}") from error
    if frame.shape[1] != width:
        raise ValueError(f"expected {width} cells in each line, got {frame.shape[1]}")
    return [frame[column].tolist() for column in frame.columns]


def _unnamed(width: int, topology: Topology) -> list[str]:
    """Names for columns without any: the numbers of the joints one after another, perhaps a frame before them."""
    joints = topology.num_joints
    for dims in (2, 3):
        for before in ([], ["frame"]):
            if width == joints * dims + len(before):
                kinds = _AXES[:dims]
                return [*before, *(f"joint{joint}_{kind}" for joint in range(joints) for kind in kinds)]
    raise ValueError(
        f"expected names of columns in line 1, or the numbers of {joints} joints ({2 * joints} or {3 * joints}), got "
        f"{width} numbers"
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell or "nan")
    except ValueError:
        return False
    return True


def _floats(table: _Table, name: str) -> np.ndarray:
    column = table.columns[name]
    try:
        return np.array([cell.strip() or "nan" for cell in column], dtype=np.float64)
    except ValueError:
        row = next(row for row, cell in enumerate(column) if not _is_number(cell.strip()))
        raise ValueError(
            f"line {table.first_line + row}, column '{name}': expected a number, got {column[row][:40]!r}"
        ) from None


def _named(table: _Table, names: Sequence[str]) -> str | None:
    return next((column for column in table.columns if column.lower().strip() in names), None)


def _constant(table: _Table, names: Sequence[str]) -> str | None:
    column = _named(table, names)
    if column is None or not table.columns[column]:
        return None
    values = set(table.columns[column])
    if len(values) > 1:
        raise ValueError(f"column '{column}': expected one value in all rows, got {', '.join(sorted(values)[:4])}")
    return values.pop()


def _frames(table: _Table) -> np.ndarray | None:
    """The frame of each row ``[R]``, from 0."""
    column = _named(table, _FRAME)
    if column is None:
        return None
    numbers = _floats(table, column)
    if not len(numbers):
        raise ValueError("expected at least one row, got none")
    wrong = np.flatnonzero(~(np.isfinite(numbers) & (numbers == np.round(numbers))))
    if len(wrong):
        line = table.first_line + int(wrong[0])
        raise ValueError(f"line {line}, column '{column}': expected a whole number, got {numbers[wrong[0]]}")
    frames = numbers - numbers.min()
    if frames.max() >= MOST_FRAMES:
        raise ValueError(f"column '{column}': expected at most {MOST_FRAMES} frames, got {frames.max() + 1:.0f}")
    return frames.astype(np.int64)


def _persons(table: _Table, rows: int) -> np.ndarray:
    """The person of each row ``[R]``, from 0, in the order in which they appear."""
    column = _named(table, _PERSON)
    if column is None:
        return np.zeros(rows, np.int64)
    order = {name: place for place, name in enumerate(dict.fromkeys(table.columns[column]))}
    return np.array([order[name] for name in table.columns[column]], np.int64)


def _filled(table: _Table, shape: tuple[int, ...], place: tuple[np.ndarray, ...], values: np.ndarray) -> np.ndarray:
    """Values at their places, each taken once; NaN elsewhere."""
    check_growth(math.prod(shape), 8 * values.size)
    flat = np.ravel_multi_index(place, shape)
    twice = np.flatnonzero(np.bincount(flat)[flat] > 1)
    if len(twice):
        line = table.first_line + int(twice[1])
        raise ValueError(f"line {line}: expected every frame, person and joint once, got this one twice")
    filled = np.full((*shape, *values.shape[1:]), np.nan)
    filled[place] = values
    return filled


def _long(table: _Table, topology: Topology) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    frames, column = _frames(table), _named(table, _JOINT)
    if frames is None or column is None:
        raise ValueError("expected a column 'frame', as rows are joints; got none")
    found = list(dict.fromkeys(table.columns[column]))
    if all(name.isdecimal() for name in found):
        if max(map(int, found)) >= topology.num_joints:
            raise ValueError(
                f"column '{column}': expected joints 0 to {topology.num_joints - 1}, got {max(map(int, found))}"
            )
        places, remarks = {name: int(name) for name in found}, tuple[str, ...]()
    else:
        chosen, remarks = match_joints(found, topology, partial=True)
        places = {found[place]: joint for joint, place in enumerate(chosen) if place >= 0}
    joint = np.array([places.get(name, -1) for name in table.columns[column]])
    kept = joint >= 0  # the file may have further joints
    axes = [name for axis in _AXES if (name := _named(table, (axis,)))]
    values = np.stack([_floats(table, name) for name in axes], -1)
    person = _persons(table, len(joint))
    shape = (int(frames.max()) + 1, int(person.max()) + 1, topology.num_joints)
    place = (frames[kept], person[kept], joint[kept])
    column = _named(table, _SCORE)
    score = None if column is None else _filled(table, shape, place, _floats(table, column)[kept])
    return _filled(table, shape, place, values[kept]), score, remarks


def _wide(table: _Table, topology: Topology) -> tuple[np.ndarray, np.ndarray | None, tuple[str, ...]]:
    columns: dict[str, dict[str, str]] = {}
    for name in table.columns:
        matched = _KIND_FIRST.fullmatch(name) or _JOINT_FIRST.fullmatch(name)
        if matched:
            kind = (matched.groupdict().get("near") or matched["kind"]).lower()
            columns.setdefault(matched["joint"], {})["score" if kind in _SCORE else kind] = name
    columns = {joint: kinds for joint, kinds in columns.items() if {"x", "y"} <= kinds.keys()}
    if not columns:
        raise ValueError(
            f"expected columns such as nose_x, nose_y or x0, y0 (wide), or frame, joint, x, y (long), got "
            f"{', '.join(list(table.columns)[:6])}"
        )
    found = list(columns)
    chosen, remarks = match_joints(found, topology)
    joints = [columns[found[place]] for place in chosen]
    axes = [axis for axis in _AXES if all(axis in kinds for kinds in joints)]
    values = np.stack(
        [np.stack([_floats(table, kinds[axis]) for axis in axes], -1) for kinds in joints], 1
    )  # [R, V, D]
    if not len(values):
        raise ValueError("expected at least one row, got none")
    person = _persons(table, len(values))
    frames = _frames(table)
    if frames is None:
        frames = np.arange(len(values)) if not person.any() else np.array(_occurrences(person))
    shape = (int(frames.max()) + 1, int(person.max()) + 1)
    score = None
    if all("score" in kinds for kinds in joints):
        scores = np.stack([_floats(table, kinds["score"]) for kinds in joints], 1)
        score = _filled(table, shape, (frames, person), scores)
    return _filled(table, shape, (frames, person), values), score, remarks


def _occurrences(person: np.ndarray) -> list[int]:
    """How often each row's person came before it: the frame, of rows without a number."""
    count: dict[int, int] = {}
    places = []
    for one in person.tolist():
        places.append(count.get(one, 0))
        count[one] = places[-1] + 1
    return places
