"""The preprocessing of small data sets, shared by all networks that have no published setting there."""

from __future__ import annotations

from torch_geometric.transforms import BaseTransform, Compose

import tg_skeleton.transforms as T
from tg_skeleton.topologies import NTU25, NWUCLA20, SBU15
from tg_skeleton.topology import Topology
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, Transform, mended


def own_preprocessing(channels: Channels, topology: Topology, dims: int) -> Preprocessing:
    """Recordings of any skeleton in any unit: 20 frames of equal segments, rotations in training, five draws in a test.

    Joints astray are removed and joints that were not seen filled in; in training, one joint in twenty is missing
    throughout and one frame in twenty altogether, so that networks learn to do without. Recordings are centered on the
    root and scaled to [-1, 1]; 2-D recordings are rotated by ten degrees at most.

    Assumption: the second axis of three is the vertical.

    Args:
        channels: Makes the transform that writes ``x``.
        topology: The skeleton of the recordings.
        dims: D, coordinates of a joint.
    """
    degrees = (15.0, 120.0, 0.0) if dims == 3 else (0.0, 0.0, 10.0)
    return _min_max_scaled(channels, topology.root, degrees, T.RandomJointDrop(0.05), T.RandomFrameDrop(0.05))


def nw_ucla_preprocessing(channels: Channels, topology: Topology = NWUCLA20, dims: int = 3) -> Preprocessing:
    """NW-UCLA: as `own_preprocessing`, centered on the spine, with all joints and frames in training.

    Args:
        channels: Makes the transform that writes ``x``.
        topology: The skeleton of the recordings.
        dims: D, coordinates of a joint; 3.
    """
    return _min_max_scaled(channels, topology.index("spine"), (15, 120, 0))


def sbu_preprocessing(channels: Channels, topology: Topology = SBU15, dims: int = 3) -> Preprocessing:
    """SBU: 20 frames of equal segments of both persons, five draws in a test; rotations and scales on the device.

    Joints astray are removed, and joints that were not seen filled in.

    Args:
        channels: Makes the transform that writes ``x``.
        topology: The skeleton of the recordings.
        dims: D, coordinates of a joint; 3.
    """
    center = T.CenterOnFirstFrame(joint=topology.index("torso"))
    return _five_draws(
        mended(center, T.SampleSegments(20)),
        mended(center, T.SampleSegments(20, clips=5, seed=0)),
        Compose([T.RandomRotate(17), T.RandomScale(0.8, 1.2), channels(clips=1)]),
        channels(clips=5),
    )


def simulated_preprocessing(channels: Channels, topology: Topology = NTU25, dims: int = 3) -> Preprocessing:
    """`SimulatedActions`: 24 frames of bodies turned to the front, random in training, the segments' centers in a test.

    Joints astray are removed, and joints that were not seen filled in.

    Args:
        channels: Makes the transform that writes ``x``.
        topology: The skeleton of the recordings.
        dims: D, coordinates of a joint; 3.
    """
    align = T.AlignBody()
    evaluate = mended(align, T.SampleSegments(24, mode="center"))
    return Preprocessing(
        num_frames=24,
        train_transform=mended(align, T.SampleSegments(24)),
        val_transform=evaluate,
        test_transform=evaluate,
        train_batch_transform=channels(clips=1),
        eval_batch_transform=channels(clips=1),
    )


def _min_max_scaled(
    channels: Channels, center_joint: int, degrees: tuple[float, float, float], *drops: BaseTransform
) -> Preprocessing:
    center, fit = T.CenterOnFirstFrame(joint=center_joint), T.MinMaxNormalize()
    train = mended(center, T.RandomRotate(degrees), fit, T.SampleSegments(20))
    return _five_draws(
        Compose([*drops, *train.transforms]),
        mended(center, fit, T.SampleSegments(20, clips=5, seed=0)),
        channels(clips=1),
        channels(clips=5),
    )


def _five_draws(
    train: BaseTransform, evaluate: BaseTransform, train_batch: Transform, eval_batch: Transform
) -> Preprocessing:
    """Clips of 20 frames; five per recording in validation and test."""
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
