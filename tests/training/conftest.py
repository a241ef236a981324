"""A tiny network and recordings, for tests of the training around them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch_geometric.transforms import BaseTransform

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.training import Preprocessing, Recipe

STICK = Topology("stick", ("a", "b"), ("a", "a"))


class TinyModel(nn.Module):
    """The mean over frames and nodes of each clip, through one linear layer."""

    def __init__(self, num_classes: int = 3) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(2)
        self.linear = nn.Linear(2, num_classes)

    def forward(self, x: Tensor, batch: Tensor, batch_size: int) -> Tensor:
        clips = x.new_zeros(batch_size, x.size(-1)).index_add_(0, batch, x.mean(0))
        return self.linear(self.norm(clips))


class PosToX(BaseTransform):
    """The coordinates as the network's input."""

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        data.x = data.pos
        return data

    def __repr__(self) -> str:
        return "PosToX()"


class NoisyX(BaseTransform):
    """The coordinates with random noise, as augmentation draws it."""

    def forward(self, data: SkeletonSequence) -> SkeletonSequence:
        data.x = data.pos + 0.3 * torch.randn_like(data.pos)
        return data


def recordings(count: int, split: str = "train", frames: int = 4, classes: int = 3) -> list[SkeletonSequence]:
    """Recordings whose coordinates tell the class."""
    generator = torch.Generator().manual_seed(sum(map(ord, split)))
    centers = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 3.0], [0.0, -3.0], [3.0, 3.0], [-3.0, -3.0]])
    return [
        SkeletonSequence.from_array(
            centers[number % classes] + torch.randn(frames, 1, 2, 2, generator=generator),
            STICK,
            y=number % classes,
            name=f"{split}{number}",
        )
        for number in range(count)
    ]


def tiny_recipe(*, epochs: int = 4, test_clips: int = 1, noisy: bool = False) -> Recipe:
    """A recipe for `TinyModel`."""
    return Recipe(
        preprocessing=Preprocessing(
            num_frames=4,
            test_clips=test_clips,
            train_batch_transform=NoisyX() if noisy else PosToX(),
            eval_batch_transform=PosToX(),
        ),
        epochs=epochs,
        batch_size=4,
        optimizer="adam",
        learning_rate=0.05,
        milestones=(2,),
    )


@pytest.fixture(scope="session")
def tiny() -> SimpleNamespace:
    """The stand-ins of this file: ``tiny.model(num_classes)``, ``tiny.recordings(...)``, ``tiny.recipe(...)``."""
    return SimpleNamespace(model=TinyModel, recordings=recordings, recipe=tiny_recipe, topology=STICK, pos_to_x=PosToX)
