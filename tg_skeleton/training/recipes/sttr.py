"""ST-TR's training setting on NTU RGB+D 60."""

from __future__ import annotations

from typing import Literal, get_args

from tg_skeleton.models import STTR
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import two_aligned
from tg_skeleton.training.recipes.stgcn import gcn_small

JointAndBone = Literal["joint", "bone", "joint+bone"]
"""What a network of ST-TR reads: one of the two, or both as 6 channels."""


def sttr_ntu60(stream: JointAndBone = "joint+bone") -> Recipe:
    """An S-TR or a T-TR on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a bone points away from the topology's root, not from the body's center. Assumption: the
    data of 2s-AGCN, in batches of 32; 120 epochs, so that the published milestone 120 is their end.

    Args:
        stream: The network's input; the paper adds the scores of an S-TR and a T-TR that read both.

    Raises:
        ValueError: The stream is not one of these.

    Source: Plizzari et al. 2021 (ST-TR), section 5.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointAndBone)),
        epochs=120,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(60, 90),
        gamma=0.1,
    )


NETWORK = Network(
    name="sttr",
    model=STTR,
    streams=("joint+bone", "joint", "bone"),
    recipes={"ntu60": sttr_ntu60, "ntu120": sttr_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Plizzari et al., Skeleton-based action recognition via spatial and temporal transformer networks",
    year=2021,
    parameters=12_126_348,
    accuracy={"ntu60/xsub": 89.9, "ntu60/xview": 96.1},
)
