"""What a network reads: joints, bones, their velocities and their accelerations."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, get_args

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms.bodies import Bodies

StreamName = Literal[
    "joint", "bone", "joint_velocity", "bone_velocity", "joint_acceleration", "bone_acceleration", "score"
]
"""A stream that `Streams` can make."""

Start = Literal["zero", "keep"]
"""What a velocity is in the first frame: zero, or the value itself."""


class Stream(BaseTransform):
    """A transform that makes channels from a sequence and writes them to ``x``, alone or as a part of `Streams`."""

    @abstractmethod
    def channels(self, bodies: Bodies) -> Tensor:
        """The channels of bodies, ``[T, P, V, C]``, as tensor operations that an exporter can follow."""

    def check(self, data: SkeletonSequence) -> None:
        """Raises where the stream can't be made of a sequence."""

    def stream(self, data: SkeletonSequence) -> Tensor:
        """The channels, ``[T, N, C]``; ``data`` stays as it is."""
        self.check(data)
        return self.channels(Bodies.of_nodes(data)).flatten(1, 2)

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        data.x = self.stream(data)
        return data


@functional_transform("streams")
class Streams(Stream):
    r"""Writes the named streams, one after another along the channels, to ``x``.

    ``"joint"`` is P, the coordinates. ``"bone"`` is the joint less its parent; the root's bone is zero:

    .. math:: B_{t,i} = P_{t,i} - P_{t,\mathrm{parent}(i)}

    A velocity is the difference to the frame before; an acceleration is the difference between velocities, and keeps
    those of the first two frames:

    .. math:: V_{t} = I_{t} - I_{t-1}, \qquad A_{t} = V_{t} - V_{t-1} \ (t \ge 2), \qquad A_{0,1} = V_{0,1}

    The first frame has none before it: with ``start="zero"`` :math:`V_0 = 0`, with ``start="keep"`` :math:`V_0 = I_0`.

    ``"score"`` is the detector's confidence, one channel. A `Stream` such as `RelativeCoordinates` or `Streams` itself
    stands among the names for its own channels. An absent person's bones are zero; a velocity jumps where a person
    comes or goes, as the equation says.

    Reads ``pos``, ``parent_index`` and, for ``"score"``, ``score``; writes ``x``. ``pos`` stays as it is. Change
    coordinates and frames first, then make streams.

    Args:
        names: The streams in the order of their channels.
        clips: How many clips lie one after another along T (`SampleSegments`); a velocity does not lead from one clip
            to the next.
        start: What velocities are in the first frame of a clip.

    Shapes:
        ``x`` ``[T, N, C]``, C = D for each stream of coordinates and 1 for ``"score"``.

    Units:
        Those of ``pos``; velocities per frame, accelerations per frame and frame.

    Raises:
        ValueError: No or an unknown name, ``"score"`` of a sequence without one, ``clips`` less than 1 or T no multiple
            of it, an unknown ``start``.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RelativeCoordinates, Streams
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> sequence = SkeletonSequence.from_array(torch.tensor([[[1.0], [3.0]], [[2.0], [9.0]]]), stick)
    >>> Streams("joint", "bone", "joint_velocity")(sequence).x.tolist()
    [[[1.0, 0.0, 0.0], [3.0, 2.0, 0.0]], [[2.0, 0.0, 1.0], [9.0, 7.0, 6.0]]]

    The four inputs of AMANet's joint stream, 12 channels:

    >>> preprocessing = Streams(
    ...     "joint", RelativeCoordinates(NTU25), "joint_velocity", "joint_acceleration", start="keep"
    ... )
    >>> preprocessing(SkeletonSequence.from_array(torch.rand(300, 2, 25, 3), NTU25)).x.shape
    torch.Size([300, 50, 12])

    Source: Qin et al. 2022 (ESAN), Eq. 1-3, with ``start="zero"``; the AMANet paper (2023), Eq. 3, 4 and 8, with
    ``start="keep"``. Differs from the paper: W of Eq. 1 is transposed there.
    """

    def __init__(self, *names: StreamName | Stream, clips: int = 1, start: Start = "zero") -> None:
        known = get_args(StreamName)
        if not names:
            raise ValueError(f"names: expected one stream or more of {known}, got none")
        for name in names:
            if not isinstance(name, Stream) and name not in known:
                raise ValueError(
                    f"names: expected streams of {known}, got {name!r}; other channels come from a Stream such as "
                    "RelativeCoordinates(topology)"
                )
        if clips < 1:
            raise ValueError(f"clips: expected 1 or more, got {clips}")
        _check_start(start)
        self.names = names
        self.clips = clips
        self.start = start

    def check(self, data: SkeletonSequence) -> None:
        for name in self.names:
            if isinstance(name, Stream):
                name.check(data)

    def channels(self, bodies: Bodies) -> Tensor:
        return torch.cat([self._part(name, bodies) for name in self.names], dim=-1)

    def _part(self, name: StreamName | Stream, bodies: Bodies) -> Tensor:
        if isinstance(name, Stream):
            return name.channels(bodies)
        if name == "score":
            if bodies.score is None:
                raise ValueError("names: 'score' is asked for, and the sequence has none; leave 'score' out")
            return bodies.score[..., None]
        what, _, derivative = name.partition("_")
        value, seen = bodies.coordinates, None
        if bodies.score is not None or derivative:
            seen = bodies.seen
        if what == "bone":
            value = value - bodies.at_parent(value)
            seen = None if seen is None else seen & bodies.at_parent(seen)
        if derivative == "velocity":
            return velocity(value, self.clips, start=self.start, seen=seen)
        if derivative:
            return acceleration(value, self.clips, start=self.start, seen=seen)
        return value if seen is None else torch.where(seen[..., None], value, 0.0)

    def with_clips(self, clips: int) -> Streams:
        """The same for another number of clips."""
        return Streams(*self.names, clips=clips, start=self.start)

    def __repr__(self) -> str:
        names = ", ".join(map(repr, self.names))
        return f"{self.__class__.__name__}({names}, clips={self.clips}, start={self.start!r})"


