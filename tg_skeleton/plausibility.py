"""Whether coordinates look like those of people: which way is up, in which units, left and right, order of joints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np

from tg_skeleton.body_statistics import (
    Array,
    BodyMeasures,
    BodyStatistics,
    deviation,
    length_spread,
    measure_body,
    unevenness,
)
from tg_skeleton.joint_orders import likely_order
from tg_skeleton.topology import Topology

__all__ = ["BodyStatistics", "Finding", "implausibilities", "summarized"]

Kind = Literal["upside_down", "up_axis", "mirrored", "units", "bones", "symmetry", "order"]
"""What does not fit: see `implausibilities`."""

_TRUNK = (0.05, 0.9)
"""Meters from the middle of the hips to that of the shoulders, of anybody whom a sensor tracks, however badly."""

_UNITS: Mapping[str, float] = {
    "millimeters": 1e3,
    "centimeters": 1e2,
    "feet": 3.28,
    "decimeters": 10.0,
    "kilometers": 1e-3,
}


@dataclass(frozen=True)
class Finding:
    """Something about a recording that does not fit a body, or the recordings that a network was trained on.

    Args:
        kind: What does not fit.
        message: What was found, and what was expected.
        fix: What would make it fit, as options of the command line where there are some.
        evidence: The number behind the finding.
    """

    kind: Kind
    message: str
    fix: str
    evidence: float

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as values that JSON knows."""
        return asdict(self)

    @property
    def remark(self) -> str:
        """The finding as a line of a report, its kind first."""
        return f"{self.kind}: {self}"


def implausibilities(
    pos: Array, score: Array | None, topology: Topology, *, expected: BodyStatistics | None = None
) -> list[Finding]:
    r"""What about a recording does not look like a body, or like the recordings of ``expected``.

    ============== ====================================================================================================
    kind           found when
    ============== ====================================================================================================
    upside_down    the mean direction from feet to head is opposite to up
    up_axis        the mean direction from feet to head runs along another axis
    mirrored       3-D: knees and feet point backward, for left and right are exchanged or one axis is reversed
    units          3-D: the trunk is not 0.05 to 0.9 m long; with ``expected``, not 0.12 to 2.5 times its trunk
    bones          3-D: bones change their lengths within the recording as only an exchanged or jumping joint does
    symmetry       3-D: left and right bones differ as in no body
    order          lengths of bones differ from the expected pattern as those of joints in another order do, or a known
                   order of joints makes steady and even bones of those that are not
    ============== ====================================================================================================

    With ``expected``, bones may be as unsteady, uneven and unusual as 95 % of those recordings are, and half as much
    again; and where those have no common way up, or no side on which feet point forward, neither is looked at.

    Joints that were not seen (NaN, score 0, or all zero) do not count. A check whose joints the skeleton does not name
    is left out; a recording in which nobody is seen has no findings.

    Assumption: a person who lies all the time looks like one whose up axis is another; so both are warnings.

    >>> import numpy as np
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.datasets import simulate
    >>> from tg_skeleton.plausibility import implausibilities
    >>> pos = simulate("wave").pos
    >>> implausibilities(pos, None, NTU25)
    []
    >>> [finding.kind for finding in implausibilities(1000 * pos * [1, -1, 1], None, NTU25)]
    ['upside_down', 'mirrored', 'units']

    Args:
        pos: ``[T, M, V, D]``.
        score: ``[T, M, V]``, 0 where a joint was not seen, or None.
        topology: The skeleton.
        expected: What the training data are like. Default: y up, meters, not mirrored, any lengths.
    """
    measured = measure_body(pos, score, topology)
    if measured is None:
        return []
    findings = [*_up(measured, expected or BodyStatistics())]
    if pos.shape[-1] == 3:
        findings += [*_facing(measured, expected), *_units(measured, expected)]
    bones = [*_lengths(measured, topology, expected)] if pos.shape[-1] == 3 else []
    if expected is not None:
        bones += _order(measured, expected)
    if bones and pos.shape[-1] == 3:
        order = likely_order(pos, score, topology, expected)
        if order is not None:
            message = f"joints look like {order.name}, where {topology.name}'s order is expected"
            bones = [one for one in bones if one.kind != "order"]
            bones.append(Finding("order", message, order.fix, order.gain))
    return [*findings, *bones]


