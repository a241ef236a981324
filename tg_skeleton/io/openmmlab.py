"""OpenMMLab / PYSKL: one pickle for a whole data set."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, Literal, overload

import numpy as np

from tg_skeleton.io._unpickle import PickledArray, load_plain
from tg_skeleton.io.ntu_skeleton import parse_ntu_name
from tg_skeleton.io.recording import Recording
from tg_skeleton.io.units import aspect_of

Units = Literal["image", "pixels"]


class OpenMMLabRecords(Sequence[Recording]):
    """The recordings of an OpenMMLab pickle, each made when it is asked for.

    What is held is the file's own bytes (float16, so the memory is about the file's size); float32 coordinates exist
    for the recordings that are in use only. A record that is damaged raises when it is asked for, not earlier.

    Args:
        annotations: The dicts of the pickle.
        origin: What messages call the file.
        units: See `read_openmmlab_pickle`.

    Raises:
        ValueError: An annotation has no name, or two have the same.
    """

    def __init__(self, annotations: Sequence[Any], origin: str, units: Units = "image") -> None:
        self._annotations = annotations
        self._said = origin
        self._units: Units = units
        self.names = [_name(fields, f"{origin}: annotation {row}") for row, fields in enumerate(annotations)]
        for name, times in Counter(self.names).most_common(1):
            if times > 1:
                raise ValueError(f"{origin}: expected every 'frame_dir' once, got '{name}' {times} times")

    def __len__(self) -> int:
        return len(self._annotations)

    @property
    def labels(self) -> list[int]:
        """The class of each recording, without reading its coordinates; -1 where it is missing."""
        found = (fields.get("label", -1) for fields in self._annotations)
        return [label if type(label) is int else -1 for label in found]

    @overload
    def __getitem__(self, row: int) -> Recording: ...
    @overload
    def __getitem__(self, row: slice) -> list[Recording]: ...
    def __getitem__(self, row: int | slice) -> Recording | list[Recording]:
        if isinstance(row, slice):
            return [self[i] for i in range(*row.indices(len(self)))]
        row = range(len(self))[row]
        return _recording(self._annotations[row], f"{self._said}: annotation {row}", self._units)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)})"


@dataclass(frozen=True)
class OpenMMLabSet:
    """A data set in one pickle.

    Args:
        splits: Names of recordings by the name of a split, such as ``"xsub_train"``; as the file has them, which may
            name recordings that it does not hold.
        records: The recordings, in the file's order; ``records.names`` are their names.
    """

    splits: Mapping[str, list[str]]
    records: OpenMMLabRecords


def read_openmmlab_pickle(source: str | os.PathLike[str] | bytes, *, units: Units = "image") -> OpenMMLabSet:
    r"""All recordings and splits of an OpenMMLab (PYSKL, MMAction2) skeleton pickle, without running its code.

    A pickle is a program, and loading one that a stranger made can do anything. This reader refuses all that a pickle
    may name but numpy arrays of numbers and Python's own containers, before anything runs.

    Older files are a bare list of annotations; they have no splits. Of an annotation, ``frame_dir`` is the name and
    ``keypoint``, ``keypoint_score``, ``img_shape``, ``total_frames`` and ``label`` are read. The facts are those of an
    NTU name where the name is one (see `parse_ntu_name`), else none.

    >>> import pickle
    >>> import numpy as np
    >>> from tg_skeleton.io import read_openmmlab_pickle
    >>> wave = {"frame_dir": "S001C002P003R001A023", "label": 22, "total_frames": 40,
    ...         "keypoint": np.ones((1, 40, 25, 3), np.float16)}
    >>> data = {"split": {"xsub_train": [], "xsub_val": ["S001C002P003R001A023"]}, "annotations": [wave]}
    >>> content = read_openmmlab_pickle(pickle.dumps(data))
    >>> content.splits["xsub_val"], content.records.names
    (['S001C002P003R001A023'], ['S001C002P003R001A023'])
    >>> content.records[0].pos.shape, content.records[0].facts["camera"]
    ((40, 1, 25, 3), 2)

    Args:
        source: The path of a file, or the content of one.
        units: Of 2D coordinates. ``"image"``: :math:`(x / w - \tfrac12,\ \tfrac12 - y / h)` with ``img_shape``
            :math:`(h, w)`, and zero where the score is 0 (without scores: where x and y are), as for Kinetics.
            ``"pixels"``: as in the file, y down.

    Shapes:
        - a recording: ``pos`` ``[T, M, V, C]`` float32, C = 2 or 3; ``score`` ``[T, M, V]`` where the file has scores

    Units:
        3D as in the file: for NTU meters in camera space, y up. 2D: image units, y up, or pixels.

    Raises:
        ValueError: The content is no such pickle; or, when a recording is asked for, it is damaged. The message names
            the file and the annotation.

    Source: PYSKL's data format, Duan et al., PYSKL: Towards Good Practices for Skeleton Action Recognition, 2022.
    """
    _check_units(units)
    origin = "the given bytes" if isinstance(source, bytes) else os.fspath(source)
    content = load_plain(source, origin)
    if isinstance(content, dict) and "keypoint" in content:
        raise ValueError(f"{origin}: expected a set of records, got a single one; read it with read_openmmlab_record")
    if isinstance(content, list):
        content = {"split": {}, "annotations": content}
    if not isinstance(content, dict) or not {"split", "annotations"} <= content.keys():
        raise ValueError(f"{origin}: expected a dict with 'split' and 'annotations', got {_found(content)}")
    annotations = content["annotations"]
    if not isinstance(annotations, list) or not annotations:
        raise ValueError(f"{origin}: expected 'annotations' to be a list of dicts, got {_found(annotations)}")
    return OpenMMLabSet(_splits(content["split"], origin), OpenMMLabRecords(annotations, origin, units))


def read_openmmlab_record(source: str | os.PathLike[str] | bytes, *, units: Units = "image") -> Recording:
    """The recording of a pickle that holds a single annotation, as `read_openmmlab_pickle` reads it in a set.

    >>> import pickle
    >>> import numpy as np
    >>> from tg_skeleton.io import read_openmmlab_record
    >>> clip = {"frame_dir": "clip7", "label": 3, "total_frames": 9, "img_shape": (480, 640),
    ...         "keypoint": np.full((2, 9, 17, 2), 160.0), "keypoint_score": np.ones((2, 9, 17))}
    >>> read_openmmlab_record(pickle.dumps(clip)).pos[0, 0, 0].round(4).tolist()
    [-0.25, 0.16670000553131104]

    Args:
        source: The path of a file, or the content of one.
        units: ``"image"`` or ``"pixels"``, of 2D coordinates.

    Raises:
        ValueError: The content is no such pickle, or the record is damaged.
    """
    _check_units(units)
    origin = "the given bytes" if isinstance(source, bytes) else os.fspath(source)
    content = load_plain(source, origin)
    if isinstance(content, list) or (isinstance(content, dict) and "annotations" in content):
        raise ValueError(f"{origin}: expected a single record, got a set of them; read it with read_openmmlab_pickle")
    _name(content, origin)
    return _recording(content, origin, units)


def _check_units(units: str) -> None:
    if units not in ("image", "pixels"):
        raise ValueError(f"units: expected 'image' or 'pixels', got {units!r}")


def _found(value: Any) -> str:
    if isinstance(value, dict):
        return f"a dict with {short(list(value))}"
    if isinstance(value, PickledArray):
        return f"an array of {value.array.dtype} of shape {list(value.array.shape)}"
    return f"{type(value).__name__} {short(value)}"


def _splits(split: Any, origin: str) -> dict[str, list[str]]:
    if not isinstance(split, dict):
        raise ValueError(f"{origin}: expected 'split' to be a dict of lists of names, got {_found(split)}")
    for key, names in split.items():
        if not isinstance(key, str) or not isinstance(names, list | tuple):
            raise ValueError(f"{origin}: expected split {short(key)} to be a list of names, got {_found(names)}")
        wrong = [name for name in names if not isinstance(name, str)]
        if wrong:
            raise ValueError(f"{origin}: expected names in split '{key}', got {_found(wrong[0])}")
    return {key: list(names) for key, names in split.items()}


def _name(fields: Any, origin: str) -> str:
    if not isinstance(fields, dict) or "frame_dir" not in fields:
        raise ValueError(f"{origin}: expected a dict with 'frame_dir', got {_found(fields)}")
    name = fields["frame_dir"]
    if not isinstance(name, str) or not name:
        raise ValueError(f"{origin}: expected 'frame_dir' to be a name, got {_found(name)}")
    return name


def _recording(fields: dict[str, Any], origin: str, units: Units) -> Recording:
    name = fields["frame_dir"]
    origin = f"{origin} ('{name}')"
    for key in ("keypoint", "label"):
        if key not in fields:
            raise ValueError(f"{origin}: expected '{key}', got {_found(fields)}")
    pos = _numbers(fields["keypoint"], "keypoint", origin, "(M, T, V, C)")
    persons, frames, joints, channels = pos.shape
    if 0 in pos.shape or channels not in (2, 3):
        raise ValueError(f"{origin}: expected 'keypoint' (M, T, V, C) with C = 2 or 3 and none empty, got {pos.shape}")
    if fields.get("total_frames", frames) != frames:
        found = _found(fields["total_frames"])
        raise ValueError(f"{origin}: expected 'total_frames' {frames}, the frames of 'keypoint', got {found}")
    score = None
    if fields.get("keypoint_score") is not None:
        score = _numbers(fields["keypoint_score"], "keypoint_score", origin, "(M, T, V)")
        if score.shape != (persons, frames, joints):
            raise ValueError(f"{origin}: expected 'keypoint_score' {(persons, frames, joints)}, got {score.shape}")
    label = fields["label"]
    if type(label) is not int or label < 0:
        raise ValueError(f"{origin}: expected 'label' to be a whole number from 0, got {_found(label)}")
    aspect = 1.0
    if channels == 2 and units == "image":
        pos = _image_units(pos, score, fields.get("img_shape"), origin)
        height, width = fields["img_shape"]
        aspect = aspect_of((width, height))
    return Recording(name, pos.swapaxes(0, 1).copy(), label, _frames_first(score), _facts(name), aspect=aspect)


def _frames_first(score: np.ndarray | None) -> np.ndarray | None:
    return None if score is None else score.swapaxes(0, 1).copy()


def _numbers(value: Any, key: str, origin: str, shape: str) -> np.ndarray:
    if not isinstance(value, PickledArray) or value.array.dtype.kind not in "fiu":
        raise ValueError(f"{origin}: expected '{key}' to be an array of numbers, got {_found(value)}")
    if value.array.ndim != shape.count(",") + 1:
        raise ValueError(f"{origin}: expected '{key}' of shape {shape}, got {value.array.shape}")
    with np.errstate(over="ignore"):
        array = value.array.astype(np.float32)
    finite = np.isfinite(array)
    if not finite.all():
        place = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise ValueError(f"{origin}: expected finite numbers in '{key}', got {array[place]} at {shape} = {place}")
    return array


def _image_units(pos: np.ndarray, score: np.ndarray | None, img_shape: Any, origin: str) -> np.ndarray:
    if (
        not isinstance(img_shape, tuple | list)
        or len(img_shape) != 2
        or not all(type(size) is int and size > 0 for size in img_shape)
    ):
        raise ValueError(
            f"{origin}: expected 'img_shape' (height, width) for 2D coordinates, got {_found(img_shape)}; "
            "or read them with units='pixels'"
        )
    height, width = img_shape
    absent = (pos == 0).all(-1) if score is None else score == 0
    _check_within(pos[~absent], height, width, origin)
    units = pos * np.array([1 / width, -1 / height], np.float32) + np.array([-0.5, 0.5], np.float32)
    units[absent] = 0
    return units


def _check_within(points: np.ndarray, height: int, width: int, origin: str) -> None:
    """Refuse joints ``[R, 2]`` that lie in a picture of the other order (width, height), and not in this one.

    Assumption: a pose estimator places at most one joint in fifty outside the picture.
    """

    def part_outside(width: int, height: int) -> float:
        return float((points > np.array([width, height])).any(-1).mean()) if len(points) else 0.0

    if part_outside(width, height) > 0.02 and part_outside(height, width) <= 0.02:
        raise ValueError(
            f"{origin}: expected 'img_shape' as (height, width), got {(height, width)}, and "
            f"{part_outside(width, height):.0%} of the joints lie outside that picture; they lie within "
            f"{(width, height)}: exchange the two numbers, or read them with units='pixels'"
        )


def _facts(name: str) -> dict[str, int]:
    try:
        return parse_ntu_name(name)
    except ValueError:
        return {}
