"""The literature's padding: the same number of persons in every recording."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import set_persons
from tg_skeleton.transforms.bodies import Bodies, BodyTransform


@functional_transform("pad_persons")
class PadPersons(BodyTransform):
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
        bodies = Bodies.of(data)
        most = int(bodies.member.sum(1).max())
        if not self.drop and most > self.num:
            raise ValueError(
                f"num: expected at most {self.num} persons in a sequence, got {most}; "
                f"use PadPersons({most}), or drop=True to keep the first {self.num}"
            )
        padded = self.apply(bodies)
        set_persons(data, self.num)
        return padded.onto(data)

    def apply(self, bodies: Bodies) -> Bodies:
        member = bodies.member  # [B, P]
        rank = member.long().cumsum(1) - 1
        slot = torch.arange(self.num, device=member.device)[:, None]
        chosen = (member[:, None] & (rank[:, None] == slot)).flatten(0, 1)  # [B num, P]
        source, real = chosen.int().argmax(1), chosen.any(1)

        def pad(value: Tensor) -> Tensor:
            return torch.where(real.view(-1, *[1] * (value.dim() - 2)), value.index_select(1, source), 0.0)

        recording = torch.arange(member.size(0), device=member.device).repeat_interleave(self.num)
        parent = bodies.parent
        if parent is not None and parent.dim() == 2:
            parent = parent[bodies.first].repeat_interleave(self.num, 0)
        out = replace(bodies.with_values(pad), parent=parent)
        return out if bodies.recording is None else replace(out, recording=recording)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.num}, drop={self.drop})"
