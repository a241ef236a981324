"""Joints that are measured with errors."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch_geometric.data.datapipes import functional_transform

from tg_skeleton.transforms.bodies import Bodies, BodyTransform, NodeTransform


@functional_transform("joint_noise")
class JointNoise(NodeTransform):
    r"""Moves every joint by a normally distributed error.

    .. math:: p'_{t,i} = p_{t,i} + \mathrm{std}\, \varepsilon_{i}, \qquad \varepsilon_i \sim N(0, 1)

    The error of a joint is the same in all frames, like the bias of a tracker, or a new
    one in each frame, :math:`\varepsilon_{t,i}`. A joint that was not seen stays zero.

    Reads and writes ``pos``.

    Args:
        std: Standard deviation of each coordinate.
        per_frame: A new error in each frame.

    Shapes:
        ``pos`` ``[T, N, D]`` -> ``[T, N, D]``.

    Units:
        Those of ``pos``.

    Raises:
        ValueError: ``std`` is negative.

    >>> import torch
    >>> from tg_skeleton import NTU25, SkeletonSequence
    >>> from tg_skeleton.transforms import JointNoise
    >>> sequence = SkeletonSequence.from_array(torch.ones(9, 25, 3), NTU25)
    >>> moved = JointNoise(0.1)(sequence).pos
    >>> bool((moved == moved[:1]).all()), bool((moved == sequence.pos).any())
    (True, False)
    """

    def __init__(self, std: float, *, per_frame: bool = False) -> None:
        if not std >= 0:
            raise ValueError(f"std: expected 0 or more, got {std}")
        self.std = std
        self.per_frame = per_frame

    def apply(self, bodies: Bodies) -> Bodies:
        pos = bodies.coordinates
        frames, persons, joints, dims = pos.shape
        error = self.draw(persons, joints, frames if self.per_frame else 1, dims, pos.device)
        moved = pos + self.std * error.to(pos.dtype).permute(2, 0, 1, 3)
        return replace(bodies, pos=torch.where(bodies.seen[..., None], moved, pos))

    def certain(self) -> BodyTransform:
        raise ValueError(f"{self!r} draws at random")

    def draw(self, persons: int, joints: int, frames: int, dims: int, device: torch.device) -> Tensor:
        """Normally distributed numbers ``[P, V, F, D]``; F is T, or 1 for the whole recording."""
        return torch.randn(persons, joints, frames, dims, device=device)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.std}{', per_frame=True' if self.per_frame else ''})"
