"""Recordings that the package makes itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from typing import Any, Literal

import numpy as np

from tg_skeleton.datasets._simulation.performance import ACTIONS, generator, perform
from tg_skeleton.datasets._simulation.sensor import CAMERAS, measure, view
from tg_skeleton.datasets.base import SkeletonDataset, Transform
from tg_skeleton.datasets.splits import rows_of
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.io import Recording
from tg_skeleton.topologies import NTU25
from tg_skeleton.work import Workers

Protocol = Literal["xsub", "xview"]

_NAMES = tuple(action.name for action in ACTIONS)
_PATTERN = re.compile(r"S001C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
_TEST_CAMERA = 1


def simulate(
    action: str, subject: int = 1, *, camera: int = 2, repetition: int = 1, seed: int = 0, noise: bool = True
) -> Recording:
    """One simulated recording of a person, or of two, seen by a depth camera.

    Everything is drawn from the seed and the arguments, so a recording does not depend on what was made before it. The
    three cameras see the same performance, each with errors of its own. In an interaction the partner is none of the
    numbered subjects, and the order of the two persons is random.

    >>> from tg_skeleton.datasets import simulate
    >>> recording = simulate("handshake", subject=3, camera=1)
    >>> recording.name, recording.label, recording.pos.shape
    ('S001C001P003R001A013', 12, (75, 2, 25, 3))

    Args:
        action: One of ``SimulatedActions.class_names``.
        subject: Who acts, counted from 1; a subject has their own proportions, style and speed.
        camera: 1, 2 or 3, at -45, 0 and 45 degrees around the stage; 2 sees a single actor from the front.
        repetition: Which performance of the subject, counted from 1.
        seed: Another seed, other persons and performances.
        noise: False leaves out all errors of the sensor, and lists the actor first.

    Shapes:
        - ``Recording.pos``: ``[T, M, 25, 3]`` float32, T 30 to 90 frames, M 1 or 2

    Units:
        Meters in camera space, axes as Kinect's: x to the right of a person who faces the camera, y up, z away from
        the camera. 30 frames a second.

    Raises:
        ValueError: The action or the camera is unknown, or a number is out of range.
    """
    if action not in _NAMES:
        raise ValueError(f"action: expected one of {', '.join(map(repr, _NAMES))}, got {action!r}")
    if camera not in CAMERAS:
        raise ValueError(f"camera: expected 1, 2 or 3, got {camera!r}")
    _check_range("subject", subject, 1, 999)
    _check_range("repetition", repetition, 1, 999)
    _check_range("seed", seed, 0, 2**64 - 1)
    label = _NAMES.index(action)
    world = perform(label, subject, repetition, seed=seed)
    return _record(world, label, subject, camera, repetition, seed=seed, noise=noise)


class SimulatedActions(SkeletonDataset):
    r"""Sixteen actions of simulated persons with the 25-joint NTU body, four of them between two persons.

    A teaching and smoke-test set: it needs no download, is made in seconds, and is easy. **Its accuracies say nothing
    about real data**, and no method should be compared with another one on it. Bodies move by programs of joint
    angles (forward kinematics) with subjects' own proportions, handedness, amplitude and speed; three depth cameras
    look on with noise, hidden joints and lost frames. Every recording is a pure function of the seed and its name,
    which is written as in NTU RGB+D (``S001C001P003R002A012``).

    By default 1,152 recordings: 16 actions x 12 subjects x 2 repetitions x 3 cameras.

    >>> import tempfile
    >>> from tg_skeleton.datasets import SimulatedActions
    >>> root = tempfile.mkdtemp()
    >>> train = SimulatedActions(root, "train", subjects=4, repetitions=1)
    >>> train, train.num_classes, train.class_names[12:]
    (SimulatedActions(48, split='train'), 16, ('handshake', 'push', 'approach', 'hug'))
    >>> train[0].name, train[0].subject, train[0].pos.shape[1:]
    ('S001C001P003R001A001', 3, torch.Size([25, 3]))

    Args:
        root: The folder of the data set; the processed data lie in ``processed/``.
        split: ``"train"``, ``"val"``, ``"test"`` or ``"trainval"``. Validation is a tenth of the training
            performances of every class (at least one), drawn by the seed; all views of one performance are on one side.
        protocol: ``"xsub"``: subjects with odd numbers train, those with even numbers test. ``"xview"``: cameras 2
            and 3 (0 and 45 degrees) train, camera 1 (-45 degrees) tests.
        seed: Another seed, other persons, performances and validation split.
        subjects: The number of subjects.
        repetitions: How often each subject performs each action.
        transform: Applied to a sequence on every access.
        force_reload: Make the recordings again although processed data are there.
        num_workers: Number of processes that make recordings, or an executor. Default: 0, this process.

    Shapes:
        - a sequence: ``pos`` ``[T, 25 M, 3]`` float32, T 30 to 90, M 1 or 2; facts ``subject``, ``camera`` and
          ``repetition``, counted from 1

    Units:
        Meters in Kinect's camera space (y up, z away from the camera), 30 frames a second.

    Raises:
        ValueError: The split or the protocol is unknown, a number is out of range, or the split is empty.

    Source:
        Made by this package; see ``datasets/simulated/README.md``.
    """

    topology = NTU25
    class_names = _NAMES
    version = 1

    def __init__(
        self,
        root: str | os.PathLike[str],
        split: Literal["train", "val", "test", "trainval"],
        *,
        protocol: Protocol = "xsub",
        seed: int = 0,
        subjects: int = 12,
        repetitions: int = 2,
        transform: Transform | None = None,
        force_reload: bool = False,
        num_workers: Workers = 0,
    ) -> None:
        if protocol not in ("xsub", "xview"):
            raise ValueError(f"protocol: expected 'xsub' or 'xview', got {protocol!r}")
        _check_range("subjects", subjects, 2, 999)
        _check_range("repetitions", repetitions, 1, 999)
        _check_range("seed", seed, 0, 2**64 - 1)
        self.protocol, self.seed, self.subjects, self.repetitions = protocol, seed, subjects, repetitions
        super().__init__(root, split, transform=transform, force_reload=force_reload, num_workers=num_workers)

    def parameters(self) -> Mapping[str, Any]:
        """What the recordings depend on; the protocol is a matter of the index."""
        return {"seed": self.seed, "subjects": self.subjects, "repetitions": self.repetitions}

    def recording_names(self) -> Sequence[str]:
        """The names, by action, subject, repetition and camera."""
        numbers = (range(len(ACTIONS)), range(1, self.subjects + 1), range(1, self.repetitions + 1), CAMERAS)
        return [_name(label, subject, camera, rep) for label, subject, rep, camera in product(*numbers)]

    @contextmanager
    def reader(self) -> Iterator[Callable[[str], Recording]]:
        """Makes recordings by their names; views of one performance are made from one performance."""
        last = lru_cache(maxsize=1)(perform)

        def read(name: str) -> Recording:
            match = _PATTERN.fullmatch(name)
            if match is None:
                raise ValueError(f"recording '{name}': expected a name such as S001C001P003R002A012")
            camera, subject, repetition, action = map(int, match.groups())
            world = last(action - 1, subject, repetition, seed=self.seed)
            return _record(world, action - 1, subject, camera, repetition, seed=self.seed, noise=True)

        yield read

    def split_indices(self, index: RecordingIndex) -> np.ndarray:
        """The rows of the split under the protocol."""
        by_subject = self.protocol == "xsub"
        return rows_of(
            self.split,
            index.facts["subject"] % 2 == 1 if by_subject else index.facts["camera"] != _TEST_CAMERA,
            labels=index.labels,
            names=index.names,
            group_of=lambda name: name[:4] + name[8:],  # the performance: all but the camera
            seed=self.seed,
        )


def _record(
    world: np.ndarray, label: int, subject: int, camera: int, repetition: int, *, seed: int, noise: bool
) -> Recording:
    """A performance ``[T, M, V, 3]`` on the stage as a camera records it."""
    pos = view(world, camera)
    if noise:
        pos = measure(pos, generator(seed, "sensor", label, subject, repetition, camera))
    return Recording(
        name=_name(label, subject, camera, repetition),
        pos=pos.astype(np.float32),
        label=label,
        facts={"subject": subject, "camera": camera, "repetition": repetition},
    )


def _name(label: int, subject: int, camera: int, repetition: int) -> str:
    return f"S001C{camera:03d}P{subject:03d}R{repetition:03d}A{label + 1:03d}"


def _check_range(argument: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{argument}: expected a whole number from {low} to {high}, got {value!r}")
