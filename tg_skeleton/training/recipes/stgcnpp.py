"""STGCN++'s training setting on NTU RGB+D 60."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from torch_geometric.transforms import BaseTransform

import tg_skeleton.transforms as T
from tg_skeleton.models import STGCNPP
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended


def stgcnpp_ntu60(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of STGCN++ on NTU RGB+D 60: 100 frames, one of each of 100 segments; ten draws in validation and test.

    Differs from the report: a body is centered in every frame, not once; a motion is written to the later of its two
    frames; a recording has its own number of persons, not two.

    Args:
        stream: The network's input; the report fuses all four.

    Raises:
        ValueError: The stream is not one of the report's.

    Source: Duan et al. 2022 (PYSKL), sections 3 and 4.
    """
    return Recipe(
        preprocessing=_ten_draws(streams(stream, get_args(JointOrBoneInMotion)), T.AlignBody()),
        epochs=80,
        batch_size=128,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=5e-4,
        decay="cosine",
    )


def stgcnpp_kinetics(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of STGCN++ on Kinetics-Skeleton; ours: its training on NTU RGB+D, on x, y and the score.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the report's.
    """
    channels = streams(stream, get_args(JointOrBoneInMotion), scored=True)
    return replace(stgcnpp_ntu60(stream), preprocessing=_ten_draws(channels))


def _ten_draws(channels: Channels, *steps: BaseTransform) -> Preprocessing:
    """A frame of each of 100 segments; ten draws in validation and test."""
    evaluate = mended(*steps, T.SampleSegments(100, mode="random", clips=10, seed=0))
    return Preprocessing(
        num_frames=100,
        test_clips=10,
        val_clips=10,
        train_transform=mended(*steps, T.SampleSegments(100, mode="random")),
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=channels(clips=1),
        eval_batch_transform=channels(clips=10),
    )


NETWORK = Network(
    name="stgcnpp",
    model=STGCNPP,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": stgcnpp_ntu60, "ntu120": stgcnpp_ntu60, "kinetics": stgcnpp_kinetics},
    skeletons=OF_GRAPH_NETWORKS,
    graph=SUBSETS,
    small=gcn_small,
    paper="Duan et al., PYSKL: Towards good practices for skeleton action recognition",
    year=2022,
    parameters=1_403_144,
    accuracy=SYSTEMS["STGCN++ (4s)"].top1,
    measured={"nw_ucla/xview": 90.52},
)
