"""The input module of paper B's network: concatenated, normalized streams."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DataPreprocessing(nn.Module):
    r"""Concatenates streams and normalizes every channel of every joint.

    .. math:: I_{DP} = \mathrm{BN}\left(\mathrm{Concat}(I, I_{rel}, I_{vel}, I_{acc})\right)

    The streams themselves are geometry, which transforms compute; a stream that is concatenated already is one stream.

    Assumption: statistics run over persons and frames, for every joint and channel apart.

    Args:
        num_joints: V.
        channels: Channels of all streams together.

    Shapes:
        - **streams** ``[P, T, V, C_i]`` each
        - **output** ``[P, T, V, channels]``, channels = Σ C_i

    Raises:
        ValueError: The streams do not have these joints and channels, or differ in persons or frames.

    >>> import torch
    >>> from tg_skeleton.nn import DataPreprocessing
    >>> position, velocity = torch.randn(2, 4, 20, 25, 3)
    >>> DataPreprocessing(25, 6)(position, velocity).shape
    torch.Size([4, 20, 25, 6])

    Source: paper B (AMANet, 2023), Eq. 8.
    """

    def __init__(self, num_joints: int, channels: int) -> None:
        super().__init__()
        self.num_joints = num_joints
        self.channels = channels
        self.norm = nn.BatchNorm1d(num_joints * channels)

    def forward(self, *streams: Tensor) -> Tensor:
        """The streams ``[P, T, V, C_i]`` as one, normalized."""
        self._check(streams)
        x = torch.cat(streams, dim=-1) if len(streams) > 1 else streams[0]  # [P, T, V, C]
        return self.norm(x.flatten(2).flatten(0, 1)).view_as(x)

    def _check(self, streams: tuple[Tensor, ...]) -> None:
        shapes = [list(stream.shape) for stream in streams]
        wanted = f"[P, T, V = {self.num_joints}, C_i] with Σ C_i = {self.channels}"
        if (
            not streams
            or any(len(shape) != 4 or shape[:3] != shapes[0][:3] or shape[2] != self.num_joints for shape in shapes)
            or sum(shape[3] for shape in shapes) != self.channels
        ):
            raise ValueError(
                f"streams: expected {wanted}, all with the same P and T, got {shapes}; choose the streams that "
                "the model was built for, or build it with their num_joints and channels"
            )
