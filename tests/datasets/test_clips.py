"""Clips read for a whole batch against transforms of single recordings: two paths, one result."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Subset
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader as PyGDataLoader
from torch_geometric.transforms import Compose

import tg_skeleton.transforms as T
from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.collate import collate
from tg_skeleton.datasets import ArrayDataset
from tg_skeleton.datasets.assembly import Clips

STICK = Topology("stick", ("a", "b", "c"), ("a", "a", "b"))
CENTER, SPLIT = T.CenterOnFirstFrame(joint=1), T.SplitPersons()
SAMPLES = (
    T.SampleSegments(5),
    T.SampleSegments(4, clips=3),
    T.SampleSegments(4, clips=3, seed=0),
    T.SampleSegments(6, mode="center", clips=2),
)
BEFORE = ((), (CENTER,), (SPLIT,), (CENTER, SPLIT))
ROWS = [7, 0, 3, 3, 9, 1, 2, 4, 5, 6, 8, 10]


def absent(pos, *places):
    for place in places:
        pos[place] = 0
    return pos


def recordings():
    """One to three persons, 1 to 40 frames; persons, frames and joints that are all zero, or lie at the origin."""
    draw = np.random.default_rng(0)

    def noise(frames, persons):
        return draw.standard_normal((frames, persons, 3, 2)).astype(np.float32)

    at_origin = noise(7, 2)
    at_origin[2, 0] = at_origin[0, 0, 1]
    at_its_own_origin = np.ones((1, 1, 3, 2), np.float32)
    zero_joint = noise(11, 2)
    zero_joint[:, :, 0] = 0
    return [
        noise(40, 1),
        noise(23, 2),
        noise(1, 1),
        noise(3, 3),
        absent(noise(12, 2), (slice(0, 4), 0), (slice(6, None), 1)),  # the first person comes late
        absent(noise(9, 2), slice(2, 5), (7, 1)),  # frames without anybody
        absent(noise(8, 1), slice(0, 7)),
        at_origin,
        at_its_own_origin,
        zero_joint,
        absent(noise(6, 3), (slice(None), 1), (slice(0, 5), 2), (5, 0)),  # a person who is never there
    ]


@pytest.fixture(scope="module", params=["plain", "with scores"])
def root(request, tmp_path_factory):
    root, arrays = tmp_path_factory.mktemp("clips"), recordings()
    scores = [np.random.default_rng(1).random(array.shape[:3]) for array in arrays]
    ArrayDataset.from_arrays(
        root,
        arrays,
        [row % 4 for row in range(len(arrays))],
        STICK,
        names=[f"recording {row}" for row in range(len(arrays))],
        splits=["train"] * 8 + ["val"] * 3,
        facts={"subject": range(11), "camera": [row % 3 for row in range(11)]},
        scores=scores if request.param == "with scores" else None,
        zeros="real",
    )
    return root


def one_by_one(dataset, rows):
    torch.manual_seed(7)
    return [dataset[row] for row in rows]


def at_once(dataset, rows):
    torch.manual_seed(7)
    return dataset.__getitems__(rows)


def assert_equal_values(mine, theirs):
    assert type(mine) is type(theirs)
    if isinstance(theirs, torch.Tensor):
        assert mine.dtype == theirs.dtype and torch.equal(mine, theirs)
    else:
        assert mine == theirs


def assert_equal_tables(mine, theirs):
    assert list(mine) == list(theirs)
    for key in theirs:
        assert_equal_values(mine[key], theirs[key])


def assert_equal_batches(mine, theirs):
    assert type(mine) is type(theirs)
    assert mine.num_graphs == theirs.num_graphs
    assert_equal_tables(mine._store._mapping, theirs._store._mapping)
    assert_equal_tables(mine._slice_dict, theirs._slice_dict)
    assert_equal_tables(mine._inc_dict, theirs._inc_dict)


# -- two paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES, ids=repr)
@pytest.mark.parametrize("before", BEFORE, ids=repr)
def test_a_batch_is_that_of_the_transforms(root, before, sample):
    dataset = ArrayDataset(root, transform=Compose([*before, sample]))
    clips = at_once(dataset, ROWS)
    assert isinstance(clips, Clips)
    assert_equal_batches(collate(clips), Batch.from_data_list(one_by_one(dataset, ROWS)))


@pytest.mark.parametrize("before", BEFORE, ids=repr)
def test_each_sequence_is_that_of_the_transforms(root, before):
    dataset = ArrayDataset(root, transform=Compose([*before, T.SampleSegments(5)]))
    clips, expected = at_once(dataset, ROWS), one_by_one(dataset, ROWS)
    assert len(clips) == len(expected)
    for mine, theirs in zip(clips, expected, strict=True):
        assert type(mine) is SkeletonSequence
        assert_equal_tables(mine._store._mapping, theirs._store._mapping)
        assert mine.pos.is_contiguous()


def test_the_generator_is_left_as_the_transforms_leave_it(root):
    dataset = ArrayDataset(root, transform=Compose([CENTER, SPLIT, T.SampleSegments(5, clips=2)]))
    states = []
    for way in (at_once, one_by_one):
        way(dataset, ROWS)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)


@pytest.mark.parametrize("joint", [0, 1, 2])
def test_a_body_at_the_origin_counts_as_absent_in_either_way(tmp_path, joint):
    dot = Topology("dot", ("a", "b", "c"), ("a", "a", "a"))
    pos = np.ones((4, 2, 3, 2), np.float32)
    pos[2:] = 5
    pos[3, 0, joint] = 1
    dataset = ArrayDataset.from_arrays(tmp_path, [pos, pos[:2]], [0, 0], dot)
    dataset.transform = Compose([T.CenterOnFirstFrame(joint), SPLIT, T.SampleSegments(9)])
    assert_equal_batches(collate(at_once(dataset, [0, 1])), collate(one_by_one(dataset, [0, 1])))


def test_the_transform_needs_no_compose(root):
    dataset = ArrayDataset(root, transform=T.SampleSegments(5))
    clips = at_once(dataset, ROWS)
    assert isinstance(clips, Clips)
    assert_equal_batches(collate(clips), collate(one_by_one(dataset, ROWS)))


def test_changing_a_batch_leaves_the_data_alone(root):
    dataset = ArrayDataset(root, transform=Compose([SPLIT, T.SampleSegments(5)]))
    expected = one_by_one(dataset, ROWS)
    batch, clips = collate(at_once(dataset, ROWS)), at_once(dataset, ROWS)
    for key in ("pos", "y", "joint", "edge_index", "parent_index", "person", "subject"):
        batch[key].zero_()
    clips[0].pos.zero_()
    assert_equal_batches(collate(at_once(dataset, ROWS)), collate(expected))
    assert_equal_batches(collate(one_by_one(dataset, ROWS)), collate(expected))


def test_clips_are_a_sequence(root):
    clips = at_once(ArrayDataset(root, transform=T.SampleSegments(5)), [0, 1, 2])
    assert [clip.name for clip in clips[1:]] == ["recording 1", "recording 2"]
    assert clips[-1].name == "recording 2"
    with pytest.raises(IndexError):
        clips[3]


# -- what is not read at once ------------------------------------------------------------------------------------------


class Backwards(T.SampleSegments):
    """Takes the same frames in the opposite order."""

    def forward(self, data):
        data = super().forward(data)
        data.pos = data.pos.flip(0)
        return data


@pytest.mark.parametrize(
    "transform",
    [
        Backwards(5),
        Compose([SPLIT, CENTER, T.SampleSegments(5)]),
        Compose([T.SampleSegments(5), T.SampleSegments(3)]),
        Compose([T.SampleSegments(5), CENTER]),
        Compose([CENTER, T.RandomRotate(17), T.SampleSegments(5)]),
        Compose([T.SampleSegments(5), T.Streams("joint", "bone")]),
        Compose([Compose([CENTER]), T.SampleSegments(5)]),
    ],
    ids=repr,
)
def test_other_transforms_run_one_by_one(root, transform):
    dataset = ArrayDataset(root, transform=transform)
    clips = at_once(dataset, ROWS)
    assert isinstance(clips, list)
    assert_equal_batches(collate(clips), collate(one_by_one(dataset, ROWS)))


def test_without_a_transform_recordings_are_whole(root):
    dataset = ArrayDataset(root)
    assert [sequence.num_frames for sequence in dataset.__getitems__([0, 1])] == [40, 23]


@pytest.mark.parametrize("method", ["get", "__getitem__"])
def test_a_data_set_that_makes_its_own_sequences_does_so(root, method):
    def own(self, row):
        sequence = getattr(super(Own, self), method)(row)
        sequence.subject = -1
        return sequence

    Own = type("ArrayDataset", (ArrayDataset,), {method: own})
    dataset = Own(root, transform=T.SampleSegments(5))
    assert collate(at_once(dataset, ROWS)).subject.tolist() == [-1] * len(ROWS)


def test_a_joint_that_is_not_there(root):
    dataset = ArrayDataset(root, transform=Compose([T.CenterOnFirstFrame(3), T.SampleSegments(5)]))
    with pytest.raises(ValueError, match="joint: expected the index of a joint, got 3 for a body of 3 joints"):
        dataset.__getitems__([0, 1])


# -- in loaders --------------------------------------------------------------------------------------------------------


class OneByOne(torch.utils.data.Dataset):
    """Hides from a loader that the data set can read a batch."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, row):
        return self.dataset[row]


def batches(loader, dataset, **options):
    torch.manual_seed(3)
    return list(loader(dataset, batch_size=4, shuffle=True, **options))


@pytest.mark.parametrize(
    ("part", "workers"), [("all", 0), ("split", 0), ("slice", 0), ("shuffled", 0), ("Subset", 0), ("shuffled", 2)]
)
def test_loaders_give_the_same_batches(root, part, workers):
    dataset = ArrayDataset(root, "train" if part == "split" else "all")
    dataset.transform = Compose([CENTER, SPLIT, T.SampleSegments(5)])
    torch.manual_seed(0)
    parts = {"slice": lambda: dataset[1::2], "shuffled": dataset.shuffle, "Subset": lambda: Subset(dataset, [5, 9, 1])}
    chosen = parts.get(part, lambda: dataset)()
    expected = batches(DataLoader, OneByOne(chosen), collate_fn=collate, num_workers=workers)
    for loader, options in ((DataLoader, {"collate_fn": collate}), (PyGDataLoader, {})):
        for mine, theirs in zip(batches(loader, chosen, num_workers=workers, **options), expected, strict=True):
            assert_equal_tables(mine._store._mapping, theirs._store._mapping)
