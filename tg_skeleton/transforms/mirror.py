"""Recordings seen in a mirror, and axes that point the other way."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.topology import Topology
from tg_skeleton.transforms._graphs import check_topology
from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


@functional_transform("flip_axis")
class Flip(NodeTransform):
    """Negates one coordinate, such as y of pictures, which points down.

    Reads and writes ``pos``.

    Args:
        axis: 0 (x), 1 (y) or 2 (z).

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: There is no such axis.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import Flip
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> Flip(1)(SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), stick)).pos
    tensor([[[ 1., -2.],
             [ 3., -4.]]])
    """

    def __init__(self, axis: int) -> None:
        if axis not in (0, 1, 2):
            raise ValueError(f"axis: expected 0 (x), 1 (y) or 2 (z), got {axis!r}")
        self.axis = axis

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        if self.axis >= pos.size(-1):
            raise ValueError(f"axis: expected one of the {pos.size(-1)} coordinates of pos, got {self.axis}")
        sign = torch.ones(pos.size(-1), device=pos.device, dtype=pos.dtype)
        sign[self.axis] = -1
        return replace(bodies, pos=pos * sign)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.axis})"


@functional_transform("mirror")
class Mirror(BodyTransform):
    """Mirrors bodies along x: left becomes right, in coordinates and in joints.

    Reads and writes ``pos``, ``score``; drops ``x``, so make streams after it.

    Args:
        topology: The skeleton; its pairs are exchanged.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Raises:
        ValueError: The data have persons of another topology.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import Mirror
    >>> hips = Topology("hips", ("pelvis", "left", "right"), (0, 0, 0), pairs=[("left", "right")])
    >>> pos = torch.tensor([[[1.0, 9.0], [3.0, 8.0], [-1.0, 7.0]]])
    >>> Mirror(hips)(SkeletonSequence.from_array(pos, hips)).pos
    tensor([[[-1.,  9.],
             [ 1.,  7.],
             [-3.,  8.]]])
    """

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self._order = torch.tensor(topology.mirror, device="cpu")

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        check_topology(data, self.topology)
        if "x" in data:
            del data.x
        out: SkeletonSequence = super().forward(data)
        return out

    def apply(self, bodies: Bodies) -> Bodies:
        order = self._order.to(bodies.coordinates.device)
        return Flip(0).apply(bodies.with_values(lambda value: value.index_select(2, order)))

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.topology.name!r})"
