"""Coordinates of other axes and units, as recordings are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Axis = Literal["x", "y", "z"]
Up = Literal["x", "y", "z", "-x", "-y", "-z"]

_TURNS: dict[str, tuple[tuple[int, int], ...]] = {
    "y": ((0, 1), (1, 1), (2, 1)),
    "-y": ((0, -1), (1, -1), (2, 1)),
    "z": ((0, 1), (2, 1), (1, -1)),
    "-z": ((0, 1), (2, -1), (1, 1)),
    "x": ((1, -1), (0, 1), (2, 1)),
    "-x": ((1, 1), (0, -1), (2, 1)),
}
"""For each new coordinate the old one and its sign: rotations by 90 or 180 degrees."""


@dataclass(frozen=True)
class CoordinateChange:
    """From the axes and units of files to those of this package and of a network: y up, meters in 3-D.

    Axes are flipped first, then the body is turned, then scaled. A turn keeps left and right; a flip exchanges them.

    >>> import numpy as np
    >>> from tg_skeleton.io import CoordinateChange
    >>> CoordinateChange(up="z")(np.array([[[[1.0, 2.0, 3.0]]]])).tolist()
    [[[[1.0, 3.0, -2.0]]]]
    >>> CoordinateChange(flip=("y",), scale=0.001)(np.array([[[[500.0, 1000.0]]]])).tolist()
    [[[[0.5, -1.0]]]]

    Args:
        flip: Axes whose coordinates are negated, such as y of pictures, which points down.
        up: The axis that points up; the body is turned until that is y.
        scale: Factor of all coordinates: 0.001 makes meters of millimeters.

    Raises:
        ValueError: There is no such axis, or the factor is not above 0.
    """

    flip: tuple[Axis, ...] = ()
    up: Up = "y"
    scale: float = 1.0

    def __post_init__(self) -> None:
        for axis in self.flip:
            if axis not in get_args(Axis):
                raise ValueError(f"flip: expected x, y or z, got {axis!r}")
        if self.up not in get_args(Up):
            raise ValueError(f"up: expected one of {', '.join(get_args(Up))}, got {self.up!r}")
        if not self.scale > 0:
            raise ValueError(f"scale: expected a factor above 0, got {self.scale}")

    def __call__(self, pos: np.ndarray) -> np.ndarray:
        """The changed coordinates, ``[..., D]``.

        Raises:
            ValueError: The coordinates have no such axis.
        """
        dims = pos.shape[-1]
        if dims < 3 and ("z" in self.flip or "z" in self.up):
            raise ValueError(f"z: expected x or y of {dims} coordinates, got z")
        signs = np.array([-1 if axis in self.flip else 1 for axis in "xyz"[:dims]])
        turn = _TURNS[self.up][:dims]
        factors = np.array([sign * signs[old] * self.scale for old, sign in turn])
        changed: np.ndarray = (pos[..., [old for old, _ in turn]] * factors).astype(pos.dtype)
        return changed
