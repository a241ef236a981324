"""The literature's padding: the same number of persons in every recording."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import body_sizes, graph_ptr, set_persons, time_major


@functional_transform("pad_persons")
class PadPersons(BaseTransform):
    """Gives every sequence exactly ``num`` persons, by adding all-zero ones.

    An added person has the topology of the sequence's first. Only networks whose published form is defined on a fixed
    number of persons need this; graphs take any number.

    Reads and writes ``pos``, ``x``, ``score``; writes ``edge_index``, ``parent_index``, ``joint``, ``person`` (and
    ``batch``, ``ptr``). A padded batch can't be taken apart again by PyG's ``to_data_list``.

    Args:
        num: The number of persons.
        drop: Keep the first ``num`` persons of a sequence that has more, instead of raising.

    Shapes:
        ``[T, M V, ...]`` -> ``[T, num V, ...]``.

    Raises:
        ValueError: ``num`` is less than 1, or a sequence has more persons and ``drop`` is False.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import PadPersons
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> padded = PadPersons(2)(SkeletonSequence.from_array(torch.tensor([[[1.0], [3.0]]]), stick))
    >>> padded.pos.flatten().tolist(), padded.edge_index.tolist(), padded.person.tolist()
    ([1.0, 3.0, 0.0, 0.0], [[0, 1, 2, 3], [1, 0, 3, 2]], [0, 0, 1, 1])
    """

    def __init__(self, num: int, *, drop: bool = False) -> None:
        if num < 1:
            raise ValueError(f"num: expected 1 person or more, got {num}")
        self.num = num
        self.drop = drop

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        ptr, values = graph_ptr(data), time_major(data)
        if not self.drop:
            self._check(ptr.diff() // body_sizes(data))
        graph, place = set_persons(data, self.num)
        real = place < ptr.diff()[graph]
        source = torch.where(real, ptr[graph] + place, 0)
        for key, value in values.items():
            data[key] = torch.where(real.view(-1, *[1] * (value.dim() - 2)), value[:, source], 0.0)
        return data

    def _check(self, persons: Tensor) -> None:
        most = int(persons.max())
        if most > self.num:
            raise ValueError(
                f"num: expected at most {self.num} persons in a sequence, got {most}; "
                f"use PadPersons({most}), or drop=True to keep the first {self.num}"
            )

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.num}, drop={self.drop})"
