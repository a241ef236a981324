"""An endless data set of generated motion."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial

import numpy as np
import torch.distributed
from torch.utils.data import IterableDataset, get_worker_info

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets.arrays import ArrayDataset
from tg_skeleton.datasets.base import Transform
from tg_skeleton.datasets.described import described
from tg_skeleton.motion import CLASSES, PAIRS, Sensor, Take, label_of, take
from tg_skeleton.topology import Topology


class GeneratedActions(IterableDataset[SkeletonSequence]):
    """Everyday actions of generated persons, seen by sensors drawn at random; it never ends, and nothing comes twice.

    Recordings are numbered and follow from the seed and their number; workers of a loader and processes of a training
    take turns. They have different skeletons and numbers of coordinates, so each has ``x``, which says what its joints
    are (`DescribeJoints`), in place of ``pos``; any of them fit into one batch once they have the same frames.

    >>> from itertools import islice
    >>> from tg_skeleton.datasets import GeneratedActions
    >>> from tg_skeleton.transforms import SampleSegments
    >>> source = GeneratedActions(seed=1, transform=SampleSegments(24))
    >>> [sequence.x.shape[::2] for sequence in islice(source, 2)], len(source.class_names)
    ([torch.Size([24, 13]), torch.Size([24, 13])], 48)

    Args:
        seed: Another seed, other recordings.
        start: The number of the first recording: a training that resumes goes on where it was.
        pairs: The sensors, each with the skeletons that it reports; all with equal chances.
        transform: Applied to each sequence, which has ``pos`` and ``score``, before its joints are described.

    Shapes:
        - a sequence: ``x`` ``[T, M V, 13]``; T at least 8 without a transform, M 1 to 3

    Units:
        Meters, or 1 for the height of an image where the sensor has no depth; y up.
    """

    class_names = CLASSES
    num_classes = len(CLASSES)

    def __init__(
        self,
        *,
        seed: int = 0,
        start: int = 0,
        pairs: Mapping[Sensor, Sequence[Topology]] = PAIRS,
        transform: Transform | None = None,
    ) -> None:
        self.seed, self.start, self.pairs, self.transform = seed, start, pairs, transform

    def __iter__(self) -> Iterator[SkeletonSequence]:
        worker = get_worker_info()
        turn, turns = (0, 1) if worker is None else (worker.id, worker.num_workers)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            turn += turns * torch.distributed.get_rank()
            turns *= torch.distributed.get_world_size()
        number = self.start + turn
        while True:
            recording = take(number, seed=self.seed, pairs=self.pairs)
            sequence = as_sequence(recording)
            if self.transform is not None:
                sequence = self.transform(sequence)
            yield described(sequence, recording.topology)
            number += turns

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self.seed}, start={self.start})"


def as_sequence(recording: Take) -> SkeletonSequence:
    """A generated recording as a sequence."""
    return SkeletonSequence.from_array(
        recording.pos, recording.topology, score=recording.score, y=recording.label, name=recording.name
    )


def write_generated(
    root: str | os.PathLike[str], count: int, topology: Topology, sensor: Sensor, *, seed: int = 0, start: int = 0
) -> ArrayDataset:
    """Write recordings of one sensor and one skeleton to a folder, as a data set that is opened like any other.

    >>> import tempfile
    >>> import warnings
    >>> from tg_skeleton import NTU25
    >>> from tg_skeleton.datasets import write_generated
    >>> from tg_skeleton.motion import kinect_v2
    >>> warnings.simplefilter("ignore")  # about persons who lie, or whose sides the sensor exchanges
    >>> write_generated(tempfile.mkdtemp(), 48, NTU25, kinect_v2)
    ArrayDataset(48, split='all')

    Args:
        root: The folder; what `ArrayDataset.from_arrays` wrote there before is replaced.
        count: How many; 48 in a row are of 48 classes.
        topology: Their skeleton.
        sensor: Who sees them.
        seed: Another seed, other recordings.
        start: The number of the first one.
    """
    numbers = range(start, start + count)
    cached = lru_cache(maxsize=1)(lambda number: take(number, seed=seed, pairs={sensor: (topology,)}))

    def pos(number: int) -> np.ndarray:
        return cached(number).pos

    def score(number: int) -> np.ndarray:
        return cached(number).score

    return ArrayDataset.from_arrays(
        root,
        _Made([partial(pos, number) for number in numbers]),
        [label_of(number, seed=seed) for number in numbers],
        topology,
        class_names=CLASSES,
        names=[f"seed{seed}-{number:08d}" for number in numbers],
        scores=_Made([partial(score, number) for number in numbers]),
    )


class _Made(Sequence[np.ndarray]):
    """Arrays that are made when they are asked for."""

    def __init__(self, makers: Sequence[Callable[[], np.ndarray]]) -> None:
        self._makers = makers

    def __len__(self) -> int:
        return len(self._makers)

    def __getitem__(self, row: int) -> np.ndarray:  # type: ignore[override]
        return self._makers[row]()
