"""Recordings of motion capture and Matlab; ``.mat`` and ``.bvh`` through packages that are extras."""

from __future__ import annotations

import math
import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from tg_skeleton.files import reading, reason
from tg_skeleton.io._c3d import parse_c3d
from tg_skeleton.io.arrays import float32_coordinates, recording_of_arrays
from tg_skeleton.io.coordinates import Channels
from tg_skeleton.io.joint_names import match_joints
from tg_skeleton.io.recording import Recording
from tg_skeleton.npz import check_growth
from tg_skeleton.topology import Topology

_NUMERIC = ("double", "single", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
_METERS = {"m": 1.0, "cm": 0.01, "mm": 0.001}


def read_mat(
    path: str | os.PathLike[str],
    topology: Topology | None,
    *,
    layout: str | None = None,
    channels: Channels | None = None,
    image_size: tuple[float, float] | None = None,
) -> Recording:
    """A recording from a Matlab file (up to version 7.2) by scipy, the extra ``mat``.

    The coordinates are the variable ``pos``, or the only array of 3 or 4 axes of which one has as many entries as the
    skeleton has joints; ``score``, ``name``, ``label`` and ``fps`` as `read_array` has them.

    Args:
        path: The file.
        topology: The skeleton, which the file does not name.
        layout: The order of the axes. Default: recognized.
        channels: The channels. Default: recognized.
        image_size: (W, H) of the pictures in pixels, of coordinates in pixels.

    Raises:
        ImportError: scipy is not installed.
        ValueError: The file holds no such arrays.
    """
    try:
        import scipy.io
    except ImportError as error:
        raise ImportError(".mat files are read with scipy; pip install 'tg_skeleton[mat]'") from error
    with reading(path) as path:
        return _of_mat(_variables(path, scipy.io), path.stem, topology, layout, channels, image_size)


def _variables(path: Path, scipy_io: Any) -> dict[str, np.ndarray]:
    """The arrays of numbers and the texts of a Matlab file, whose shapes are checked before they are read."""
    try:
        kinds = {name: (math.prod(shape), kind) for name, shape, kind in scipy_io.whosmat(path)}
        wanted = [name for name, (_, kind) in kinds.items() if kind in (*_NUMERIC, "char", "logical")]
        check_growth(sum(kinds[name][0] for name in wanted), path.stat().st_size)
        loaded = scipy_io.loadmat(path, simplify_cells=True, variable_names=wanted) if wanted else {}
    except NotImplementedError as error:
        raise ValueError("expected a .mat file up to version 7.2, got 7.3; save it with -v7 in Matlab") from error
    except Exception as error:  # scipy raises whatever a damaged file leads to
        raise ValueError(f"expected a .mat file, got something else: {reason(error)}") from error
    return {key: np.asarray(value) for key, value in loaded.items() if not key.startswith("__")}


def _of_mat(
    values: dict[str, np.ndarray],
    name: str,
    topology: Topology | None,
    layout: str | None,
    channels: Channels | None,
    image_size: tuple[float, float] | None,
) -> Recording:
    if topology is None:
        raise ValueError("a .mat file does not say its joints; name them with --skeleton")
    if "pos" not in values:
        likely = [
            key
            for key, value in values.items()
            if value.ndim in (3, 4) and value.dtype.kind in "fiu" and topology.num_joints in value.shape
        ]
        if len(likely) != 1:
            found = ", ".join(f"{key} {list(value.shape)}" for key, value in values.items()) or "none"
            raise ValueError(
                f"expected a variable 'pos', or one array of 3 or 4 axes with {topology.num_joints} joints, got {found}"
            )
        values["pos"] = values.pop(likely[0])
    facts = {key: value for key, value in values.items() if key == "pos" or key == "score" or value.size == 1}
    return recording_of_arrays(facts, name, topology, layout=layout, channels=channels, image_size=image_size)


def read_c3d(path: str | os.PathLike[str], topology: Topology | None) -> Recording:
    """A recording of markers from a ``.c3d`` file.

    Markers are found by their labels, in any order; a negative residual is a marker that was not seen. Millimeters and
    centimeters become meters, and where the file says that z points up, y does afterwards.

    Args:
        path: The file.
        topology: The skeleton, whose joints the markers are.

    Shapes:
        - ``pos``: ``[T, 1, V, 3]`` float32

    Raises:
        ValueError: The file is damaged, or lacks markers of the skeleton.
    """
    if topology is None:
        raise ValueError("markers do not say their skeleton; name it with --skeleton")
    with reading(path) as path:
        return _of_c3d(path, topology)


def _of_c3d(path: Path, topology: Topology) -> Recording:
    try:
        markers = parse_c3d(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"expected a .c3d file, got something else: {reason(error)}") from error
    chosen, remarks = match_joints(markers.labels, topology)
    unit, up = markers.unit.lower(), markers.up.lower()
    if unit not in _METERS:
        remarks = (*remarks, f"expected units m, cm or mm, got {unit!r}: taken for meters")
    points = np.where(markers.seen[..., None], markers.points * _METERS.get(unit, 1.0), np.nan)
    values = float32_coordinates(_y_up(points[:, chosen], up), topology.num_joints, layout="T V C")
    remarks = (*remarks, *values.remarks, *(("z pointed up: turned so that y does",) if up == "+z" else ()))
    fps = markers.rate if 0 < markers.rate < math.inf else None
    return Recording(path.stem, values.pos, -1, values.score, topology=topology, fps=fps, remarks=remarks)


def read_bvh(path: str | os.PathLike[str], topology: Topology | None) -> Recording:
    """A recording from a ``.bvh`` file by pybvh, the extra ``bvh``; the file brings its skeleton.

    Where ``topology`` names joints that all are in the file, the recording has these; else those of the file. Where z
    points up, y does afterwards. Units are the file's, for it does not name them.

    Args:
        path: The file.
        topology: The skeleton to select. Default: the file's own.

    Shapes:
        - ``pos``: ``[T, 1, V, 3]`` float32

    Raises:
        ImportError: pybvh is not installed.
        ValueError: The file is damaged.
    """
    try:
        import pybvh
    except ImportError as error:
        raise ImportError(".bvh files are read with pybvh; pip install 'tg_skeleton[bvh]'") from error
    with reading(path) as path:
        return _of_bvh(path, pybvh, topology)


def _of_bvh(path: Path, pybvh: Any, topology: Topology | None) -> Recording:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # about the axis that points up, which is a remark here
            content = pybvh.read_bvh_file(os.fspath(path))
            up = str(content.world_up)
            points = np.asarray(content.joint_positions())  # [T, V, 3]
        names, parents, fps = list(content.joint_names), dict(content.edges), float(content.fps)
    except Exception as error:  # pybvh raises whatever a damaged file leads to
        raise ValueError(f"expected a .bvh file, got something else: {reason(error)}") from error
    if not np.isfinite(points).all():
        frame = int(np.argwhere(~np.isfinite(points))[0][0])
        raise ValueError(f"expected finite numbers, got others in frame {frame}")
    if not 0 < fps < math.inf:
        raise ValueError(f"expected a .bvh file with a frame time above 0, got {fps} frames per second")
    own = Topology(path.stem, names, [parents.get(joint, joint) for joint in range(len(names))], source="a BVH file")
    remarks: tuple[str, ...] = () if up in ("+y", "+z") else (f"{up} seems to point up; the axes stay as they are",)
    if up == "+z":
        remarks = ("z pointed up: turned so that y does",)
    if topology is not None and {_letters(name) for name in topology.joints} <= {_letters(name) for name in names}:
        chosen, more = match_joints(names, topology)
        own, points, remarks = topology, points[:, chosen], (*remarks, *more)
    values = float32_coordinates(_y_up(points, up), own.num_joints, layout="T V C")
    return Recording(
        path.stem, values.pos, -1, values.score, topology=own, fps=fps, remarks=(*remarks, *values.remarks)
    )


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _y_up(points: np.ndarray, up: str) -> np.ndarray:
    """Points ``[..., 3]`` turned about x so that y points up, where z did."""
    return np.stack([points[..., 0], points[..., 2], -points[..., 1]], -1) if up == "+z" else points
