"""Recordings of several skeletons and data sets in one training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, DataLoader

from tg_skeleton import COCO17, SBU15, Topology
from tg_skeleton.collate import collate
from tg_skeleton.datasets import ArrayDataset, DescribedRecordings
from tg_skeleton.models import AnyESAN
from tg_skeleton.training.everyday import fit_everyday
from tg_skeleton.transforms import SampleSegments

CLASSES = ("sit", "wave", "walk")


def recordings(root: Path, topology: Topology, dims: int, names: list[str], persons: int = 1) -> ArrayDataset:
    draw = np.random.default_rng(0)
    arrays = [draw.normal(size=(12, persons, topology.num_joints, dims)) for _ in names]
    ArrayDataset.from_arrays(root, arrays, names, topology)
    return ArrayDataset(root, "all", transform=SampleSegments(8))


def test_labels_are_those_of_the_vocabulary_and_other_classes_are_left_out(tmp_path) -> None:
    data = recordings(tmp_path, COCO17, 2, ["greet", "run", "sit", "greet"])
    joined = DescribedRecordings(data, CLASSES, counterparts={"greet": "wave", "sit": "sit"})
    assert [int(one.y) for one in joined] == [1, 0, 1]
    assert [one.name for one in joined] == [data[row].name for row in (0, 2, 3)]


def test_classes_of_the_same_name_are_counterparts(tmp_path) -> None:
    joined = DescribedRecordings(recordings(tmp_path, COCO17, 2, ["wave", "run"]), CLASSES)
    assert len(joined) == 1 and int(joined[0].y) == 1


@pytest.mark.filterwarnings("ignore")
def test_a_network_learns_from_several_data_sets_at_once(tmp_path) -> None:
    flat = recordings(tmp_path / "flat", COCO17, 2, ["sit", "wave"] * 2)
    deep = recordings(tmp_path / "deep", SBU15, 3, ["walk", "sit"], persons=2)
    both = ConcatDataset([DescribedRecordings(data, CLASSES) for data in (flat, deep)])
    batch = collate([both[number] for number in range(len(both))])
    assert batch.x.shape == (8, 4 * 17 + 2 * 30, 13) and batch.y.tolist() == [0, 1, 0, 1, 2, 0]
    torch.manual_seed(0)
    model = AnyESAN(num_classes=3, num_frames=8, widths=(8, 8, 8, 8))
    before = model.classifier.weight.clone()
    loader = DataLoader(both, batch_size=3, collate_fn=collate)
    fit_everyday(model, loader, tmp_path / "run", steps=2, save_every=1, progress_bar=False)
    assert not torch.equal(before, model.classifier.weight)


def test_what_does_not_fit_is_named(tmp_path) -> None:
    data = recordings(tmp_path, COCO17, 2, ["greet", "run"])
    with pytest.raises(ValueError, match="counterparts: expected classes of the vocabulary, got 'hop' for 'run'"):
        DescribedRecordings(data, CLASSES, counterparts={"run": "hop"})
    with pytest.raises(ValueError, match=r"class_names: expected classes of .* got sit, wave, walk; .*counterparts"):
        DescribedRecordings(data, CLASSES)
