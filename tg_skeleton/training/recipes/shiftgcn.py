"""Shift-GCN's training setting on NTU RGB+D 60."""

from __future__ import annotations

from typing import get_args

from tg_skeleton.models import ShiftGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import two_aligned
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.stgcn import gcn_small


def shiftgcn_ntu60(stream: JointOrBoneInMotion = "joint") -> Recipe:
    """One stream of Shift-GCN on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a bone points away from the topology's root, not from the body's center; a motion is written
    to the later of its two frames.

    Args:
        stream: The network's input; the paper adds the scores of all four.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Cheng et al. 2020 (Shift-GCN), section 4.2.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointOrBoneInMotion)),
        epochs=140,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(60, 80, 100),
        gamma=0.1,
    )


NETWORK = Network(
    name="shiftgcn",
    model=ShiftGCN,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": shiftgcn_ntu60, "ntu120": shiftgcn_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Cheng et al., Skeleton-based action recognition with shift graph convolutional network",
    year=2020,
    parameters=690_291,
    accuracy={"ntu60/xsub": 90.7, "ntu60/xview": 96.5, "ntu120/xsub": 85.9, "ntu120/xset": 87.6},
)
