"""Turns frames with several persons into successive frames with one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import (
    body_sizes,
    graph_index,
    graph_ptr,
    num_graphs,
    per_graph,
    present,
    set_persons,
    time_major,
)


@functional_transform("split_persons")
class SplitPersons(BaseTransform):
    r"""Makes a sequence of one person: a frame with several persons becomes several frames with one each.

    .. math:: p_1(t),\ p_2(t),\ p_1(t+1),\ p_2(t+1),\ \dots

    Only persons who are present (not all zero) get a frame. A frame in which nobody is present has none and is
    dropped; of a recording in which nobody ever is, one all-zero frame stays. A velocity between two neighbours of the
    result may lead from one person to another; a graph that keeps its persons as components needs no `SplitPersons`.

    Reads and writes ``pos``, ``x``, ``score``; writes ``edge_index``, ``parent_index``, ``joint``, ``person`` (and
    ``batch``, ``ptr``). A batch is split where all of its sequences come to the same number of frames.

    Shapes:
        ``[T, M V, ...]`` -> ``[T', V, ...]``, T' the number of (frame, present person) pairs.

    Raises:
        ValueError: The sequences of a batch come to different numbers of frames.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import SplitPersons
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> two_frames_of_two = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).view(2, 2, 1, 1)
    >>> SplitPersons()(SkeletonSequence.from_array(two_frames_of_two, dot)).pos.flatten()
    tensor([1., 2., 3., 4.])

    Source: Qin et al. 2022 (ESAN), Implementation details. Assumption: frames without anybody are dropped.
    """

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        frame, head = self._one_person_frames(data)
        values = time_major(data)
        graph, place = set_persons(data, 1)
        frame, node = frame[graph].t(), head[graph].t() + place
        for key, value in values.items():
            data[key] = value[frame, node]
        return data

    def _one_person_frames(self, data: SkeletonSequence) -> tuple[Tensor, Tensor]:
        """The frame and the person's first node of each new frame, both ``[B, T']``."""
        graph = graph_index(data)
        first = graph_ptr(data)[:-1]
        place = torch.arange(graph.numel(), device=graph.device) - first[graph]
        heads = (place % body_sizes(data)[graph] == 0).nonzero().view(-1)  # [P], the first node of each person
        owner = graph[heads]

        here = present(data)
        ever = per_graph(here.any(0).int(), data, "max")[owner] > 0
        here = here[:, heads]
        here[0] |= ~ever & (place[heads] == 0)

        frame, person = here.nonzero().unbind(1)
        lengths = torch.bincount(owner[person], minlength=num_graphs(data)).tolist()
        if min(lengths) != max(lengths):
            raise ValueError(
                "SplitPersons: expected a batch of sequences that come to one number of one-person frames, got "
                f"{min(lengths)} to {max(lengths)}; apply SplitPersons to each sequence before batching, "
                "as a transform of the data set, and SampleSegments or ReplayPad after it"
            )
        order = torch.argsort(owner[person], stable=True)
        return frame[order].view(-1, lengths[0]), heads[person[order]].view(-1, lengths[0])
