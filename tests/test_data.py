"""SkeletonSequence: from arrays to graphs and back, and its batches in PyG's own loaders and layers."""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader
from torch_geometric.nn import GCNConv, GraphConv, SAGEConv, global_mean_pool

from tg_skeleton import NTU25, SkeletonSequence, Topology
from tg_skeleton.data import body_graph
from tg_skeleton.topologies import NTU25_CHAIN, OPENPOSE18

ARM = Topology("arm", ("shoulder", "elbow", "hand"), (0, 0, 1))
STICK = Topology("stick", ("a", "b"), (1, 1))


def numbered(*shape: int) -> np.ndarray:
    """1, 2, 3, ... in the given shape: no zeros, every entry another."""
    return np.arange(1, 1 + np.prod(shape), dtype=np.float32).reshape(shape)


def sequence(frames: int = 4, persons: int = 1, topology: Topology = ARM, dims: int = 3, **facts) -> SkeletonSequence:
    return SkeletonSequence.from_array(numbered(frames, persons, topology.num_joints, dims), topology, **facts)


def equal(a: SkeletonSequence, b: SkeletonSequence) -> bool:
    a, b = a.to_dict(), b.to_dict()
    return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)


# -- from_array


def test_nodes_are_joints_of_persons():
    array = numbered(4, 2, 3, 3)
    data = SkeletonSequence.from_array(array, ARM, y=7, name="wave", extra={"subject": 3, "camera": 1})
    assert data.pos.shape == (4, 6, 3) and data.pos.dtype == torch.float32
    assert data.pos[2, 4].tolist() == array[2, 1, 1].tolist()
    assert data.edge_index.tolist() == [[0, 1, 1, 2, 3, 4, 4, 5], [1, 2, 0, 1, 4, 5, 3, 4]]
    assert data.parent_index.tolist() == [0, 0, 1, 3, 3, 4]
    assert data.joint.tolist() == [0, 1, 2, 0, 1, 2] and data.person.tolist() == [0, 0, 0, 1, 1, 1]
    assert (data.y.tolist(), data.name, data.subject, data.camera) == ([7], "wave", 3, 1)
    assert (data.num_nodes, data.num_frames, data.num_persons) == (6, 4, 2)


def test_layouts_agree():
    array, score = numbered(4, 2, 3, 3), numbered(4, 2, 3)
    a = SkeletonSequence.from_array(array, ARM, score=score)
    b = SkeletonSequence.from_array(array.swapaxes(0, 1), ARM, layout="MTVD", score=score.swapaxes(0, 1))
    assert equal(a, b)


@pytest.mark.parametrize("layout", ["TMVD", "MTVD"])
def test_one_person_without_an_axis(layout):
    array, score = numbered(4, 3, 2), numbered(4, 3)
    data = SkeletonSequence.from_array(array, ARM, layout=layout, score=score)
    assert data.pos.tolist() == array.tolist() and data.score.tolist() == score.tolist()
    assert data.num_persons == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.int64, np.uint16])
def test_any_real_dtype_becomes_float32(dtype):
    array = numbered(2, 1, 3, 2).astype(dtype)
    for given in (array, torch.from_numpy(array)):
        assert torch.equal(SkeletonSequence.from_array(given, ARM).pos.flatten(), torch.arange(1.0, 13.0))


@pytest.mark.filterwarnings("error")
def test_the_sequence_owns_its_memory():
    array = numbered(2, 1, 3, 3)
    tensor = torch.from_numpy(array.copy())
    array.flags.writeable = False
    for given in (array, tensor):
        data = SkeletonSequence.from_array(given, ARM)
        data.pos.zero_()
    assert array.min() == 1 and tensor.min() == 1


def test_score():
    data = SkeletonSequence.from_array(numbered(4, 2, 3, 2), ARM, score=numbered(4, 2, 3))
    assert data.score.shape == (4, 6) and data.score[1].tolist() == [7, 8, 9, 10, 11, 12]


def test_absent_persons_are_dropped():
    array = numbered(4, 3, 3, 3)
    array[:, [0, 2]] = 0
    data = SkeletonSequence.from_array(array, ARM, score=numbered(4, 3, 3))
    assert data.num_persons == 1 and torch.equal(data.pos, torch.from_numpy(array[:, 1]))
    assert data.score[0].tolist() == [4, 5, 6] and data.person.tolist() == [0, 0, 0]


def test_a_person_seen_in_one_frame_is_present():
    array = np.zeros((4, 2, 3, 3))
    array[3, 1, 2, 0] = 1
    data = SkeletonSequence.from_array(array, ARM)
    assert data.pos.shape == (1, 3, 3) and data.pos[0, 2].tolist() == [1, 0, 0]
    assert data.score[0, 1:].tolist() == [0, 1]  # the root stands at the origin


def test_absent_persons_are_kept_on_request():
    array = numbered(4, 2, 3, 3)
    array[:, 1] = 0
    assert SkeletonSequence.from_array(array, ARM, keep_absent=True).num_persons == 2


