"""Joint angles over time: what the programs of the actions are written with."""

from __future__ import annotations

import numpy as np

from tg_skeleton.datasets._simulation.body import ANKLE_HEIGHT, CHANNELS, FOOT_HEIGHT, Person
from tg_skeleton.topologies import NTU25

_ANKLES = [NTU25.index("left_ankle"), NTU25.index("right_ankle")]
_FEET = [NTU25.index("left_foot"), NTU25.index("right_foot")]


class Motion:
    """The joint angles of one person during one performance; every call adds a movement to the rest pose.

    Times run from 0 (the action begins) to 1 (it ends). Channels are those of `CHANNELS`; in place of ``left_`` or
    ``right_``, ``main_`` and ``off_`` name the side by handedness, and ``both_`` moves both sides.

    Args:
        clock: The time of the action ``[T]`` at every frame, 0 to 1, never falling.
        person: Who moves; movements are scaled by their amplitude.
        rng: Draws how this performance differs from the last one.
    """

    def __init__(self, clock: np.ndarray, person: Person, rng: np.random.Generator) -> None:
        self.clock = clock
        self.person = person
        self.rng = rng
        self.angles = np.zeros((len(clock), len(CHANNELS)))
        self.on_left = np.zeros(len(clock))  # meters by which the left foot counts as lower: it bears the weight
        self._rest()
        self._sway()

    def keys(self, channel: str, *points: tuple[float, float]) -> None:
        """Add a smooth course through ``(time, degrees)`` points; the first and the last value are held.

        Between two points the value follows 10u^3 - 15u^4 + 6u^5, how a hand moves from rest to rest.
        """
        times, values = np.array(points, dtype=np.float64).T
        values = values * self._scale()
        right = np.clip(np.searchsorted(times, self.clock, side="right"), 1, max(len(times) - 1, 1))
        if len(times) == 1:
            self._add(channel, np.full(len(self.clock), values[0]))
            return
        start, stop = times[right - 1], times[right]
        u = np.clip((self.clock - start) / (stop - start), 0.0, 1.0)
        share = u**3 * (10.0 - 15.0 * u + 6.0 * u**2)
        self._add(channel, values[right - 1] + share * (values[right] - values[right - 1]))

    def swing(self, channel: str, degrees: float, cycles: float, start: float, stop: float, phase: float = 0.0) -> None:
        """Add ``degrees * sin`` with so many cycles from ``start`` to ``stop``, fading in and out; phase in cycles."""
        wave = np.sin(2 * np.pi * (cycles * self._progress(start, stop) + phase))
        self._add(channel, degrees * self._scale() * wave * self._window(start, stop))

    def steps(self, cycles: float, start: float, stop: float, *, stride: float = 20.0, back: bool = False) -> None:
        """Walk: ``cycles`` of two steps each, thighs swinging by ``stride`` degrees; feet and arms follow."""
        stride = stride * self._scale()
        angle = 2 * np.pi * cycles * self._progress(start, stop)
        window = self._window(start, stop)
        for side, sign in (("main", 1.0), ("off", -1.0)):
            thigh, speed = sign * np.sin(angle), sign * np.cos(angle)
            lifted = np.maximum(-speed if back else speed, 0.0) ** 1.5  # the knee flexes while the foot is in the air
            self._add(f"{side}_leg_forward", window * (stride * thigh + 14.0 * lifted))
            self._add(f"{side}_knee", window * (4.0 + 2.2 * stride * lifted))
            self._add(f"{side}_arm_forward", -0.8 * stride * window * thigh)
            self._add(f"{side}_elbow", 10.0 * window * (1.0 - thigh))
        self._add("lean", 3.0 * window)
        off_is_left = -1.0 if self.person.left_handed else 1.0
        self.on_left += 0.1 * off_is_left * window * np.cos(angle) * (-1.0 if back else 1.0)

    def hop(self, meters: float, start: float, stop: float) -> None:
        """Leave the floor: a parabola of that height."""
        u = self._progress(start, stop)
        self._add("lift", meters * self._scale() * 4.0 * u * (1.0 - u))

    def positions(self) -> np.ndarray:
        """Joint positions ``[T, V, 3]`` in meters: the lower foot stays where it is, on the floor y = 0."""
        joints = self.person.joints(self.angles)
        height = self.person.height
        soles = np.minimum(joints[:, _ANKLES, 1] - ANKLE_HEIGHT * height, joints[:, _FEET, 1] - FOOT_HEIGHT * height)
        # the weight is on the lower foot, or on both within some 2 cm
        weight = 1.0 / (1.0 + np.exp((soles[:, 0] - soles[:, 1] - self.on_left) / 0.01))
        ankles = joints[:, _ANKLES][:, :, [0, 2]]  # [T, 2, 2]
        steps = np.diff(ankles, axis=0)
        share = (weight[1:] + weight[:-1])[:, None] / 2
        slide = share * steps[:, 0] + (1.0 - share) * steps[:, 1]
        root = np.zeros((len(joints), 3))
        root[1:, [0, 2]] = -np.cumsum(slide, axis=0)
        root[:, 1] = self.angles[:, CHANNELS.index("lift")] - soles.min(axis=1)
        return joints + root[:, None]

    def _rest(self) -> None:
        person = self.person
        self._add("bend", person.stoop)
        self._add("nod", -0.7 * person.stoop + self.rng.normal(0.0, 3.0))
        self._add("look", self.rng.normal(0.0, 5.0))
        self._add("both_arm_side", person.arms_out)
        self._add("both_elbow", person.elbows)
        self._add("both_leg_side", self.rng.uniform(1.0, 5.0))
        self._add("both_knee", 4.0)
        self._add("both_leg_forward", 2.0)

    def _sway(self) -> None:
        """Nobody stands still: two slow sines of about one degree on every angle."""
        seconds = np.arange(len(self.clock)) / 30.0
        hertz, phase = self.rng.uniform(0.15, 0.7, (2, len(CHANNELS))), self.rng.random((2, len(CHANNELS)))
        sway = np.sin(2 * np.pi * (hertz[:, None] * seconds[:, None] + phase[:, None])).sum(axis=0)  # [T, channels]
        sway *= self.rng.uniform(0.3, 0.9, len(CHANNELS))
        sway[:, CHANNELS.index("lift")] = 0.0
        self.angles += sway

    def _scale(self) -> float:
        return self.person.amplitude * float(self.rng.normal(1.0, 0.04))

    def _progress(self, start: float, stop: float) -> np.ndarray:
        return np.clip((self.clock - start) / (stop - start), 0.0, 1.0)

    def _window(self, start: float, stop: float) -> np.ndarray:
        """One between start and stop, with smooth edges, zero outside."""
        u = self._progress(start, stop)
        edge = np.clip(np.minimum(u, 1.0 - u) / 0.15, 0.0, 1.0)
        return edge**2 * (3.0 - 2.0 * edge)

    def _add(self, channel: str, values: np.ndarray | float) -> None:
        main, off = ("left", "right") if self.person.left_handed else ("right", "left")
        prefix, _, angle = channel.partition("_")
        sides = {"main": (main,), "off": (off,), "both": (main, off)}.get(prefix)
        for name in (channel,) if sides is None else (f"{side}_{angle}" for side in sides):
            self.angles[:, CHANNELS.index(name)] += values
