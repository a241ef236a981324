"""DualHead-Net's training setting on NTU RGB+D."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from tg_skeleton.models import DualHeadNet
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import JointOrBone, two_aligned, two_in_pictures
from tg_skeleton.training.recipes.msg3d import ARGUMENTS_ON, GRAPH, msg3d_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS
from tg_skeleton.transforms.preprocessing import Channels


def dual_head_net_ntu60(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of DualHead-Net on NTU RGB+D 60: 300 frames of two bodies turned to the front; the same on NTU 120.

    Assumption: preprocessing is that of MS-G3D, whose blocks the network has; 90 epochs.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Chen et al. 2021 (DualHead-Net), section 4.2.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointOrBone)),
        epochs=90,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(40, 60, 80),
        gamma=0.1,
    )


def dual_head_net_kinetics(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of DualHead-Net on Kinetics-Skeleton, with 8 scales in either path.

    Assumption: its training is that on NTU RGB+D, with 2s-AGCN's preprocessing.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the network's.
    """
    return replace(dual_head_net_ntu60(stream), preprocessing=two_in_pictures(stream, get_args(JointOrBone)))


NETWORK = Network(
    name="dual_head_net",
    model=DualHeadNet,
    streams=get_args(JointOrBone),
    recipes={
        "ntu60": dual_head_net_ntu60,
        "ntu120": dual_head_net_ntu60,
        "kinetics": dual_head_net_kinetics,
    },
    small=msg3d_small,
    arguments={"num_persons": 1},
    arguments_on=ARGUMENTS_ON,
    skeletons=OF_GRAPH_NETWORKS,
    graph=GRAPH,
    paper="Chen et al., Learning multi-granular spatio-temporal graph network for skeleton-based action recognition",
    year=2021,
    parameters=3_015_253,
    accuracy=SYSTEMS["DualHead-Net (2s)"].top1,
    measured={"nw_ucla/xview": 92.24},
)