def summarized(found: Mapping[str, Iterable[str]], total: int) -> list[str]:
    """A line for each kind of findings, with the recordings it was found in.

    >>> from tg_skeleton.plausibility import summarized
    >>> summarized({"a": ["units: looks like feet; --scale 0.305"], "b": ["3 empty frames"]}, total=9)
    ['1 of 9 recordings (a): looks like feet; --scale 0.305']

    Args:
        found: By the name of each recording, the `remark` of its findings; other remarks are skipped.
        total: The recordings that were looked at.
    """
    names: dict[str, list[str]] = {}
    first: dict[str, str] = {}
    for name, remarks in found.items():
        for remark in remarks:
            kind, _, text = remark.partition(": ")
            if kind in get_args(Kind):
                names.setdefault(kind, []).append(name)
                first.setdefault(kind, text)
    return [
        f"{len(those):,} of {total:,} recordings ({those[0]}{', …' if len(those) > 1 else ''}): {first[kind]}"
        for kind, those in names.items()
    ]


def _up(measured: BodyMeasures, expected: BodyStatistics) -> Iterable[Finding]:
    if expected.up is None or not np.isfinite(measured.upright).all() or expected.up[0] >= len(measured.upright):
        return
    axis, sign = expected.up
    along = float(measured.upright[axis]) * sign
    name = "xyz"[axis]
    if along < -0.5:
        yield Finding(
            "upside_down",
            f"looks upside down: heads are below feet along {name}, where {name} pointing "
            f"{'up' if sign > 0 else 'down'} is expected",
            f"--flip {name}",
            along,
        )
        return
    other = int(np.abs(measured.upright).argmax())
    if other != axis and abs(measured.upright[other]) > 0.7:
        side = "" if measured.upright[other] > 0 else "-"
        yield Finding(
            "up_axis",
            f"looks as if {side}{'xyz'[other]} pointed up, where {'' if sign > 0 else '-'}{name} is expected (or "
            "somebody lies all the time)",
            f"--up={side}{'xyz'[other]}",
            float(measured.upright[other]),
        )


def _facing(measured: BodyMeasures, expected: BodyStatistics | None) -> Iterable[Finding]:
    side = 1.0 if expected is None else expected.facing
    side = float(np.sign(side)) if abs(side) > 0.05 else float("nan")
    if np.isfinite(measured.facing) and measured.facing * side < -0.15:
        yield Finding(
            "mirrored",
            "looks mirrored: knees and feet point backward, so left and right are exchanged or one axis is reversed",
            "--flip x, or exchange left and right joints",
            measured.facing * side,
        )


def _units(measured: BodyMeasures, expected: BodyStatistics | None) -> Iterable[Finding]:
    trunk = measured.trunk
    if not np.isfinite(trunk) or trunk == 0:
        return
    if expected is not None and np.isfinite(expected.trunk):
        low, high, usual = 0.12 * expected.trunk, 2.5 * expected.trunk, expected.trunk
    else:
        low, high, usual = *_TRUNK, 0.5
    if low <= trunk <= high:
        return
    ratio = trunk / usual
    unit, factor = min(_UNITS.items(), key=lambda item: abs(np.log(ratio / item[1])))
    known = abs(np.log(ratio / factor)) < np.log(2)
    yield Finding(
        "units",
        f"the trunk is {trunk:.3g} long, where {low:.2g} to {high:.2g} is expected"
        + (f": looks like {unit}" if known and usual < 1 else ""),
        f"--scale {1 / (factor if known else ratio):.3g}",
        ratio,
    )


def _lengths(measured: BodyMeasures, topology: Topology, expected: BodyStatistics | None) -> Iterable[Finding]:
    spread = length_spread(measured)
    if spread > _limit(0.25, None if expected is None else expected.spread):
        yield Finding(
            "bones",
            f"bones change their lengths by {100 * spread:.0f} % within the recording (bodies: below 15 %)",
            "check the order of the joints and the axes",
            spread,
        )
    uneven = unevenness(measured, topology)
    if uneven > _limit(0.4, None if expected is None else expected.unevenness):
        yield Finding(
            "symmetry",
            f"left and right bones differ by a factor of {np.exp(uneven):.2f} (bodies: below 1.3)",
            "check the order of the joints",
            uneven,
        )


def _order(measured: BodyMeasures, expected: BodyStatistics) -> Iterable[Finding]:
    off = deviation(measured, np.array(expected.bones))
    if off > _limit(0.38, expected.deviation):
        yield Finding(
            "order",
            f"bones differ from those of the training data by a factor of {np.exp(off):.2f} on average (bodies: below "
            "1.4): the joints look to be in another order",
            "check the order of the joints",
            off,
        )


def _limit(bodies: float, usual: float | None) -> float:
    """The limit of bodies, or half as much again as is usual in the training data."""
    return bodies if usual is None or not np.isfinite(usual) else max(bodies, 1.5 * usual)
