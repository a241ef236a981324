"""SGN's training settings."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import SGN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, small_course, streams
from tg_skeleton.training.recipes.stgcn import JointOnly
from tg_skeleton.training.skeletons import OF_THE_RECORDINGS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

Protocol = Literal["xsub", "xview"]
"""Protocols of NTU RGB+D 60 that differ in their rotations."""


def sgn_ntu60(protocol: Protocol = "xsub", stream: JointOnly = "joint") -> Recipe:
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


def sgn_kinetics(stream: JointOnly = "joint") -> Recipe:
    """SGN on Kinetics-Skeleton; ours: as paper A trains ESAN there, see `esan_kinetics`.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not the paper's.
    """
    return replace(sgn_ntu60(stream=stream), preprocessing=one_draw(streams(stream, ("joint",), scored=True)))


def one_draw(channels: Channels) -> Preprocessing:
    """The preprocessing of Kinetics-Skeleton for SGN and ESAN: one person a frame, 20 segments, one draw in a test.

    Args:
        channels: Makes the transform that writes ``x``.
    """
    center, split = T.CenterOnFirstFrame(joint=1), T.SplitPersons()
    return Preprocessing(
        num_frames=20,
        train_transform=Compose([T.FillMissing(), center, split, T.SampleSegments(20, mode="random")]),
        val_transform=mended(center, split, T.SampleSegments(20, mode="center")),
        test_transform=mended(center, split, T.SampleSegments(20, mode="random", seed=0)),
        train_batch_transform=channels(clips=1),
        eval_batch_transform=channels(clips=1),
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
        "kinetics": sgn_kinetics,
    },
    skeletons=OF_THE_RECORDINGS,
    graph="none; the affinities of all joints, frame by frame",
    small=sgn_small,
    paper="Zhang et al., Semantics-guided neural networks for efficient skeleton-based human action recognition",
    year=2020,
    parameters=691_048,
    accuracy=SYSTEMS["SGN"].top1,
    measured={"nw_ucla/xview": 90.73},
)
