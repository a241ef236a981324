"""A recording and each of its persons alone as one batch, without a sequence for each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch_geometric.data import Batch
from torch_geometric.transforms import BaseTransform, Compose

from tg_skeleton.collate import Layout
from tg_skeleton.data import SkeletonSequence, body_graph
from tg_skeleton.inference.described import TRANSFORMS
from tg_skeleton.inference.recognizer import ActionRecognizer
from tg_skeleton.inference.recordings import RATE, persons_alone
from tg_skeleton.missing import filled_frames, find_missing, present
from tg_skeleton.topology import Topology


class Prepared(NamedTuple):
    """A batch as the network reads it.

    Args:
        batch: With ``x``, on the network's device.
        order: Where each asked sequence stands in it: all together first, then one person after another.
    """

    batch: SkeletonSequence
    order: list[int]


class SideBySide:
    """What `ActionRecognizer.prepare` makes of a recording and of its persons alone, in a fraction of the time.

    Nodes stand person after person, so the arrays of a recording are those of a batch of its persons, and transforms
    see all of them at once. Transforms that draw at random from torch's generator, or that are not of this package, are
    shown one sequence after another instead, as `prepare` does it. Persons who are there in different numbers of frames
    go in groups, for `SplitPersons` makes clips of different lengths of them.

    >>> import torch
    >>> from tg_skeleton.inference import ActionRecognizer
    >>> from tg_skeleton.inference.side_by_side import SideBySide
    >>> prepare = SideBySide(ActionRecognizer(card.build(), card))
    >>> batch, order = prepare(torch.randn(60, 3, 25, 3), together=True, alone=True)
    >>> batch.num_graphs, batch.x.shape, order  # three persons, and each of them
    (4, torch.Size([20, 150, 3]), [0, 1, 2, 3])

    Args:
        recognizer: Whose transforms are applied.
        fps: Frames a second, for transforms that read them (`Resample`).

    Shapes:
        pos ``[T, M, V, D]``, score ``[T, M, V]``; ``x`` ``[T', N, C]``.
    """

    def __init__(self, recognizer: ActionRecognizer, fps: float | None = None) -> None:
        self.recognizer = recognizer
        self.rate = {} if fps is None else {RATE: fps}
        self.at_once = _of_this_package(recognizer.card.transform)

    def __call__(self, pos: Tensor, score: Tensor | None = None, *, together: bool, alone: bool) -> Prepared:
        """The recording of all persons if ``together``, and of each person if ``alone``.

        Joints that were not seen and frames without anybody at both ends are those of `SkeletonSequence.from_array`.

        Raises:
            ValueError: A transform does not take them, or makes clips of different lengths.
        """
        topology = self.recognizer.card.topology
        pos, score = find_missing(pos, topology, score)
        first, last = filled_frames(pos, score)
        pos, score = pos[first:last], None if score is None else score[first:last]
        if self.at_once:
            generator = torch.get_rng_state()
            prepared = self._at_once(pos, score, together, alone)
            if torch.equal(generator, torch.get_rng_state()):
                return prepared
            torch.set_rng_state(generator)
            self.at_once = False
        graph = body_graph(topology, pos.size(1))
        recording = SkeletonSequence(**_time_series(pos, score), **graph, **self.rate, name="window")
        batch = self.recognizer.prepare([recording] * together + (persons_alone(recording, topology) if alone else []))
        return Prepared(batch, list(range(batch.num_graphs)))

    def _at_once(self, pos: Tensor, score: Tensor | None, together: bool, alone: bool) -> Prepared:
        parts, order = [], []
        if together:
            parts.append(self._transformed(pos, score, (pos.size(1),)))
            order.append(0)
        lengths = present(pos, score).sum(0).tolist() if alone else []  # [M]
        for length in sorted(set(lengths)):
            group = [person for person, frames in enumerate(lengths) if frames == length]
            order += [person + together for person in group]
            if len(group) < len(lengths):
                own = (pos[:, group], None if score is None else score[:, group])
            else:
                own = (pos, score)
            parts.append(self._transformed(*own, (1,) * len(group)))
        return Prepared(_joined(parts), sorted(range(len(order)), key=order.__getitem__))

    def _transformed(self, pos: Tensor, score: Tensor | None, sizes: tuple[int, ...]) -> SkeletonSequence:
        """A batch with ``x`` on the network's device, of recordings of so many persons each."""
        card = self.recognizer.card
        layout, graph = _graph(card.topology, sizes)
        rate = {key: torch.full((len(sizes),), value) for key, value in self.rate.items()}
        batch = layout.batch({**_time_series(pos, score), **graph, **rate})
        batch = batch if card.transform is None else card.transform(batch)
        batch = batch.to(
            self.recognizer.device, non_blocking=True
        )  # else the host would wait for the last frame's answer
        return batch if card.batch_transform is None else card.batch_transform(batch)


def _joined(parts: Sequence[SkeletonSequence]) -> SkeletonSequence:
    """The clips of several batches in one; of a batch, what a network reads."""
    if len(parts) == 1:
        return parts[0]
    lengths = [part.x.size(0) for part in parts]
    if len(set(lengths)) > 1:
        raise ValueError(
            f"the card's transforms make clips of {min(lengths)} to {max(lengths)} frames of one window, for persons "
            "come and go; end them with SampleSegments(num_frames) or ReplayPad(num_frames)"
        )
    first, graphs = 0, []
    for part in parts:
        graphs.append(part.batch + first)
        first += part.num_graphs
    batch = Batch(_base_cls=SkeletonSequence)
    batch.x, batch.batch = torch.cat([part.x for part in parts], 1), torch.cat(graphs)
    batch._num_graphs = first
    return batch


def _time_series(pos: Tensor, score: Tensor | None) -> dict[str, Tensor]:
    """Of nodes: ``[T, M, V, ...]`` as ``[T, M V, ...]``."""
    return {"pos": pos.flatten(1, 2)} if score is None else {"pos": pos.flatten(1, 2), "score": score.flatten(1, 2)}


@lru_cache(maxsize=64)
def _graph(topology: Topology, sizes: tuple[int, ...]) -> tuple[Layout, dict[str, Tensor]]:
    """The nodes and edges of recordings of so many persons each."""
    persons = torch.tensor(sizes)
    edges = topology.edge_index.size(1)
    layout = Layout(persons * topology.num_joints, persons * edges, persons, torch.zeros_like(persons))
    return layout, body_graph(topology, sum(sizes))


def _of_this_package(transform: BaseTransform | None) -> bool:
    """Whether a transform gives for a batch what it gives for its sequences, as all of this package do."""
    if isinstance(transform, Compose):
        return all(_of_this_package(part) for part in transform.transforms)
    return transform is None or TRANSFORMS.get(type(transform).__name__) is type(transform)
