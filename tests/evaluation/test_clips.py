"""Clips beside each other, and the mean of their logits."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.evaluation.clips import clip_logits, stack_clips

STICK = Topology("stick", ("a", "b"), ("a", "a"))


class Mean(nn.Module):
    """The mean of x over time and each clip's nodes, ``[B, C]``."""

    def forward(self, x: Tensor, batch: Tensor, batch_size: int) -> Tensor:
        return torch.stack([x[:, batch == clip].mean((0, 1)) for clip in range(batch_size)])


def recordings() -> SkeletonSequence:
    """Two recordings of six frames, of one and of two persons."""
    sequences = [SkeletonSequence.from_array(torch.rand(6, persons, 2, 3), STICK) for persons in (1, 2)]
    for sequence in sequences:
        sequence.x = sequence.pos.double() ** 2
    return Batch.from_data_list(sequences)


def test_stack_clips_of_one_clip_changes_nothing() -> None:
    x, batch = torch.randn(6, 4, 2), torch.tensor([0, 0, 1, 1])
    assert stack_clips(x, batch, 2, clips=1) == (x, batch, 2)


def test_stack_clips_puts_clips_beside_each_other() -> None:
    x, batch, size = stack_clips(torch.arange(12).view(6, 2, 1), torch.tensor([0, 1]), 2, clips=3)
    assert x.squeeze(-1).tolist() == [[0, 1, 4, 5, 8, 9], [2, 3, 6, 7, 10, 11]]
    assert batch.tolist() == [0, 1, 2, 3, 4, 5]
    assert size == 6


def test_stack_clips_refuses_clips_of_unequal_length() -> None:
    with pytest.raises(ValueError, match=r"clips: 7 frames can't be split into 2 equal clips; .*clips=2"):
        stack_clips(torch.zeros(7, 2, 1), torch.tensor([0, 1]), 2, clips=2)


@pytest.mark.parametrize("clips", [1, 2, 3])
def test_the_logits_are_the_mean_of_those_of_the_clips(clips: int) -> None:
    batch = recordings()
    apart = [Mean()(x, batch.batch, 2) for x in batch.x.chunk(clips)]
    torch.testing.assert_close(clip_logits(Mean(), batch, clips).double(), torch.stack(apart).mean(0))


def test_a_batch_without_x_is_refused() -> None:
    batch = recordings()
    del batch.x
    with pytest.raises(ValueError, match=r"the batch has no x, which the network reads; end the transforms with"):
        clip_logits(Mean(), batch)
