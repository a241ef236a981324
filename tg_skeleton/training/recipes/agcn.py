"""2s-AGCN's training settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import AGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

JointOrBone = Literal["joint", "bone"]
"""The two streams of 2s-AGCN and of MS-G3D."""

TWO_PERSONS: Mapping[str, Mapping[str, Any]] = {key: {"num_persons": 2} for key in ("ntu60", "ntu120", "kinetics")}
"""The arguments of networks that tell two persons apart, on the data sets whose recipes pad recordings to two."""


def agcn_ntu60(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of 2s-AGCN on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Shi et al. 2019 (2s-AGCN), section 5.2.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointOrBone)),
        epochs=50,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(30, 40),
        gamma=0.1,
    )


def agcn_kinetics(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of 2s-AGCN on Kinetics-Skeleton: 300 frames of two bodies, x, y and the score.

    Differs from the paper: all frames in training, not a stretch of 150 that is moved and turned at random; a shorter
    clip is replayed; the third channel of a bone is the score of its joint.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Shi et al. 2019 (2s-AGCN), section 5.2.
    """
    return replace(
        agcn_ntu60(stream),
        preprocessing=two_in_pictures(stream, get_args(JointOrBone)),
        epochs=65,
        milestones=(45, 55),
    )


def two_aligned(stream: str | Channels, names: tuple[str, ...]) -> Preprocessing:
    """The preprocessing of 2s-AGCN, AAGCN, MS-G3D, Shift-GCN and ST-TR: 300 frames of two bodies turned to the front.

    Training and test are the same; absent second persons are padded with zeros.

    Args:
        stream: The network's input.
        names: The streams that the network has.

    Raises:
        ValueError: The stream is not one of them.
    """
    channels = streams(stream, names)(clips=1)
    prepare = mended(T.AlignBody(), T.ReplayPad(300))
    return Preprocessing.unchanging(300, prepare, Compose([T.PadPersons(2, drop=True), channels]))


def two_in_pictures(stream: str | Channels, names: tuple[str, ...]) -> Preprocessing:
    """The same networks on Kinetics-Skeleton: 300 frames of the two bodies as they are, x, y and the score.

    Training and test are the same; absent second persons are padded with zeros.

    Args:
        stream: The network's input.
        names: The streams that the network has.

    Raises:
        ValueError: The stream is not one of them.
    """
    channels = Compose([T.PadPersons(2, drop=True), streams(stream, names, scored=True)(clips=1)])
    return Preprocessing.unchanging(300, mended(T.ReplayPad(300)), channels)


NETWORK = Network(
    name="agcn",
    model=AGCN,
    streams=get_args(JointOrBone),
    recipes={"ntu60": agcn_ntu60, "ntu120": agcn_ntu60, "kinetics": agcn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph=SUBSETS,
    paper="Shi et al., Two-stream adaptive graph convolutional networks for skeleton-based action recognition",
    year=2019,
    parameters=3_469_510,
    accuracy=SYSTEMS["2s-AGCN"].top1,
    measured={"nw_ucla/xview": 84.7},
)
