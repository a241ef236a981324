"""HCN's training setting on NTU RGB+D 60."""

from __future__ import annotations

from dataclasses import replace

from torch_geometric.transforms import BaseTransform

import tg_skeleton.transforms as T
from tg_skeleton.models import HCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, small_course, streams
from tg_skeleton.training.recipes.stgcn import JointOnly
from tg_skeleton.training.skeletons import OF_THE_RECORDINGS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended


def hcn_ntu60(stream: JointOnly = "joint") -> Recipe:
    """HCN on NTU RGB+D 60: 64 frames of a stretch of half to all of a recording, of which the network makes the motion.

    Differs from the paper: a recording has its own number of persons, not two. Assumption: coordinates are relative to
    joint 1 of the first frame, as SGN's and CTR-GCN's are.

    Args:
        stream: The network's input; it makes the motion itself.

    Raises:
        ValueError: The stream is not the paper's.

    Source: Li et al. 2018 (HCN), section 4.
    """
    return Recipe(
        preprocessing=_cropped(streams(stream, ("joint",)), T.CenterOnFirstFrame(joint=1)),
        epochs=400,
        batch_size=64,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=1e-4,
        milestones=tuple(range(1, 400)),  # every epoch
        gamma=0.99,
    )


def hcn_kinetics(stream: JointOnly = "joint") -> Recipe:
    """HCN on Kinetics-Skeleton; ours: its training on NTU RGB+D, on x, y and the score, as they are.

    Args:
        stream: The network's input; it makes the motion itself.

    Raises:
        ValueError: The stream is not the paper's.
    """
    return replace(hcn_ntu60(stream), preprocessing=_cropped(streams(stream, ("joint",), scored=True)))


def _cropped(channels: Channels, *steps: BaseTransform) -> Preprocessing:
    """64 frames of a stretch of half to all of a recording; 95 % of it in a test."""
    joints, evaluate = channels(clips=1), mended(*steps, T.CropResize(64, high=0.95, mode="center"))
    return Preprocessing(
        num_frames=64,
        train_transform=mended(*steps, T.CropResize(64, 0.5, 1.0)),
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=joints,
        eval_batch_transform=joints,
    )


def hcn_small(preprocessing: Preprocessing) -> Recipe:
    """HCN on a small data set; ours: the paper's optimizer, and 32 frames, for the network halves them four times.

    Args:
        preprocessing: The preprocessing of the data set, with the network's stream.
    """
    return small_course(preprocessing.with_frames(32), "adam", learning_rate=1e-3, weight_decay=1e-4)


NETWORK = Network(
    name="hcn",
    model=HCN,
    streams=("joint",),
    recipes={"ntu60": hcn_ntu60, "ntu120": hcn_ntu60, "kinetics": hcn_kinetics},
    skeletons=OF_THE_RECORDINGS,
    graph="none; joints are channels",
    small=hcn_small,
    paper="Li et al., Co-occurrence feature learning from skeleton data for action recognition and detection",
    year=2018,
    parameters=2_647_868,
    accuracy=SYSTEMS["HCN"].top1,
    measured={"nw_ucla/xview": 67.67},
)
