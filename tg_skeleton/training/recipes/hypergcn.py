"""Hyper-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from typing import get_args

from tg_skeleton.models import HyperGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion, ctrgcn_ntu60
from tg_skeleton.training.recipes.stgcn import gcn_small


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
    return Recipe(
        preprocessing=ctrgcn_ntu60(stream).preprocessing,
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


NETWORK = Network(
    name="hypergcn",
    model=HyperGCN,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": hypergcn_ntu60, "ntu120": hypergcn_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Zhou et al., Adaptive hyper-graph convolution network for skeleton-based human action recognition",
    year=2024,
    parameters=1_041_677,
    accuracy={"ntu60/xsub": 93.3, "ntu60/xview": 97.4},
)
