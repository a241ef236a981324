"""MST-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from typing import get_args

from tg_skeleton.models import MSTGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import JointOrBone, two_aligned
from tg_skeleton.training.recipes.stgcn import gcn_small


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


NETWORK = Network(
    name="mstgcn",
    model=MSTGCN,
    streams=get_args(JointOrBone),
    recipes={"ntu60": mstgcn_ntu60, "ntu120": mstgcn_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Chen et al., Multi-scale spatial temporal graph convolutional network for skeleton-based action recognition",
    year=2021,
    parameters=2_891_351,
    accuracy={
        "ntu60/xsub": 91.1,
        "ntu60/xview": 96.4,
        "ntu120/xsub": 87.0,
        "ntu120/xset": 88.3,
        "kinetics": 37.8,
    },
)
