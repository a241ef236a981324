"""Recordings as dense bodies, the one form on which transforms work, and the base of transforms that work on them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import TIME_MAJOR, SkeletonSequence
from tg_skeleton.missing import present, reduce_persons
from tg_skeleton.transforms._graphs import num_graphs


@dataclass(frozen=True)
class Bodies:
    """B recordings of P persons in all, time first.

    A single sequence, a batch and the inputs of an exported file are brought into this form, and each transform states
    its equation once, on it. Where all persons have V joints, bodies are views of the attributes of a sequence; of
    several topologies in one batch, the smaller bodies are filled up with joints that were not seen.

    Args:
        recording: ``[P]`` int64, the recording of each person; None: all of one.
        num_recordings: B.
        parent: ``[V]`` int64, or ``[P, V]`` where they differ: the parent joint of each joint.
        pos: ``[T, P, V, D]``, zero where a person is absent and behind a recording's end.
        score: ``[T, P, V]``; 0: the joint was not seen.
        x: ``[T, P, V, C]``.
        length: ``[B]`` int64, the frames of each recording; None: T each.
        rows: Of `SplitPersons`, for each frame of one person its place t P + p, recording by recording, and the first
            of each recording, ``[B]``: the frames to `take` from.
        node: Each body is a single node: the person of each, ``[P]``, and the nodes' parents ``[P]``.
        filled: Bodies were filled up; whether ``score`` was made for it.
        fewest: The fewest joints of a person where bodies were filled up; else V.
    """

    recording: Tensor | None
    num_recordings: int
    parent: Tensor | None = None
    pos: Tensor | None = None
    score: Tensor | None = None
    x: Tensor | None = None
    length: Tensor | None = None
    rows: tuple[Tensor, Tensor] | None = None
    node: tuple[Tensor, Tensor] | None = None
    filled: Literal["no", "with scores", "made scores"] = "no"
    fewest: int | None = None

    # -- from sequences and back ---------------------------------------------------------------------------------------

    @classmethod
    def of(cls, data: SkeletonSequence) -> Bodies:
        """The bodies of a sequence or a batch."""
        sizes = _joints_per_person(data)
        if len(sizes) == 1:
            return cls._uniform(data, sizes[0])
        return cls._filled(data, max(sizes), min(sizes))

    @classmethod
    def of_nodes(cls, data: SkeletonSequence) -> Bodies:
        """Every node as a body of one joint, for what needs no other: nothing is read back from the device."""
        values: dict[str, Any] = {key: data[key].unsqueeze(2) for key in TIME_MAJOR if key in data}
        return cls(data.batch, num_graphs(data), node=(data.person, data.parent_index), **values)

    @classmethod
    def _uniform(cls, data: SkeletonSequence, joints: int) -> Bodies:
        batch = data.batch
        parent = data.parent_index
        if parent.numel() > joints:
            first = torch.arange(0, parent.numel(), joints, device=parent.device)
            parent = parent.view(-1, joints) - first[:, None]
            if torch.equal(parent, parent[:1].expand_as(parent)):
                parent = parent[0]
        values: dict[str, Any] = {key: data[key].unflatten(1, (-1, joints)) for key in TIME_MAJOR if key in data}
        return cls(None if batch is None else batch[::joints], num_graphs(data), parent, **values)

    @classmethod
    def _filled(cls, data: SkeletonSequence, joints: int, fewest: int) -> Bodies:
        persons = data.num_persons
        place = data.person * joints + data.joint
        first = torch.ones_like(place).cumsum(0) - 1 - data.joint  # of the node's person

        def fill(value: Tensor, axis: int) -> Tensor:
            shape = (*value.shape[:axis], persons * joints, *value.shape[axis + 1 :])
            return value.new_zeros(shape).index_copy(axis, place, value).unflatten(axis, (persons, joints))

        values: dict[str, Any] = {key: fill(data[key], 1) for key in TIME_MAJOR if key in data}
        if made := "score" not in values:
            one = torch.ones(data.num_frames, place.numel(), device=place.device)
            values["score"] = fill(one, 1)
        recording = data.batch if data.batch is None else data.batch[data.joint == 0]
        parent = fill(data.parent_index - first, 0)
        filled: Literal["with scores", "made scores"] = "made scores" if made else "with scores"
        return cls(recording, num_graphs(data), parent, **values, filled=filled, fewest=fewest)

    def onto(self, data: SkeletonSequence) -> SkeletonSequence:
        """Sets the time-major attributes of a sequence with the graph of these bodies."""
        for key in TIME_MAJOR:
            value = getattr(self, key)
            if value is None or (key == "score" and self.filled == "made scores"):
                continue
            nodes = value.flatten(1, 2)
            if self.filled != "no":
                nodes = nodes.index_select(1, data.person * value.size(2) + data.joint)
            data[key] = nodes
        return data

    # -- who is where --------------------------------------------------------------------------------------------------

    @property
    def coordinates(self) -> Tensor:
        """``pos``, or an error that says what to do without it."""
        if self.pos is None:
            raise ValueError(
                "pos: expected coordinates [T, N, D], got a sequence without them; build it with "
                "SkeletonSequence.from_array, and apply the transforms that change coordinates while it has pos"
            )
        return self.pos

    def check_joint(self, joint: int, argument: str) -> None:
        """Raises if a person has no such joint; ``argument`` says where the joint was given."""
        fewest = self.fewest if self.fewest is not None else self.coordinates.size(2)
        if joint >= fewest:
            raise ValueError(
                f"{argument}: expected the index of a joint, got {joint} for a body of {fewest} joints; "
                f"choose one of 0..{fewest - 1}"
            )

    @property
    def values(self) -> dict[str, Tensor]:
        """The attributes that are there."""
        return {key: value for key in TIME_MAJOR if (value := getattr(self, key)) is not None}

    @cached_property
    def present(self) -> Tensor:
        """Whether a person is in a frame, that is, not all zero and unseen there: ``[T, P]`` bool."""
        here = present(self.coordinates, self.score)
        if self.node is None:
            return here
        # N bounds the number of persons, and asking for the number itself would wait for the device.
        person = self.node[0]
        persons = torch.zeros(here.shape, device=here.device).index_add_(1, person, here.float())
        return persons.index_select(1, person) != 0

    @cached_property
    def seen(self) -> Tensor:
        """Whether a joint was seen in a frame: ``[T, P, V]`` bool; without scores, all joints of persons present."""
        here = self.present[..., None]
        if self.score is None:
            return here.expand(-1, -1, self.coordinates.size(2))
        return here & (self.score > 0)

    @cached_property
    def member(self) -> Tensor:
        """Whether a person is of a recording, ``[B, P]``."""
        if self.recording is None:
            persons = self.num_persons
            return torch.ones(1, persons, dtype=torch.bool, device=self._device)
        return self.recording == torch.arange(self.num_recordings, device=self._device)[:, None]

    @cached_property
    def first(self) -> Tensor:
        """The first person of each recording, ``[B]``."""
        if self.recording is None:
            return torch.zeros(1, dtype=torch.long, device=self._device)
        return self.member.int().argmax(1)

    @property
    def num_persons(self) -> int:
        """P."""
        return next(iter(self.values.values())).size(1)

    @property
    def num_frames(self) -> int:
        """T, of the longest recording."""
        return next(iter(self.values.values())).size(0)

    @property
    def lengths(self) -> Tensor:
        """The frames of each recording, ``[B]`` int64."""
        if self.length is not None:
            return self.length
        return torch.full((self.num_recordings,), self.num_frames, device=self._device)

    @property
    def _device(self) -> torch.device:
        return next(iter(self.values.values())).device

    # -- between recordings, persons, joints and frames ----------------------------------------------------------------

    def per_person(self, value: Tensor, axis: int = 0) -> Tensor:
        """A value per recording as one per person: B -> P, or 1, along an axis."""
        return value if self.recording is None else value.index_select(axis, self.recording)

    def per_recording(self, value: Tensor, reduce: Literal["amin", "amax", "sum"]) -> Tensor:
        """A value per person reduced to one per recording: ``[P, ...]`` -> ``[B, ...]``."""
        return reduce_persons(value, self.recording, self.num_recordings, reduce)

    def at_parent(self, value: Tensor) -> Tensor:
        """Of every joint the value of its parent: ``[T, P, V, ...]`` -> ``[T, P, V, ...]``."""
        if self.node is not None:
            return value.index_select(1, self.node[1])
        assert self.parent is not None
        if self.parent.dim() == 1:
            return value.index_select(2, self.parent)
        index = self.parent.view(1, *self.parent.shape, *[1] * (value.dim() - 3)).expand_as(value)
        return value.gather(2, index)

    def take(self, frames: Tensor) -> Bodies:
        """Other frames, as many of every recording: ``frames [B, S]``, or ``[1, S]`` for all alike."""
        if self.rows is not None:
            rows, start = self.rows
            chosen = rows[start[:, None] + frames].t()  # [S, B]
            return self.with_values(lambda value: value.flatten(0, 1)[chosen]).one_each()
        out = replace(self, length=None)
        if frames.size(0) == 1 and self.length is None:
            return out.with_values(lambda value: value.index_select(0, frames[0]))
        frame = self.per_person(frames).t()  # [S, P]
        person = torch.arange(self.num_persons, device=frame.device)
        return out.with_values(lambda value: value[frame, person])

    def with_values(self, function: Callable[[Tensor], Tensor]) -> Bodies:
        """Each attribute that is there, changed alike."""
        values: dict[str, Any] = {key: function(value) for key, value in self.values.items()}
        return replace(self, **values)

    def without(self, joints: Tensor) -> Bodies:
        """Some joints made missing, ``[T, P, V]`` bool: position and score 0."""
        score = self.seen.to(self.coordinates.dtype) if self.score is None else self.score
        filled: Literal["no", "with scores"] = "no" if self.filled == "no" else "with scores"
        pos = torch.where(joints[..., None], 0.0, self.coordinates)
        return replace(self, pos=pos, score=torch.where(joints, 0.0, score), filled=filled)

    def one_each(self) -> Bodies:
        """The same with one person in each recording."""
        recording = torch.arange(self.num_recordings, device=self._device)
        parent = self.parent
        if parent is not None and parent.dim() == 2:
            parent = parent[self.first]
        return replace(
            self, recording=None if self.recording is None else recording, rows=None, length=None, parent=parent
        )


class BodyTransform(BaseTransform, ABC):
    """A transform that states on `Bodies` what it does to a sequence, to a batch, and within an exported file."""

    @abstractmethod
    def apply(self, bodies: Bodies) -> Bodies:
        """The equation, as tensor operations that an exporter can follow."""

    def certain(self) -> BodyTransform:
        """The same transform without draws, as an exported file has it.

        Raises:
            ValueError: It is nothing without them.
        """
        return self

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        return self.apply(Bodies.of(data)).onto(data)


class NodeTransform(BodyTransform):
    """A `BodyTransform` that asks for nothing but single joints and who is present."""

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        return self.apply(Bodies.of_nodes(data)).onto(data)


def _joints_per_person(data: SkeletonSequence) -> Sequence[int]:
    """V, or each V of a batch with several."""
    joints, nodes = int(data.joint.max()) + 1, data.joint.numel()
    expected = torch.arange(joints, device=data.joint.device)
    if nodes % joints == 0 and torch.equal(data.joint.view(-1, joints), expected.expand(nodes // joints, -1)):
        return (joints,)
    return sorted(set(torch.bincount(data.person).tolist()))
