"""Recordings of several frame rates at one rate."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms.bodies import Bodies, NodeTransform
from tg_skeleton.transforms.crop_resize import between

_LARGEST = 1001  # of the denominator of a ratio of rates: 30000 / 1001 is NTSC's


@functional_transform("resample")
class Resample(NodeTransform):
    r"""Interpolates a sequence linearly to another frame rate.

    .. math:: p'_i = p(i\, r / f), \qquad i = 0 \dots n - 1, \qquad n = \lfloor (T - 1) f / r \rfloor + 1

    f is ``fps`` and r the sequence's rate: ``source``, or else the sequence's own ``fps``, a number that it has as a
    further attribute. The first frame stays, and the last one where a new frame falls on it. A sequence that had an
    ``fps`` has the new one.

    A joint that was not seen, or a person who is absent, in one of the two frames about a time is taken as in the
    nearer one: there are no places between a seen joint and the origin.

    Reads and writes ``pos``, ``x``, ``score``. In a batch all sequences have one rate.

    Args:
        fps: f, frames a second of the result.
        source: r, frames a second of the recordings. Default: each sequence's own ``fps``. An exported file needs it.

    Shapes:
        ``[T, N, ...]`` -> ``[n, N, ...]``.

    Units:
        Frames a second.

    Raises:
        ValueError: A rate is not above 0, the sequence has none, or the sequences of a batch have several.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import Resample
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> walk = SkeletonSequence.from_array(torch.arange(1.0, 6.0).view(5, 1, 1), dot, extra={"fps": 20})
    >>> Resample(30)(walk).pos.flatten()
    tensor([1.0000, 1.6667, 2.3333, 3.0000, 3.6667, 4.3333, 5.0000])
    >>> Resample(5, source=10)(walk).pos.flatten()
    tensor([1., 3., 5.])
    """

    def __init__(self, fps: float, source: float | None = None) -> None:
        self.fps = _rate("fps", fps)
        self.source = None if source is None else _rate("source", source)

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        rate = self.source if self.source is not None else _rate_of(data)
        out: SkeletonSequence = self.at(rate, Bodies.of_nodes(data)).onto(data)
        if "fps" in out:
            fps = out.fps
            out.fps = torch.full_like(fps, self.fps, dtype=torch.float32) if isinstance(fps, Tensor) else self.fps
        return out

    def apply(self, bodies: Bodies) -> Bodies:
        if self.source is None:
            raise ValueError(
                "source: expected the frame rate of the recordings where they are no sequences with an fps of their "
                f"own, as in an exported file, got None; build it with Resample({self.fps:g}, source=25)"
            )
        return self.at(self.source, bodies)

    def at(self, rate: float, bodies: Bodies) -> Bodies:
        """The bodies of recordings of a rate."""
        ratio = Fraction(self.fps).limit_denominator(_LARGEST) / Fraction(rate).limit_denominator(_LARGEST)
        if ratio == 1:
            return bodies
        up, down = ratio.numerator, ratio.denominator  # f / r; whole numbers keep times exact
        length = bodies.lengths  # [B]
        frames = bodies.num_frames
        # A size that an exporter keeps open can't be divided; lengths say what counts of a larger one.
        count = (frames - 1) * up // down + 1 if isinstance(frames, int) else frames * -(-up // down)
        time = torch.arange(count, device=length.device)[None] * down  # [1, n], in parts of a frame
        before = torch.minimum(time // up, length[:, None] - 1)  # [B, n]
        after = torch.minimum(before + 1, length[:, None] - 1)
        weight = (time - before * up).to(torch.float32).clamp(max=up) / up
        if bodies.length is None:
            before, after, weight = before[:1], after[:1], weight[:1]  # all alike
        out = between(bodies, before, after, weight)
        return out if bodies.length is None else replace(out, length=(length - 1) * up // down + 1)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.fps:g}, source={self.source})"


def _rate(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ValueError(f"{name}: expected frames a second above 0, got {value!r}")
    return value


def _rate_of(data: SkeletonSequence) -> float:
    """The rate that a sequence, or every sequence of a batch, has."""
    if "fps" not in data:
        raise ValueError(
            "fps: expected a sequence with its frame rate, got one without; give it with Resample(..., source=25), or "
            "to the sequence: SkeletonSequence.from_array(..., extra={'fps': 25})"
        )
    rates = sorted(set(data.fps.flatten().tolist())) if isinstance(data.fps, Tensor) else [data.fps]
    if len(rates) > 1:
        raise ValueError(
            f"fps: expected one frame rate in a batch, got {', '.join(f'{rate:g}' for rate in rates)}; resample the "
            "sequences before they become a batch, as the transform of a data set"
        )
    return _rate("fps", rates[0])
