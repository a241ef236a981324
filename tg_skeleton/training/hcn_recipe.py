"""HCN's training setting on NTU RGB+D 60."""

from __future__ import annotations

from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton.training.recipe import Recipe
from tg_skeleton.transforms.preprocessing import Preprocessing


def hcn_ntu60() -> Recipe:
    """HCN on NTU RGB+D 60: 64 frames of a stretch of half to all of a recording, of which the network makes the motion.

    Differs from the paper: a recording has its own number of persons, not two. Assumption: coordinates are relative to
    joint 1 of the first frame, as SGN's and CTR-GCN's are.

    Source: Li et al. 2018 (HCN), section 4.
    """
    center, evaluate = T.CenterOnFirstFrame(joint=1), T.CropResize(64, high=0.95, mode="center")
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=64,
            train_transform=Compose([center, T.CropResize(64, 0.5, 1.0)]),
            val_transform=Compose([center, evaluate]),
            test_transform=Compose([center, evaluate]),
            train_batch_transform=T.Streams("joint"),
            eval_batch_transform=T.Streams("joint"),
        ),
        epochs=400,
        batch_size=64,
        optimizer="adam",
        learning_rate=1e-3,
        weight_decay=1e-4,
        milestones=tuple(range(1, 400)),  # every epoch
        gamma=0.99,
    )
