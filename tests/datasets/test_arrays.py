"""Bring your own data."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from tg_skeleton import Topology
from tg_skeleton.collate import collate
from tg_skeleton.datasets import ArrayDataset, check_store

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
        (
            {"arrays": [*ARRAYS[:2], np.ones((4, 3, 3))]},
            r"recording '000002': array: expected \[T, V = 2, C\] .* got \[4, 3, 3\]",
        ),
        (
            {"arrays": [*ARRAYS[:2], np.ones((4, 3))]},
            r"recording '000002': array: expected \[T, V = 2, C\] .* got \[4, 3\]",
        ),
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
    with pytest.raises(ValueError, match="the recordings have no splits, got 'train'; use 'all', or write them"):
        ArrayDataset(tmp_path, "train")


@pytest.mark.parametrize(
    ("splits", "given"), [(None, ()), (["test", "train"], ("train", "test")), (["val", "val"], ("val",))]
)
def test_the_splits_that_were_given(tmp_path, splits, given):
    assert ArrayDataset.from_arrays(tmp_path, ARRAYS[:2], [0, 1], STICK, splits=splits).given_splits == given


# -- data as users have it ---------------------------------------------------------------------------------------------


def test_labels_from_one_are_warned_of_and_leave_no_empty_class(tmp_path):
    with pytest.warns(UserWarning, match="labels begin at 1: the 3 numbers that occur are the classes"):
        dataset = ArrayDataset.from_arrays(tmp_path, ARRAYS, [1, 2, 3], STICK)
    assert (dataset.class_names, dataset.labels.tolist()) == (("1", "2", "3"), [0, 1, 2])
    assert [issue.name for issue in dataset.issues] == ["labels"]


def test_names_of_classes_topologies_and_facts(tmp_path):
    arrays = [np.random.default_rng(row).random((4, 25, 3)) for row in range(3)]
    facts = {"site": ["kitchen", "hall", "hall"], "subject": [1, 2, 3]}
    dataset = ArrayDataset.from_arrays(tmp_path, arrays, ["walk", "sit", "walk"], "ntu25", facts=facts)
    assert (dataset.class_names, dataset.topology.name) == (("sit", "walk"), "NTU25")
    assert [(one.site, one.subject) for one in dataset] == [("kitchen", 1), ("hall", 2), ("hall", 3)]
    batch = next(iter(DataLoader(dataset, 2, collate_fn=collate)))
    assert (batch.site, batch.subject.tolist()) == (["kitchen", "hall"], [1, 2])
    with pytest.raises(ValueError, match="topology: there is no 'NTU'; expected NTU25, .*, a Topology of your own"):
        ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 0], "NTU")
    with pytest.raises(ValueError, match="recording '000001': expected a number for the fact 'site' as before"):
        ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 0], "NTU25", facts={"site": [1, "x", 2]})


def test_a_confidence_among_the_channels_is_a_score(tmp_path):
    random = np.random.default_rng(0)
    arrays = [np.concatenate([random.uniform(0, 640, (30, 17, 2)), random.random((30, 17, 1))], -1)] * 2
    with pytest.warns(UserWarning, match="the third channel lies within 0..1 and x, y are pixels: taken as"):
        dataset = ArrayDataset.from_arrays(tmp_path, arrays, [0, 1], "COCO17", image_size=(640, 640))
    assert dataset[0].pos.shape == (30, 17, 2)
    np.testing.assert_array_equal(dataset[0].score, arrays[0][..., 2].astype(np.float32))
    with pytest.raises(ValueError, match=r"recording '000000': expected 2 or 3 coordinates of each joint, got 4"):
        ArrayDataset.from_arrays(tmp_path, [random.random((30, 33, 4))], [0], "MEDIAPIPE33")


def test_the_field_s_layout_is_recognized_and_reported(tmp_path):
    data = np.random.default_rng(0).normal(size=(4, 3, 300, 25, 2))  # [N, C, T, V, M]
    with pytest.warns(UserWarning, match="the axes were taken for C T V M; layout= names others"):
        dataset = ArrayDataset.from_arrays(tmp_path, data, [0, 1] * 2, "NTU25")
    named = ArrayDataset.from_arrays(tmp_path / "named", data, [0, 1] * 2, "NTU25", layout="C T V M")
    for one in (dataset, named):
        assert (one[0].num_frames, one[0].num_persons) == (300, 2)
        np.testing.assert_array_equal(one[1].to_dense("pos")[1, 7], data[1][:, 7, :, 1].T.astype(np.float32))
    with pytest.raises(ValueError, match="recording '000000': array: the shape .* can be read in several ways"):
        ArrayDataset.from_arrays(tmp_path, data[:, :, :15], [0, 1] * 2, "NTU25")


def test_joints_that_were_not_seen_have_score_0_and_other_recordings_score_1(tmp_path):
    arrays = [np.ones((5, 2, 3)), np.full((9, 2, 3), 2.0), np.ones((3, 2, 3))]
    arrays[1][4, 1] = 0
    dataset = ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 0], STICK)
    assert [int((one.score == 0).sum()) for one in dataset] == [0, 1, 0]
    assert dataset[1].score[4].tolist() == [1, 0] and [one.score.shape for one in dataset] == [(5, 2), (9, 2), (3, 2)]
    assert check_store(dataset.processed_dir) == []
    real = ArrayDataset.from_arrays(tmp_path, arrays, [0, 0, 0], STICK, zeros="real")
    assert all("score" not in one for one in real)


def test_nan_is_refused_or_missing(tmp_path):
    arrays = [np.ones((5, 2, 3)), np.ones((5, 2, 3))]
    arrays[1][3, 1, 0] = np.nan
    with pytest.raises(ValueError, match=r"'000001': expected finite .* the first at \[3, 1, 0\] .* nan='missing'"):
        ArrayDataset.from_arrays(tmp_path, arrays, [0, 0], STICK)
    dataset = ArrayDataset.from_arrays(tmp_path, arrays, [0, 0], STICK, nan="missing")
    assert dataset[1].score[3].tolist() == [1, 0] and dataset[1].pos[3, 1].tolist() == [0, 0, 0]


def test_hidden_values_of_a_masked_array_stay_hidden(tmp_path):
    array = np.ma.masked_array(np.ones((5, 2, 3)), mask=False)
    array[3, 1] = np.ma.masked
    array.data[3, 1] = -9999
    sequence = ArrayDataset.from_arrays(tmp_path, [array], [0], STICK)[0]
    assert sequence.pos[3, 1].tolist() == [0, 0, 0] and sequence.score[3].tolist() == [1, 0]


def test_empty_frames_at_the_ends_are_cut_and_an_empty_recording_is_an_error(tmp_path):
    padded = np.zeros((40, 2, 3))
    padded[4:23] = 1
    dataset = ArrayDataset.from_arrays(tmp_path, [padded], [0], STICK)
    assert dataset[0].num_frames == 19
    assert dataset.issues[0].reason == "21 empty frames at the ends of 40 were cut"
    with pytest.raises(ValueError, match="recording '000000': expected a person in it, but no joint was seen in any"):
        ArrayDataset.from_arrays(tmp_path, [padded * 0], [0], STICK)
