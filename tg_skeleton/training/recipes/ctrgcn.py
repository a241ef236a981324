"""CTR-GCN's training settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import CTRGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.agcn import TWO_PERSONS
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS, SUBSETS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

JointOrBoneInMotion = Literal["joint", "bone", "joint_velocity", "bone_velocity"]
"""The four streams of CTR-GCN."""


def ctrgcn_ntu60(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of CTR-GCN on NTU RGB+D 60: 64 frames of two bodies.

    Differs from the paper: a motion is written to the later of its two frames. Assumption: crops of half to all of a
    recording, and rotations up to 17 degrees about each axis, which the text does not state, are those of its training.

    Args:
        stream: The network's input; the paper fuses all four.

    Raises:
        ValueError: The stream is not one of the paper's.

    Source: Chen et al. 2021 (CTR-GCN), section 4.2.
    """
    channels = streams(stream, get_args(JointOrBoneInMotion))(clips=1)
    center, evaluate = T.CenterOnFirstFrame(joint=1), T.CropResize(64, high=0.95, mode="center")
    two = T.PadPersons(2, drop=True)
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=64,
            train_transform=mended(center, T.CropResize(64, 0.5, 1.0)),
            val_transform=mended(center, evaluate),
            test_transform=mended(center, evaluate),
            train_batch_transform=Compose([T.RandomRotate(17), two, channels]),
            eval_batch_transform=Compose([two, channels]),
        ),
        epochs=65,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=4e-4,
        milestones=(35, 55),
        gamma=0.1,
        warmup_epochs=5,
    )


def ctrgcn_kinetics(stream: JointOrBoneInMotion | Channels = "joint") -> Recipe:
    """One stream of CTR-GCN on Kinetics-Skeleton; ours: its training on NTU RGB+D, on x, y and the score of 64 frames.

    Differs from NTU RGB+D's: bodies stay where they are in the picture, and are not turned.

    Args:
        stream: The network's input.

    Raises:
        ValueError: The stream is not one of the paper's.
    """
    channels = streams(stream, get_args(JointOrBoneInMotion), scored=True)(clips=1)
    evaluate, two = mended(T.CropResize(64, high=0.95, mode="center")), T.PadPersons(2, drop=True)
    return replace(
        ctrgcn_ntu60(stream),
        preprocessing=Preprocessing(
            num_frames=64,
            train_transform=mended(T.CropResize(64, 0.5, 1.0)),
            val_transform=evaluate,
            test_transform=evaluate,
            train_batch_transform=Compose([two, channels]),
            eval_batch_transform=Compose([two, channels]),
        ),
    )


NETWORK = Network(
    name="ctrgcn",
    model=CTRGCN,
    streams=get_args(JointOrBoneInMotion),
    weights=(0.6, 0.6, 0.4, 0.4),
    recipes={"ntu60": ctrgcn_ntu60, "ntu120": ctrgcn_ntu60, "kinetics": ctrgcn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph=SUBSETS,
    paper="Chen et al., Channel-wise topology refinement graph convolution for skeleton-based action recognition",
    year=2021,
    parameters=1_446_672,
    accuracy=SYSTEMS["CTR-GCN (4s)"].top1,
    measured={"nw_ucla/xview": 88.58},
)