def bones(pos: Tensor, parent_index: Tensor) -> Tensor:
    """Every joint less its parent, zero at a root: ``[*, N, D]``, ``[N]`` -> ``[*, N, D]``.

    >>> import torch
    >>> from tg_skeleton.transforms import bones
    >>> bones(torch.tensor([[1.0], [3.0], [7.0]]), torch.tensor([0, 0, 1])).flatten()
    tensor([0., 2., 4.])
    """
    return pos - pos.index_select(-2, parent_index)


def velocity(value: Tensor, clips: int = 1, *, start: Start = "zero", seen: Tensor | None = None) -> Tensor:
    """The difference to the frame before: ``[T, ...]`` -> ``[T, ...]``.

    The first frame of each clip is zero, or its value as it is with ``start="keep"``. A difference to or from what was
    not seen is zero.

    >>> import torch
    >>> from tg_skeleton.transforms import velocity
    >>> velocity(torch.tensor([1.0, 3.0, 10.0, 20.0])), velocity(torch.tensor([1.0, 3.0, 10.0, 20.0]), clips=2)
    (tensor([ 0.,  2.,  7., 10.]), tensor([ 0.,  2.,  0., 10.]))
    >>> velocity(torch.tensor([1.0, 3.0, 10.0, 20.0]), start="keep")
    tensor([ 1.,  2.,  7., 10.])

    Args:
        value: The series.
        clips: The number of clips, one after another along T.
        start: The velocity of a clip's first frame.
        seen: ``[T, ...]`` without the last axis of ``value``: what was seen; None: everything.

    Raises:
        ValueError: T is no multiple of ``clips``, or ``start`` is unknown.
    """
    _check_start(start)
    clip = _clips(value, clips)
    first = clip[:, :1]
    speed = torch.diff(clip, dim=1, prepend=first if start == "zero" else torch.zeros_like(first))
    if seen is not None:
        here = _clips(seen, clips)
        both = torch.cat([here[:, :1], here[:, 1:] & here[:, :-1]], dim=1)
        speed = torch.where(both[..., None], speed, 0.0)
    return speed.flatten(0, 1)


def acceleration(value: Tensor, clips: int = 1, *, start: Start = "zero", seen: Tensor | None = None) -> Tensor:
    """The difference between the velocities of a frame and the one before: ``[T, ...]`` -> ``[T, ...]``.

    The first two frames of each clip are those of `velocity`, and ``start`` is that of `velocity`. It is zero where one
    of the three frames was not seen.

    >>> import torch
    >>> from tg_skeleton.transforms import acceleration
    >>> acceleration(torch.tensor([1.0, 3.0, 10.0, 20.0]), start="keep")
    tensor([1., 2., 5., 3.])

    Args:
        value: The series.
        clips: The number of clips, one after another along T.
        start: The velocity of a clip's first frame.
        seen: ``[T, ...]`` without the last axis of ``value``: what was seen; None: everything.

    Raises:
        ValueError: T is no multiple of ``clips``, or ``start`` is unknown.
    """
    speed = _clips(velocity(value, clips, start=start, seen=seen), clips)
    change = torch.cat([speed[:, :2], speed[:, 1:].diff(dim=1)], dim=1)
    if seen is not None:
        here = _clips(seen, clips)
        three = here[:, 2:] & here[:, 1:-1] & here[:, :-2]
        three = torch.cat([torch.ones_like(here[:, :2]), three], dim=1)  # velocities, masked already
        change = torch.where(three[..., None], change, 0.0)
    return change.flatten(0, 1)


def _clips(value: Tensor, clips: int) -> Tensor:
    if value.size(0) % clips:
        raise ValueError(
            f"clips: {value.size(0)} frames are no {clips} clips of one length; give the clips of SampleSegments"
        )
    return value.unflatten(0, (clips, -1))


def _check_start(start: str) -> None:
    if start not in get_args(Start):
        raise ValueError(f"start: expected one of {get_args(Start)}, got {start!r}")
