"""Fits a recording into [-1, 1]."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, NodeTransform


@functional_transform("min_max_normalize")
class MinMaxNormalize(NodeTransform):
    r"""Maps the smallest coordinate of a sequence to -1 and the largest to 1, axis by axis.

    .. math:: p' = 2\, \frac{p - \min p}{\max p - \min p} - 1

    The extremes are those of the whole sequence, over all frames and persons who are present. A person who is absent
    from a frame (all zero) neither counts nor moves. An axis along which nothing varies becomes 0.

    Reads and writes ``pos``. In a batch each sequence has its own extremes.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import MinMaxNormalize
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> pos = torch.tensor([[[1.0, 7.0], [2.0, 7.0]], [[3.0, 7.0], [5.0, 7.0]]])
    >>> MinMaxNormalize()(SkeletonSequence.from_array(pos, stick)).pos.tolist()
    [[[-1.0, 0.0], [-0.5, 0.0]], [[0.0, 0.0], [1.0, 0.0]]]

    Source: the usual NW-UCLA recipe, which has one person and none absent.
    """

    def apply(self, bodies: Bodies) -> Bodies:
        pos, seen = bodies.coordinates, bodies.seen[..., None]
        low = bodies.per_recording(torch.where(seen, pos, torch.inf).amin((0, 2)), "amin")  # [B, D]
        high = bodies.per_recording(torch.where(seen, pos, -torch.inf).amax((0, 2)), "amax")
        low, high = (bodies.per_person(extreme)[:, None] for extreme in (low, high))
        varies = seen & (high > low)
        scaled = (pos - low) / torch.where(high > low, high - low, 1.0) * 2 - 1
        return replace(bodies, pos=torch.where(varies, scaled, 0.0))
