"""ST-GCN's training settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import tg_skeleton.transforms as T
from tg_skeleton.models import STGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, small_course, streams
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

JointOnly = Literal["joint"] | Channels
"""The stream of a network that has one, or what makes the transform of another."""


def stgcn_ntu60(stream: JointOnly = "joint") -> Recipe:
    """ST-GCN on NTU RGB+D 60: 300 frames of joints in camera space, the same in training and test.

    Assumption: learning rate and epochs are those with which the authors published their network; their text has a rate
    of 0.01, divided by ten every ten epochs. Differs from theirs: a recording has its own number of persons, not two.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not the paper's.

    Source: Yan et al. 2018 (ST-GCN), section 4.
    """
    joints = streams(stream, ("joint",))(clips=1)
    return Recipe(
        preprocessing=Preprocessing.unchanging(300, mended(T.ReplayPad(300)), joints),
        epochs=80,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(10, 50),
        gamma=0.1,
    )


def stgcn_kinetics(stream: JointOnly = "joint") -> Recipe:
    """ST-GCN on Kinetics-Skeleton: 300 frames, x, y and the score.

    Assumption: batches, learning rate and epochs are those with which the authors published their network. Differs from
    theirs: all frames in training, not a stretch of 150 that is moved and turned at random; a shorter clip is replayed.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not the paper's.

    Source: Yan et al. 2018 (ST-GCN), section 4.
    """
    joints = streams(stream, ("joint",), scored=True)(clips=1)
    return replace(
        stgcn_ntu60(stream),
        preprocessing=Preprocessing.unchanging(300, mended(T.ReplayPad(300)), joints),
        epochs=50,
        batch_size=256,
        milestones=(20, 30, 40),
    )


def gcn_small(preprocessing: Preprocessing) -> Recipe:
    """ST-GCN, 2s-AGCN and CTR-GCN on a small data set; ours: the SGD that they share, 0.1 for batches of 64.

    Assumption: the weight decay is CTR-GCN's, four times that of the other two.

    Args:
        preprocessing: The preprocessing of the data set, with the network's stream.
    """
    return small_course(preprocessing, "sgd", learning_rate=0.05, weight_decay=4e-4)


NETWORK = Network(
    name="stgcn",
    model=STGCN,
    streams=("joint", "bone"),
    recipes={"ntu60": stgcn_ntu60, "ntu120": stgcn_ntu60, "kinetics": stgcn_kinetics},
    skeletons=OF_GRAPH_NETWORKS,
    graph=SUBSETS,
    small=gcn_small,
    paper="Yan et al., Spatial temporal graph convolutional networks for skeleton-based action recognition",
    year=2018,
    parameters=3_098_832,
    accuracy=SYSTEMS["ST-GCN"].top1,
    measured={"nw_ucla/xview": 78.45},
)
