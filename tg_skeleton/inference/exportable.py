"""A network with plain inputs, and with the geometry in front of it, as modules that an exporter can follow."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.inference.exported_transforms import chain, trimmed
from tg_skeleton.inference.recognizer import ActionRecognizer
from tg_skeleton.missing import find_missing
from tg_skeleton.transforms.bodies import Bodies

Source: TypeAlias = Literal["recording", "x"]
"""What an exported network takes: whole recordings, or what the transforms make of them."""

Axes: TypeAlias = dict[int, str]
"""The axes of an input whose length may be any, with their names."""

OUTPUTS = ("logits", "probabilities")


class Exportable(nn.Module):
    """A network with inputs that need no library of graphs.

    Args:
        recognizer: The network and its card; a network on a CPU is shared, not copied.
    """

    inputs: dict[str, Axes]
    """Names of the inputs, in order, and the axes that may have any length."""

    def __init__(self, recognizer: ActionRecognizer) -> None:
        super().__init__()
        self.card = recognizer.card
        on_cpu = recognizer.device.type == "cpu"
        self.network = recognizer.fused if on_cpu else copy.deepcopy(recognizer.fused).cpu()
        self.num_joints = (self.card.network_topology or self.card.topology).num_joints

    @abstractmethod
    def example(self, recordings: int, frames: int | None = None, *, crowded: bool = False) -> tuple[Tensor, ...]:
        """Random inputs for some recordings (or clips), each of one person, or of one and two in turn if crowded.

        Args:
            recordings: The number of recordings.
            frames: Of the longest; None: twice those of a clip.
            crowded: More than one person in some of them, where the network takes any number.
        """

    @abstractmethod
    def of(self, recognizer: ActionRecognizer, recordings: Sequence[SkeletonSequence]) -> tuple[Tensor, ...]:
        """The inputs for recordings."""

    def per_recording(self, logits: Tensor) -> Tensor:
        """The logits of recordings from those of the inputs that `of` made: those of their clips averaged."""
        return logits.unflatten(0, (-1, self.card.clips)).mean(1)

    def shapes(self) -> dict[str, list[str | int]]:
        """The shape of each input, a word for an axis of any length."""
        example = dict(zip(self.inputs, self.example(1), strict=True))
        return {
            name: [axes.get(axis, size) for axis, size in enumerate(example[name].shape)]
            for name, axes in self.inputs.items()
        }

    def _logits(self, x: Tensor, clip: Tensor, clips: int) -> Tensor:
        """The network on ``x [T, P, V, C]``, the clip of each person ``[P]``."""
        logits: Tensor = self.network(x.flatten(1, 2), clip.repeat_interleave(self.num_joints), clips)
        return logits


class FromRecordings(Exportable):
    """Coordinates of whole recordings in, all transforms of a test, the network on every clip, probabilities out.

    Where the test's transforms draw frames without a seed, the centers are taken, so that there is one answer.

    Shapes:
        - **pos** ``[P, F, V, D]``: each person, zero where absent; joints that were not seen are NaN or all zero, as in
          `SkeletonSequence.from_array`; what is behind a recording's end is not read
        - **recording** ``[P]`` int64, values 0 to B - 1: the recording of each person, the first person first
        - **length** ``[B]`` int64: the frames of each recording
        - **output** logits and probabilities, ``[B, K]`` each

    Raises:
        ValueError: A transform can't be exported, or the network wants equal numbers of persons in all clips.
    """

    parents: Tensor

    def __init__(self, recognizer: ActionRecognizer) -> None:
        super().__init__(recognizer)
        self.inputs = {
            "pos": {0: "persons", 1: "frames"},
            "recording": {0: "persons"},
            "length": {0: "recordings"},
        }
        if joins_persons(recognizer):
            raise ValueError(
                "across_persons: the joints of all persons attend to each other, so every clip needs as many persons, "
                "which recordings don't promise; use --from x (source='x'), which has an axis for them"
            )
        self.steps, self.stream = chain(self.card.transform, self.card.batch_transform)
        self.register_buffer("parents", torch.tensor(self.card.topology.parents), persistent=False)

    def forward(self, pos: Tensor, recording: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and probabilities ``[B, K]``."""
        x, recording = self.prepare(pos, recording, length)  # [A T, P, V, C]
        number, recordings = self.card.clips, length.size(0)
        x = x.unflatten(0, (number, self.card.num_frames)).transpose(0, 1).flatten(1, 2)  # [T, A P, V, C]
        clip = (torch.arange(number, device=x.device)[:, None] * recordings + recording).flatten()
        logits = self._logits(x, clip, number * recordings).unflatten(0, (number, recordings)).mean(0)
        return logits, logits.softmax(1)

    def prepare(self, pos: Tensor, recording: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """What the network reads, clips one after another, ``[A T, P', V', C]``, and each person's recording ``[P']``.

        P' is not P where persons are split or filled up.
        """
        pos = pos.transpose(0, 1)  # [F, P, V, D]
        frame = torch.arange(pos.size(0), device=pos.device)
        there = frame[:, None] < length[recording]
        pos = torch.where(there[..., None, None], pos, 0.0)
        size = length.size(0)
        pos, score = find_missing(pos, self.card.topology, recording=recording, num_recordings=size)
        bodies = trimmed(Bodies(recording, size, self.parents, pos=pos, score=score, length=length))
        for step in self.steps:
            bodies = step.apply(bodies)
        assert bodies.recording is not None
        return self.stream.channels(bodies), bodies.recording

    def example(self, recordings: int, frames: int | None = None, *, crowded: bool = False) -> tuple[Tensor, ...]:
        frames = 2 * self.card.num_frames if frames is None else frames
        counts = torch.arange(recordings) % 2 + 1 if crowded else torch.full((recordings,), self.card.num_persons)
        recording = torch.arange(recordings).repeat_interleave(counts)
        length = (frames - torch.arange(recordings)).clamp(min=1)
        return _walk(len(recording), frames, self.num_joints_in, self.card.dims), recording, length

    def per_recording(self, logits: Tensor) -> Tensor:
        return logits

    @property
    def num_joints_in(self) -> int:
        """V of the recordings."""
        return self.card.topology.num_joints

    def of(self, recognizer: ActionRecognizer, recordings: Sequence[SkeletonSequence]) -> tuple[Tensor, ...]:
        length = torch.tensor([one.num_frames for one in recordings])
        persons = torch.tensor([one.num_persons for one in recordings])
        pos = torch.zeros(int(persons.sum()), int(length.max()), self.num_joints_in, self.card.dims)
        for one, end in zip(recordings, persons.cumsum(0).tolist(), strict=True):
            own = one.to_dense("pos")
            if "score" in one:
                own = torch.where(one.to_dense("score")[..., None] > 0, own, torch.nan)
            pos[end - one.num_persons : end, : one.num_frames] = own
        return pos, torch.arange(len(recordings)).repeat_interleave(persons), length


class FromChannels(Exportable):
    """The network alone, behind the transforms, for clips of any number of persons.

    Shapes:
        - **x** ``[P, T, V, C]``: each person; **clip** ``[P]`` int64, values 0 to B - 1: the clip of each
        - **output** logits and probabilities, ``[B, K]`` each
    """

    def __init__(self, recognizer: ActionRecognizer) -> None:
        super().__init__(recognizer)
        self.inputs = {"x": {0: "persons"}, "clip": {0: "persons"}}

    def forward(self, x: Tensor, clip: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and probabilities ``[B, K]``."""
        clips: Any = clip.max().item() + 1  # an exporter's symbol, or an int
        torch._check(clips >= 1)
        logits = self._logits(x.transpose(0, 1), clip, clips)
        return logits, logits.softmax(1)

    def example(self, recordings: int, frames: int | None = None, *, crowded: bool = False) -> tuple[Tensor, ...]:
        persons = torch.arange(recordings) % 2 + 1 if crowded else torch.ones(recordings, dtype=torch.long)
        clip = torch.arange(recordings).repeat_interleave(persons)
        return _walk(len(clip), self.card.num_frames, self.num_joints, self.card.arguments["in_channels"]), clip

    def of(self, recognizer: ActionRecognizer, recordings: Sequence[SkeletonSequence]) -> tuple[Tensor, ...]:
        batch = recognizer.prepare(recordings)
        x = batch.to_dense().unflatten(1, (self.card.clips, -1))  # [P, A, T, V, C]
        clip = batch.batch[:: self.num_joints] * self.card.clips
        clip = clip[:, None] + torch.arange(self.card.clips)
        return x.flatten(0, 1), clip.flatten()


class FromCrowds(Exportable):
    """The network alone, behind the transforms, where every clip has the same number of persons.

    Shapes:
        - **x** ``[B, M, T, V, C]``, M the network's ``num_persons``, or any number for one that attends across persons
        - **output** logits and probabilities, ``[B, K]`` each
    """

    def __init__(self, recognizer: ActionRecognizer) -> None:
        super().__init__(recognizer)
        self.inputs = {"x": {0: "clips", 1: "persons"} if joins_persons(recognizer) else {0: "clips"}}

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and probabilities ``[B, K]``."""
        clips, persons = x.shape[:2]
        clip = torch.arange(clips, device=x.device).repeat_interleave(persons)
        logits = self._logits(x.flatten(0, 1).transpose(0, 1), clip, clips)
        return logits, logits.softmax(1)

    def example(self, recordings: int, frames: int | None = None, *, crowded: bool = False) -> tuple[Tensor, ...]:
        persons = self.card.num_persons + (crowded and 1 in self.inputs["x"])
        x = _walk(recordings * persons, self.card.num_frames, self.num_joints, self.card.arguments["in_channels"])
        return (x.unflatten(0, (recordings, persons)),)

    def of(self, recognizer: ActionRecognizer, recordings: Sequence[SkeletonSequence]) -> tuple[Tensor, ...]:
        batch = recognizer.prepare(recordings)
        x = batch.to_dense().unflatten(0, (len(recordings), -1))  # [B, M, A T, V, C]
        return (x.unflatten(2, (self.card.clips, -1)).transpose(1, 2).flatten(0, 1),)


def exportable(recognizer: ActionRecognizer, source: Source = "recording") -> Exportable:
    """The module that stands for a network with these inputs, in evaluation.

    >>> import torch
    >>> from tg_skeleton.inference import ActionRecognizer
    >>> from tg_skeleton.inference.exportable import exportable
    >>> module = exportable(ActionRecognizer(card.build(), card))
    >>> pos = torch.randn(3, 50, 25, 3)  # three persons: one recording of two and 50 frames, one of one and 30 frames
    >>> logits, probabilities = module(pos, torch.tensor([0, 0, 1]), torch.tensor([50, 30]))
    >>> probabilities.shape
    torch.Size([2, 2])
    >>> exportable(ActionRecognizer(card.build(), card), "x").shapes()
    {'x': ['persons', 20, 25, 3], 'clip': ['persons']}

    Raises:
        ValueError: ``source`` is unknown, or the transforms can't be exported.
    """
    if source == "recording":
        return FromRecordings(recognizer).eval()
    if source != "x":
        raise ValueError(f"source: expected 'recording' or 'x', got {source!r}")
    crowds = recognizer.card.num_persons > 1 or joins_persons(recognizer)
    return (FromCrowds if crowds else FromChannels)(recognizer).eval()


def joins_persons(recognizer: ActionRecognizer) -> bool:
    """Whether the joints of all persons of a clip attend to each other."""
    return bool(recognizer.card.arguments.get("across_persons", False))


def _walk(persons: int, frames: int, joints: int, size: int) -> Tensor:
    """Noise that is small, changes slowly, and is the same each time."""
    generator = torch.Generator().manual_seed(persons)
    body = torch.randn(persons, 1, joints, size, generator=generator) / 2
    return body + torch.randn(persons, frames, joints, size, generator=generator).cumsum(1) / 50
