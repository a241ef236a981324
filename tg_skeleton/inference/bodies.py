"""What a test's transforms do, as plain tensor work on dense bodies, which an exporter can follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton.inference.drawn_segments import DrawnSegments
from tg_skeleton.topologies import BARYCENTER_GROUPS
from tg_skeleton.topology import Topology
from tg_skeleton.transforms.streams import Stream


@dataclass(frozen=True)
class Bodies:
    """Recordings of any number of persons and frames.

    Args:
        pos: Coordinates, zero where a person is absent and behind a recording's end, ``[P, F, V, D]``.
        recording: The recording of each person, ``[P]``, values 0 to B - 1.
        length: The frames of each recording, ``[B]``.
        topology: The skeleton.
        rows: Behind `SplitPersons` the rows of ``pos [P F, V, D]`` that are a frame, recording by recording, and where
            those of each recording begin, ``[B]``; else None.
    """

    pos: Tensor
    recording: Tensor
    length: Tensor
    topology: Topology
    rows: tuple[Tensor, Tensor] | None = None

    @property
    def present(self) -> Tensor:
        """Whether a person is in a frame, that is, not all zero there: ``[P, F]``."""
        return self.pos.abs().amax((2, 3)) != 0

    @property
    def member(self) -> Tensor:
        """Whether a person is of a recording, ``[B, P]``."""
        return self.recording == torch.arange(self.length.size(0), device=self.pos.device)[:, None]

    @property
    def first(self) -> Tensor:
        """The first person of each recording, ``[B]``."""
        return self.member.int().argmax(1)

    def take(self, frames: Tensor) -> Tensor:
        """The coordinates in ``frames [B, S]``: ``[P, S, V, D]``, of one person a recording behind `SplitPersons`."""
        if self.rows is not None:
            rows, start = self.rows
            return self.pos.flatten(0, 1)[rows[start[:, None] + frames]]
        person = torch.arange(self.pos.size(0), device=self.pos.device)
        return self.pos[person[:, None], frames[self.recording]]

    def sampled(self, pos: Tensor) -> Bodies:
        """With other frames, the same number for every recording: ``[P, S, V, D]``."""
        length = torch.full_like(self.length, pos.size(1))
        recording = self.recording
        if self.rows is not None:
            recording = torch.arange(self.length.size(0), device=pos.device)
        return Bodies(pos, recording, length, self.topology)


Counterpart = Callable[[BaseTransform, Bodies], Bodies]
"""Does what a transform does."""


def steps(transform: BaseTransform | None) -> Iterator[BaseTransform]:
    """The transforms that a composition applies, one after another.

    >>> from torch_geometric.transforms import Compose
    >>> from tg_skeleton.inference.bodies import steps
    >>> from tg_skeleton.transforms import MinMaxNormalize, SampleSegments
    >>> list(steps(Compose([MinMaxNormalize(), Compose([SampleSegments(20)])])))
    [MinMaxNormalize(), SampleSegments(20, mode='random', clips=1)]
    """
    if isinstance(transform, Compose):
        for part in transform.transforms:
            yield from steps(part)
    elif transform is not None:
        yield transform


def check_steps(chain: list[BaseTransform]) -> None:
    """Raises ValueError where a chain of transforms can't become part of an exported graph, and says which one can't.

    A chain samples frames once, directly behind a `SplitPersons` if it has one, and ends with a `Stream`.
    """
    sampling = [place for place, step in enumerate(chain) if isinstance(step, SAMPLERS)]
    split = [place for place, step in enumerate(chain) if isinstance(step, T.SplitPersons)]
    reason = next((f"{step!r} has no counterpart" for step in chain[:-1] if type(step) not in COUNTERPARTS), None)
    if reason is None and not (chain and isinstance(chain[-1], Stream)):
        reason = f"the last transform is {chain[-1] if chain else None!r}, where one like Streams writes x"
    elif reason is None:
        reason = next((f"{part!r} has no counterpart" for part in _parts(chain[-1]) if not _is_known(part)), None)
    if reason is None and len(sampling) != 1:
        reason = f"{len(sampling)} transforms sample frames, where one does"
    elif reason is None and any(place + 1 != sampling[0] for place in split):
        reason = "SplitPersons does not stand directly in front of the transform that samples frames"
    if reason is not None:
        raise ValueError(
            f"the transforms of this checkpoint can't be exported: {reason}; use --from x (source='x'), which exports "
            "the network alone"
        )


def _parts(stream: BaseTransform) -> tuple[object, ...]:
    return stream.names if isinstance(stream, T.Streams) else (stream,)


def _is_known(part: object) -> bool:
    if isinstance(part, T.Streams):
        return all(map(_is_known, part.names))
    return isinstance(part, T.RelativeCoordinates) or (isinstance(part, str) and part != "score")


def apply(step: BaseTransform, bodies: Bodies) -> Bodies:
    """What a transform that writes ``pos`` makes of bodies."""
    return COUNTERPARTS[type(step)](step, bodies)


def channels(stream: Stream, bodies: Bodies) -> Tensor:
    """What a `Stream` writes to ``x``: ``[T, P, V, C]``."""
    pos = bodies.pos.transpose(0, 1)  # [T, P, V, D], time first as the streams' own functions have it
    if isinstance(stream, T.RelativeCoordinates):
        return stream.of_bodies(pos)
    assert isinstance(stream, T.Streams)
    parents = torch.tensor(bodies.topology.parents, device=pos.device)
    made = []
    for name in stream.names:
        if isinstance(name, Stream):
            made.append(channels(name, bodies))
            continue
        what, _, derivative = name.partition("_")
        value = T.bones(pos, parents) if what == "bone" else pos
        if derivative == "velocity":
            value = T.velocity(value, stream.clips, start=stream.start)
        elif derivative:
            value = T.acceleration(value, stream.clips, start=stream.start)
        made.append(value)
    return torch.cat(made, dim=-1)


def _center(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.CenterOnFirstFrame)
    here, first = bodies.present, bodies.first
    origin = bodies.pos[first, here[first].int().argmax(1), step.joint]  # [B, D]
    moved = bodies.pos - origin[bodies.recording][:, None, None]
    return replace(bodies, pos=torch.where(here[..., None, None], moved, 0.0))


def _min_max(step: BaseTransform, bodies: Bodies) -> Bodies:
    here, member = bodies.present[..., None, None], bodies.member[..., None]  # [P, F, 1, 1], [B, P, 1]
    low = torch.where(here, bodies.pos, torch.inf).amin((1, 2))  # [P, D]
    high = torch.where(here, bodies.pos, -torch.inf).amax((1, 2))
    low = torch.where(member, low, torch.inf).amin(1)[bodies.recording][:, None, None]  # of the recording
    high = torch.where(member, high, -torch.inf).amax(1)[bodies.recording][:, None, None]
    varies = here & (high > low)
    scaled = (bodies.pos - low) / torch.where(high > low, high - low, 1.0) * 2 - 1
    return replace(bodies, pos=torch.where(varies, scaled, 0.0))


def _align(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.AlignBody)
    pos, here, first = bodies.pos, bodies.present, bodies.first
    seen = here[first]  # [B, F]
    start, frames = seen.int().argmax(1), pos.size(1)
    frame = torch.arange(frames, device=pos.device)
    in_order = torch.where(seen, frame, frame + frames).argsort(1)  # the frames in which they are present stand first
    latest = in_order.gather(1, (seen.long().cumsum(1) - 1).clamp(min=0))  # [B, F]
    origin = pos[first[:, None], latest, step.center][bodies.recording]  # [P, F, D]

    spine, shoulders = (
        pos[first, start, end] - pos[first, start, begin] for begin, end in (step.spine, step.shoulders)
    )
    upright = T.shortest_rotation(spine, axis=2)
    to_front = T.shortest_rotation((upright * shoulders[:, None]).sum(-1), axis=0)
    rotation = (to_front[..., None] * upright[:, None]).sum(-2)[bodies.recording][:, None, None]  # [P, 1, 1, 3, 3]
    moved = torch.where(here[..., None, None], pos - origin[:, :, None], 0.0)
    return replace(bodies, pos=(rotation * moved[..., None, :]).sum(-1))


def _split(step: BaseTransform, bodies: Bodies) -> Bodies:
    here, member, first = bodies.present, bodies.member, bodies.first
    persons, frames = here.shape
    person, frame = (torch.arange(size, device=here.device) for size in (persons, frames))
    ever = (member & here.any(1)).any(1)[bodies.recording]  # [P]
    stays = ~ever & (first[bodies.recording] == person)  # one all-zero frame of a recording without anybody
    here = here | (stays[:, None] & (frame == 0))
    clips = bodies.length.size(0)
    owner = torch.where(here, bodies.recording[:, None], clips)
    place = frame * persons + person[:, None]  # frame by frame, person by person
    rows = (owner * (persons * frames) + place).flatten().argsort()
    counts = torch.where(member, here.sum(1), 0).sum(1)
    return replace(bodies, length=counts, rows=(rows, counts.cumsum(0) - counts))


def _segments(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.SampleSegments)
    length = bodies.length[:, None, None]
    r = step.centers(length, length.device).expand(-1, -1, step.num_frames)
    return bodies.sampled(bodies.take(step.frames(r, length)))


def _drawn(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, DrawnSegments)
    length = bodies.length[:, None, None]
    return bodies.sampled(bodies.take(step.segments.frames(step.number % length, length)))


def _replay(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.ReplayPad)
    frame = torch.arange(step.num_frames, device=bodies.pos.device)
    return bodies.sampled(bodies.take(frame % bodies.length[:, None]))


def _crop(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.CropResize)
    length = bodies.length
    size = (length.float() * step.high).long().clamp(min=step.num_frames).minimum(length)
    time = step.times((length - size) // 2, size)  # [B, n]
    before = time.long()
    pos = bodies.take(before)
    later = bodies.take((before + 1).minimum(length[:, None] - 1))
    weight = (time - before) if bodies.rows is not None else (time - before)[bodies.recording]  # [P, n]
    both = (pos.abs().amax((2, 3)) != 0) & (later.abs().amax((2, 3)) != 0)
    weight = torch.where(both, weight, weight.round())
    return bodies.sampled(pos + weight[..., None, None] * (later - pos))


def _pad(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.PadPersons)
    member = bodies.member  # [B, P]
    rank = member.long().cumsum(1) - 1
    slot = torch.arange(step.num, device=member.device)[:, None]
    chosen = (member[:, None] & (rank[:, None] == slot)).flatten(0, 1)  # [B M, P]
    pos = torch.where(chosen.any(1)[:, None, None, None], bodies.pos[chosen.int().argmax(1)], 0.0)
    recording = torch.arange(member.size(0), device=member.device).repeat_interleave(step.num)
    return replace(bodies, pos=pos, recording=recording)


def _barycenter(step: BaseTransform, bodies: Bodies) -> Bodies:
    assert isinstance(step, T.Barycenter)
    groups = BARYCENTER_GROUPS[step.source] if step.groups is None else step.groups
    share = bodies.pos.new_zeros(len(groups), step.source.num_joints)
    for number, group in enumerate(groups):
        share[number, [step.source.index(joint) for joint in group]] = 1 / len(group)
    return replace(bodies, pos=share @ bodies.pos, topology=step.topology)


def _to_topology(step: BaseTransform, bodies: Bodies) -> Bodies:
    """Of recordings without scores."""
    assert isinstance(step, T.ToTopology)
    share = bodies.pos.new_zeros(step.target.num_joints, step.source.num_joints)
    for number, joint in enumerate(step.mapping.joints):
        for part, weight in joint.weights:
            share[number, part] += weight
    return replace(bodies, pos=share @ bodies.pos, topology=step.target)


SAMPLERS = (T.SampleSegments, T.ReplayPad, T.CropResize)
"""The transforms that bring every recording to one number of frames."""

COUNTERPARTS: dict[type[BaseTransform], Counterpart] = {
    T.CenterOnFirstFrame: _center,
    T.MinMaxNormalize: _min_max,
    T.AlignBody: _align,
    T.SplitPersons: _split,
    T.SampleSegments: _segments,
    DrawnSegments: _drawn,
    T.ReplayPad: _replay,
    T.CropResize: _crop,
    T.PadPersons: _pad,
    T.Barycenter: _barycenter,
    T.ToTopology: _to_topology,
}
"""What stands for each transform that writes ``pos``; those that draw without a seed take the centres instead."""
