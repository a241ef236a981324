"""DGNN's training setting on NTU RGB+D and on Kinetics-Skeleton."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from lightning import Callback, LightningModule, Trainer
from torch.optim import Optimizer
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import DGNN
from tg_skeleton.topology import Topology
from tg_skeleton.training.network import Input, Network, concatenated, with_score
from tg_skeleton.training.published import SYSTEMS
from tg_skeleton.training.recipe import Recipe, streams
from tg_skeleton.training.recipes.agcn import TWO_PERSONS, two_in_pictures
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.training.skeletons import OF_GRAPH_NETWORKS
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

SpatialOrMotion = Literal["spatial", "motion"]
"""The two networks of DGNN: joints and bones, and the motion of either."""

_STREAMS = {"spatial": "joint+bone", "motion": "joint_velocity+bone_velocity"}


def dgnn_ntu60(stream: SpatialOrMotion | Channels = "spatial") -> Recipe:
    """One network of DGNN on NTU RGB+D 60: 300 frames of joints and bones of two bodies turned to the front.

    Train it with the callback `HoldIncidences`. Differs from the paper: a motion is written to the later of its two
    frames.
    Assumption: preprocessing and batches are those of 2s-AGCN, by the same authors.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Shi et al. 2019 (DGNN), section 4.2.
    """
    read = _channels(stream, scored=False)(clips=1)
    return Recipe(
        preprocessing=Preprocessing.unchanging(
            300,
            mended(T.AlignBody(), T.ReplayPad(300)),
            Compose([T.PadPersons(2, drop=True), read]),
        ),
        epochs=120,
        batch_size=64,
        optimizer="sgd",
        learning_rate=0.1,
        weight_decay=5e-4,
        milestones=(60, 90),
        gamma=0.1,
    )


def dgnn_kinetics(stream: SpatialOrMotion | Channels = "spatial") -> Recipe:
    """One network of DGNN on Kinetics-Skeleton: its training on NTU RGB+D, with 2s-AGCN's preprocessing.

    Differs from the paper: the third channel of bones and motions is the score of the joint.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Shi et al. 2019 (DGNN), section 4.2.
    """
    channels = _channels(stream, scored=True)
    return replace(dgnn_ntu60(stream), preprocessing=two_in_pictures(channels, get_args(SpatialOrMotion)))


class HoldIncidences(Callback):
    """Keeps a DGNN's incidence matrices as they start during the first epochs.

    Their gradients are dropped before each step of the optimizer, so that neither they nor weight decay change them;
    the parameters stay trainable, as distributed training needs.

    Args:
        epochs: Number of epochs.

    Raises:
        ValueError: ``epochs`` is negative.

    Source: Shi et al. 2019 (DGNN), section 3.3.
    """

    def __init__(self, epochs: int = 10) -> None:
        if epochs < 0:
            raise ValueError(f"epochs: expected at least 0, got {epochs}")
        self.epochs = epochs

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:
        """Drops the gradients."""
        if trainer.current_epoch < self.epochs:
            for name, parameter in pl_module.named_parameters():
                if name.endswith(".incidence"):
                    parameter.grad = None


def _channels(stream: SpatialOrMotion | Channels, *, scored: bool) -> Channels:
    """Joints, then as many channels of bones."""
    if not isinstance(stream, str):
        return stream
    if stream not in get_args(SpatialOrMotion):
        raise ValueError(f"stream: expected one of {get_args(SpatialOrMotion)}, got {stream!r}")
    return streams(_STREAMS[stream], tuple(_STREAMS.values()), scored=scored)


def _joints_and_bones(stream: SpatialOrMotion, topology: Topology, dims: int) -> Input:
    return concatenated(_STREAMS[stream], topology, dims)


def _joints_and_bones_scored(stream: SpatialOrMotion, topology: Topology, dims: int) -> Input:
    return with_score(_STREAMS[stream], topology, dims)


NETWORK = Network(
    name="dgnn",
    model=DGNN,
    streams=get_args(SpatialOrMotion),
    recipes={"ntu60": dgnn_ntu60, "ntu120": dgnn_ntu60, "kinetics": dgnn_kinetics},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on=TWO_PERSONS,
    skeletons=OF_GRAPH_NETWORKS,
    graph="directed: a bone ends at its joint and starts at the joint's parent; incidences are learned from there",
    callbacks=(HoldIncidences,),
    read=_joints_and_bones,
    read_scored=_joints_and_bones_scored,
    paper="Shi et al., Skeleton-based action recognition with directed graph neural networks",
    year=2019,
    parameters=4_089_320,
    accuracy=SYSTEMS["DGNN"].top1,
    measured={"nw_ucla/xview": 88.15},
)
