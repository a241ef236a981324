"""Units of coordinates in pictures."""

from __future__ import annotations

import math

import numpy as np


def image_units(points: np.ndarray, score: np.ndarray, image_size: tuple[float, float]) -> np.ndarray:
    r"""Pixels as parts of the picture's width W and height H from its middle, y up; the units of `read_kinetics_json`.

    .. math:: (x / W - \tfrac12,\ \tfrac12 - y / H)

    Joints whose score is 0 become zero.

    >>> import numpy as np
    >>> from tg_skeleton.io import image_units
    >>> image_units(np.array([[480.0, 120.0], [3.0, 4.0]]), np.array([0.9, 0.0]), (640, 480)).tolist()
    [[0.25, 0.25], [0.0, 0.0]]

    Args:
        points: Pixels from the upper left corner, y down.
        score: The confidence of each joint.
        image_size: (W, H) of the picture in pixels.

    Shapes:
        - ``points``: ``[..., V, 2]``
        - ``score``: ``[..., V]``
        - output: ``[..., V, 2]`` float32

    Raises:
        ValueError: W or H is no finite number above 0.
    """
    width, height = _checked(image_size)
    units = np.asarray(points, np.float64) / (width, -height) + (-0.5, 0.5)
    return np.where(np.asarray(score)[..., None] > 0, units, 0).astype(np.float32)


def aspect_of(image_size: tuple[float, float] | None) -> float:
    """Width by height of a picture; 1 where it is not known.

    >>> from tg_skeleton.io import aspect_of
    >>> aspect_of((1920, 1080)), aspect_of(None)
    (1.7777777777777777, 1.0)

    Args:
        image_size: (W, H) of the picture in pixels.

    Raises:
        ValueError: W or H is no finite number above 0.
    """
    if image_size is None:
        return 1.0
    width, height = _checked(image_size)
    return width / height


def in_one_unit(points: np.ndarray, aspect: float) -> np.ndarray:
    """Parts of a picture's width and height ``[..., 2]`` as parts of its height, so that bodies keep their shape.

    >>> import numpy as np
    >>> from tg_skeleton.io import in_one_unit
    >>> in_one_unit(np.array([0.25, 0.5], np.float32), 2.0).tolist()
    [0.5, 0.5]

    Args:
        points: Coordinates.
        aspect: Width by height of the picture.
    """
    return points if aspect == 1.0 else points * np.array([aspect, 1.0], np.float32)


def _checked(image_size: tuple[float, float]) -> tuple[float, float]:
    width, height = image_size
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise ValueError(f"image_size: expected (width, height) of the picture in pixels, got {image_size!r}")
    return width, height
