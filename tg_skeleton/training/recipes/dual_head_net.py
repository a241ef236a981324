"""DualHead-Net's training setting on NTU RGB+D."""

from __future__ import annotations

from typing import get_args

from tg_skeleton.models import DualHeadNet
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.agcn import JointOrBone, two_aligned
from tg_skeleton.training.recipes.msg3d import msg3d_small


def dual_head_net_ntu60(stream: JointOrBone = "joint") -> Recipe:
    """One stream of DualHead-Net on NTU RGB+D 60: 300 frames of two bodies turned to the front; the same on NTU 120.

    Differs from the paper: a bone points away from the topology's root, not from the body's center.
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


NETWORK = Network(
    name="dual_head_net",
    model=DualHeadNet,
    streams=get_args(JointOrBone),
    recipes={"ntu60": dual_head_net_ntu60, "ntu120": dual_head_net_ntu60},
    small=msg3d_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Chen et al., Learning multi-granular spatio-temporal graph network for skeleton-based action recognition",
    year=2021,
    parameters=3_015_253,
    accuracy={
        "ntu60/xsub": 91.7,
        "ntu60/xview": 96.5,
        "ntu120/xsub": 87.9,
        "ntu120/xset": 89.1,
        "kinetics": 38.3,
    },
)
