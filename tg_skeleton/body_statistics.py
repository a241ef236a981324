"""How bodies stand in coordinates: which way is up, how long their bones are, where their toes point."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tg_skeleton.topology import Topology

Array = np.ndarray

_PLACES = Topology(
    name="places",
    joints=(
        *("head", "mid_shoulder", "mid_hip", "left_shoulder", "right_shoulder", "left_hip", "right_hip"),
        *("left_knee", "right_knee", "left_ankle", "right_ankle", "left_big_toe", "right_big_toe"),
        *("left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    ),
    parents=(1, 1, 1, 1, 1, 2, 2, 5, 6, 7, 8, 9, 10, 3, 4, 13, 14),
)
"""The places that the checks look at, in any body whose joints are named."""


@dataclass(frozen=True)
class BodyStatistics:
    """How bodies stand in the coordinates of a data set: what a checkpoint keeps, to compare other recordings with.

    Args:
        up: The axis from feet to head, and its sign: ``(1, 1)`` is y pointing up; None where bodies have no common one.
        trunk: Median distance from the middle of the hips to that of the shoulders, in units of the coordinates.
        facing: Mean side on which feet and knees point forward: +1 for bodies that are not mirrored, -1 for mirrored
            ones, near 0 where it can't be seen (2-D).
        bones: Median length of each bone in trunks, by the bone's child; NaN where it was never seen.
        spread: `length_spread` that 95 % of the recordings do not exceed.
        unevenness: The same of `unevenness`.
        deviation: The same of `deviation` from ``bones``.
    """

    up: tuple[int, int] | None = (1, 1)
    trunk: float = float("nan")
    facing: float = float("nan")
    bones: tuple[float, ...] = ()
    spread: float = float("nan")
    unevenness: float = float("nan")
    deviation: float = float("nan")

    @classmethod
    def measure(cls, recordings: Iterable[tuple[Array, Array | None]], topology: Topology) -> BodyStatistics:
        """The statistics of recordings.

        Args:
            recordings: Pairs of ``pos [T, M, V, D]`` and ``score [T, M, V]`` or None.
            topology: Their skeleton.

        Raises:
            ValueError: There is no recording in which somebody is seen.
        """
        measured = [one for pos, score in recordings if (one := measure_body(pos, score, topology)) is not None]
        if not measured:
            raise ValueError("recordings: expected at least one in which somebody is seen, got none")
        upright = _mean_rows(np.stack([one.upright for one in measured]))
        axis = int(np.abs(upright).argmax())  # of NaN, the first
        bones = np.array([_median(column) for column in np.stack([one.bones for one in measured]).T])
        return cls(
            up=(axis, -1 if upright[axis] < 0 else 1) if abs(upright[axis]) > 0.5 else None,
            trunk=_median([one.trunk for one in measured]),
            facing=_mean([one.facing for one in measured]),
            bones=tuple(bones.tolist()),
            spread=_most([length_spread(one) for one in measured]),
            unevenness=_most([unevenness(one, topology) for one in measured]),
            deviation=_most([deviation(one, bones) for one in measured]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The statistics as values that JSON knows; missing ones are None."""
        plain = lambda value: value if np.isfinite(value) else None  # noqa: E731
        return {
            "up": None if self.up is None else list(self.up),
            "bones": [plain(length) for length in self.bones],
            **{key: plain(getattr(self, key)) for key in _NUMBERS},
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BodyStatistics:
        """The statistics that `to_dict` wrote.

        Raises:
            ValueError: They are others.
        """
        number = lambda value: float("nan") if value is None else float(value)  # noqa: E731
        try:
            up = None if values["up"] is None else (int(values["up"][0]), int(values["up"][1]))
            bones = tuple(number(length) for length in values["bones"])
            return cls(up=up, bones=bones, **{key: number(values[key]) for key in _NUMBERS})
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise ValueError(f"expected statistics of bodies as to_dict writes them, got {values!r}") from error


_NUMBERS = ("trunk", "facing", "spread", "unevenness", "deviation")


@dataclass(frozen=True)
class BodyMeasures:
    """What is measured in one recording.

    Args:
        upright: Mean unit vector from feet to head, ``[D]``; its length says how steady it is.
        trunk: Median length of the trunk.
        facing: Mean of the votes of knees and feet, -1 to 1.
        bones: Median length of each bone in trunks, ``[V]``.
        spread: Median over time of each bone's relative deviation from its median, ``[V]``.
    """

    upright: Array
    trunk: float
    facing: float
    bones: Array
    spread: Array


def measure_body(pos: Array, score: Array | None, topology: Topology) -> BodyMeasures | None:
    """What is measured in a recording; None where nobody is seen."""
    pos = np.asarray(pos, np.float64)
    seen = np.isfinite(pos).all(-1) & (pos != 0).any(-1)
    if score is not None:
        seen &= np.asarray(score) > 0
    rows = seen.any(-1)
    if not rows.any():
        return None
    body, here = pos[rows], seen[rows]  # [R, V, D], [R, V]
    body = np.where(here[..., None], body, np.nan)
    place = _places(body, topology)
    head = np.where(np.isfinite(place["head"]), place["head"], place["mid_shoulder"])
    low = _first(_mean_of(place["left_ankle"], place["right_ankle"]), place["mid_hip"])
    upright = _mean_rows(_unit(head - low))
    length = np.linalg.norm(place["mid_shoulder"] - place["mid_hip"], axis=-1)
    trunk = _median(length)
    lengths = np.linalg.norm(body - body[:, list(topology.parents)], axis=-1)  # [R, V]
    lengths[:, topology.root] = np.nan
    middle = _column_medians(lengths)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = _column_medians(np.abs(lengths - middle) / middle)
        bones = middle / trunk
    facing = _forward(place) if pos.shape[-1] == 3 else float("nan")
    return BodyMeasures(upright, trunk, facing, bones, spread)


def length_spread(measured: BodyMeasures) -> float:
    """Median relative deviation of long bones from their own lengths; NaN where fewer than four are known."""
    long = _long(measured)
    return float(np.median(measured.spread[long])) if long.sum() >= 4 else float("nan")


def unevenness(measured: BodyMeasures, topology: Topology) -> float:
    """Median absolute log ratio of long bones left and right; NaN where fewer than three pairs are known."""
    long = _long(measured)
    pairs = [(left, right) for left, right in topology.pairs if long[left] and long[right]]
    if len(pairs) < 3:
        return float("nan")
    left, right = np.array(pairs).T
    return float(np.median(np.abs(np.log(measured.bones[left] / measured.bones[right]))))


def deviation(measured: BodyMeasures, usual: Array) -> float:
    """Mean absolute log ratio of bones and usual ones, size apart; NaN where fewer than four are known."""
    if usual.shape != measured.bones.shape:
        return float("nan")
    known = np.isfinite(usual) & np.isfinite(measured.bones) & (usual > 0.05) & (measured.bones > 0)
    if known.sum() < 4:
        return float("nan")
    ratio = np.log(measured.bones[known] / usual[known])
    return float(np.abs(ratio - np.median(ratio)).mean())


def _long(measured: BodyMeasures) -> Array:
    return np.isfinite(measured.bones) & (measured.bones > 0.15)  # shorter ones are mostly noise


def _places(body: Array, topology: Topology) -> dict[str, Array]:
    """The places of `_PLACES` in bodies ``[R, V, D]``, each ``[R, D]``; NaN where it can't be had."""
    found = {name: np.full((len(body), body.shape[-1]), np.nan) for name in _PLACES.joints}
    try:
        mapping = topology.mapping(_PLACES)
    except ValueError:
        return found
    for joint in mapping.joints:
        if joint.kind != "missing":
            found[joint.name] = sum(weight * body[:, source] for source, weight in joint.weights)  # type: ignore[assignment]
    return found


def _forward(place: dict[str, Array]) -> float:
    """How far toes point forward, on average, from -1 (backward) to 1; without toes, what arms and knees say of it.

    Forward is what a person with the left side on the left would call so. Elbows point backward, hands and knees are in
    front. Toes tell most: of 1,020 real recordings 99.8 % have them in front.
    """
    across = (place["left_shoulder"] - place["right_shoulder"]) + (place["left_hip"] - place["right_hip"])
    front = _unit(np.cross(across, place["mid_shoulder"] - place["mid_hip"]))
    toes, limbs = [], []
    for side in ("left", "right"):
        hip, knee, ankle, toe = (place[f"{side}_{name}"] for name in ("hip", "knee", "ankle", "big_toe"))
        shoulder, elbow, wrist = (place[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
        toes.append(_unit(toe - ankle))
        limbs.append(4 * _over(knee - (hip + ankle) / 2, ankle - hip))
        limbs.append(2 * _over((shoulder + wrist) / 2 - elbow, elbow - shoulder))
        limbs.append(_over(wrist - shoulder, elbow - shoulder))
    with np.errstate(invalid="ignore"):
        seen = [(np.stack(votes) * front).sum(-1) for votes in (toes, limbs)]
    forward = _mean(np.clip(seen[0], -1, 1))
    return forward if np.isfinite(forward) else _mean(np.clip(seen[1], -1, 1))


def _over(vector: Array, length: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return vector / np.linalg.norm(length, axis=-1, keepdims=True)


def _unit(vector: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return vector / np.linalg.norm(vector, axis=-1, keepdims=True)


def _first(value: Array, otherwise: Array) -> Array:
    return np.where(np.isfinite(value), value, otherwise)


def _mean_of(one: Array, other: Array) -> Array:
    return _first(_first((one + other) / 2, one), other)


def _mean_rows(rows: Array) -> Array:
    finite = rows[np.isfinite(rows).all(-1)]
    return finite.mean(0) if len(finite) else np.full(rows.shape[-1], np.nan)


def _column_medians(table: Array) -> Array:
    return np.array([_median(column) for column in table.T])


def _median(values: Any) -> float:
    finite = np.ravel(values)[np.isfinite(np.ravel(values))]
    return float(np.median(finite)) if finite.size else float("nan")


def _most(values: Any) -> float:
    finite = np.ravel(values)[np.isfinite(np.ravel(values))]
    return float(np.quantile(finite, 0.95)) if finite.size else float("nan")


def _mean(values: Any) -> float:
    finite = np.ravel(values)[np.isfinite(np.ravel(values))]
    return float(finite.mean()) if finite.size else float("nan")
