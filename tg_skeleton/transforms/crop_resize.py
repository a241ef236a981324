"""Brings every recording to one length: a stretch of it, resampled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, NodeTransform

CropMode = Literal["random", "center"]
"""Whether the stretch is drawn, or lies in the middle."""


@functional_transform("crop_resize")
class CropResize(NodeTransform):
    r"""Cuts a stretch out of a sequence and interpolates it linearly to ``num_frames`` frames.

    .. math:: p'_i = p(s + \mathrm{clip}_{0}^{\ell - 1}((i + \tfrac12)\, \ell / n - \tfrac12)), \qquad
        i = 0 \dots n - 1, \qquad \ell = \min(\max(\lfloor f T \rfloor, n), T)

    n is ``num_frames``, s the first frame of the stretch and ℓ its length. ``"random"``: f is drawn from ``low`` to
    ``high``, s from 0 … T - ℓ. ``"center"``: f is ``high`` and s = ⌊(T - ℓ) / 2⌋.

    A person who is absent (all zero) from one of the two frames about a time is not drawn towards the origin, but taken
    as they are in the nearer one.

    Reads and writes ``pos``, ``x``, ``score``. In a batch each sequence has its own draw, which its persons share.

    Args:
        num_frames: n, frames of the result.
        low: The smallest share of the sequence.
        high: The largest share.
        mode: ``"random"`` for training, ``"center"`` for one answer each time.

    Shapes:
        ``[T, N, ...]`` -> ``[n, N, ...]``.

    Units:
        Frames.

    Raises:
        ValueError: ``num_frames`` is less than 1, not 0 < low <= high <= 1, or there is no such ``mode``.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import CropResize
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> sequence = SkeletonSequence.from_array(torch.arange(1.0, 9.0).view(8, 1, 1), dot)
    >>> CropResize(4, high=1.0, mode="center")(sequence).pos.flatten()
    tensor([1.5000, 3.5000, 5.5000, 7.5000])

    Source: Chen et al. 2021 (CTR-GCN), section 4.2: recordings resized to 64 frames. Differs from the paper: the text
    does not state the shares, which are those of its training.
    """

    def __init__(self, num_frames: int, low: float = 0.5, high: float = 1.0, *, mode: CropMode = "random") -> None:
        if num_frames < 1:
            raise ValueError(f"num_frames: expected 1 or more, got {num_frames}")
        if not 0 < low <= high <= 1:
            raise ValueError(f"low, high: expected 0 < low <= high <= 1, got {low} and {high}")
        if mode not in get_args(CropMode):
            raise ValueError(f"mode: expected one of {get_args(CropMode)}, got {mode!r}")
        self.num_frames = num_frames
        self.low = low
        self.high = high
        self.mode: CropMode = mode

    def apply(self, bodies: Bodies) -> Bodies:
        length = bodies.lengths  # [B]
        if self.mode == "random":
            start, size = self.stretch(self.draw(bodies.num_recordings, length.device), length)
        else:
            size = length.float().mul(self.high).long().clamp(min=self.num_frames).minimum(length)
            start = (length - size) // 2
        time = self.times(start, size)  # [B, n]
        before = time.long()
        return between(bodies, before, (before + 1).minimum(length[:, None] - 1), time - before)

    def certain(self) -> CropResize:
        return CropResize(self.num_frames, self.low, self.high, mode="center")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """Of every graph the share of it, and where its stretch begins, as parts of what is possible: ``[B, 2]``."""
        return torch.rand(graphs, 2, device=device)

    def stretch(self, drawn: Tensor, length: int | Tensor) -> tuple[Tensor, Tensor]:
        """The first frames and the lengths that draws stand for in sequences of T: ``[B, 2]`` -> twice ``[B]``."""
        share, place = drawn.unbind(1)
        length = torch.as_tensor(length, device=drawn.device)
        size = ((self.low + (self.high - self.low) * share) * length).long()
        size = size.clamp(min=self.num_frames).minimum(length)
        return (place * (length - size + 1)).long(), size

    def times(self, start: Tensor, size: Tensor) -> Tensor:
        """The times at which stretches are read: twice ``[B]`` -> ``[B, n]``."""
        frame = torch.arange(self.num_frames, device=start.device) + 0.5
        within = frame * (size[:, None] / self.num_frames) - 0.5
        return start[:, None] + within.clamp(min=0.0).minimum(size[:, None] - 1.0)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.num_frames}, {self.low}, {self.high}, mode={self.mode!r})"


def between(bodies: Bodies, before: Tensor, after: Tensor, weight: Tensor) -> Bodies:
    """Bodies at times between frames, linearly interpolated where a joint was seen in both, else the nearer one's.

    Args:
        bodies: The recordings.
        before: ``[B, n]`` int64, or ``[1, n]`` for all alike.
        after: The same.
        weight: The same, of ``after``: 0 to 1.
    """
    one, other = bodies.take(before), bodies.take(after)
    share = (weight if weight.size(0) == 1 else one.per_person(weight)).t()[..., None]  # [n, P, 1]
    share = torch.where(one.seen & other.seen, share, share.round())
    values: dict[str, Any] = {key: blend(one.values[key], other.values[key], share) for key in one.values}
    return replace(one, **values)


def blend(one: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    """Between two values, of weight 0 and 1: ``[n, P, V, ...]`` twice, ``[n, P, V]`` -> ``[n, P, V, ...]``."""
    return torch.lerp(one, other, weight.to(one.dtype).view(*weight.shape, *[1] * (one.dim() - 3)))
