"""Brings every recording to one length by playing it again."""

from __future__ import annotations

import torch
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, NodeTransform


@functional_transform("replay_pad")
class ReplayPad(NodeTransform):
    r"""Repeats a sequence from its start until it has ``num_frames`` frames; of a longer one the first are kept.

    .. math:: p'_t = p_{t \bmod T}, \qquad t = 0 \dots \mathrm{num\_frames} - 1

    Reads and writes ``pos``, ``x``, ``score``.

    Args:
        num_frames: The length of the result.

    Shapes:
        ``[T, N, ...]`` -> ``[num_frames, N, ...]``.

    Units:
        Frames.

    Raises:
        ValueError: ``num_frames`` is less than 1.

    >>> import torch
    >>> from tg_skeleton import SkeletonSequence, Topology
    >>> from tg_skeleton.transforms import ReplayPad
    >>> dot = Topology("dot", ("a",), ("a",))
    >>> ReplayPad(5)(SkeletonSequence.from_array(torch.tensor([1.0, 2.0]).view(2, 1, 1), dot)).pos.flatten()
    tensor([1., 2., 1., 2., 1.])

    Source: "padded to T = 300 frames by replaying the actions" (the AMANet paper, 2023, Experiments; MS-G3D).
    """

    def __init__(self, num_frames: int) -> None:
        if num_frames < 1:
            raise ValueError(f"num_frames: expected 1 or more, got {num_frames}")
        self.num_frames = num_frames

    def apply(self, bodies: Bodies) -> Bodies:
        frame = torch.arange(self.num_frames, device=bodies.lengths.device)
        return bodies.take(frame % bodies.lengths[:, None])

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.num_frames})"
