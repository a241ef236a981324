"""Steps: walking, jogging, and both on the spot."""

from __future__ import annotations

import numpy as np

from tg_skeleton.motion.body import INDEX, SIDES
from tg_skeleton.motion.course import Motion


def walk(
    motion: Motion,
    envelope: np.ndarray,
    *,
    hertz: float,
    stride: float,
    knee: float = 55.0,
    back: bool = False,
    arms: float = 1.0,
) -> None:
    """Add a gait of ``hertz`` cycles of two steps a second where the envelope ``[T]`` is one.

    Thighs swing by ``stride`` degrees, each knee flexes by ``knee`` as its leg swings; the arms swing against the legs,
    the pelvis and the chest turn against each other.
    """
    cycle = _cycle(motion, hertz) * (-1.0 if back else 1.0)
    for number, side in enumerate(SIDES):
        phase = cycle + 0.5 * number
        swing = np.cos(2 * np.pi * phase)
        loaded, lifted, pushed = _bump(phase, 0.13, 0.1), _bump(phase, 0.72, 0.11), _bump(phase, 0.6, 0.07)
        _add(motion, f"{side}_leg_forward", envelope * (stride * swing + 0.2 * stride + 0.1 * knee * lifted))
        _add(motion, f"{side}_knee", envelope * (10.0 * loaded + knee * lifted))
        _add(motion, f"{side}_foot", envelope * (16.0 * pushed - 6.0 * _bump(phase, 0.0, 0.06)))
        motion.swing_arm(side, -0.8 * arms * stride * envelope * swing)
        _add(motion, f"{side}_reach", -0.04 * arms * envelope * (1.0 - swing))
    motion.on_left += 0.1 * envelope * np.cos(2 * np.pi * (cycle - 0.3))
    _swivel(motion, envelope, cycle, 0.2 * stride)
    _add(motion, "lean", 2.0 * envelope)


def jog(motion: Motion, envelope: np.ndarray, *, hertz: float, stride: float, flight: float = 0.05) -> None:
    """Add a jog: longer swings, heels that fly up behind, bent elbows, both feet off the ground in between."""
    cycle = _cycle(motion, hertz)
    heel, elbows = motion.between(60.0, 105.0), motion.between(0.66, 0.8)
    for number, side in enumerate(SIDES):
        phase = cycle + 0.5 * number
        swing = np.cos(2 * np.pi * phase)
        lifted, pushed = _bump(phase, 0.68, 0.16), _bump(phase, 0.45, 0.08)
        _add(motion, f"{side}_leg_forward", envelope * (stride * swing + 0.45 * stride + 14.0 * lifted))
        _add(motion, f"{side}_knee", envelope * (14.0 + 18.0 * _bump(phase, 0.12, 0.1) + heel * lifted))
        _add(motion, f"{side}_foot", envelope * 22.0 * pushed)
        _bend_elbow(motion, side, envelope, elbows)
        motion.swing_arm(side, envelope * (15.0 - 1.0 * stride * swing))
    motion.on_left += 0.15 * envelope * np.cos(2 * np.pi * (cycle - 0.2))
    _add(motion, "lift", flight * envelope * np.maximum(np.sin(4 * np.pi * (cycle - 0.06)), 0.0))
    _swivel(motion, envelope, cycle, 0.25 * stride)
    _add(motion, "lean", motion.between(3.0, 12.0) * envelope)


def on_the_spot(motion: Motion, envelope: np.ndarray, *, hertz: float, thigh: float, heel: float, hop: float) -> None:
    """Add steps that go nowhere: thighs rise by ``thigh`` degrees, or heels by ``heel`` behind, in turn.

    Every foot comes down where it was. With ``hop`` meters between the steps it is a jog.
    """
    cycle = _cycle(motion, hertz)
    swing, bent = motion.between(0.2, 1.0) * max(thigh, 25.0) * 0.6, motion.chance(0.85 if hop else 0.4)
    elbows = motion.between(0.66, 0.85)
    for number, side in enumerate(SIDES):
        raised = np.maximum(np.sin(2 * np.pi * (cycle + 0.5 * number)), 0.0) ** motion.ease
        _add(motion, f"{side}_leg_forward", envelope * thigh * raised)
        _add(motion, f"{side}_knee", envelope * (1.05 * thigh + heel) * raised)
        if bent:
            _bend_elbow(motion, side, envelope, elbows)
        motion.swing_arm(side, -swing * envelope * np.sin(2 * np.pi * (cycle + 0.5 * number)))
    motion.on_left += 0.1 * envelope * np.sin(2 * np.pi * (cycle + 0.5))
    _add(motion, "lift", hop * envelope * np.abs(np.sin(2 * np.pi * cycle)))
    _swivel(motion, envelope, cycle + 0.25, 3.0)


def _cycle(motion: Motion, hertz: float) -> np.ndarray:
    """The phase of the right leg's cycle ``[T]``; no two steps are equally long."""
    waver = 0.04 * np.sin(2 * np.pi * (motion.between(0.1, 0.5) * motion.seconds + motion.between(0.0, 1.0)))
    return hertz * motion.seconds + waver + motion.between(0.0, 1.0)


def _bump(phase: np.ndarray, middle: float, width: float) -> np.ndarray:
    """A bell around one phase of a cycle."""
    return np.exp((np.cos(2 * np.pi * (phase - middle)) - 1.0) / (2 * np.pi * width) ** 2)


def _swivel(motion: Motion, envelope: np.ndarray, cycle: np.ndarray, degrees: float) -> None:
    wave = envelope * np.cos(2 * np.pi * cycle)
    _add(motion, "twist", -1.6 * degrees * wave)
    _add(motion, "turn", degrees * wave)
    _add(motion, "tilt", 0.7 * degrees * envelope * np.sin(2 * np.pi * cycle))
    _add(motion, "side", -0.7 * degrees * envelope * np.sin(2 * np.pi * cycle))


def _bend_elbow(motion: Motion, side: str, envelope: np.ndarray, reach: float) -> None:
    row = INDEX[f"{side}_reach"]
    motion.angles[row] += envelope * (reach - motion.angles[row])


def _add(motion: Motion, channel: str, values: np.ndarray) -> None:
    motion.angles[INDEX[channel]] += values
