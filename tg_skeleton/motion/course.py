"""Joint angles over time: what the actions are written with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tg_skeleton.motion.body import CHANNELS, INDEX, JOINT, SIDES, joints
from tg_skeleton.motion.person import Person

Pose = tuple[float, float, float, float]
"""Where an arm is: ``raise``, ``out``, ``reach`` and ``swivel`` (see `CHANNELS`)."""

Values = Sequence[float] | np.ndarray
"""Numbers."""

_POSE = ("raise", "out", "reach", "swivel")
_SPREAD = np.array([6.0, 8.0, 0.04, 12.0])
"""How far two performances of one arm pose lie apart (standard deviations)."""

_CONTACTS = {
    **{
        f"{side}_{joint}": radius
        for side in SIDES
        for joint, radius in (
            *(("heel", 0.005), ("big_toe", 0.005), ("knee", 0.03), ("hip", 0.05), ("shoulder", 0.045)),
            *(("elbow", 0.02), ("hand", 0.012), ("ear", 0.03)),
        )
    },
    **{"spine_mid": 0.06, "head_top": 0.0, "nose": 0.0},
}
"""What may bear the body, and how far its joint lies above the ground then, in statures."""
_CONTACT = [JOINT[joint] for joint in _CONTACTS]
_RADIUS = np.array(list(_CONTACTS.values()))
_RIGHT_FOOT = [number for number, joint in enumerate(_CONTACTS) if joint in ("right_heel", "right_big_toe")]


class Motion:
    """The joint angles of one person during one performance; every call adds a movement to what is there.

    The clock of an action runs from 0 (it begins) to 1 (it ends), once or several times. Actions are written for
    right-handed persons; a left-handed one is their mirror image.

    Args:
        seconds: The time ``[T]`` of every frame.
        clock: The time of the action ``[T]`` at every frame, 0 to 1.
        person: Who moves.
        rng: Draws how this performance differs from the last one.
        strength: A factor of all movements ``[T]``, so that repetitions differ.
    """

    def __init__(
        self,
        seconds: np.ndarray,
        clock: np.ndarray,
        person: Person,
        *,
        rng: np.random.Generator,
        strength: np.ndarray | float = 1.0,
    ) -> None:
        self.seconds = seconds
        self.clock = clock
        self.person = person
        self.rng = rng
        self.strength = strength
        self.angles = np.zeros((len(CHANNELS), len(clock)))
        self.on_left = np.zeros(
            len(clock)
        )  # meters by which the right foot counts as higher: the left bears the weight
        self.seated = False
        self.ease = rng.uniform(0.75, 1.35)
        self._drawn: dict[tuple[float, ...], np.ndarray] = {}
        self._rest()

    # -- draws ---------------------------------------------------------------------------------------------------------

    def between(self, low: float, high: float) -> float:
        """A number between two."""
        return float(self.rng.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return bool(self.rng.random() < probability)

    def sign(self) -> float:
        """One or minus one."""
        return 1.0 if self.rng.random() < 0.5 else -1.0

    # -- movements -----------------------------------------------------------------------------------------------------

    def add(self, times: Values, courses: Mapping[str, Values]) -> None:
        """Add smooth courses through values at these times; the first and the last value are held.

        ``both_`` in place of ``left_`` or ``right_`` moves both sides.
        """
        share = self.shares(times)
        for channel, values in courses.items():
            size = self.person.size * self.rng.normal(1.0, 0.08) * self.strength
            self._row(channel, np.asarray(values, dtype=np.float64) @ share * size)

    def arm(self, side: str, times: Values, poses: Sequence[Pose | None]) -> None:
        """Lead an arm (``"left"``, ``"right"`` or ``"both"``) through poses; None is where it would be without."""
        share = self.shares(times)
        given = [number for number, pose in enumerate(poses) if pose is not None]
        if not given:
            return
        free = share[[number for number, pose in enumerate(poses) if pose is None]].sum(axis=0)
        values = np.array([poses[number] for number in given], dtype=np.float64) + self._offset()
        if side == "both":
            for one in SIDES:
                self._lead(one, values + 0.5 * self._offset(), share[given], free)
        else:
            self._lead(side, values, share[given], free)

    def swing(
        self, courses: Mapping[str, float], cycles: float, start: float = 0.0, stop: float = 1.0, phase: float = 0.0
    ) -> None:
        """Add ``degrees * sin`` with this number of cycles from ``start`` to ``stop``; the phase is in cycles."""
        progress = np.minimum(np.maximum((self.clock - start) / (stop - start), 0.0), 1.0)
        wave = np.sin(2 * np.pi * (cycles * progress + phase)) * self.window(start, stop) * self.strength
        for channel, degrees in courses.items():
            self._row(channel, degrees * self.person.size * self.rng.normal(1.0, 0.1) * wave)

    def window(self, start: float, stop: float, edge: float = 0.15) -> np.ndarray:
        """One between two times, with smooth edges, zero outside: ``[T]``."""
        u = (self.clock - start) / (stop - start)
        u = np.minimum(np.maximum(np.minimum(u, 1.0 - u) / edge, 0.0), 1.0)
        return u**2 * (3.0 - 2.0 * u)

    def swing_arm(self, side: str, forward: np.ndarray | float) -> None:
        """Swing a hanging arm forward by some degrees, ``[T]``."""
        lift, out = self.angles[INDEX[f"{side}_raise"]], np.radians(self.angles[INDEX[f"{side}_out"]])
        ahead, outward = lift * np.cos(out) + forward, lift * np.sin(out)
        self.angles[INDEX[f"{side}_raise"]] = np.hypot(ahead, outward)
        self.angles[INDEX[f"{side}_out"]] = np.degrees(np.arctan2(outward, ahead))

    # -- positions -----------------------------------------------------------------------------------------------------

    def positions(self) -> np.ndarray:
        """Joint positions ``[T, V, 3]`` in meters: what bears the body stays where it is, on the ground y = 0."""
        body = joints(np.minimum(np.maximum(self.angles, _LEAST[:, None]), _MOST[:, None]), self.person)
        contacts = body[:, _CONTACT]
        heights = contacts[..., 1] - _RADIUS * self.person.height  # [T, K]
        bottom = heights.min(axis=1)
        heights[:, _RIGHT_FOOT] += self.on_left[:, None]
        weight = np.exp((heights.min(axis=1, keepdims=True) - heights) / 0.012)
        weight /= weight.sum(axis=1, keepdims=True)
        steps = np.diff(contacts[..., ::2], axis=0)  # [T - 1, K, 2]
        slide = ((weight[1:] + weight[:-1])[..., None] / 2 * steps).sum(axis=1)
        root = np.zeros((len(body), 3))
        root[1:, ::2] = -np.cumsum(slide, axis=0)
        root[:, 1] = self.angles[INDEX["lift"]] - bottom
        yaw = np.radians(self.angles[INDEX["turn"]])
        ahead, aside = self.angles[INDEX["ahead"]], self.angles[INDEX["aside"]]
        root[:, 0] += aside * np.cos(yaw) - ahead * np.sin(yaw)
        root[:, 2] -= ahead * np.cos(yaw) + aside * np.sin(yaw)
        return body + root[:, None]

    # -- inside --------------------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        rng, person = self.rng, self.person
        angles = self.angles
        angles[INDEX["hang"]] = 1.0
        angles[INDEX["bend"]] = person.stoop
        angles[INDEX["nod"]] = -0.7 * person.stoop + rng.normal(0.0, 5.0)
        angles[INDEX["look"]] = rng.normal(0.0, 7.0)
        apart, twist, out = rng.uniform(0.0, 7.0), rng.uniform(0.0, 15.0), rng.uniform(40.0, 100.0)
        raised, reach = rng.uniform(5.0, 16.0), rng.uniform(0.9, 0.99)
        for side in SIDES:
            rest = {"raise": raised, "out": out, "reach": reach, "swivel": rng.normal(15.0, 10.0), "palm": 20.0}
            rest |= {"leg_side": apart, "leg_twist": twist, "knee": 5.0, "leg_forward": 2.5}
            for channel, value in rest.items():
                angles[INDEX[f"{side}_{channel}"]] = value
        self._sway()

    def _sway(self) -> None:
        """Nobody stands still: every angle is a sum of slow waves of its own."""
        rng, count = self.rng, len(CHANNELS)
        turns = 2 * np.pi * rng.uniform(0.1, 0.8, (3, 1)) * self.seconds
        waves = np.concatenate([np.sin(turns), np.cos(turns)])
        degrees = rng.standard_normal((count, 6)) * (0.35 * self.person.sway)
        degrees[_LENGTHS] = 0.0
        self.angles += degrees @ waves

    def shares(self, times: Values) -> np.ndarray:
        """The share of each of K values at every frame ``[K, T]``; it goes over as a hand moves from rest to rest."""
        key = tuple(times)
        if key not in self._drawn:  # what is given with the same times goes together
            self._drawn[key] = self._share(np.asarray(times, dtype=np.float64))
        return self._drawn[key]

    def _share(self, knots: np.ndarray) -> np.ndarray:
        if len(knots) == 1:
            return np.ones((1, len(self.clock)))
        room = np.full(len(knots) + 1, 1.0)
        room[1:-1] = knots[1:] - knots[:-1]
        knots = knots + self.rng.uniform(-0.2, 0.2, len(knots)) * np.minimum(room[1:], room[:-1])
        after = knots[1:-1].searchsorted(self.clock, side="right") + 1
        start = knots[after - 1]
        u = np.minimum(np.maximum((self.clock - start) / (knots[after] - start), 0.0), 1.0) ** self.ease
        u = u**3 * (10.0 - 15.0 * u + 6.0 * u**2)
        out = np.zeros((len(knots), len(self.clock)))
        frames = np.arange(len(self.clock))
        out[after - 1, frames] = 1.0 - u
        out[after, frames] = u
        return out

    def _offset(self) -> np.ndarray:
        return self.rng.normal(0.0, _SPREAD)

    def _lead(self, side: str, values: np.ndarray, share: np.ndarray, free: np.ndarray) -> None:
        rows = [INDEX[f"{side}_{channel}"] for channel in _POSE]
        self.angles[rows] = self.angles[rows] * free + values.T @ share

    def _row(self, channel: str, values: np.ndarray) -> None:
        prefix, _, angle = channel.partition("_")
        for name in (f"{side}_{angle}" for side in SIDES) if prefix == "both" else (channel,):
            self.angles[INDEX[name]] += values


_LENGTHS = [INDEX[c] for c in CHANNELS if c in ("lift", "ahead", "aside", "hang") or c.endswith(("reach", "shrug"))]

_LIMITS = {
    **{
        "lean": (-40.0, 100.0),
        "tilt": (-25.0, 25.0),
        "bend": (-40.0, 75.0),
        "side": (-40.0, 40.0),
        "twist": (-65.0, 65.0),
    },
    **{"nod": (-45.0, 50.0), "look": (-80.0, 80.0), "cock": (-35.0, 35.0), "hang": (0.0, 1.0)},
    **{"raise": (0.0, 185.0), "out": (-75.0, 180.0), "swivel": (-30.0, 100.0), "shrug": (-0.01, 0.035)},
    **{"leg_forward": (-45.0, 130.0), "leg_side": (-25.0, 75.0), "knee": (0.0, 150.0), "foot": (-30.0, 50.0)},
}
"""How far a joint goes."""
_FREE = (-np.inf, np.inf)
_LEAST, _MOST = np.array([_LIMITS.get(c.split("_", 1)[-1] if c.startswith(SIDES) else c, _FREE) for c in CHANNELS]).T
