"""Parts of SGN and ESAN: clips of a fixed length, motion and position, and embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def check_frames(x: Tensor, num_frames: int) -> None:
    """Raise ValueError if ``x [T, N, C]`` has another number of frames than the network's."""
    if x.dim() == 3 and x.size(0) != num_frames:
        raise ValueError(
            f"x: expected {num_frames} frames, got {x.size(0)}; sample them with "
            f"SampleSegments({num_frames}), or build the model with num_frames={x.size(0)}"
        )


def normed_motion(x: Tensor, norm: nn.BatchNorm1d, velocity_norm: nn.BatchNorm1d) -> tuple[Tensor, Tensor]:
    """``x [P, T, V, C]`` and its velocity, zero in the first frame, each channel of each joint normalized."""
    velocity = torch.diff(x, dim=1, prepend=x[:, :1])
    flat = (x.size(0) * x.size(1), x.size(2) * x.size(3))
    return norm(x.view(flat)).view_as(x), velocity_norm(velocity.view(flat)).view_as(x)


class Embedding(nn.Sequential):
    """Two linear maps, each followed by a ReLU.

    Shapes:
        - **x** ``[*, in_channels]``
        - **output** ``[*, out_channels]``
    """

    def __init__(self, in_channels: int, hidden: int, out_channels: int) -> None:
        super().__init__(
            nn.Linear(in_channels, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The maps on ``x [*, in_channels]``."""
        # As a matrix: the gradient of a view that is overwritten is copied four times.
        return super().forward(x.reshape(-1, x.size(-1))).view(*x.shape[:-1], -1)
