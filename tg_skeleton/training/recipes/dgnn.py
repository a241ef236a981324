"""DGNN's training setting on NTU RGB+D and on Kinetics-Skeleton."""

from __future__ import annotations

from functools import partial
from typing import Literal, get_args

from lightning import Callback, LightningModule, Trainer
from torch.optim import Optimizer
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.models import DGNN
from tg_skeleton.topology import Topology
from tg_skeleton.training.network import Input, Network
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.training.recipes.stgcn import gcn_small
from tg_skeleton.transforms.preprocessing import Channels, Preprocessing, mended

SpatialOrMotion = Literal["spatial", "motion"]
"""The two networks of DGNN: joints and bones, and the motion of either."""

_STREAMS: dict[SpatialOrMotion, Channels] = {
    "spatial": partial(T.Streams, "joint", "bone"),
    "motion": partial(T.Streams, "joint_velocity", "bone_velocity"),
}


def dgnn_ntu60(stream: SpatialOrMotion = "spatial") -> Recipe:
    """One network of DGNN on NTU RGB+D 60: 300 frames of joints and bones of two bodies turned to the front.

    Train it with the callback `HoldIncidences`. Differs from the paper: a bone points away from the topology's root,
    not from the body's center; a motion is written to the later of its two frames.
    Assumption: preprocessing and batches are those of 2s-AGCN, by the same authors.

    Args:
        stream: The network's input; the paper adds the scores of both.

    Raises:
        ValueError: The stream is none of the paper's.

    Source: Shi et al. 2019 (DGNN), section 4.2.
    """
    if stream not in get_args(SpatialOrMotion):
        raise ValueError(f"stream: expected one of {get_args(SpatialOrMotion)}, got {stream!r}")
    read = _STREAMS[stream](clips=1)
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


def _joints_and_bones(stream: SpatialOrMotion, topology: Topology, dims: int) -> Input:
    """The input of a network of DGNN: joints, then as many channels of bones."""
    return Input(_STREAMS[stream], topology, 2 * dims)


NETWORK = Network(
    name="dgnn",
    model=DGNN,
    streams=get_args(SpatialOrMotion),
    recipes={"ntu60": dgnn_ntu60, "ntu120": dgnn_ntu60},
    small=gcn_small,
    arguments={"num_persons": 1},
    arguments_on={"ntu60": {"num_persons": 2}, "ntu120": {"num_persons": 2}},
    callbacks=(HoldIncidences,),
    read=_joints_and_bones,
    paper="Shi et al., Skeleton-based action recognition with directed graph neural networks",
    year=2019,
    parameters=4_089_320,
    accuracy={"ntu60/xsub": 89.9, "ntu60/xview": 96.1, "kinetics": 36.9},
)
