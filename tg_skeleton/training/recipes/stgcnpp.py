"""STGCN++'s training setting on NTU RGB+D 60."""

from __future__ import annotations

from typing import get_args

import tg_skeleton.transforms as T
from tg_skeleton.models import STGCNPP
from tg_skeleton.training.network import Network
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.ctrgcn import JointOrBoneInMotion
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.transforms.preprocessing import Preprocessing, mended


def stgcnpp_ntu60(stream: JointOrBoneInMotion = "joint") -> Recipe:
    """One stream of STGCN++ on NTU RGB+D 60: 100 frames, one of each of 100 segments; ten draws in validation and test.

    Differs from the report: a body is centered in every frame, not once; a bone points away from the topology's root;
    a motion is written to the later of its two frames; a recording has its own number of persons, not two.

    Args:
        stream: The network's input; the report fuses all four.

    Raises:
        ValueError: The stream is not one of the report's.

    Source: Duan et al. 2022 (PYSKL), sections 3 and 4.
    """
    channels = streams(stream, get_args(JointOrBoneInMotion))
    align = T.AlignBody()
    evaluate = mended(align, T.SampleSegments(100, mode="random", clips=10, seed=0))
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=100,
            test_clips=10,
            val_clips=10,
            train_transform=mended(align, T.SampleSegments(100, mode="random")),
            val_transform=evaluate,
            test_transform=evaluate,
            train_batch_transform=channels(clips=1),
            eval_batch_transform=channels(clips=10),
        ),
        epochs=80,
        batch_size=128,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=5e-4,
        decay="cosine",
    )


NETWORK = Network(
    name="stgcnpp",
    model=STGCNPP,
    streams=get_args(JointOrBoneInMotion),
    recipes={"ntu60": stgcnpp_ntu60, "ntu120": stgcnpp_ntu60},
    small=gcn_small,
    paper="Duan et al., PYSKL: Towards good practices for skeleton action recognition",
    year=2022,
    parameters=1_403_144,
    accuracy={"ntu60/xsub": 92.1, "ntu60/xview": 97.0, "ntu120/xsub": 87.5, "ntu120/xset": 89.8},
)
