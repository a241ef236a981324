"""Training settings for data sets of a thousand recordings or fewer; ours, one course for all networks."""

from __future__ import annotations

from functools import partial
from typing import Literal

import tg_skeleton.transforms as T
from tg_skeleton.topology import Topology
from tg_skeleton.training.amanet_recipes import Stream, stream_channels
from tg_skeleton.training.preprocessings import own_preprocessing
from tg_skeleton.training.recipe import Preprocessing, Recipe
from tg_skeleton.training.recipes import Representation, representation


def sgn_small(preprocessing: Preprocessing) -> Recipe:
    """SGN on a small data set; ours: the paper's optimiser.

    Args:
        preprocessing: The data set's, with the stream that the network reads.
    """
    return _course(preprocessing, "adam", learning_rate=1e-3, weight_decay=1e-4)


def esan_own(topology: Topology, dims: int, stream: Representation = "joint+bone") -> Recipe:
    """ESAN on recordings of your own; ours: paper A's optimiser.

    Args:
        topology: Their skeleton.
        dims: How many coordinates a joint has.
        stream: What the network reads.

    Raises:
        ValueError: The stream is unknown.
    """
    prepare = own_preprocessing(partial(T.Streams, *representation(stream)), topology, dims)
    return _course(prepare, "adam", learning_rate=1e-3, weight_decay=1e-4)


def amanet_own(topology: Topology, dims: int, stream: Stream = "joint") -> Recipe:
    """AMANet on recordings of your own; ours: paper B's optimiser.

    Args:
        topology: Their skeleton.
        dims: How many coordinates a joint has.
        stream: What the network reads.

    Raises:
        ValueError: The stream is unknown.
    """
    prepare = own_preprocessing(stream_channels(stream, topology, dims), topology, dims)
    return _course(prepare, "sgd", learning_rate=0.05, weight_decay=5e-4)


def gcn_small(preprocessing: Preprocessing) -> Recipe:
    """ST-GCN, 2s-AGCN and CTR-GCN on a small data set; ours: the SGD that they share, 0.1 for batches of 64.

    Assumption: the weight decay is CTR-GCN's, four times that of the other two.

    Args:
        preprocessing: The data set's, with the stream that the network reads.
    """
    return _course(preprocessing, "sgd", learning_rate=0.05, weight_decay=4e-4)


def msg3d_small(preprocessing: Preprocessing) -> Recipe:
    """MS-G3D on a small data set; ours: the paper's optimiser, which is paper B's.

    Args:
        preprocessing: The data set's, with the stream that the network reads.
    """
    return _course(preprocessing, "sgd", learning_rate=0.05, weight_decay=5e-4)


def _course(
    preprocessing: Preprocessing, optimizer: Literal["adam", "sgd"], *, learning_rate: float, weight_decay: float
) -> Recipe:
    return Recipe(
        preprocessing=preprocessing,
        epochs=50,
        batch_size=32,
        optimizer=optimizer,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        milestones=(30, 40),
        gamma=0.1,
        warmup_epochs=3,
        label_smoothing=0.1,
    )