def test_the_first_person_of_an_empty_recording_stays():
    data = SkeletonSequence.from_array(np.zeros((4, 2, 3, 3)), ARM)
    assert data.num_persons == 1 and data.pos.shape == (4, 3, 3)


@pytest.mark.parametrize(
    ("shape", "arguments", "message"),
    [
        ((4, 3), {}, r"array: expected \[T, V = 3, C\] or .* or \[C, T, V = 3, M\], got \[4, 3\]; give layout="),
        ((1, 4, 1, 3, 3), {}, r"got \[1, 4, 1, 3, 3\]"),
        ((4, 2, 5, 3), {}, r"array: expected .* \[T, M, V = 3, C\] .*, got \[4, 2, 5, 3\]; give layout=.* or check"),
        (
            (3, 4, 2, 3),
            {"layout": "MTVD"},
            r"3 joints along axis 2 \(M T V C\), got .*; check layout= and the topology",
        ),
        ((0, 1, 3, 3), {}, "array: expected at least one frame and one person, got 0 and 1"),
        ((0, 4, 3, 3), {"layout": "MTVD"}, "array: expected at least one frame and one person, got 4 and 0"),
        ((4, 1, 3, 3), {"layout": "NCTVM"}, "layout: expected the letters C, T, V and perhaps M, .*, got 'NCTVM'"),
        (
            (4, 2, 3, 3),
            {"score": np.ones((2, 4, 3))},
            r"score: expected the array's shape without coordinates, \[4, 2, 3\], got \[2, 4, 3\]; give one",
        ),
        ((4, 3, 3), {"score": np.ones((4, 1, 3))}, r"score: expected .* \[4, 3\], got \[4, 1, 3\]"),
    ],
)
def test_wrong_arrays(shape, arguments, message):
    with pytest.raises(ValueError, match=message):
        SkeletonSequence.from_array(np.ones(shape), ARM, **arguments)


def test_sequence_without_a_time_series_has_no_frames():
    with pytest.raises(ValueError, match="num_frames: a sequence without pos, x and score has no frames; set one"):
        _ = SkeletonSequence(**body_graph(ARM)).num_frames


# -- dense


def test_to_dense_is_persons_first():
    array, score = numbered(4, 2, 3, 3), numbered(4, 2, 3)
    data = SkeletonSequence.from_array(array, ARM, score=score)
    assert torch.equal(data.to_dense("pos"), torch.from_numpy(array.swapaxes(0, 1).copy()))
    assert torch.equal(data.to_dense("score"), torch.from_numpy(score.swapaxes(0, 1).copy()))
    assert data.to_dense("pos").is_contiguous()


def test_with_dense_is_the_inverse_of_to_dense():
    data = Batch.from_data_list([sequence(persons=2), sequence(persons=1), sequence(persons=3)])
    data.score = data.pos[..., 0]
    for key in ("pos", "score"):
        assert torch.equal(data.with_dense(data.to_dense(key), key)[key], data[key])
    dense = torch.randn(6, 4, 3, 5)
    assert torch.equal(data.with_dense(dense).to_dense(), dense)


def test_with_dense_leaves_the_original():
    data = sequence()
    out = data.with_dense(torch.zeros(1, 7, 3, 5))
    assert "x" not in data and out.x.shape == (7, 3, 5) and out.edge_index is data.edge_index


@pytest.mark.parametrize("shape", [(1, 4, 3, 3), (2, 4, 4, 3), (3, 4, 2, 3), (6, 4)])
def test_with_dense_refuses_another_shape(shape):
    with pytest.raises(ValueError, match=r"dense: expected \[2, T, 3, ...\] for 6 nodes, got " + f"\\[{shape[0]}"):
        sequence(persons=2).with_dense(torch.zeros(shape))


def test_to_dense_of_an_attribute_that_is_not_there():
    with pytest.raises(ValueError, match="to_dense: the sequence has no 'x'; a stream transform such as Streams"):
        sequence().to_dense()


@pytest.mark.parametrize("topologies", [(ARM, STICK), (STICK, ARM), (STICK, ARM, STICK, STICK), (NTU25, NTU25_CHAIN)])
def test_a_dense_tensor_holds_one_topology(topologies):
    data = Batch.from_data_list([sequence(topology=topology) for topology in topologies])
    with pytest.raises(ValueError, match="the persons of this batch have different topologies, and a dense tensor"):
        data.to_dense("pos")


# -- batches


def test_batch_of_ragged_persons():
    data = Batch.from_data_list([sequence(persons=2, y=0), sequence(persons=1, y=1), sequence(persons=3, y=2)])
    assert data.pos.shape == (4, 18, 3) and data.num_nodes == 18 and data.num_graphs == 3
    assert (data.num_persons, data.num_frames) == (6, 4)
    assert data.person.tolist() == [person for person in range(6) for _ in range(3)]
    assert data.batch.tolist() == [0] * 6 + [1] * 3 + [2] * 9 and data.ptr.tolist() == [0, 6, 9, 18]
    assert data.joint.tolist() == [0, 1, 2] * 6 and data.y.tolist() == [0, 1, 2]
    assert data.parent_index.tolist() == [base + parent for base in range(0, 18, 3) for parent in (0, 0, 1)]
    assert data.edge_index.tolist() == body_graph(ARM, 6)["edge_index"].tolist()


