"""What several networks' recipes do to the recordings of a small data set, alike."""

from __future__ import annotations

from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton.topologies import SBU15
from tg_skeleton.topology import Topology
from tg_skeleton.training.recipe import Channels, Preprocessing, Transform


def nw_ucla_preprocessing(channels: Channels) -> Preprocessing:
    """NW-UCLA: 20 frames, one drawn from each of equal segments; rotations in training; five draws in a test.

    Args:
        channels: What writes ``x``.
    """
    center, fit, turn = T.CenterOnFirstFrame(joint=1), T.MinMaxNormalize(), T.RandomRotate((15, 120, 0))
    return _five_draws(
        Compose([center, turn, fit, T.SampleSegments(20)]),
        Compose([center, fit, T.SampleSegments(20, clips=5, seed=0)]),
        channels(clips=1),
        channels(clips=5),
    )


def own_preprocessing(channels: Channels, topology: Topology, dims: int) -> Preprocessing:
    """Recordings of your own, in any unit: as NW-UCLA, centred on the root; pictures turn by ten degrees at most.

    Assumption: the second axis of three is the vertical.

    Args:
        channels: What writes ``x``.
        topology: Their skeleton.
        dims: How many coordinates a joint has.
    """
    center, fit = T.CenterOnFirstFrame(joint=topology.root), T.MinMaxNormalize()
    turn = T.RandomRotate((15, 120, 0) if dims == 3 else (0, 0, 10))
    return _five_draws(
        Compose([center, turn, fit, T.SampleSegments(20)]),
        Compose([center, fit, T.SampleSegments(20, clips=5, seed=0)]),
        channels(clips=1),
        channels(clips=5),
    )


def sbu_preprocessing(channels: Channels) -> Preprocessing:
    """SBU: as NW-UCLA, with rotations and scales on the device and both persons in the graph.

    Args:
        channels: What writes ``x``.
    """
    center = T.CenterOnFirstFrame(joint=SBU15.index("torso"))
    return _five_draws(
        Compose([center, T.SampleSegments(20)]),
        Compose([center, T.SampleSegments(20, clips=5, seed=0)]),
        Compose([T.RandomRotate(17), T.RandomScale(0.8, 1.2), channels(clips=1)]),
        channels(clips=5),
    )


def simulated_preprocessing(channels: Channels) -> Preprocessing:
    """`SimulatedActions`: 24 frames of bodies turned to the front, drawn in training, centred in a test.

    Args:
        channels: What writes ``x``.
    """
    align = T.AlignBody()
    evaluate = Compose([align, T.SampleSegments(24, mode="center")])
    return Preprocessing(
        num_frames=24,
        train_transform=Compose([align, T.SampleSegments(24)]),
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=channels(clips=1),
        eval_batch_transform=channels(clips=1),
    )


def _five_draws(
    train: BaseTransform, evaluate: BaseTransform, train_batch: Transform, eval_batch: Transform
) -> Preprocessing:
    """Clips of 20 frames; of validation and test recordings five each."""
    return Preprocessing(
        num_frames=20,
        test_clips=5,
        val_clips=5,
        train_transform=train,
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=train_batch,
        eval_batch_transform=eval_batch,
    )
