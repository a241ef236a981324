"""ST-TR's training setting on NTU RGB+D 60."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from tg_skeleton.models import STTR
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import TWO_PERSONS, two_aligned, two_in_pictures
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels

JointAndBone = Literal["joint", "bone", "joint+bone"]
"""What a network of ST-TR reads: one of the two, or both as 6 channels."""


def sttr_ntu60(stream: JointAndBone | Channels = "joint+bone") -> Recipe:
    """An S-TR or a T-TR on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Assumption: the data of 2s-AGCN, in batches of 32; 120 epochs, so that the published milestone 120 is their end.

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


def sttr_kinetics(stream: JointAndBone | Channels = "joint+bone") -> Recipe:
    """An S-TR or a T-TR on Kinetics-Skeleton.

    Assumption: its training is that on NTU RGB+D, with 2s-AGCN's preprocessing.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the network's.
    """
    return replace(sttr_ntu60(stream), preprocessing=two_in_pictures(stream, get_args(JointAndBone)))


NETWORK = Network(
    name="sttr",
    model=STTR,
    streams=("joint+bone", "joint", "bone"),
    recipes={"ntu60": sttr_ntu60, "ntu120": sttr_ntu60, "kinetics": sttr_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph=f"{SUBSETS}; in the wider blocks of an S-TR none, for all joints attend to each other",
    paper="Plizzari et al., Skeleton-based action recognition via spatial and temporal transformer networks",
    year=2021,
    parameters=12_126_348,
    accuracy=SYSTEMS["ST-TR"].top1,
    measured={"nw_ucla/xview": 77.80},
)
