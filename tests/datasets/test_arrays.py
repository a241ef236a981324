"""Bring your own data."""

import numpy as np
import pytest
import torch

from tg_skeleton import Topology
from tg_skeleton.datasets import ArrayDataset

STICK = Topology("stick", ("a", "b"), ("a", "a"), pairs=(("a", "b"),), source="a test")
ARRAYS = [np.full((frames, 2, 3), float(frames)) for frames in (4, 1, 7)]


def test_arrays_become_a_data_set(tmp_path):
    dataset = ArrayDataset.from_arrays(tmp_path, ARRAYS, [0, 2, 1], STICK)
    assert repr(dataset) == "ArrayDataset(3, split='all')"
    assert dataset.names == ["000000", "000001", "000002"]
    assert dataset.class_names == ("0", "1", "2")
    assert [sequence.pos.shape for sequence in dataset] == [(4, 2, 3), (1, 2, 3), (7, 2, 3)]
    assert dataset[2].pos.unique().tolist() == [7.0]
    assert dataset.labels.tolist() == [0, 2, 1]


def test_opened_by_its_folder(tmp_path):
    made = ArrayDataset.from_arrays(tmp_path, ARRAYS, [0, 1, 1], STICK, class_names=("x", "y"), names=("p", "q", "r"))
    opened = ArrayDataset(tmp_path)
    assert (opened.topology, opened.class_names, opened.names) == (STICK, ("x", "y"), made.names)
    assert opened.topology.source == "a test"


def test_splits(tmp_path):
    ArrayDataset.from_arrays(tmp_path, ARRAYS, [0, 1, 1], STICK, splits=("test", "train", "val"))
    lengths = {split: ArrayDataset(tmp_path, split)[0].num_frames for split in ("train", "val", "test")}
    assert lengths == {"train": 1, "val": 7, "test": 4}
    assert len(ArrayDataset(tmp_path, "trainval")) == 2


def test_persons_scores_and_facts(tmp_path):
    arrays = [np.ones((3, 2, 2, 3)), np.ones((5, 2, 3))]
    scores = [np.full((3, 2, 2), 0.5), np.full((5, 2), 0.25)]
    dataset = ArrayDataset.from_arrays(tmp_path, arrays, [0, 0], STICK, scores=scores, facts={"subject": [8, 9]})
    assert [sequence.num_persons for sequence in dataset] == [2, 1]
    assert [sequence.score.shape for sequence in dataset] == [(3, 4), (5, 2)]
    assert dataset[1].score.unique().tolist() == [0.25]
    assert dataset[1].subject == 9


def test_torch_tensors(tmp_path):
    dataset = ArrayDataset.from_arrays(tmp_path, [torch.ones(3, 2, 2)] * 2, torch.tensor([0, 1]), STICK)
    assert dataset[1].pos.shape == (3, 2, 2)
    assert dataset[1].y.tolist() == [1]


def test_arrays_may_be_loaded_one_by_one(tmp_path):
    class Lazy:
        loaded = 0

        def __len__(self):
            return 3

        def __getitem__(self, row):
            self.loaded += 1
            return np.ones((row + 1, 2, 3))

    lazy = Lazy()
    assert len(ArrayDataset.from_arrays(tmp_path, lazy, [0, 0, 0], STICK)) == 3
    assert lazy.loaded == 3


def test_written_again_replaces(tmp_path):
    ArrayDataset.from_arrays(tmp_path, ARRAYS, [0, 0, 0], STICK)
    assert len(ArrayDataset.from_arrays(tmp_path, ARRAYS[:2], [0, 0], STICK)) == 2


def test_read_back(tmp_path):
    dataset = ArrayDataset.from_arrays(tmp_path, ARRAYS, [0, 1, 1], STICK, facts={"subject": [1, 2, 3]})
    with dataset.reader() as read:
        recordings = [read(name) for name in dataset.recording_names()]
    assert [recording.pos.shape for recording in recordings] == [(4, 1, 2, 3), (1, 1, 2, 3), (7, 1, 2, 3)]
    assert [(recording.label, recording.facts["subject"]) for recording in recordings] == [(0, 1), (1, 2), (1, 3)]


def test_skipped_recordings(tmp_path):
    arrays = [ARRAYS[0], ARRAYS[1] * np.nan, ARRAYS[2]]
    dataset = ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 0], STICK, on_error="skip")
    assert dataset.names == ["000000", "000002"]
    assert [issue.name for issue in dataset.issues] == ["000001"]
    assert len(ArrayDataset(tmp_path)) == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"arrays": [*ARRAYS[:2], np.ones((4, 3, 3))]}, "recording '000002': expected 2 joints .* got 3"),
        ({"arrays": [*ARRAYS[:2], np.ones((4, 3))]}, r"recording '000002': expected numbers of shape \[T, M, V, D\]"),
        ({"arrays": [*ARRAYS[:2], ARRAYS[2] * np.inf]}, "recording '000002': expected finite coordinates"),
        ({"labels": [0, 1, 2], "class_names": ("x", "y")}, "recording '000002': expected a label in 0..1, got 2"),
        ({"labels": [0, -1, 2]}, "recording '000001': expected a label in 0..2, got -1"),
        ({"labels": [0, 1]}, r"labels: expected one entry per array \(3\), got 2"),
        ({"names": ["a", "b"]}, r"names: expected one entry per array \(3\), got 2"),
        ({"names": ["a", "b", "a"]}, "names: expected unique names, got 'a' twice"),
        ({"facts": {"camera": [1]}}, r"camera: expected one entry per array \(3\), got 1"),
        ({"scores": [None]}, r"scores: expected one entry per array \(3\), got 1"),
        ({"splits": ["train", "dev", "test"]}, "splits: expected 'train', 'val', 'test' for each .*, got 'dev'"),
        ({"arrays": [], "labels": []}, "expected recordings to process, found none"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(tmp_path, changes, reason):
    arguments = {"arrays": ARRAYS, "labels": [0, 1, 1], "topology": STICK} | changes
    with pytest.raises(ValueError, match=reason):
        ArrayDataset.from_arrays(tmp_path, **arguments)
    with pytest.raises(FileNotFoundError):
        ArrayDataset(tmp_path)


def test_nothing_prepared(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing is prepared here; call ArrayDataset\.from_arrays first"):
        ArrayDataset(tmp_path)


def test_a_split_without_splits(tmp_path):
    ArrayDataset.from_arrays(tmp_path, ARRAYS, [0, 1, 1], STICK)
    with pytest.raises(ValueError, match="written without splits=, got 'train'; use 'all'"):
        ArrayDataset(tmp_path, "train")


@pytest.mark.parametrize(
    ("splits", "given"), [(None, ()), (["test", "train"], ("train", "test")), (["val", "val"], ("val",))]
)
def test_the_splits_that_were_given(tmp_path, splits, given):
    assert ArrayDataset.from_arrays(tmp_path, ARRAYS[:2], [0, 1], STICK, splits=splits).given_splits == given
