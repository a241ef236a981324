"""Hyper-GCN's training setting on NTU RGB+D."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from tg_skeleton.models import HyperGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import TWO_PERSONS
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion, ctrgcn_kinetics, ctrgcn_ntu60
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS
from tg_skeleton.transforms.preprocessing import Channels


def hypergcn_ntu60(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of Hyper-GCN on NTU RGB+D 60: 64 frames of two bodies; the same on NTU RGB+D 120.

    Differs from the paper: a motion is written to the later of its two frames. Assumption: preprocessing and batches
    are those of CTR-GCN.

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


def hypergcn_kinetics(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of Hyper-GCN on Kinetics-Skeleton; ours: its training on NTU RGB+D, see `ctrgcn_kinetics`.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is none of the paper's.
    """
    return replace(hypergcn_ntu60(stream), preprocessing=ctrgcn_kinetics(stream).preprocessing)


NETWORK = Network(
    name="hypergcn",
    model=HyperGCN,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": hypergcn_ntu60, "ntu120": hypergcn_ntu60, "kinetics": hypergcn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph="neighbors and the joint itself, next to hyper-edges of nearest joints that the features choose",
    paper="Zhou et al., Adaptive hyper-graph convolution network for skeleton-based human action recognition",
    year=2024,
    parameters=1_041_677,
    accuracy=SYSTEMS["Hyper-GCN (4s)"].top1,
    measured={"nw_ucla/xview": 90.3},
)
