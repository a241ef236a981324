"""MST-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from tg_skeleton.models import MSTGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import TWO_PERSONS, JointOrBone, two_aligned, two_in_pictures
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels


def mstgcn_ntu60(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of MST-GCN on NTU RGB+D 60: 300 frames of two bodies turned to the front; the same on NTU RGB+D 120.

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


def mstgcn_kinetics(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of MST-GCN on Kinetics-Skeleton.

    Assumption: its training is that on NTU RGB+D, with 2s-AGCN's preprocessing.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the network's.
    """
    return replace(mstgcn_ntu60(stream), preprocessing=two_in_pictures(stream, get_args(JointOrBone)))


NETWORK = Network(
    name="mstgcn",
    model=MSTGCN,
    streams=get_args(JointOrBone),
    recipes={"ntu60": mstgcn_ntu60, "ntu120": mstgcn_ntu60, "kinetics": mstgcn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph=SUBSETS,
    paper="Chen et al., Multi-scale spatial temporal graph convolutional network for skeleton-based action recognition",
    year=2021,
    parameters=2_891_351,
    accuracy=SYSTEMS["MST-GCN (2s)"].top1,
    measured={"nw_ucla/xview": 89.87},
)
