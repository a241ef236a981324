"""Sequences to a batch, several times faster than PyG's collate, which has to ask every value what it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data import Batch
from torch_geometric.utils import cumsum

from tg_skeleton.data import NODE_INDICES, TIME_MAJOR, SkeletonSequence
from tg_skeleton.missing import present

_PER_NODE = (*TIME_MAJOR, *NODE_INDICES)
_AXIS_1 = (*TIME_MAJOR, "edge_index")
_TENSORS = (*_PER_NODE, "edge_index", "y")
_REQUIRED = {"joint", "person", "edge_index", "parent_index"}
_SPECIAL = ("num_nodes", "batch", "ptr")
"""Names to which PyG gives a meaning."""


class Joined(Sequence[SkeletonSequence], ABC):
    """Sequences that are, but for the last step, a batch already; else a sequence like any other."""

    @abstractmethod
    def joined(self) -> SkeletonSequence:
        """The batch of all of them, which `collate` gives."""


@dataclass(frozen=True)
class Layout:
    """How many nodes, edges, persons and labels each sequence of a batch has, ``[B]`` int64 each."""

    nodes: Tensor
    edges: Tensor
    persons: Tensor
    labels: Tensor

    @cached_property
    def ptr(self) -> Tensor:
        """The first node of each sequence, and N, ``[B + 1]``."""
        return cumsum(self.nodes)

    @cached_property
    def graph(self) -> Tensor:
        """The sequence of each node, ``[N]``."""
        return torch.repeat_interleave(self.nodes)

    def batch(self, values: dict[str, Any]) -> SkeletonSequence:
        """The batch that these attributes make: joined tensors, and lists of what is a string in a sequence."""
        batch = Batch(_base_cls=SkeletonSequence)
        first, first_person = self.ptr[:-1], cumsum(self.persons)[:-1]
        offsets = {"edge_index": first, "parent_index": first, "person": first_person}
        slices, increments = {}, {}
        for key, value in values.items():
            slices[key] = self._slices(key)
            zero = None if isinstance(value, list) else torch.zeros_like(self.nodes)
            increments[key] = offsets.get(key, zero)
        batch._store._mapping.update(values, batch=self.graph, ptr=self.ptr)
        batch._num_graphs, batch._slice_dict, batch._inc_dict = self.nodes.numel(), slices, increments
        return batch

    def _slices(self, key: str) -> Tensor:
        """Where each sequence's part of an attribute begins, and where the last one ends."""
        if key in _PER_NODE:
            return self.ptr
        if key == "edge_index":
            return cumsum(self.edges)
        return cumsum(self.labels) if key == "y" else torch.arange(self.nodes.numel() + 1)


def collate(sequences: Sequence[SkeletonSequence]) -> SkeletonSequence:
    """A batch of sequences, equal in everything to ``torch_geometric.data.Batch.from_data_list(sequences)``.

    Meant for torch's loader, ``torch.utils.data.DataLoader(dataset, batch_size=64, collate_fn=collate)``; PyG's loader
    gives the same batches, more slowly. Sequences with attributes that `SkeletonSequence` does not name (other than
    strings and numbers) are collated by PyG.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.collate import collate
    >>> one, two = (SkeletonSequence.from_array(torch.ones(20, persons, 25, 3), NTU25, y=persons) for persons in (1, 2))
    >>> batch = collate([one, two])
    >>> batch.num_graphs, batch.pos.shape, batch.y, batch.ptr
    (2, torch.Size([20, 75, 3]), tensor([1, 2]), tensor([ 0, 25, 75]))

    Args:
        sequences: The sequences, of one length.

    Shapes:
        - ``[T, N_i, ...]`` each -> ``[T, sum(N_i), ...]``

    Raises:
        ValueError: The sequences differ in length.
    """
    if isinstance(sequences, Joined):
        return sequences.joined()
    mappings = [sequence._store._mapping for sequence in sequences]
    if not _plain(sequences, mappings):
        return _generic(sequences)
    layout = Layout(
        torch.tensor([mapping["joint"].numel() for mapping in mappings]),
        torch.tensor([mapping["edge_index"].size(1) for mapping in mappings]),
        torch.stack([mapping["person"][-1] for mapping in mappings]) + 1,
        torch.tensor([mapping["y"].size(0) if "y" in mapping else 0 for mapping in mappings]),
    )
    values: dict[str, Any] = {}
    for key, value in mappings[0].items():
        column = [mapping[key] for mapping in mappings]
        if isinstance(value, Tensor):
            values[key] = torch.cat(column, 1 if key in _AXIS_1 else 0)
            if key in _PER_NODE and values[key].size(1 if key in _AXIS_1 else 0) != layout.graph.numel():
                return _generic(sequences)
        else:
            values[key] = column if isinstance(value, str) else torch.tensor(column)
    values["edge_index"] += layout.ptr[torch.repeat_interleave(layout.edges)]
    values["parent_index"] += layout.ptr[layout.graph]
    values["person"] += cumsum(layout.persons)[layout.graph]
    return layout.batch(values)


def _generic(sequences: Sequence[SkeletonSequence]) -> SkeletonSequence:
    batch: SkeletonSequence = Batch.from_data_list(list(sequences))
    return batch


def _plain(sequences: Sequence[SkeletonSequence], mappings: list[dict[str, Any]]) -> bool:
    """Whether the sequences have one length and the same attributes, of the kinds that are joined here."""
    first = mappings[0]
    if not first.keys() >= _REQUIRED:
        return False
    for key, value in first.items():
        if key in _TENSORS:
            if type(value) is not Tensor or value.dim() == 0:
                return False
        elif type(value) not in (str, int, float, bool) or key in _SPECIAL:
            return False
    keys, kinds = list(first), [*map(type, first.values())]
    frames = [(key, first[key].size(0)) for key in TIME_MAJOR if key in first]
    return all(
        type(sequence) is SkeletonSequence
        and list(mapping) == keys
        and [*map(type, mapping.values())] == kinds
        and mapping["joint"].is_cpu
        and all(mapping[key].size(0) == length for key, length in frames)
        for sequence, mapping in zip(sequences, mappings, strict=True)
    )


def with_scores(sequences: Sequence[SkeletonSequence]) -> Sequence[SkeletonSequence]:
    """The sequences as they are, or, where some have scores, the others with score 1 for persons who are present."""
    if isinstance(sequences, Joined) or not any("score" in sequence for sequence in sequences):
        return sequences
    out = []
    for sequence in sequences:
        if "score" not in sequence and "pos" in sequence:
            here = present(sequence.to_dense("pos"))  # [P, T]
            score = here[..., None].expand(-1, -1, sequence.joint.numel() // here.size(0)).float()
            sequence = sequence.with_dense(score, "score")
        out.append(sequence)
    return out
