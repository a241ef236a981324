"""AMANet's training settings, one function of literals each, for any of the four streams."""

from __future__ import annotations

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.topologies import NTU25, NWUCLA20, OPENPOSE18, SBU15
from tg_skeleton.training.recipe import Preprocessing, Recipe


def amanet_ntu60(stream: T.MSDSName = "joint") -> Recipe:
    """Paper B on NTU RGB+D 60.

    With another ``batch_size`` (that of all devices together) the learning rate goes in proportion.

    Source: paper B (AMANet, 2023), Implementation details; MS-G3D's normalisation of the skeletons.
    """
    return _paper_b(_ntu(stream), epochs=50, milestones=(30, 40))


def amanet_ntu120(stream: T.MSDSName = "joint") -> Recipe:
    """Paper B on NTU RGB+D 120.

    Source: paper B (AMANet, 2023), Implementation details; MS-G3D's normalisation of the skeletons.
    """
    return _paper_b(_ntu(stream), epochs=60, milestones=(30, 50))


def amanet_kinetics(stream: T.MSDSName = "joint") -> Recipe:
    """Paper B on Kinetics-Skeleton.

    Assumption: the network reads coordinates alone, and the reader's normalisation (centred, y up, zero where nothing
    was detected) is all there is.

    Source: paper B (AMANet, 2023), Implementation details.
    """
    replay, channels = T.ReplayPad(300), T.ms_ds(OPENPOSE18, dims=2)[stream].transform
    return _paper_b(Preprocessing.unchanging(300, replay, channels), epochs=65, milestones=(45, 55))


def amanet_nw_ucla(stream: T.MSDSName = "joint") -> Recipe:
    """AMANet on NW-UCLA, cross-view; ours: paper B's optimiser, and the preprocessing of `esan_nw_ucla`.

    Differs from the paper: 20 frames, drawn from equal segments; rotations in training; label smoothing; in the test
    five draws are averaged.
    """
    center, fit, turn = T.CenterOnFirstFrame(joint=1), T.MinMaxNormalize(), T.RandomRotate((15, 120, 0))
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=20,
            test_clips=5,
            val_clips=5,
            train_transform=Compose([center, turn, fit, T.SampleSegments(20)]),
            val_transform=Compose([center, fit, T.SampleSegments(20, clips=5)]),
            test_transform=Compose([center, fit, T.SampleSegments(20, clips=5)]),
            train_batch_transform=T.ms_ds(NWUCLA20)[stream].transform,
            eval_batch_transform=T.ms_ds(NWUCLA20, clips=5)[stream].transform,
        ),
        epochs=50,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(30, 40),
        gamma=0.1,
        warmup_epochs=3,
        label_smoothing=0.1,
    )


def amanet_sbu(stream: T.MSDSName = "joint") -> Recipe:
    """AMANet on SBU, five folds; ours: paper B's optimiser, and the preprocessing of `esan_sbu`."""
    center = T.CenterOnFirstFrame(joint=SBU15.index("torso"))
    evaluate = Compose([center, T.SampleSegments(20, clips=5)])
    channels = T.ms_ds(SBU15)[stream].transform
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=20,
            test_clips=5,
            val_clips=5,
            train_transform=Compose([center, T.SampleSegments(20)]),
            val_transform=evaluate,
            test_transform=evaluate,
            train_batch_transform=Compose([T.RandomRotate(17), T.RandomScale(0.8, 1.2), channels]),
            eval_batch_transform=T.ms_ds(SBU15, clips=5)[stream].transform,
        ),
        epochs=60,
        batch_size=16,
        optimizer="sgd",
        learning_rate=0.025,
        weight_decay=5e-4,
        milestones=(38, 51, 57),
        gamma=0.1,
        warmup_epochs=3,
        label_smoothing=0.1,
    )


def amanet_simulated(stream: T.MSDSName = "joint") -> Recipe:
    """AMANet on `SimulatedActions`; ours: 24 frames and a few epochs, so that four streams take minutes."""
    align, channels = T.AlignBody(), T.ms_ds(NTU25)[stream].transform
    evaluate = Compose([align, T.SampleSegments(24, mode="center")])
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=24,
            train_transform=Compose([align, T.SampleSegments(24)]),
            val_transform=evaluate,
            test_transform=evaluate,
            train_batch_transform=channels,
            eval_batch_transform=channels,
        ),
        epochs=8,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(5, 7),
        gamma=0.1,
        warmup_epochs=1,
    )


def _ntu(stream: T.MSDSName) -> Preprocessing:
    prepare = Compose([T.AlignBody(), T.ReplayPad(300)])
    return Preprocessing.unchanging(300, prepare, T.ms_ds(NTU25)[stream].transform)


def _paper_b(preprocessing: Preprocessing, *, epochs: int, milestones: tuple[int, int]) -> Recipe:
    return Recipe(
        preprocessing=preprocessing,
        epochs=epochs,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=milestones,
        gamma=0.1,
    )
