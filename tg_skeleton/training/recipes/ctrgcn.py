"""CTR-GCN's training settings."""

from __future__ import annotations

from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import CTRGCN
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.transforms.preprocessing import Preprocessing, mended

JointOrBoneInMotion = Literal["joint", "bone", "joint_velocity", "bone_velocity"]
"""The four streams of CTR-GCN."""


def ctrgcn_ntu60(stream: JointOrBoneInMotion = "joint") -> Recipe:
    """One stream of CTR-GCN on NTU RGB+D 60: 64 frames of two bodies.

    Differs from the paper: a bone points away from the topology's root, not from the body's center; a motion is written
    to the later of its two frames. Assumption: crops of half to all of a recording, and rotations up to 17 degrees
    about each axis, which the text does not state, are those of its training.

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


NETWORK = Network(
    name="ctrgcn",
    model=CTRGCN,
    streams=get_args(JointOrBoneInMotion),
    weights=(0.6, 0.6, 0.4, 0.4),
    recipes={"ntu60": ctrgcn_ntu60, "ntu120": ctrgcn_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    paper="Chen et al., Channel-wise topology refinement graph convolution for skeleton-based action recognition",
    year=2021,
    parameters=1_446_672,
    accuracy={"ntu60/xsub": 92.4, "ntu60/xview": 96.8, "ntu120/xsub": 88.9, "ntu120/xset": 90.6},
)
