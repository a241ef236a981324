"""Recordings that are played faster, slower, or at a changing speed."""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform
from tg_skeleton.transforms.crop_resize import between


@functional_transform("random_temporal_stretch")
class RandomTemporalStretch(NodeTransform):
    r"""Plays a recording at another speed, which changes from its beginning to its end; put it before `SampleSegments`.

    .. math:: p'_i = p\left((T - 1)\, \varphi\left(\frac{i}{n - 1}\right)\right), \qquad
        \varphi(u) = u + a\, u (1 - u), \qquad n = \max(1, \lfloor f T + \tfrac12 \rfloor)

    At first it runs at 1 + a times its mean speed and at last at 1 - a times; a is drawn from -``warp`` to ``warp``. f
    is drawn from ``low`` to ``high``: above 1 a recording has more frames and is slower. Both ends stay. Networks that
    take a frame of each of a number of segments are indifferent to f, but not to a. In a batch all sequences have the
    same f, because they need the same length, and each has its own a.

    A joint that was not seen, or a person who is absent, in one of the two frames about a time is taken as in the
    nearer one.

    Reads and writes ``pos``, ``x``, ``score``.

    Args:
        low: The smallest f.
        high: The largest f.
        warp: The largest share of the mean speed that is added at one end and taken away at the other.

    Shapes:
        ``[T, N, ...]`` -> ``[n, N, ...]``.

    Units:
        Frames.

    Raises:
        ValueError: Not 0 < low <= high, or ``warp`` is not within 0 to 1.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import RandomTemporalStretch
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> walk = SkeletonSequence.from_array(torch.arange(1.0, 6.0).view(5, 1, 1), dot)
    >>> RandomTemporalStretch(1.75, 1.75, warp=0.0)(walk).pos.flatten()
    tensor([1.0000, 1.5000, 2.0000, 2.5000, 3.0000, 3.5000, 4.0000, 4.5000, 5.0000])
    """

    def __init__(self, low: float = 1.0, high: float = 1.0, *, warp: float = 0.5) -> None:
        if not 0 < low <= high:
            raise ValueError(f"low, high: expected 0 < low <= high, got {low} and {high}")
        if not 0 <= warp <= 1:
            raise ValueError(f"warp: expected a share of the speed, 0 to 1, got {warp}")
        self.low = low
        self.high = high
        self.warp = warp

    def apply(self, bodies: Bodies) -> Bodies:
        last = bodies.num_frames - 1
        # The factor is drawn on the CPU, because the shape of the result depends on it.
        factor = self.low + (self.high - self.low) * torch.rand((), device="cpu").item()
        count = max(1, int(factor * bodies.num_frames + 0.5))
        device = bodies.lengths.device
        even = torch.linspace(0, 1, count, dtype=torch.float64, device=device)  # [n]
        speed = self.warp * (2 * self.draw(bodies.num_recordings, device).to(even.dtype) - 1)  # [B]
        time = last * (even + speed[:, None] * even * (1 - even))  # [B, n]
        before = time.long()
        return between(bodies, before, (before + 1).clamp(max=last), time - before)

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, graphs: int, device: torch.device) -> Tensor:
        """How the speed of every graph changes, from 0 (slow at first) to 1 (fast at first): ``[B]``."""
        return torch.rand(graphs, device=device)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.low}, {self.high}, warp={self.warp})"
