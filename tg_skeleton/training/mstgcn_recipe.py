"""MST-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.training.recipe import Preprocessing, Recipe

JointOrBone = Literal["joint", "bone"]
"""The two streams of MST-GCN."""


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
    if stream not in get_args(JointOrBone):
        raise ValueError(f"stream: expected one of {get_args(JointOrBone)}, got {stream!r}")
    return Recipe(
        preprocessing=Preprocessing.unchanging(
            300,
            Compose([T.AlignBody(), T.ReplayPad(300)]),
            Compose([T.PadPersons(2, drop=True), T.Streams(stream)]),
        ),
        epochs=110,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.15,
        weight_decay=1e-4,
        milestones=(50, 70, 90),
        gamma=0.1,
        warmup_epochs=10,
    )
