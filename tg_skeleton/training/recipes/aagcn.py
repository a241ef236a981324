"""AAGCN's training setting on NTU RGB+D 60."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from tg_skeleton.models import AAGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import TWO_PERSONS, two_aligned, two_in_pictures
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels


def aagcn_ntu60(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of MS-AAGCN on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a motion is written to the later of its two frames. Assumption: 60 epochs, ten after the
    last milestone as after the others.

    Args:
        stream: The network's input; the paper adds the scores of all four.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Shi et al. 2020 (MS-AAGCN), section 4.2.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointOrBoneInMotion)),
        epochs=60,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(30, 40, 50),
        gamma=0.1,
    )


def aagcn_kinetics(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of MS-AAGCN on Kinetics-Skeleton: as 2s-AGCN, by the same authors, see `agcn_kinetics`.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the network's.
    """
    return replace(
        aagcn_ntu60(stream),
        preprocessing=two_in_pictures(stream, get_args(JointOrBoneInMotion)),
        epochs=65,
        milestones=(45, 55),
    )


NETWORK = Network(
    name="aagcn",
    model=AAGCN,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": aagcn_ntu60, "ntu120": aagcn_ntu60, "kinetics": aagcn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph=SUBSETS,
    paper="Shi et al., Skeleton-based action recognition with multi-stream adaptive graph convolutional networks",
    year=2020,
    parameters=3_781_668,
    accuracy=SYSTEMS["MS-AAGCN"].top1,
    measured={"nw_ucla/xview": 85.78},
)
