"""MS-G3D's training settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from tg_skeleton.models import MSG3D
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, small_course
from tg_skeleton.training.recipes.agcn import JointOrBone, two_aligned, two_in_pictures
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing


def msg3d_ntu60(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of MS-G3D on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Liu et al. 2020 (MS-G3D), section 4.2.
    """
    return Recipe(
        preprocessing=two_aligned(stream, get_args(JointOrBone)),
        epochs=50,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(30, 40),
        gamma=0.1,
    )


def msg3d_kinetics(stream: JointOrBone | Channels = "joint") -> Recipe:
    """One stream of MS-G3D on Kinetics-Skeleton: 300 frames of two bodies, x, y and the score, with 8 scales.

    Differs from the paper: a shorter clip is replayed, not padded with zeros; the third channel of a bone is the score
    of its joint.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Liu et al. 2020 (MS-G3D), section 4.2; paper B (AMANet, 2023), Implementation details, with its schedule.
    """
    return replace(
        msg3d_ntu60(stream),
        preprocessing=two_in_pictures(stream, get_args(JointOrBone)),
        epochs=65,
        milestones=(45, 55),
    )


def msg3d_small(preprocessing: Preprocessing) -> Recipe:
    """MS-G3D and AMANet on a small data set; ours: the optimizer that both papers have.

    Args:
        preprocessing: The preprocessing of the data set, with the network's stream.
    """
    return small_course(preprocessing, "sgd", learning_rate=0.05, weight_decay=5e-4)


ARGUMENTS_ON: dict[str, dict[str, Any]] = {
    "ntu60": {"num_persons": 2},
    "ntu120": {"num_persons": 2},
    "kinetics": {"num_persons": 2, "num_scales": (8, 8)},
}
"""The published forms, of DualHead-Net, too: two bodies, and fewer scales where there are fewer joints."""

GRAPH = "the joints that are k bones away, a scale for each k; and neighbors in all frames of a window"
"""What the graph convolutions read, those of DualHead-Net, too."""

NETWORK = Network(
    name="msg3d",
    model=MSG3D,
    streams=get_args(JointOrBone),
    recipes={"ntu60": msg3d_ntu60, "ntu120": msg3d_ntu60, "kinetics": msg3d_kinetics},
    small=msg3d_small,
    arguments={"num_persons": 1},
    arguments_on=ARGUMENTS_ON,
    skeletons=OF_GRAPH_NETWORKS,
    graph=GRAPH,
    paper="Liu et al., Disentangling and unifying graph convolutions for skeleton-based action recognition",
    year=2020,
    parameters=3_194_595,
    accuracy=SYSTEMS["MS-G3D (2s)"].top1,
    measured={"nw_ucla/xview": 91.16},
)
