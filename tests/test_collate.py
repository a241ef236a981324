"""The fast collate against PyG's: two paths, one result."""

import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.collate import Joined, _plain, collate
from tg_skeleton.topologies import COCO17, NTU25

DOT = Topology("dot", ("a",), ("a",))


def sequence(seed, persons=1, topology=NTU25, frames=4, **extra):
    generator = torch.Generator().manual_seed(seed)
    pos = torch.randn(frames, persons, topology.num_joints, 3, generator=generator)
    return SkeletonSequence.from_array(pos, topology, y=seed, name=f"r{seed}", extra={"subject": seed + 1, **extra})


def with_values(seed, **values):
    out = sequence(seed, persons=1 + seed % 2)
    for key, value in values.items():
        out[key] = value
    return out


def taken_the_fast_way(sequences):
    return _plain(sequences, [one._store._mapping for one in sequences])


def assert_equal_values(one, other):
    assert type(one) is type(other)
    if isinstance(one, torch.Tensor):
        assert one.dtype == other.dtype and torch.equal(one, other)
    else:
        assert one == other


def assert_equal_sequences(one, other):
    assert list(one._store.keys()) == list(other._store.keys())
    for key in other._store.keys():  # noqa: SIM118
        assert_equal_values(one[key], other[key])


def assert_equal_batches(one, other):
    assert type(one) is type(other)
    assert one.num_graphs == other.num_graphs
    assert_equal_sequences(one, other)
    for name in ("_slice_dict", "_inc_dict"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert list(mine) == list(theirs)
        for key in theirs:
            assert_equal_values(mine[key], theirs[key])
    for a, b in zip(one.to_data_list(), other.to_data_list(), strict=True):
        assert_equal_sequences(a, b)


FAST = {
    "one": [sequence(3)],
    "equal persons": [sequence(0), sequence(1)],
    "ragged persons": [sequence(0, 2), sequence(1), sequence(2, 3)],
    "topologies": [sequence(0, 2, COCO17), sequence(1), sequence(2, 1, DOT)],
    "numbers and strings": [sequence(i, weight=i / 3, seen=bool(i % 2), place=f"room {i}") for i in range(4)],
    "streams": [with_values(i, x=torch.full((4, 25 * (1 + i % 2), 6), float(i))) for i in range(3)],
    "x alone": [with_values(i, x=torch.ones(4, 25 * (1 + i % 2), 2), pos=None) for i in range(2)],
    "soft labels": [with_values(i, y=torch.tensor([[0.25, 0.75]])) for i in range(3)],
}
FAST["scores"] = [
    SkeletonSequence.from_array(torch.ones(4, 2, 17, 2), COCO17, score=torch.full((4, 2, 17), i / 4), y=i)
    for i in range(3)
]

GENERIC = {
    "a tensor of one's own": [with_values(i, mask=torch.ones(2) * i) for i in range(2)],
    "an index of one's own": [with_values(i, root_index=i) for i in range(2)],
    "a list": [with_values(i, tags=["a", i]) for i in range(2)],
    "no class": [with_values(i, y=torch.tensor(i)) for i in range(2)],
    "another order": [
        SkeletonSequence(**dict(reversed(sequence(i)._store._mapping.items()))) if i else sequence(i) for i in range(2)
    ],
    "a number of nodes": [with_values(i, num_nodes=25 * (1 + i % 2)) for i in range(2)],
    "other nodes": [with_values(i, x=torch.ones(4, 7, 2)) for i in range(2)],
}


@pytest.mark.parametrize("kind", FAST)
def test_equals_pygs_batch(kind):
    assert taken_the_fast_way(FAST[kind])
    assert_equal_batches(collate(FAST[kind]), Batch.from_data_list(FAST[kind]))


@pytest.mark.parametrize("kind", GENERIC)
def test_what_it_does_not_know_goes_pygs_way(kind):
    assert_equal_batches(collate(GENERIC[kind]), Batch.from_data_list(GENERIC[kind]))


def test_the_sequences_stay_as_they_are():
    sequences = [sequence(0, 2), sequence(1)]
    collate(sequences).pos.zero_()
    assert_equal_sequences(sequences[0], sequence(0, 2))
    assert sequences[1].person.max() == 0


@pytest.mark.parametrize("key", ["pos", "x"])
def test_unequal_lengths(key):
    sequences = [with_values(0, **{key: torch.ones(frames, 25, 2)}) for frames in (4, 7)]
    with pytest.raises(ValueError, match=r"a batch needs sequences of one length, got 4 and 7 frames"):
        collate(sequences)


def test_what_is_joined_is_taken_as_it_is():
    class Pair(Joined):
        batch = Batch.from_data_list(FAST["equal persons"])

        def joined(self):
            return self.batch

        def __len__(self):
            return 2

        def __getitem__(self, place):
            raise AssertionError("was asked for a sequence")

    assert collate(Pair()) is Pair.batch


@pytest.mark.parametrize("workers", [0, 2])
def test_in_torchs_loader(workers):
    sequences = FAST["ragged persons"]
    loader = torch.utils.data.DataLoader(sequences, batch_size=2, collate_fn=collate, num_workers=workers)
    first, second = loader
    assert_equal_sequences(first, Batch.from_data_list(sequences[:2]))
    assert second.num_graphs == 1
