"""From the numbers that users have to coordinates and scores: axes, channels, units, joints that were not seen."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from tg_skeleton.io.layout import find_layout
from tg_skeleton.io.units import image_units

Channels = Literal["xy", "xyz", "xys", "xyzs"]
"""The channels of an array: coordinates, and ``s``, the confidence of the joint."""

_PIXELS = 20.0  # a coordinate beyond it is no part of a picture, nor meters


class Coordinates(NamedTuple):
    """Coordinates ``pos`` ``[T, M, V, D]`` float32, ``score`` ``[T, M, V]`` float32 or None, and what was changed."""

    pos: np.ndarray
    score: np.ndarray | None
    remarks: tuple[str, ...]


def as_coordinates(
    array: Any,
    joints: int,
    *,
    score: Any = None,
    layout: str | None = None,
    channels: Channels | None = None,
    image_size: tuple[float, float] | None = None,
) -> Coordinates:
    r"""Coordinates and scores from an array of any common layout, and remarks about what was taken for what.

    - *Layout*: ``"T M V C"``, ``"C T V M"``, … where it is given (T frames, M persons, V joints, C channels), else the
      one common layout that fits the shape (see `find_layout`).
    - *Channels*: of three, x and y in pixels and a third within 0..1 are x, y and a confidence; else coordinates.
      Four or five must be named: ``"xyzs"`` is x, y, z, confidence (of MediaPipe's five, the visibility).
    - *Units*: 2-D coordinates in pixels become image units with ``image_size`` (see `image_units`), else they are
      centered on the persons and divided by the persons' median extent; in both cases y is turned up.
    - *Joints that were not seen* have NaN, an infinite number or a masked entry among their coordinates, or score 0;
      their position becomes zero and their score 0. So do pixels at exactly (0, 0); other joints at exactly zero are
      judged where recordings become sequences, see `tg_skeleton.missing.find_missing`.

    >>> import numpy as np
    >>> from tg_skeleton.io.coordinates import as_coordinates
    >>> array = np.full((30, 17, 3), 320.0)
    >>> array[..., 2] = 0.9
    >>> pos, score, remarks = as_coordinates(array, 17, image_size=(640, 640))
    >>> pos.shape, pos[0, 0, 0].tolist(), round(score[0, 0, 0].item(), 1)
    ((30, 1, 17, 2), [0.0, 0.0], 0.9)
    >>> remarks[0]
    "the third channel lies within 0..1 and x, y are pixels: taken as a confidence; channels='xyz' keeps it"

    Args:
        array: Numbers; a tensor, a list, a memory map or a masked array will do.
        joints: V, the number of joints of the skeleton.
        score: The confidence of each joint; the array's shape without its channels.
        layout: The order of the axes. Default: recognized.
        channels: The channels. Default: recognized.
        image_size: (W, H) of the picture, where the coordinates are pixels.

    Shapes:
        - ``array``: ``[T, M, V, C]`` in any order, or without M
        - output: ``[T, M, V, D]`` and ``[T, M, V]``, D = 2 or 3 (other D where no channel is named, as given)

    Raises:
        ValueError: The array is of no known or of several layouts, or an argument does not fit it.
    """
    values, masked = _numbers(array, "array")
    shape = list(values.shape)
    order = find_layout(shape, joints, layout)
    values, masked = _arranged(values, order), _arranged(masked, order)
    confidence = None if score is None else _score(score, shape, order)
    pos, confidence, remarks = _split_channels(values, confidence, channels, shape)
    if layout is None and order not in ("TMVC", "TVC"):
        remarks.append(f"the axes were taken for {' '.join(order)}; layout= names others")
    seen = ~masked.any(-1) & np.isfinite(pos).all(-1)
    if confidence is not None:
        seen &= confidence > 0  # False for NaN
    pos = np.where(seen[..., None], pos, 0)
    if pos.shape[-1] == 2 and (image_size is not None or _in_pixels(pos)):
        seen &= np.any(pos, axis=-1)  # the corner of the picture is the detectors' mark for a joint that was not seen
        pos, remark = _normalized(pos, seen, image_size)
        remarks += remark
    missing = bool((~seen & seen.any(-1, keepdims=True)).any())
    if confidence is None and not missing:
        return Coordinates(pos.astype(np.float32), None, tuple(remarks))
    known = np.ones(seen.shape, np.float32) if confidence is None else np.clip(confidence, 0, 1)
    return Coordinates(pos.astype(np.float32), np.where(seen, known, 0).astype(np.float32), tuple(remarks))


# -- the steps ---------------------------------------------------------------------------------------------------------


def _numbers(array: Any, argument: str) -> tuple[np.ndarray, np.ndarray]:
    """The numbers as float64 or float32, and which of them are masked."""
    if callable(getattr(array, "detach", None)):  # a tensor
        array = array.detach().cpu().float().numpy()
    masked = np.ma.getmaskarray(array) if isinstance(array, np.ma.MaskedArray) else None
    try:
        values = np.asarray(array)
    except ValueError as error:
        raise ValueError(f"{argument}: expected an array of numbers, got lists of different lengths") from error
    if values.dtype.kind not in "fiu":
        raise ValueError(f"{argument}: expected numbers, got {values.dtype} of shape {list(values.shape)}")
    wide = values.astype(np.float64 if values.dtype.itemsize > 4 or values.dtype.kind != "f" else np.float32)
    return wide, np.zeros(values.shape, bool) if masked is None else masked


def _arranged(values: np.ndarray, order: str) -> np.ndarray:
    """``[T, M, V, C]`` from the axes of an order."""
    if "M" not in order:
        values, order = values[None], "M" + order
    return values.transpose([order.index(letter) for letter in "TMVC"])


def _score(score: Any, shape: list[int], order: str) -> np.ndarray:
    values, masked = _numbers(score, "score")
    place = order.index("C")
    expected = [size for axis, size in enumerate(shape) if axis != place]
    if list(values.shape) != expected:
        raise ValueError(
            f"score: expected numbers of shape {expected}, got {values.dtype} of shape {list(values.shape)}"
        )
    values = np.where(masked, 0, values)
    return _arranged(np.expand_dims(values, place), order)[..., 0]


def _split_channels(
    values: np.ndarray, score: np.ndarray | None, channels: Channels | None, shape: list[int]
) -> tuple[np.ndarray, np.ndarray | None, list[str]]:
    count = values.shape[-1]
    remarks: list[str] = []
    if channels is None:
        if count in (4, 5) and score is None:
            raise ValueError(
                f"expected 2 or 3 coordinates of each joint, got {count} channels in shape {shape}; "
                "channels='xyzs' takes the fourth for a confidence"
            )
        if count == 3 and score is None and _is_confidence(values):
            channels = "xys"
            remarks.append(
                "the third channel lies within 0..1 and x, y are pixels: taken as a confidence; channels='xyz' keeps it"
            )
    elif channels not in get_args(Channels):
        raise ValueError(f"channels: expected one of {', '.join(map(repr, get_args(Channels)))}, got {channels!r}")
    elif count != len(channels) and not (channels == "xyzs" and count == 5):  # MediaPipe's visibility and presence
        raise ValueError(f"channels: {channels!r} is {len(channels)} channels, got {count} in shape {shape}")
    if channels in ("xys", "xyzs"):
        if score is not None:
            raise ValueError(f"channels: {channels!r} names a confidence, and score= is another one; give one")
        dims = len(channels) - 1
        return values[..., :dims], values[..., dims], remarks
    return values, score, remarks


def _is_confidence(values: np.ndarray) -> bool:
    """Whether the third of three channels is a confidence and the other two are pixels."""
    third = values[..., 2]
    third = third[np.isfinite(third)]
    within = bool(third.size) and bool((third >= 0).all()) and float(third.max(initial=0)) <= 1.001
    return within and _in_pixels(values[..., :2])


def _in_pixels(pos: np.ndarray) -> bool:
    largest = np.abs(np.where(np.isfinite(pos), pos, 0)).max((0, 1, 2), initial=0)
    return bool((largest > _PIXELS).all())


def _normalized(
    pos: np.ndarray, seen: np.ndarray, image_size: tuple[float, float] | None
) -> tuple[np.ndarray, list[str]]:
    """Pixels ``[T, M, V, 2]``, y down, as image units or in the persons' extents, y up."""
    if image_size is not None:
        return image_units(pos, seen, image_size), []
    points = np.where(seen[..., None], pos, np.nan)
    there = seen.any(-1)
    low, high = np.nanmin(points[there], 1), np.nanmax(points[there], 1)  # [B, 2]
    extent = float(np.median((high - low).max(-1)))
    center = (low.min(0) + high.max(0)) / 2
    units = (points - center) / (extent or 1.0) * (1, -1)
    remark = "pixels were centered and divided by the persons' median extent, y up; image_size= gives image units"
    return np.where(seen[..., None], units, 0), [remark]
