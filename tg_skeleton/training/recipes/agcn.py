"""2s-AGCN's training settings."""

from __future__ import annotations

from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import AGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.transforms.preprocessing import Preprocessing, mended

JointOrBone = Literal["joint", "bone"]
"""The two streams of 2s-AGCN and of MS-G3D."""


def agcn_ntu60(stream: JointOrBone = "joint") -> Recipe:
    """One stream of 2s-AGCN on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a bone points away from the topology's root, not from the body's center.

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


def two_aligned(stream: str, names: tuple[str, ...]) -> Preprocessing:
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


NETWORK = Network(
    name="agcn",
    model=AGCN,
    streams=get_args(JointOrBone),
    recipes={"ntu60": agcn_ntu60, "ntu120": agcn_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Shi et al., Two-stream adaptive graph convolutional networks for skeleton-based action recognition",
    year=2019,
    parameters=3_469_510,
    accuracy={
        "ntu60/xsub": 88.5,
        "ntu60/xview": 95.1,
        "ntu120/xsub": 82.5,
        "ntu120/xset": 84.9,
        "kinetics": 36.1,
    },
)
