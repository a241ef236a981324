"""A stretch of a recording."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


@functional_transform("random_temporal_crop")
class RandomTemporalCrop(NodeTransform):
    r"""Keeps a stretch of a recording, whose frames it does not change; put it in front of `SampleSegments`.

    .. math:: p'_t = p_{s + t}, \qquad t = 0 \dots \ell - 1, \qquad \ell = \max(1, \lfloor f T + \tfrac12 \rfloor)

    The share f is drawn from ``low`` to ``high``, and the start s from 0 ... T - ℓ. In a batch all sequences have the
    same share, because they need the same length, and each has its own start.

    Reads and writes ``pos``, ``x``, ``score``.

    Args:
        low: The smallest share.
        high: The largest share.

    Shapes:
        ``[T, N, ...]`` -> ``[l, N, ...]``.

    Units:
        Frames.

    Raises:
        ValueError: Not 0 < low <= high <= 1.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.transforms import RandomTemporalCrop
    >>> RandomTemporalCrop(0.6, 0.6)(SkeletonSequence.from_array(torch.ones(10, 25, 3), NTU25)).num_frames
    6
    """

    def __init__(self, low: float, high: float = 1.0) -> None:
        if not 0 < low <= high <= 1:
            raise ValueError(f"low, high: expected 0 < low <= high <= 1, got {low} and {high}")
        self.low = low
        self.high = high

    def apply(self, bodies: Bodies) -> Bodies:
        frames, device = bodies.num_frames, bodies.lengths.device
        # The share is drawn on the CPU, because the shape of the result depends on it.
        share = self.low + (self.high - self.low) * torch.rand((), device="cpu").item()
        size = max(1, int(share * frames + 0.5))
        start = (self.draw(bodies.num_recordings, device) * (frames - size + 1)).long().clamp(max=frames - size)
        return bodies.take(start[:, None] + torch.arange(size, device=device))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """Where the stretch of every graph begins, as a part of what is possible: ``[B]``."""
        return torch.rand(graphs, device=device)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.low}, {self.high})"
