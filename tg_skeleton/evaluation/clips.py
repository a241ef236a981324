"""Logits averaged over several clips of a recording."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tg_skeleton.data import SkeletonSequence


def clip_logits(model: nn.Module, batch: SkeletonSequence, clips: int = 1) -> Tensor:
    """The logits ``[B, K]`` of a batch, averaged over ``clips`` equal stretches of time.

    Args:
        model: Maps ``x``, ``batch``, ``batch_size`` to logits.
        batch: Recordings with ``x`` ``[clips * T, N, C]``.
        clips: The number of clips, concatenated along time.

    Raises:
        ValueError: The batch has no ``x``, or its frames can't be split into the clips.
    """
    x, index, size = stack_clips(read(batch), batch.batch, batch.num_graphs, clips)
    logits: Tensor = model(x, index, size)
    return logits if clips == 1 else logits.float().unflatten(0, (clips, -1)).mean(0)


def read(batch: SkeletonSequence) -> Tensor:
    """``x [T, N, C]`` of a batch.

    Raises:
        ValueError: There is none.
    """
    if "x" not in batch:
        raise ValueError("the batch has no x, which the network reads; end the transforms with Streams(...)")
    x: Tensor = batch.x
    return x


def stack_clips(x: Tensor, batch: Tensor, batch_size: int, clips: int) -> tuple[Tensor, Tensor, int]:
    """Move clips that are concatenated along time to the batch dimension.

    >>> import torch
    >>> from tg_skeleton.evaluation.clips import stack_clips
    >>> x = torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]]).view(4, 2, 1)  # 2 clips of 2 frames, 2 recordings of 1 node
    >>> x, batch, batch_size = stack_clips(x, torch.tensor([0, 1]), 2, clips=2)
    >>> x.squeeze(-1).tolist(), batch.tolist(), batch_size
    ([[1, 2, 5, 6], [3, 4, 7, 8]], [0, 1, 2, 3], 4)

    Shapes:
        x ``[clips * T, N, C]`` -> ``[T, clips * N, C]``; batch ``[N]`` -> ``[clips * N]``.

    Raises:
        ValueError: The frames can't be split into the clips.
    """
    if clips == 1:
        return x, batch, batch_size
    frames, nodes, channels = x.shape
    if frames % clips:
        raise ValueError(
            f"clips: {frames} frames can't be split into {clips} equal clips; sample the split with "
            f"SampleSegments(num_frames, clips={clips})"
        )
    x = x.view(clips, frames // clips, nodes, channels).transpose(0, 1)  # [T, clips, N, C]
    first = torch.arange(clips, device=batch.device)[:, None] * batch_size
    return x.reshape(frames // clips, clips * nodes, channels), (first + batch).view(-1), clips * batch_size


def labels_of(batch: SkeletonSequence) -> Tensor:
    """The class of each clip, ``[B]``.

    Raises:
        ValueError: The batch has none.
    """
    if "y" not in batch:
        raise ValueError("the batch has no y; give the recordings labels: SkeletonSequence.from_array(..., y=3)")
    y: Tensor = batch.y
    return y


def names_of(batch: SkeletonSequence) -> list[str]:
    """The name of each clip.

    Raises:
        ValueError: The batch has none.
    """
    if "name" not in batch:
        raise ValueError(
            "the batch has no name, by which scores are joined; name the recordings: "
            "SkeletonSequence.from_array(..., name='a01_s03')"
        )
    return list(batch.name)
