"""AMANet's training settings, one function of literals each, for any of the four streams."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from torch_geometric.transforms import BaseTransform

import tg_skeleton.transforms as T
from tg_skeleton.datasets.preprocessing import nw_ucla_preprocessing, sbu_preprocessing, simulated_preprocessing
from tg_skeleton.models import AMANet
from tg_skeleton.topologies import NTU25, NWUCLA20, OPENPOSE18, SBU15
from tg_skeleton.topology import Topology
from tg_skeleton.training.network import Input, Network, concatenated
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.msg3d import msg3d_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

Stream = T.MSDSName | Channels
"""One of the four streams, or, for the ablations, a function that makes the transform that writes ``x``."""


MOTIONS = ("joint_velocity", "bone_velocity")
"""Not of paper B, whose stream of joints has their velocity in it: each alone, as in the fusions of later networks."""


def amanet_ntu60(stream: Stream = "joint") -> Recipe:
    """Paper B on NTU RGB+D 60.

    Assumption: bones and coordinates relative to the center (Eq. 5) are those of MS-G3D, whose frame the network has:
    `NETWORK` carries recordings to its skeleton, with the center (spine_shoulder) as the root. By its name, a stream
    of this function stays on the recordings' own skeleton, whose root is the spine base; so does
    ``replace(NETWORK, skeletons={})``.

    With another ``batch_size`` (of all devices together) the learning rate is scaled in proportion.

    Source: paper B (AMANet, 2023), Implementation details; MS-G3D's normalization of the skeletons.
    """
    return _paper_b(_ntu(stream), epochs=50, milestones=(30, 40))


def amanet_ntu120(stream: Stream = "joint") -> Recipe:
    """Paper B on NTU RGB+D 120.

    Source: paper B (AMANet, 2023), Implementation details; MS-G3D's normalization of the skeletons.
    """
    return _paper_b(_ntu(stream), epochs=60, milestones=(30, 50))


def amanet_kinetics(stream: Stream = "joint") -> Recipe:
    """Paper B on Kinetics-Skeleton.

    Assumption: the network reads coordinates alone, and the reader's normalization (centered, y up, zero where nothing
    was detected) is the only one.

    Source: paper B (AMANet, 2023), Implementation details.
    """
    replay, channels = mended(T.ReplayPad(300)), stream_channels(stream, OPENPOSE18, dims=2)(clips=1)
    return _paper_b(Preprocessing.unchanging(300, replay, channels), epochs=65, milestones=(45, 55))


def amanet_nw_ucla(stream: Stream = "joint") -> Recipe:
    """AMANet on NW-UCLA, cross-view; ours: paper B's optimizer, and the preprocessing of `esan_nw_ucla`.

    Differs from the paper: 20 frames, drawn from equal segments; rotations in training; label smoothing; in the test
    five draws are averaged.
    """
    return msg3d_small(nw_ucla_preprocessing(stream_channels(stream, NWUCLA20)))


def amanet_sbu(stream: Stream = "joint") -> Recipe:
    """AMANet on SBU, five folds; ours: paper B's optimizer, and the preprocessing of `esan_sbu`."""
    return Recipe(
        preprocessing=sbu_preprocessing(stream_channels(stream, SBU15)),
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


def amanet_simulated(stream: Stream = "joint") -> Recipe:
    """AMANet on `SimulatedActions`; ours: 24 frames and a few epochs, so that four streams take minutes."""
    return Recipe(
        preprocessing=simulated_preprocessing(stream_channels(stream, NTU25)),
        epochs=8,
        batch_size=32,
        optimizer="sgd",
        learning_rate=0.05,
        weight_decay=5e-4,
        milestones=(5, 7),
        gamma=0.1,
        warmup_epochs=1,
    )


def stream_channels(stream: Stream, topology: Topology, dims: int = 3) -> Channels:
    """The function that makes the transform of one of the four streams, or the one that was given.

    Raises:
        ValueError: The stream is none of the four.
    """
    if not isinstance(stream, str):
        return stream
    if stream not in get_args(T.MSDSName):
        raise ValueError(
            f"stream: expected one of {get_args(T.MSDSName)}, or a function that makes the transform that writes x, "
            f"got {stream!r}"
        )

    def channels(*, clips: int) -> BaseTransform:
        return T.ms_ds(topology, dims, clips=clips)[stream].transform

    return channels


def _ntu(stream: Stream) -> Preprocessing:
    prepare = mended(T.AlignBody(), T.ReplayPad(300))
    return Preprocessing.unchanging(300, prepare, stream_channels(stream, NTU25)(clips=1))


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


def _read(stream: str, topology: Topology, dims: int) -> Input:
    if stream in MOTIONS:
        return replace(concatenated(stream, topology, dims), remark=_remark(topology))
    found = T.ms_ds(topology, dims)[stream]  # type: ignore[index]
    return Input(stream_channels(found.name, topology, dims), found.topology, found.channels, _remark(topology))


def _remark(topology: Topology) -> str:
    """What `ms_ds` derives from a skeleton that does not state it."""
    if topology.has_parts:
        return ""
    parts = ", ".join(
        f"{part.name} ({', '.join(topology.joints[joint] for joint in part.joints)})" for part in topology.limbs
    )
    return f"{topology.name} has no parts; those of its tree are taken: {parts}"


NETWORK = Network(
    name="amanet",
    model=AMANet,
    streams=get_args(T.MSDSName),
    motions=MOTIONS,
    recipes={
        "ntu60": amanet_ntu60,
        "ntu120": amanet_ntu120,
        "kinetics": amanet_kinetics,
        "nw_ucla": amanet_nw_ucla,
        "sbu": amanet_sbu,
        "simulated": amanet_simulated,
    },
    small=msg3d_small,  # paper B has MS-G3D's optimizer
    arguments_on={"simulated": {"widths": (24, 48, 96)}},  # enough for the simulated actions
    read=_read,
    read_scored=_read,
    skeletons=OF_GRAPH_NETWORKS,
    graph="neighbors and the joint itself, as Å in the logits of attention among all joints",
    paper="An adaptively multi-correlations aggregation network for skeleton-based motion recognition",
    year=2023,
    parameters=2_062_204,
    accuracy=SYSTEMS["AMANet"].top1,
    measured={"nw_ucla/xview": 85.78},
)
