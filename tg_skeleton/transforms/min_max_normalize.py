"""Fits a recording into [-1, 1]."""

from __future__ import annotations

import torch
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import per_graph, per_node, positions, present


@functional_transform("min_max_normalize")
class MinMaxNormalize(BaseTransform):
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

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        pos, here = positions(data), present(data)[..., None]
        inf = float("inf")
        low = per_node(per_graph(torch.where(here, pos, inf).amin(0), data, "min"), data)
        high = per_node(per_graph(torch.where(here, pos, -inf).amax(0), data, "max"), data)
        data.pos = torch.where(here & (high > low), (pos - low) / (high - low) * 2 - 1, 0.0)
        return data
