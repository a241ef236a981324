"""Moves a recording's origin to where the first person stands at the start."""

from __future__ import annotations

import torch
from torch_geometric.data.datapipes import functional_transform
from torch_geometric.transforms import BaseTransform

from tg_skeleton.data import SkeletonSequence
from tg_skeleton.transforms._graphs import check_joint, graph_ptr, per_node, positions, present


@functional_transform("center_on_first_frame")
class CenterOnFirstFrame(BaseTransform):
    r"""Subtracts one joint of the first person's first real frame from every joint of every frame.

    .. math:: p'_{t,i} = p_{t,i} - p_{t_0,\,c}

    c is the first person's joint ``joint`` and :math:`t_0` the first frame in which that person is not all zero. A
    person who is absent from a frame (all zero) stays all zero there; a joint that is zero on its own moves with its
    body. If the first person is never there, nothing moves.

    Reads and writes ``pos``. In a batch each sequence has its own origin.

    Args:
        joint: Index of the joint that becomes the origin: 1 is the middle of the spine in NTU25 and NWUCLA20.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Units:
        Those of ``pos``.

    Raises:
        ValueError: ``joint`` is negative, or the first person has no such joint.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import CenterOnFirstFrame
    >>> stick = Topology("stick", ("a", "b"), ("a", "a"))
    >>> sequence = SkeletonSequence.from_array(torch.tensor([[[1.0, 2.0], [3.0, 5.0]]]), stick)
    >>> CenterOnFirstFrame(joint=1)(sequence).pos
    tensor([[[-2., -3.],
             [ 0.,  0.]]])

    Source: Qin et al. 2022 (ESAN), Implementation details: "translation based on the first frame", with SGN's joint.
    """

    def __init__(self, joint: int = 1) -> None:
        if joint < 0:
            raise ValueError(f"joint: expected the index of a joint, 0 or more, got {joint}")
        self.joint = joint

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        pos, here = positions(data), present(data)
        first = graph_ptr(data)[:-1]
        check_joint(data, self.joint, "joint")
        start = here[:, first].int().argmax(0)
        origin = per_node(pos[start, first + self.joint], data)
        data.pos = torch.where(here[..., None], pos - origin, 0.0)
        return data

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}(joint={self.joint})"
