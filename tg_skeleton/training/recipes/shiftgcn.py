"""Shift-GCN's training setting on NTU RGB+D 60."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from tg_skeleton.models import ShiftGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import TWO_PERSONS, two_aligned, two_in_pictures
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS
from tg_skeleton.transforms.preprocessing import Channels


def shiftgcn_ntu60(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of Shift-GCN on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a motion is written to the later of its two frames.

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


def shiftgcn_kinetics(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of Shift-GCN on Kinetics-Skeleton; ours: its training on NTU RGB+D, with 2s-AGCN's preprocessing.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the network's.
    """
    return replace(shiftgcn_ntu60(stream), preprocessing=two_in_pictures(stream, get_args(JointOrBoneInMotion)))


NETWORK = Network(
    name="shiftgcn",
    model=ShiftGCN,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": shiftgcn_ntu60, "ntu120": shiftgcn_ntu60, "kinetics": shiftgcn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph="none: channels of a joint come from all joints in turn, by their numbers; the bones make streams",
    paper="Cheng et al., Skeleton-based action recognition with shift graph convolutional network",
    year=2020,
    parameters=690_291,
    accuracy=SYSTEMS["Shift-GCN (4s)"].top1,
    measured={"nw_ucla/xview": 89.22},
)
