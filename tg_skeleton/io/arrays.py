"""Recordings in numpy's files."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.files import reading, reason
from tg_skeleton.io.coordinates import Channels, Coordinates, as_coordinates
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.units import aspect_of
from tg_skeleton.npz import read_header, read_npy, read_npz
from tg_skeleton.topologies import MEDIAPIPE33
from tg_skeleton.topology import Topology

_EXPECTED = "expected numbers as np.save or np.savez writes them, got something else"


def read_array(
    path: str | os.PathLike[str],
    topology: Topology | None,
    *,
    layout: str | None = None,
    channels: Channels | None = None,
    image_size: tuple[float, float] | None = None,
) -> Recording:
    """A recording from an ``.npy`` or ``.npz`` file; nothing is unpickled.

    An ``.npy`` holds coordinates, ``[T, M, V, D]``, ``[T, V, D]`` or in another layout of `as_coordinates`. An ``.npz``
    holds them as ``pos``, or as its only array; optional arrays are ``score`` (the shape of ``pos`` without D),
    ``name``, ``label`` (the name of a class, or its number from 0) and ``fps``.

    Args:
        path: The file.
        topology: The skeleton, which the file does not name.
        layout: The order of the axes. Default: recognized.
        channels: The channels. Default: recognized; 33 joints with 4 or 5 channels are MediaPipe's landmarks.
        image_size: (W, H) of the pictures in pixels, of coordinates in pixels.

    Raises:
        ValueError: The file holds no such arrays, or the skeleton is missing or has another number of joints.
    """
    with reading(path) as path:
        values = load_arrays(path)
        return recording_of_arrays(values, path.stem, topology, layout=layout, channels=channels, image_size=image_size)


def recording_of_arrays(
    values: Mapping[str, Any],
    name: str,
    topology: Topology | None,
    *,
    layout: str | None = None,
    channels: Channels | None = None,
    image_size: tuple[float, float] | None = None,
) -> Recording:
    """A recording from the arrays of a file by their names, as `read_array` has them.

    Raises:
        ValueError: An array does not fit the others or the skeleton.
    """
    if topology is None:
        raise ValueError("an array does not say its joints; name them with --skeleton")
    array = values["pos"]
    if array.ndim not in (3, 4) or array.dtype.kind not in "fiu":
        raise ValueError(
            f"expected coordinates [T, M, V, D] or [T, V, D], got {array.dtype} of shape {list(array.shape)}"
        )
    if topology.num_joints not in array.shape:
        raise ValueError(
            f"expected coordinates [T, M, V, D] or [T, V, D] of {topology.name}'s {topology.num_joints} "
            f"joints, got shape {list(array.shape)}; where it is of another skeleton, name that with --from"
        )
    remarks: tuple[str, ...] = ()
    landmarks = channels is None and topology.joints == MEDIAPIPE33.joints and array.shape[-1] in (4, 5)
    if landmarks and "score" not in values:
        channels, remarks = "xyzs", ("the channels are MediaPipe's: x, y, z, visibility",)
        layout = layout or ("T V C" if array.ndim == 3 else "T M V C")
    pos, score, more = float32_coordinates(
        array, topology.num_joints, score=values.get("score"), layout=layout, channels=channels, image_size=image_size
    )
    if "name" in values:
        name = str(values["name"].item())
    label, fps = (values[key].item() if key in values else None for key in ("label", "fps"))
    if fps is not None and not (isinstance(fps, int | float) and 0 < fps < math.inf):
        raise ValueError(f"fps: expected frames per second above 0, got {fps!r}")
    number, class_name = _label(label)
    return Recording(
        name,
        pos,
        number,
        score,
        class_name=class_name,
        topology=topology,
        fps=fps,
        remarks=(*remarks, *more),
        aspect=aspect_of(image_size) if pos.shape[-1] == 2 else 1.0,
    )


def float32_coordinates(
    array: Any,
    joints: int,
    *,
    score: Any = None,
    layout: str | None = None,
    channels: Channels | None = None,
    image_size: tuple[float, float] | None = None,
) -> Coordinates:
    """`as_coordinates` of numbers from a file.

    Raises:
        ValueError: They are of no known layout, or float32 does not hold them.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        values = as_coordinates(array, joints, score=score, layout=layout, channels=channels, image_size=image_size)
    if not np.isfinite(values.pos).all():
        frame, most = int(np.argwhere(~np.isfinite(values.pos))[0][0]), np.finfo(np.float32).max
        raise ValueError(f"expected coordinates below {most:.1e}, got larger ones in frame {frame}")
    return values


def _label(label: Any) -> tuple[int, str | None]:
    if label is None:
        return -1, None
    if isinstance(label, str):
        return -1, label
    if isinstance(label, float) and label.is_integer():
        label = int(label)
    if not isinstance(label, int) or label < 0:
        raise ValueError(f"label: expected the name of a class or its number from 0, got {label!r}")
    return int(label), None


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file by their names; ``pos`` is among them.

    Raises:
        ValueError: The file holds no such arrays, or declares more than it holds.
    """
    with path.open("rb") as file:
        zipped = file.read(2) == b"PK"
    try:
        values = read_npz(path) if zipped else {"pos": read_npy(path)}
    except Exception as error:  # whatever zipfile and zlib raise
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise ValueError(f"{_EXPECTED}: {reason(error)}") from error
    if "pos" not in values and len(values) == 1:
        return {"pos": next(iter(values.values()))}
    if "pos" not in values:
        raise ValueError(f"expected an array 'pos', got {', '.join(map(repr, values)) or 'no array'}")
    for key in ("name", "label", "fps"):
        if key in values and values[key].size != 1:
            raise ValueError(f"{key}: expected one value, got shape {list(values[key].shape)}")
    return values


def stored_array(path: Path, key: str) -> np.ndarray:
    """An array of an ``.npz``: mapped where it lies uncompressed in the file, else loaded; nothing is unpickled.

    Raises:
        ValueError: The array is damaged, or does not hold numbers.
    """
    with reading(path, "file of arrays"):
        with zipfile.ZipFile(path) as archive, archive.open(f"{key}.npy") as member:
            info = archive.getinfo(f"{key}.npy")
            shape, fortran, dtype = read_header(member)
            begin = member.tell()
        if dtype.kind not in "fiu":
            raise ValueError(f"expected numbers under {key!r}, got {dtype}")
        if info.compress_type == zipfile.ZIP_STORED and 0 not in shape:
            with path.open("rb") as file:  # the local header repeats name and extra field, with lengths of its own
                file.seek(info.header_offset + 26)
                lengths = np.frombuffer(file.read(4), "<u2")
            offset = info.header_offset + 30 + int(lengths.sum()) + begin
            return np.memmap(path, dtype, "r", offset, shape, "F" if fortran else "C")
        return read_npz(path, [key])[key]
