"""What a network reads: joints, bones and their velocities."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import positions

StreamName = Literal["joint", "bone", "joint_velocity", "bone_velocity", "score"]
"""A stream that `Streams` can make."""


@functional_transform("streams")
class Streams(BaseTransform):
    r"""Writes the named streams, one after another along the channels, to ``x``.

    ``"joint"`` is P, the coordinates. ``"bone"`` is the joint less its parent; the root's bone is zero (Eq. 1):

    .. math:: B_{t,i} = P_{t,i} - P_{t,\mathrm{parent}(i)}

    ``"joint"`` and ``"bone"`` together are :math:`I = \mathrm{cat}(P, B)` (Eq. 2). A velocity is the difference to the
    frame before, zero in the first (Eq. 3):

    .. math:: V_{0} = 0, \qquad V_{t} = I_{t} - I_{t-1}

    ``"score"`` is the detector's confidence, one channel. An absent person's bones are zero; a velocity jumps where a
    person comes or goes, as the equation says.

    Reads ``pos``, ``parent_index`` and, for ``"score"``, ``score``; writes ``x``. ``pos`` stays as it is. Change
    coordinates and frames first, then make streams.

    Args:
        names: The streams in the order of their channels.
        clips: How many clips lie one after another along T (`SampleSegments`); a velocity does not lead from one clip
            to the next.

    Shapes:
        ``x`` ``[T, N, C]``, C = D for each stream and 1 for ``"score"``.

    Units:
        Those of ``pos``; velocities per frame.

    Raises:
        ValueError: No or an unknown name, ``"score"`` of a sequence without one, ``clips`` less than 1 or T no multiple
            of it.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import Streams
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> sequence = SkeletonSequence.from_array(torch.tensor([[[1.0], [3.0]], [[2.0], [9.0]]]), stick)
    >>> Streams("joint", "bone", "joint_velocity")(sequence).x.tolist()
    [[[1.0, 0.0, 0.0], [3.0, 2.0, 0.0]], [[2.0, 0.0, 1.0], [9.0, 7.0, 6.0]]]

    Source: Qin et al. 2022 (ESAN), Eq. 1-3. Differs from the paper: its W of Eq. 1 is transposed.
    """

    def __init__(self, *names: StreamName, clips: int = 1) -> None:
        known = get_args(StreamName)
        if not names:
            raise ValueError(f"names: expected one stream or more of {known}, got none")
        for name in names:
            if name not in known:
                raise ValueError(f"names: expected streams of {known}, got {name!r}")
        if clips < 1:
            raise ValueError(f"clips: expected 1 or more, got {clips}")
        self.names = names
        self.clips = clips

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        data.x = torch.cat([self._stream(name, data) for name in self.names], dim=-1)
        return data

    def _stream(self, name: StreamName, data: SkeletonSequence) -> Tensor:
        if name == "score":
            if "score" not in data:
                raise ValueError("names: 'score' is asked for, and the sequence has none; leave 'score' out")
            score: Tensor = data["score"]
            return score[..., None]
        pos = positions(data)
        value = bones(pos, data.parent_index) if name in ("bone", "bone_velocity") else pos
        return velocity(value, self.clips) if name in ("joint_velocity", "bone_velocity") else value

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({', '.join(map(repr, self.names))}, clips={self.clips})"


def bones(pos: Tensor, parent_index: Tensor) -> Tensor:
    """Every joint less its parent, zero at a root: ``[*, N, D]``, ``[N]`` -> ``[*, N, D]``.

    >>> import torch
    >>> from tg_skeleton.transforms import bones
    >>> bones(torch.tensor([[1.0], [3.0], [7.0]]), torch.tensor([0, 0, 1])).flatten()
    tensor([0., 2., 4.])
    """
    return pos - pos.index_select(-2, parent_index)


def velocity(value: Tensor, clips: int = 1) -> Tensor:
    """The difference to the frame before, zero in the first frame of each clip: ``[T, ...]`` -> ``[T, ...]``.

    >>> import torch
    >>> from tg_skeleton.transforms import velocity
    >>> velocity(torch.tensor([1.0, 3.0, 10.0, 20.0])), velocity(torch.tensor([1.0, 3.0, 10.0, 20.0]), clips=2)
    (tensor([ 0.,  2.,  7., 10.]), tensor([ 0.,  2.,  0., 10.]))

    Raises:
        ValueError: T is no multiple of ``clips``.
    """
    if value.size(0) % clips:
        raise ValueError(
            f"clips: {value.size(0)} frames are no {clips} clips of one length; give the clips of SampleSegments"
        )
    clip = value.unflatten(0, (clips, -1))
    return torch.diff(clip, dim=1, prepend=clip[:, :1]).flatten(0, 1)
