"""MST-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from typing import get_args

from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import JointOrBone, two_aligned


def mstgcn_ntu60(stream: JointOrBone = "joint") -> Recipe:
    """One stream of MST-GCN on NTU RGB+D 60: 300 frames of two bodies turned to the front; the same on NTU RGB+D 120.

    Differs from the paper: a bone points away from the topology's root, not from the body's center.
    Assumption: preprocessing and batches are those of 2s-AGCN, whose frame the network has.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Chen et al. 2021 (MST-GCN), section 4.2.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointOrBone)),
        epochs=110,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.15,
        weight_decay=1e-4,
        milestones=(50, 70, 90),
        gamma=0.1,
        warmup_epochs=10,
    )
