"""Brings every recording to one length: a frame from each of equal segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, NodeTransform

SampleMode = Literal["random", "center"]
"""Where in its segment a frame is taken."""


@functional_transform("sample_segments")
class SampleSegments(NodeTransform):
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
            time, whatever else is in a batch. None: torch's generator goes on.

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
        self._numbers = None if seed is None else _numbers(seed, (1, clips, num_frames))

    def apply(self, bodies: Bodies) -> Bodies:
        length = bodies.lengths.view(-1, 1, 1)
        if self.mode == "center":
            if bodies.length is None:
                length = length[:1]  # all alike
            return bodies.take(self.frames(self.centers(length), length))
        ragged = bodies.length is not None and self.seed is not None
        drawn = self.draw(bodies.num_recordings, length if ragged else bodies.num_frames, length.device)
        return bodies.take(self.frames(drawn, length))

    def certain(self) -> SampleSegments:
        if self.seed is not None:
            return self
        return SampleSegments(self.num_frames, "center", self.clips)

    def draw(self, graphs: int, length: int | Tensor, device: torch.device) -> Tensor:
        """The r of every graph, clip and segment: ``[B, k, n]`` int64 in 0 … T - 1; T ``[B, 1, 1]`` with a seed."""
        if self._numbers is not None:
            return self._numbers.to(device).expand(graphs, -1, -1) % length
        assert isinstance(length, int)
        return torch.randint(length, (graphs, self.clips, self.num_frames), device=device)

    def frames_of(self, lengths: Sequence[int]) -> Tensor:
        """The frames of sequences of these T, ``[B, k n]``, with the draws that one after another would have."""
        device = torch.device("cpu")
        each = torch.tensor(lengths, device=device).view(-1, 1, 1)
        if self.mode == "center":
            return self.frames(self.centers(each), each)
        if self.seed is not None:
            return self.frames(self.draw(len(lengths), each, device), each)
        return self.frames(torch.cat([self.draw(1, length, device) for length in lengths]), each)

    def centers(self, length: Tensor) -> Tensor:
        """The r of ``"center"``, ``[B, k, 1]`` of ``[B, 1, 1]`` lengths."""
        clip = torch.arange(self.clips, device=length.device).view(1, -1, 1)
        return (2 * clip + 1) * length // (2 * self.clips)

    def frames(self, r: Tensor, length: int | Tensor) -> Tensor:
        """The frames that r chooses of a sequence of T (or of T each, ``[B, 1, 1]``): ``[B, k, n]`` -> ``[B, k n]``."""
        start = torch.arange(self.num_frames, device=r.device) * length
        return ((start + r) // self.num_frames).flatten(1)

    def __repr__(self) -> str:
        seed = "" if self.seed is None else f", seed={self.seed}"
        return f"{self.__class__.__name__}({self.num_frames}, mode={self.mode!r}, clips={self.clips}{seed})"


def _numbers(seed: int, shape: tuple[int, ...]) -> Tensor:
    """The generator's 32-bit numbers; their remainders by any T are the same draws as ``torch.randint(T, ...)``.

    torch has no call for the numbers themselves, but two remainders fix them.
    """
    size = 1 << 16
    low, high = (
        torch.randint(bound, shape, generator=torch.Generator("cpu").manual_seed(seed), device="cpu")
        for bound in (size, size + 1)
    )
    return low + size * ((low - high) % (size + 1))
