"""From arrays, and what an index says about them, to sequences and batches."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tg_skeleton.collate import Joined, Layout
from tg_skeleton.data import SkeletonSequence, body_graph
from tg_skeleton.datasets.clips import ClipArrays
from tg_skeleton.datasets.store import RecordingIndex
from tg_skeleton.topology import Topology


class Assembly:
    """Makes sequences of the recordings of an index.

    Args:
        topology: Their skeleton.
        index: Says what is known about them.
    """

    def __init__(self, topology: Topology, index: RecordingIndex) -> None:
        self.topology = topology
        self.index = index
        self._graphs: dict[int, SkeletonSequence] = {}

    def sequence(self, row: int, pos: np.ndarray, score: np.ndarray | None) -> SkeletonSequence:
        """A recording, or clips of it, from ``[T, M, V, D]`` and ``[T, M, V]``, whose memory it takes over."""
        persons = pos.shape[1]
        if persons not in self._graphs:
            self._graphs[persons] = SkeletonSequence(**body_graph(self.topology, persons))
        sequence = copy.copy(self._graphs[persons])
        values = {
            "pos": _nodes(pos),
            "y": torch.from_numpy(self.index.labels[row : row + 1].copy()),
            "name": str(self.index.names[row]),
            **{key: column[row].item() for key, column in self.index.facts.items()},
        }
        if score is not None:
            values["score"] = _nodes(score)
        sequence._store._mapping.update(values)  # setting them one by one takes longer than all the rest
        return sequence

    def batch(self, clips: ClipArrays) -> SkeletonSequence:
        """What `collate` makes of the sequences of some clips."""
        about, persons, total = self.index.take(clips.rows), torch.from_numpy(clips.persons), clips.pos.shape[1]
        values: dict[str, Any] = {
            **body_graph(self.topology, total),
            "pos": _nodes(clips.pos),
            "y": torch.from_numpy(about.labels),
            "name": about.names.tolist(),
            **{key: _column(column) for key, column in about.facts.items()},
        }
        if clips.score is not None:
            values["score"] = _nodes(clips.score)
        nodes, edges = persons * self.topology.num_joints, persons * (values["edge_index"].size(1) // total)
        return Layout(nodes, edges, persons, torch.ones_like(nodes)).batch(values)


class Clips(Joined):
    """Clips that were read together: a sequence each, or all as a batch.

    Args:
        assembly: Makes sequences of them.
        arrays: What was read.
    """

    def __init__(self, assembly: Assembly, arrays: ClipArrays) -> None:
        self.assembly = assembly
        self.arrays = arrays

    def joined(self) -> SkeletonSequence:
        """The batch of all of them, which `collate` gives."""
        return self.assembly.batch(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays.rows)

    def __getitem__(self, place: Any) -> Any:
        chosen = range(len(self))[place]
        return self._sequence(chosen) if isinstance(chosen, int) else [self._sequence(clip) for clip in chosen]

    def _sequence(self, clip: int) -> SkeletonSequence:
        row, _, pos, score = self.arrays
        end = int(self.arrays.persons[: clip + 1].sum())
        own = slice(end - int(self.arrays.persons[clip]), end)
        return self.assembly.sequence(
            int(row[clip]), pos[:, own].copy(), None if score is None else score[:, own].copy()
        )


def _column(values: np.ndarray) -> Tensor | list[str]:
    """A column of facts as a batch has it: numbers as a tensor, texts as a list."""
    return torch.from_numpy(values) if values.dtype.kind == "i" else values.tolist()


def _nodes(values: np.ndarray) -> Tensor:
    """``[T, M, V, ...]`` -> ``[T, M V, ...]``."""
    frames, persons, joints, *rest = values.shape
    return torch.from_numpy(values).view(frames, persons * joints, *rest)
