"""Hyper-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.training.recipe import Preprocessing, Recipe

JointOrBoneInMotion = Literal["joint", "bone", "joint_velocity", "bone_velocity"]
"""The four streams of Hyper-GCN."""


def hypergcn_ntu60(stream: JointOrBoneInMotion = "joint") -> Recipe:
    """One stream of Hyper-GCN on NTU RGB+D 60: 64 frames of two bodies; the same on NTU RGB+D 120.

    Differs from the paper: a bone points away from the topology's root, not from the body's center; a motion is written
    to the later of its two frames. Assumption: preprocessing and batches are those of CTR-GCN.

    Args:
        stream: The network's input; the paper fuses all four.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Zhou et al. 2024 (Hyper-GCN), section 4.2.
    """
    if stream not in get_args(JointOrBoneInMotion):
        raise ValueError(f"stream: expected one of {get_args(JointOrBoneInMotion)}, got {stream!r}")
    center, evaluate = T.CenterOnFirstFrame(joint=1), T.CropResize(64, high=0.95, mode="center")
    two, channels = T.PadPersons(2, drop=True), T.Streams(stream)
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=64,
            train_transform=Compose([center, T.CropResize(64, 0.5, 1.0)]),
            val_transform=Compose([center, evaluate]),
            test_transform=Compose([center, evaluate]),
            train_batch_transform=Compose([T.RandomRotate(17), two, channels]),
            eval_batch_transform=Compose([two, channels]),
        ),
        epochs=140,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=4e-4,
        milestones=(110, 120),
        gamma=0.1,
        warmup_epochs=5,
        label_smoothing=0.1,
    )