def test_get_example_gives_back_the_sequence():
    given = [sequence(persons=2, y=0, name="a"), sequence(persons=1, y=1, name="b", topology=STICK)]
    data = Batch.from_data_list(given)
    assert all(equal(a, b) for a, b in zip(given, data.to_data_list(), strict=True))
    assert isinstance(data.get_example(1), SkeletonSequence)


def test_batch_is_a_sequence_of_the_same_class():
    data = Batch.from_data_list([sequence(frames=1), sequence(frames=1)])
    assert isinstance(data, SkeletonSequence) and data.num_frames == 1 and copy.copy(data).num_persons == 2


@pytest.mark.parametrize("key", ["pos", "x"])
def test_unequal_lengths(key):
    def only(frames: int) -> SkeletonSequence:
        return SkeletonSequence(**body_graph(ARM), **{key: torch.ones(frames, 3)})

    message = (
        r"a batch needs sequences of one length, got 4 and 6 frames; fix the length with a transform of the data set: "
        r"SampleSegments\(num_frames\) or ReplayPad\(num_frames\)"
    )
    with pytest.raises(ValueError, match=message):
        Batch.from_data_list([only(4), only(4), only(6), only(5)])


def test_unequal_lengths_in_a_loader():
    loader = DataLoader([sequence(4), sequence(6)], batch_size=2)
    with pytest.raises(ValueError, match="got 4 and 6 frames"):
        next(iter(loader))


@pytest.mark.parametrize("workers", [0, 2])
def test_loader(workers):
    given = [sequence(persons=1 + i % 2, y=i, name=f"s{i}") for i in range(5)]
    batches = list(DataLoader(given, batch_size=3, num_workers=workers))
    assert [data.num_persons for data in batches] == [4, 3]
    assert [data.name for data in batches] == [["s0", "s1", "s2"], ["s3", "s4"]]
    assert type(batches[0].pos) is torch.Tensor
    out = [one for data in batches for one in data.to_data_list()]
    assert all(equal(a, b) for a, b in zip(given, out, strict=True))


@pytest.mark.parametrize("topology", [ARM, STICK, NTU25, OPENPOSE18])
def test_parent_index_gives_bones(topology):
    data = sequence(persons=2, topology=topology)
    bones = (data.pos - data.pos[:, data.parent_index]).view(4, 2, topology.num_joints, 3)
    pos = data.pos.view(4, 2, topology.num_joints, 3)
    for child, parent in topology.bones:
        assert torch.equal(bones[:, :, child], pos[:, :, child] - pos[:, :, parent])
    assert bones[:, :, topology.root].eq(0).all()


def test_parent_index_gives_bones_in_a_mixed_batch():
    given = [sequence(topology=ARM), sequence(persons=2, topology=STICK), sequence(topology=NTU25)]
    data = Batch.from_data_list(given)
    bones = data.pos - data.pos[:, data.parent_index]
    expected = torch.cat([one.pos - one.pos[:, one.parent_index] for one in given], dim=1)
    assert torch.equal(bones, expected)


@pytest.mark.parametrize("conv", [GCNConv, SAGEConv, GraphConv])
def test_pyg_convolutions_run_on_a_mixed_batch(conv):
    torch.manual_seed(0)
    layer = conv(3, 8)
    given = [sequence(topology=ARM), sequence(persons=2, topology=STICK), sequence(topology=NTU25)]
    for data in given:
        data.pos = torch.randn_like(data.pos)
    data = Batch.from_data_list(given)
    out = layer(data.pos, data.edge_index)
    assert out.shape == (4, data.num_nodes, 8)
    for one, (start, end) in zip(given, pairwise(data.ptr.tolist()), strict=True):
        for frame in range(4):
            torch.testing.assert_close(out[frame, start:end], layer(one.pos[frame], one.edge_index))


def test_global_mean_pool_runs_on_a_mixed_batch():
    given = [sequence(topology=ARM), sequence(persons=2, topology=STICK), sequence(topology=NTU25)]
    data = Batch.from_data_list(given)
    pooled = global_mean_pool(data.pos, data.batch)
    assert pooled.shape == (4, 3, 3)
    torch.testing.assert_close(pooled, torch.stack([one.pos.mean(1) for one in given], dim=1))


def test_num_node_features_and_node_attributes():
    data = sequence(persons=2, dims=2)
    data.x = torch.ones(4, 6, 5)
    assert data.num_node_features == 5
    assert all(data.is_node_attr(key) for key in ("pos", "x", "parent_index", "joint", "person"))


def test_body_graph_of_one_person_is_the_topology():
    graph = body_graph(NTU25)
    assert torch.equal(graph["edge_index"], NTU25.edge_index)
    assert graph["parent_index"].tolist() == list(NTU25.parents)
