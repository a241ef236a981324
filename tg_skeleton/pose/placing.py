"""From a body about its own hips and the picture of it to a body in the room, seen by the camera."""

from __future__ import annotations

import math

import numpy as np

FIELD_OF_VIEW = 60.0
"""Degrees along the longer side of the picture; assumed where nobody says it. Phones and webcams have 55 to 75."""

_NEAREST = 0.1  # meters from the camera; nobody is nearer
_SPREAD = 1e-4  # of slopes; below it all joints lie in one spot, and any distance fits


def place_in_space(
    body: np.ndarray,
    points: np.ndarray,
    score: np.ndarray,
    image_size: tuple[float, float],
    *,
    field_of_view: float = FIELD_OF_VIEW,
) -> np.ndarray:
    r"""Bodies about their own hips, moved to where the picture shows them.

    A joint :math:`(X, Y, Z)` of a body, in meters to the right, down and away, is seen at :math:`(u, v)` pixels from
    the middle of the picture by a camera of focal length f (pixels). Where the body stands, :math:`t`, solves

    .. math:: f (X_i + t_x) = u_i (Z_i + t_z), \quad f (Y_i + t_y) = v_i (Z_i + t_z)

    over all joints i in the sense of least squares, weighted by their scores: three unknowns, linear.

    Assumption: the camera has no distortion, its middle is the picture's, and :math:`f = L / (2 \tan(\varphi / 2))` for
    the longer side L and the field of view :math:`\varphi`; another field of view moves bodies nearer or farther.

    >>> import numpy as np
    >>> from tg_skeleton.pose import place_in_space
    >>> body = np.array([[[-0.2, 0.5, 0.0], [0.2, 0.5, 0.0], [0.0, -0.5, 0.1]]])
    >>> there = body + (0.3, 0.2, 4.0)  # a Kinect's axes: to the camera's left, up, away
    >>> focal = 640 / 2 / np.tan(np.radians(30))
    >>> points = (320, 240) - focal * there[..., :2] / there[..., 2:]
    >>> np.abs(place_in_space(body, points, np.ones((1, 3)), (640, 480)) - there).max() < 1e-6
    np.True_

    Args:
        body: Joints about the body's own origin.
        points: The same joints in the picture.
        score: The confidence of each joint; joints of 0 do not count.
        image_size: (W, H) of the picture in pixels.
        field_of_view: Of the camera, along the picture's longer side, in degrees.

    Shapes:
        - ``body``: ``[M, V, 3]``
        - ``points``: ``[M, V, 2]``
        - ``score``: ``[M, V]``
        - output: ``[M, V, 3]`` float32; NaN for a body whose distance its picture does not tell

    Units:
        Meters in a Kinect's axes (x to the camera's left, y up, z away from it); pixels from the upper left corner.

    Raises:
        ValueError: The field of view is not between 0 and 180 degrees.
    """
    if not 0 < field_of_view < 180:
        raise ValueError(f"field_of_view: expected degrees between 0 and 180, got {field_of_view!r}")
    width, height = image_size
    focal = max(width, height) / 2 / math.tan(math.radians(field_of_view) / 2)
    slope = (np.asarray(points, np.float64) - (width / 2, height / 2)) / focal  # [M, V, 2]
    place = np.asarray(body, np.float64) * (-1, -1, 1)  # right, down, away
    weight = np.asarray(score, np.float64)
    apart = slope * place[..., 2:] - place[..., :2]
    terms = np.stack(  # the rows (1, 0, -u), (0, 1, -v) and their right sides, as normal equations
        [
            *(np.ones_like(weight), slope[..., 0], slope[..., 1], (slope**2).sum(-1)),
            *(apart[..., 0], apart[..., 1], (slope * apart).sum(-1)),
        ]
    )
    total = weight.sum(-1)
    known = total > 0
    mean = (terms * weight).sum(-1) / np.where(known, total, 1)  # [7, M]
    _, u, v, square, right, down, both = mean
    spread = square - u**2 - v**2
    known &= spread > _SPREAD**2
    away = (u * right + v * down - both) / np.where(known, spread, 1)
    moved = place + np.stack([right + u * away, down + v * away, away], -1)[:, None]
    known &= (moved[..., 2] > _NEAREST).all(-1, where=weight > 0)
    out: np.ndarray = np.where(known[:, None, None], moved * (-1, -1, 1), np.nan).astype(np.float32)
    return out
