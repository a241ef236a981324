"""SGN's training settings."""

from __future__ import annotations

from functools import partial
from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import SGN
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe, small_course, streams
from tg_skeleton.transforms.preprocessing import Preprocessing, mended

Protocol = Literal["xsub", "xview"]
"""Protocols of NTU RGB+D 60 that differ in their rotations."""


def sgn_ntu60(protocol: Protocol = "xsub", stream: Literal["joint"] = "joint") -> Recipe:
    """SGN on NTU RGB+D 60: 20 frames of joints, one person a frame.

    Differs from the paper: label smoothing is spread over all classes, as in torch; there, over the wrong ones.

    Args:
        protocol: Rotations in training are up to 17 degrees about each axis in cross-subject, 30 in cross-view.
        stream: The network's input.

    Raises:
        ValueError: The protocol or the stream is not one of the paper's.

    Source: Zhang et al. 2020 (SGN), section 4.2.
    """
    if protocol not in get_args(Protocol):
        raise ValueError(f"protocol: expected one of {get_args(Protocol)}, got {protocol!r}")
    center, split, joints = T.CenterOnFirstFrame(joint=1), T.SplitPersons(), streams(stream, ("joint",))(clips=1)
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=20,
            test_clips=5,
            train_transform=Compose([T.FillMissing(), center, split, T.SampleSegments(20, mode="random")]),
            val_transform=mended(center, split, T.SampleSegments(20, mode="center")),
            test_transform=mended(center, split, T.SampleSegments(20, mode="random", clips=5, seed=0)),
            train_batch_transform=Compose([T.RandomRotate(17 if protocol == "xsub" else 30), joints]),
            eval_batch_transform=joints,
        ),
        epochs=120,
        batch_size=64,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=1e-4,
        milestones=(60, 90, 110),
        gamma=0.1,
        label_smoothing=0.1,
    )


def sgn_small(preprocessing: Preprocessing) -> Recipe:
    """SGN on a small data set; ours: the paper's optimizer.

    Args:
        preprocessing: The preprocessing of the data set, with the network's stream.
    """
    return small_course(preprocessing, "adam", learning_rate=1e-3, weight_decay=1e-4)


NETWORK = Network(
    name="sgn",
    model=SGN,
    streams=("joint", "bone"),
    recipes={
        "ntu60/xsub": partial(sgn_ntu60, "xsub"),
        "ntu60/xview": partial(sgn_ntu60, "xview"),
        "ntu120": partial(sgn_ntu60, "xsub"),
    },
    small=sgn_small,
    paper="Zhang et al., Semantics-guided neural networks for efficient skeleton-based human action recognition",
    year=2020,
    parameters=691_048,
    accuracy={"ntu60/xsub": 89.0, "ntu60/xview": 94.5, "ntu120/xsub": 79.2, "ntu120/xset": 81.5},
)
