"""The base class: sequences, splits, tables, PyG's ways."""

import copy
import pickle

import numpy as np
import pytest
import torch
from torch_geometric.loader import DataLoader

from tg_skeleton import SkeletonSequence
from tg_skeleton.datasets import Issue


def first_two_frames(sequence):
    out = copy.copy(sequence)
    out.pos = sequence.pos[:2]
    return out


# -- sequences ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [0, 1, 2, 11])
def test_a_sequence_is_the_recording(tmp_path, row, sticks, stick):
    given = stick(row)
    sequence = sticks(tmp_path)[row]
    expected = SkeletonSequence.from_array(
        given.pos, sticks.topology, y=given.label, name=given.name, extra=given.facts
    )
    assert isinstance(sequence, SkeletonSequence)
    assert sorted(sequence.keys()) == sorted(expected.keys())
    for key in expected.keys():  # noqa: SIM118
        if isinstance(expected[key], torch.Tensor):
            assert sequence[key].dtype == expected[key].dtype
            assert torch.equal(sequence[key], expected[key]), key
        else:
            assert sequence[key] == expected[key]


def test_scores(tmp_path, sticks, stick):
    score = np.random.default_rng(0).random((3, 2, 3), dtype=np.float32)
    dataset = sticks(tmp_path, rows={2: stick(2, score=score)})
    assert dataset[0].score.shape == (3, 6)
    assert (dataset[0].score.numpy() == score.reshape(3, 6)).all()


def test_absent_persons_are_not_stored(tmp_path, sticks, stick):
    pos = np.zeros((4, 3, 3, 2), np.float32)
    pos[1:3, 0] = 1
    pos[2:, 2] = 5
    dataset = sticks(tmp_path, rows={0: stick(0, pos=pos)})
    assert dataset[0].num_persons == 2
    assert (dataset[0].to_dense("pos").numpy() == pos[:, [0, 2]].transpose(1, 0, 2, 3)).all()


def test_an_all_zero_recording_keeps_one_person_and_is_noted(tmp_path, sticks, stick):
    dataset = sticks(tmp_path, rows={0: stick(0, pos=np.zeros((4, 2, 3, 2)))})
    assert dataset[0].pos.shape == (4, 3, 2)
    assert dataset.issues == [Issue("r00", "warning", "all coordinates are zero")]


def test_changing_a_sequence_leaves_the_data_alone(tmp_path, sticks):
    dataset = sticks(tmp_path)
    dataset[3].pos.zero_()
    assert dataset[3].pos.min() > 0


def test_graph_tensors_are_shared(tmp_path, sticks):
    dataset = sticks(tmp_path)
    assert dataset[2].edge_index is dataset[5].edge_index


# -- splits and tables -------------------------------------------------------------------------------------------------


def test_splits_select_by_facts(tmp_path, sticks):
    assert len(sticks(tmp_path, "all")) == 12
    assert sticks(tmp_path, "first").names == ["r00", "r01", "r02", "r03"]
    assert sticks(tmp_path, "rest")[0].name == "r04"


def test_unknown_split(tmp_path, sticks):
    with pytest.raises(ValueError, match="split: expected one of 'all', 'first', 'rest', 'none', got 'vali'"):
        sticks(tmp_path, "vali")
    assert list(tmp_path.iterdir()) == []


def test_empty_split(tmp_path, sticks):
    with pytest.raises(ValueError, match=r"no recording of .*sticks-v1 is in split 'none'"):
        sticks(tmp_path, "none")


def test_tables_follow_the_split_and_its_slices(tmp_path, sticks):
    dataset = sticks(tmp_path, "rest")
    assert dataset.labels.tolist() == [0, 1] * 4
    assert dataset[1::2].labels.tolist() == [1] * 4
    assert dataset[[3, 0]].names == ["r07", "r04"]
    assert dataset.index.facts["subject"].tolist() == [1] * 4 + [2] * 4


def test_statistics(tmp_path, sticks):
    assert sticks(tmp_path, "first").statistics() == {
        "sequences": 4,
        "persons": 5,
        "frames_min": 1,
        "frames_median": 2.5,
        "frames_max": 4,
        "frames_total": 10,
        "classes": {"odd": 2, "even": 2},
    }


def test_num_classes_runs_no_transform(tmp_path, sticks):
    def transform(sequence):
        raise AssertionError("was run")

    assert sticks(tmp_path, transform=transform).num_classes == 2


def test_repr(tmp_path, sticks):
    assert repr(sticks(tmp_path, "first")) == "Sticks(4, split='first')"


# -- PyG's ways --------------------------------------------------------------------------------------------------------


def test_slices_masks_and_shuffle(tmp_path, sticks):
    dataset = sticks(tmp_path)
    assert [len(part) for part in (dataset[:5], dataset[:0.5], dataset[torch.tensor([1, 2])])] == [5, 6, 2]
    assert len(dataset[dataset.labels == 1]) == 6
    assert dataset[-1].name == "r11"
    shuffled = dataset.shuffle()
    assert sorted(shuffled.names) == dataset.names
    assert len(list(dataset)) == 12


def test_transform_runs_on_access(tmp_path, sticks):
    assert sticks(tmp_path, transform=first_two_frames)[5].pos.shape == (2, 6, 2)


@pytest.mark.parametrize("workers", [0, 2])
def test_loader(tmp_path, workers, sticks):
    dataset = sticks(tmp_path, transform=first_two_frames)[1:]
    batches = list(DataLoader(dataset, batch_size=4, num_workers=workers))
    assert [batch.num_graphs for batch in batches] == [4, 4, 3]
    assert batches[0].pos.shape == (2, 15, 2)  # 1 + 2 + 1 + 1 persons
    assert batches[0].person.tolist() == [i // 3 for i in range(15)]
    assert batches[0].name == ["r01", "r02", "r03", "r04"]
    assert batches[0].subject.tolist() == [0, 0, 0, 1]
    assert torch.equal(batches[0].pos[:, 3:9], dataset[1].pos)


def test_pickled_without_the_data(tmp_path, sticks, stick):
    big = sticks(tmp_path, rows={0: stick(0, pos=np.ones((5000, 1, 3, 2)))})
    big.rows = None
    assert big[0].num_frames == 5000  # the map is open
    pickled = pickle.dumps(big)
    assert len(pickled) < 20_000
    assert torch.equal(pickle.loads(pickled)[0].pos, big[0].pos)


def test_copies_are_independent(tmp_path, sticks):
    dataset = sticks(tmp_path)
    other = copy.copy(dataset)
    other.transform = first_two_frames
    assert dataset[5].num_frames == 6
    assert other[5].num_frames == 2
