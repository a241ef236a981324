"""Brings every recording to one length: a frame from each of equal segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import num_graphs, take_frames

SampleMode = Literal["random", "center"]
"""Where in its segment a frame is taken."""


@functional_transform("sample_segments")
class SampleSegments(BaseTransform):
    r"""Cuts a sequence into equal segments and takes one frame of each.

    .. math:: t_i = \lfloor (i T + r_i) / n \rfloor, \qquad i = 0 \dots n - 1

    n is ``num_frames``. ``"random"``: every :math:`r_i` is drawn from 0 … T - 1, so a frame lies anywhere in its
    segment. ``"center"``: :math:`r_i = \lfloor T / 2 \rfloor`; clip c of k takes
    :math:`\lfloor (2c + 1) T / 2k \rfloor`. Segments are T / n frames long, whole or not: of a short sequence frames
    repeat, and T = 1 works.

    Reads and writes ``pos``, ``x``, ``score``. In a batch each sequence has its own draw, which its persons share.

    Args:
        num_frames: n, frames of a clip.
        mode: ``"random"`` for training, ``"center"`` for one answer each time.
        clips: k, how many clips are taken, one after another along T.
        seed: Of a generator that starts anew for every sequence: ``"random"`` then takes the same frames of it each
            time, whatever stands beside it. None: torch's generator goes on.

    Shapes:
        ``[T, N, ...]`` -> ``[k n, N, ...]``.

    Units:
        Frames.

    Raises:
        ValueError: ``num_frames`` or ``clips`` is less than 1, or there is no such ``mode``.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import SampleSegments
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> sequence = SkeletonSequence.from_array(torch.arange(12.0).view(12, 1, 1), dot)
    >>> SampleSegments(3, mode="center")(sequence).pos.flatten()
    tensor([ 2.,  6., 10.])

    Source: Qin et al. 2022 (ESAN), Implementation details: 20 segments, one random frame of each; in the test five
    draws. Differs from the paper: ``"center"`` and ``seed`` are added.
    """

    def __init__(
        self, num_frames: int, mode: SampleMode = "random", clips: int = 1, *, seed: int | None = None
    ) -> None:
        if num_frames < 1:
            raise ValueError(f"num_frames: expected 1 or more, got {num_frames}")
        if mode not in get_args(SampleMode):
            raise ValueError(f"mode: expected one of {get_args(SampleMode)}, got {mode!r}")
        if clips < 1:
            raise ValueError(f"clips: expected 1 or more, got {clips}")
        self.num_frames = num_frames
        self.mode: SampleMode = mode
        self.clips = clips
        self.seed = seed

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        length, device = data.num_frames, data.joint.device
        if self.mode == "center":
            return take_frames(data, self.frames(self.centers(length, device), length).view(-1))
        return take_frames(data, self.frames(self.draw(num_graphs(data), length, device), length))

    def draw(self, graphs: int, length: int, device: torch.device) -> Tensor:
        """The r of every graph, clip and segment: ``[B, k, n]`` int64 in 0 … T - 1."""
        if self.seed is None:
            return torch.randint(length, (graphs, self.clips, self.num_frames), device=device)
        generator = torch.Generator("cpu").manual_seed(self.seed)  # the CPU's, so that every device has its draws
        one = torch.randint(length, (1, self.clips, self.num_frames), generator=generator, device="cpu")
        return one.to(device).expand(graphs, -1, -1)

    def frames_of(self, lengths: Sequence[int]) -> Tensor:
        """The frames of sequences of these T, ``[B, k n]``, with the draws that one after another would have."""
        device = torch.device("cpu")
        each = torch.tensor(lengths, device=device).view(-1, 1, 1)
        if self.mode == "center":
            return self.frames(self.centers(each, device).expand(-1, -1, self.num_frames), each)
        return self.frames(torch.cat([self.draw(1, length, device) for length in lengths]), each)

    def centers(self, length: int | Tensor, device: torch.device) -> Tensor:
        """The r of ``"center"``: ``[1, k, 1]``, or ``[B, k, 1]`` of ``[B, 1, 1]`` lengths."""
        clip = torch.arange(self.clips, device=device).view(1, -1, 1)
        return (2 * clip + 1) * length // (2 * self.clips)

    def frames(self, r: Tensor, length: int | Tensor) -> Tensor:
        """The frames that r chooses of a sequence of T (or of T each, ``[B, 1, 1]``): ``[B, k, n]`` -> ``[B, k n]``."""
        start = torch.arange(self.num_frames, device=r.device) * length
        return ((start + r) // self.num_frames).flatten(1)

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed={self.seed}"
        return f"{self.__class__.__name__}({self.num_frames}, mode={self.mode!r}, clips={self.clips}{seed})"
