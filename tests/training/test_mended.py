"""Every recipe fills in what is missing, and no recipe turns pictures in space."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import tg_skeleton.transforms as T
from tg_skeleton import SkeletonSequence
from tg_skeleton.datasets.table import DATASETS, Body, Location
from tg_skeleton.topologies import COCO17
from tg_skeleton.training import SkeletonDataModule
from tg_skeleton.training.recipes import NETWORKS
from tg_skeleton.transforms.preprocessing import Preprocessing, mended, steps_of

OWN = Body(DATASETS["own"], COCO17, 2)


def settings() -> list[tuple[str, Preprocessing]]:
    """The preprocessing of each network on each protocol that it has a recipe for."""
    found = []
    for network in NETWORKS.values():
        for dataset in DATASETS.values():
            body = OWN if dataset.name == "own" else dataset.body(Location(Path("nowhere")))
            for protocol in dataset.protocols:
                try:
                    setting = network.setting(body, protocol, network.streams[0])
                except ValueError:  # there is no recipe
                    continue
                found.append((f"{network.name} {dataset.name} {protocol}", setting.recipe.preprocessing))
    return found


SETTINGS = settings()


def test_there_are_recipes() -> None:
    assert len(SETTINGS) > 80


@pytest.mark.parametrize(("name", "prepare"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_strays_and_missing_joints_are_mended(name: str, prepare: Preprocessing) -> None:
    for transform in (prepare.val_transform, prepare.test_transform):
        steps = list(steps_of(transform))
        assert isinstance(steps[0], T.RemoveStrays) and isinstance(steps[1], T.FillMissing)
    kinds = [type(step) for step in steps_of(prepare.train_transform)]
    first = min(kinds.index(kind) for kind in kinds if kind not in (T.RandomJointDrop, T.RandomFrameDrop))
    assert T.FillMissing in kinds[first : first + 2]
    if " own " in name:
        assert kinds[:2] == [T.RandomJointDrop, T.RandomFrameDrop]


def test_pictures_are_turned_in_their_plane_alone() -> None:
    for network in NETWORKS.values():
        prepare = network.setting(OWN, "", network.streams[0]).recipe.preprocessing
        steps = [*steps_of(prepare.train_transform), *steps_of(prepare.train_batch_transform)]
        turns = [step for step in steps if isinstance(step, T.RandomRotate)]
        assert [step.degrees for step in turns] == [(0.0, 0.0, 10.0)]


def test_recordings_with_and_without_strays_are_batched() -> None:
    body = torch.rand(17, 2, generator=torch.Generator().manual_seed(0)) + 1
    whole = body.expand(6, 1, 17, 2).contiguous()  # bones of one length: nothing astray
    astray = whole.clone()
    astray[3, 0, 9] += 100
    mend = mended(T.SampleSegments(4, "center"))
    data = [mend(SkeletonSequence.from_array(pos, COCO17, y=0, name=str(n))) for n, pos in enumerate((whole, astray))]
    assert ["score" in one for one in data] == [False, True]
    (batch,) = SkeletonDataModule(test=data, batch_size=2).test_dataloader()
    assert batch.score.shape == (4, 34) and batch.score.eq(1).all()
