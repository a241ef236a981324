"""ESAN's training settings: paper A's, and our own."""

from __future__ import annotations

from typing import Literal, get_args

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import ESAN
from tg_skeleton.topologies import SBU15
from tg_skeleton.training.network import Network
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.sgn import one_draw, sgn_small
from tg_skeleton.training.skeletons import BONES_ONLY, OF_THE_RECORDINGS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, Transform, mended

Representation = Literal["joint+bone", "joint", "bone"]
"""Paper A's J + B, both in one network, and each alone (its Table 2)."""


def esan_ntu60_xsub(stream: Representation | Channels = "joint+bone") -> Recipe:
    """Paper A on NTU RGB+D 60, cross-subject; the same on NTU RGB+D 120.

    Args:
        stream: The input of the network.

    Raises:
        ValueError: The stream is not one of paper A's.

    Source: Qin et al. 2022 (paper A), Implementation details.
    """
    return _course(_paper_a(stream, degrees=17), epochs=120, batch_size=64, milestones=(60, 90, 110))


def esan_ntu60_xview(stream: Representation | Channels = "joint+bone") -> Recipe:
    """Paper A on NTU RGB+D 60, cross-view: wider rotations.

    Args:
        stream: The input of the network.

    Raises:
        ValueError: The stream is not one of paper A's.

    Source: Qin et al. 2022 (paper A), Implementation details.
    """
    return _course(_paper_a(stream, degrees=30), epochs=120, batch_size=64, milestones=(60, 90, 110))


def esan_kinetics(stream: Representation | Channels = "joint+bone") -> Recipe:
    """Paper A on Kinetics-Skeleton: no rotation, one draw in the test; x, y and the score of each joint and bone.

    The two persons of highest mean confidence are those of `KineticsSkeleton` by default. Differs from the paper: the
    third channel of a bone is the score of its joint, not a difference of scores.

    Args:
        stream: The input of the network.

    Raises:
        ValueError: The stream is not one of paper A's.

    Source: Qin et al. 2022 (paper A), Implementation details.
    """
    preprocessing = one_draw(streams(stream, get_args(Representation), scored=True))
    return _course(preprocessing, epochs=120, batch_size=64, milestones=(60, 90, 110))


def esan_nw_ucla(stream: Representation | Channels = "joint+bone") -> Recipe:
    """ESAN on NW-UCLA, cross-view; ours, after paper A's training and the data set's usual preprocessing.

    Differs from the usual preprocessing: rotations as cameras differ, up to 120 degrees about the vertical and 15 about
    the horizontal axis, in place of 60 degrees about either; no random scale, which the min-max normalization would
    undo exactly; 20 frames in place of 52.
    """
    center, fit, channels = T.CenterOnFirstFrame(joint=1), T.MinMaxNormalize(), _streams(stream)
    preprocessing = Preprocessing(
        num_frames=20,
        test_clips=5,
        train_transform=mended(center, T.RandomRotate((15, 120, 0)), fit, T.SampleSegments(20, mode="random")),
        val_transform=mended(center, fit, T.SampleSegments(20, mode="center")),
        test_transform=mended(center, fit, T.SampleSegments(20, mode="random", clips=5, seed=0)),
        train_batch_transform=channels,
        eval_batch_transform=channels,
    )
    return _course(preprocessing, epochs=150, batch_size=32, milestones=(90, 125, 142))


def esan_sbu(stream: Representation | Channels = "joint+bone") -> Recipe:
    """ESAN on SBU, five folds; ours, after paper A's training.

    Differs from paper A: both persons stay in the graph (no ``SplitPersons``); bodies are scaled at random; half as
    many epochs. It is meant for ``"trainval"``, with the last epoch tested: the validation split (about 22 recordings)
    is too small to select an epoch.
    """
    channels, center = _streams(stream), T.CenterOnFirstFrame(joint=SBU15.index("torso"))
    evaluate = mended(center, T.SampleSegments(20, mode="random", clips=5, seed=0))
    preprocessing = Preprocessing(
        num_frames=20,
        test_clips=5,
        val_clips=5,
        train_transform=mended(center, T.SampleSegments(20, mode="random")),
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=Compose([T.RandomRotate(17), T.RandomScale(0.8, 1.2), channels]),
        eval_batch_transform=channels,
    )
    return _course(preprocessing, epochs=60, batch_size=16, milestones=(38, 51, 57))


def esan_simulated(stream: Representation | Channels = "joint+bone") -> Recipe:
    """ESAN on `SimulatedActions`; ours: paper A's preprocessing, and a training of a minute or two."""
    return _course(_paper_a(stream, degrees=17), epochs=14, batch_size=32, milestones=(9, 12))


def _course(preprocessing: Preprocessing, *, epochs: int, batch_size: int, milestones: tuple[int, ...]) -> Recipe:
    """Paper A's optimizer and loss."""
    return Recipe(
        preprocessing=preprocessing,
        epochs=epochs,
        batch_size=batch_size,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=1e-4,
        milestones=milestones,
        gamma=0.1,
        label_smoothing=0.1,
    )


def _streams(stream: Representation | Channels) -> Transform:
    return streams(stream, get_args(Representation))(clips=1)


def _paper_a(stream: Representation | Channels, degrees: float) -> Preprocessing:
    """Paper A's preprocessing: translation, one person a frame, 20 segments, rotation in training.

    Differs from the paper: joints that were not seen are filled in, and, in a test, joints astray are; recordings
    without either do not change.
    """
    center, split, channels = T.CenterOnFirstFrame(joint=1), T.SplitPersons(), _streams(stream)
    return Preprocessing(
        num_frames=20,
        test_clips=5,
        train_transform=Compose([T.FillMissing(), center, split, T.SampleSegments(20, mode="random")]),
        val_transform=mended(center, split, T.SampleSegments(20, mode="center")),
        test_transform=mended(center, split, T.SampleSegments(20, mode="random", clips=5, seed=0)),
        train_batch_transform=Compose([T.RandomRotate(degrees), channels]),
        eval_batch_transform=channels,
    )


NETWORK = Network(
    name="esan",
    model=ESAN,
    streams=get_args(Representation),
    motions=("joint_velocity+bone_velocity", "joint_velocity", "bone_velocity"),
    recipes={
        "ntu60/xsub": esan_ntu60_xsub,
        "ntu60/xview": esan_ntu60_xview,
        "ntu120": esan_ntu60_xsub,
        "kinetics": esan_kinetics,
        "nw_ucla": esan_nw_ucla,
        "sbu": esan_sbu,
        "simulated": esan_simulated,
    },
    skeletons=OF_THE_RECORDINGS,
    graph=BONES_ONLY,
    small=sgn_small,  # paper A has SGN's optimizer
    paper="Qin et al., An efficient self-attention network for skeleton-based action recognition",
    year=2022,
    parameters=893_332,
    accuracy=SYSTEMS["ESAN"].top1,
    measured={"nw_ucla/xview": 89.44},
)
