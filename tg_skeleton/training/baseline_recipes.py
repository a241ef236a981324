"""The baselines' training settings on NTU RGB+D 60, one function of literals each."""

from __future__ import annotations

from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.training.recipe import Preprocessing, Recipe

Protocol = Literal["xsub", "xview"]
"""Protocols of NTU RGB+D 60 that differ in their rotations."""

JointOrBone = Literal["joint", "bone"]
"""The two streams of 2s-AGCN and of MS-G3D."""

JointOrBoneInMotion = Literal["joint", "bone", "joint_velocity", "bone_velocity"]
"""The four streams of CTR-GCN."""


def sgn_ntu60(protocol: Protocol = "xsub") -> Recipe:
    """SGN on NTU RGB+D 60: 20 frames of joints, one person a frame.

    Differs from the paper: label smoothing is spread over all classes, as torch does; there, over the wrong ones.

    Args:
        protocol: Rotations in training are up to 17 degrees about each axis in cross-subject, 30 in cross-view.

    Raises:
        ValueError: The protocol is unknown.

    Source: Zhang et al. 2020 (SGN), section 4.2.
    """
    if protocol not in get_args(Protocol):
        raise ValueError(f"protocol: expected one of {get_args(Protocol)}, got {protocol!r}")
    center, split, joints = T.CenterOnFirstFrame(joint=1), T.SplitPersons(), T.Streams("joint")
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=20,
            test_clips=5,
            train_transform=Compose([center, split, T.SampleSegments(20, mode="random")]),
            val_transform=Compose([center, split, T.SampleSegments(20, mode="center")]),
            test_transform=Compose([center, split, T.SampleSegments(20, mode="random", clips=5, seed=0)]),
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


def stgcn_ntu60() -> Recipe:
    """ST-GCN on NTU RGB+D 60: 300 frames of joints as the camera saw them, the same in training and test.

    Assumption: rates and epochs are those with which the authors published their network; their text has a rate of
    0.01, divided by ten every ten epochs. Differs from theirs: a recording has its own number of persons, not two.

    Source: Yan et al. 2018 (ST-GCN), section 4.
    """
    return Recipe(
        preprocessing=Preprocessing.unchanging(300, T.ReplayPad(300), T.Streams("joint")),
        epochs=80,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(10, 50),
        gamma=0.1,
    )


def agcn_ntu60(stream: JointOrBone = "joint") -> Recipe:
    """One stream of 2s-AGCN on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a bone points away from the topology's root, not from the body's centre.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Shi et al. 2019 (2s-AGCN), section 5.2.
    """
    return Recipe(
        preprocessing=_two_aligned(stream),
        epochs=50,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=1e-4,
        milestones=(30, 40),
        gamma=0.1,
    )


def msg3d_ntu60(stream: JointOrBone = "joint") -> Recipe:
    """One stream of MS-G3D on NTU RGB+D 60: 300 frames of two bodies turned to the front.

    Differs from the paper: a bone points away from the topology's root, not from the body's centre.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Liu et al. 2020 (MS-G3D), section 4.2.
    """
    return Recipe(
        preprocessing=_two_aligned(stream),
        epochs=50,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(30, 40),
        gamma=0.1,
    )


def ctrgcn_ntu60(stream: JointOrBoneInMotion = "joint") -> Recipe:
    """One stream of CTR-GCN on NTU RGB+D 60: 64 frames of two bodies.

    Differs from the paper: a bone points away from the topology's root, not from the body's centre; a motion is written
    to the later of its two frames. Assumption: stretches of half to all of a recording, and rotations up to 17 degrees
    about each axis, which the text does not state, are those of its training.

    Args:
        stream: The network's input; the paper fuses all four, with weights 0.6 for joints and bones and 0.4 for their
            motions.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Chen et al. 2021 (CTR-GCN), section 4.2.
    """
    _check_stream(stream, get_args(JointOrBoneInMotion))
    center, evaluate = T.CenterOnFirstFrame(joint=1), T.CropResize(64, high=0.95, mode="center")
    two, channels = T.PadPersons(2, drop=True), T.Streams(stream)
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=64,
            train_transform=Compose([center, T.CropResize(64, 0.5, 1.0)]),
            val_transform=Compose([center, evaluate]),
            test_transform=Compose([center, evaluate]),
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


def _two_aligned(stream: JointOrBone) -> Preprocessing:
    """2s-AGCN's and MS-G3D's: the same in training and test, a second person of zeros where there is none."""
    _check_stream(stream, get_args(JointOrBone))
    prepare = Compose([T.AlignBody(), T.ReplayPad(300)])
    channels = Compose([T.PadPersons(2, drop=True), T.Streams(stream)])
    return Preprocessing.unchanging(300, prepare, channels)


def _check_stream(stream: str, known: tuple[str, ...]) -> None:
    if stream not in known:
        raise ValueError(f"stream: expected one of {known}, got {stream!r}")
