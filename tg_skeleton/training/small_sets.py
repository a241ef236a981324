"""The baselines' training settings on data sets of a thousand recordings or fewer; ours, one course for all."""

from __future__ import annotations

from typing import Literal

from tg_skeleton.training.recipe import Preprocessing, Recipe


def sgn_small(preprocessing: Preprocessing) -> Recipe:
    """SGN on a small data set; ours: the paper's optimiser.

    Args:
        preprocessing: The data set's, with the stream that the network reads.
    """
    return _course(preprocessing, "adam", learning_rate=1e-3, weight_decay=1e-4)


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
