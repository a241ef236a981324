"""Recordings of any skeletons and data sets in one training: joints described, labels of one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch.utils.data import Dataset

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.datasets.base import SkeletonDataset
from tg_skeleton.topology import Topology
from tg_skeleton.transforms import DescribeJoints


class DescribedRecordings(Dataset[SkeletonSequence]):
    """Recordings of a data set for a network that takes any skeleton, to be joined with others.

    Their joints are described (`DescribeJoints`), and their labels are those of a vocabulary that several data sets
    share, so a ``torch.utils.data.ConcatDataset`` of these is one data set for `AnyESAN`.

    >>> import tempfile
    >>> import warnings
    >>> import numpy as np
    >>> from torch.utils.data import ConcatDataset
    >>> from tg_skeleton import COCO17, NTU25
    >>> from tg_skeleton.datasets import ArrayDataset, DescribedRecordings
    >>> from tg_skeleton.transforms import SampleSegments
    >>> warnings.simplefilter("ignore")  # random numbers are no bodies
    >>> def recordings(topology, dims, names):
    ...     arrays = [np.random.rand(30, topology.num_joints, dims) for _ in names]
    ...     root = tempfile.mkdtemp()
    ...     ArrayDataset.from_arrays(root, arrays, names, topology)
    ...     return ArrayDataset(root, "all", transform=SampleSegments(24))
    >>> deep, flat = recordings(NTU25, 3, ["sit", "wave"]), recordings(COCO17, 2, ["greet", "run"])
    >>> classes = ("sit", "wave")
    >>> both = ConcatDataset([
    ...     DescribedRecordings(deep, classes), DescribedRecordings(flat, classes, counterparts={"greet": "wave"})
    ... ])
    >>> [(classes[int(one.y)], tuple(one.x.shape)) for one in both]
    [('sit', (24, 25, 13)), ('wave', (24, 25, 13)), ('wave', (24, 17, 13))]

    Args:
        recordings: The data set; its transform is applied, and should bring all recordings to one number of frames.
        class_names: The vocabulary.
        counterparts: By the data set's class that of the vocabulary; recordings of other classes are left out.
            Default: the classes of the same name.

    Raises:
        ValueError: A counterpart is not in the vocabulary, or no recording has a class of it.
    """

    def __init__(
        self,
        recordings: SkeletonDataset,
        class_names: Sequence[str],
        *,
        counterparts: Mapping[str, str] | None = None,
    ) -> None:
        if counterparts is None:
            counterparts = {name: name for name in recordings.class_names if name in class_names}
        for name, counterpart in counterparts.items():
            if counterpart not in class_names:
                raise ValueError(
                    f"counterparts: expected classes of the vocabulary, got '{counterpart}' for '{name}'; add it to "
                    "class_names"
                )
        self.recordings = recordings
        self.class_names = tuple(class_names)
        label = {
            number: self.class_names.index(counterparts[name])
            for number, name in enumerate(recordings.class_names)
            if name in counterparts
        }
        self._rows = [row for row, own in enumerate(recordings.labels) if int(own) in label]
        self._label = label
        if not self._rows:
            raise ValueError(
                f"class_names: expected classes of {recordings!r} among them, got {', '.join(self.class_names)}; "
                "counterparts says which class is which"
            )

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> SkeletonSequence:
        sequence = self.recordings[self._rows[index]]
        sequence.y = torch.tensor([self._label[int(sequence.y)]])
        return described(sequence, self.recordings.topology)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self)} of {self.recordings!r}, {len(self.class_names)} classes)"


def described(sequence: SkeletonSequence, topology: Topology) -> SkeletonSequence:
    """A sequence with ``x`` in place of ``pos`` and ``score``, so that it fits into a batch of any skeletons."""
    sequence = DescribeJoints(topology)(sequence)
    keep = ("x", "y", "name", "joint", "person", "edge_index", "parent_index")
    return SkeletonSequence(**{key: sequence[key] for key in keep if key in sequence})
