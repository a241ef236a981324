"""An endless supply of recordings, each from a number of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tg_skeleton.motion.scene import perform
from tg_skeleton.motion.sensors import FRAME_RATES, Sensor, detector, kinect_v1, kinect_v2, mediapipe, motion_capture
from tg_skeleton.motion.vocabulary import ACTIONS
from tg_skeleton.topologies import COCO17, H36M17, HALPE26, MEDIAPIPE33, NTU25, NWUCLA20, OPENPOSE18, OPENPOSE25, SBU15
from tg_skeleton.topology import Topology

PAIRS: Mapping[Sensor, Sequence[Topology]] = {
    kinect_v1: (NWUCLA20, SBU15),
    kinect_v2: (NTU25,),
    detector: (COCO17, OPENPOSE18, OPENPOSE25, HALPE26, MEDIAPIPE33, H36M17),
    mediapipe: (MEDIAPIPE33, H36M17),
    motion_capture: (H36M17, NTU25),
}
"""Which skeletons a sensor reports in the field."""


@dataclass(frozen=True)
class Take:
    """One recording, as a sensor made it.

    Args:
        name: Its number in the supply.
        pos: Coordinates ``[T, M, V, D]`` float32, y up; D 3 (meters) or 2 (1 is the height of the image).
        score: Confidence ``[T, M, V]`` float32; 0 where a joint was not seen.
        label: The class, an index into `CLASSES`.
        topology: The skeleton.
        sensor: Which sensor made it.
        hertz: Frames a second.
    """

    name: str
    pos: np.ndarray
    score: np.ndarray
    label: int
    topology: Topology
    sensor: str
    hertz: float


def take(number: int, *, seed: int = 0, pairs: Mapping[Sensor, Sequence[Topology]] = PAIRS) -> Take:
    """The recording with this number: a class, a performance, a sensor and a skeleton drawn from seed and number.

    >>> from tg_skeleton.motion import take
    >>> one = take(7)
    >>> one.name, one.pos.shape[2] == one.topology.num_joints, one.score.shape == one.pos.shape[:3]
    ('seed0-00000007', True, True)

    Args:
        number: Which; no two are alike.
        seed: Another seed, another supply.
        pairs: The sensors, each with the skeletons that it reports; all with equal chances.

    Raises:
        ValueError: A number is negative, or there is no sensor or no skeleton.
    """
    for name, value in (("number", number), ("seed", seed)):
        if value < 0:
            raise ValueError(f"{name}: expected a whole number from 0, got {value}")
    if not pairs or not all(pairs.values()):
        raise ValueError(f"pairs: expected sensors with at least one topology each, got {dict(pairs)}")
    label = label_of(number, seed=seed)
    rng = np.random.default_rng((seed, number))
    sensor = list(pairs)[int(rng.integers(0, len(pairs)))]
    topologies = pairs[sensor]
    topology = topologies[int(rng.integers(0, len(topologies)))]
    low, high = FRAME_RATES.get(sensor.__name__, (10, 30))
    hertz = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    scene = perform(label, rng, hertz)
    seen = sensor(scene, topology, rng)
    return Take(f"seed{seed}-{number:08d}", seen.pos, seen.score, label, topology, sensor.__name__, hertz)


def label_of(number: int, *, seed: int = 0) -> int:
    """The class of the recording with this number: every class once in as many recordings as there are classes."""
    block, place = divmod(number, len(ACTIONS))
    return int(_order(seed, block)[place])


@lru_cache(maxsize=16)
def _order(seed: int, block: int) -> np.ndarray:
    return np.random.default_rng((seed, block, 1)).permutation(len(ACTIONS))
