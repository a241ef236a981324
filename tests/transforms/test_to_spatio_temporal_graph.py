import pytest
import torch
from torch_geometric.data import Batch, Data
from torch_geometric.nn import GCNConv
from torch_geometric.utils import to_dense_adj

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import ToSpatioTemporalGraph


def sequence_of(topology: Topology, frames: int, persons: int = 1) -> SkeletonSequence:
    count = frames * persons * topology.num_joints
    pos = torch.arange(float(count)).view(frames, persons, topology.num_joints, 1)
    return SkeletonSequence.from_array(pos, topology, y=3, name="clip", score=pos[..., 0] / count)


def edges(graph: Data) -> list[tuple[int, int, int]]:
    return [(i, j, kind) for (i, j), kind in zip(graph.edge_index.t().tolist(), graph.edge_type.tolist(), strict=True)]


def test_a_window_of_one_frame_holds_its_bones(stick: Topology) -> None:
    graph = ToSpatioTemporalGraph(1)(sequence_of(stick, 3))
    assert edges(graph) == [(0, 1, 0), (1, 0, 0), (2, 3, 0), (3, 2, 0), (4, 5, 0), (5, 4, 0)]


def test_a_window_of_two_frames_links_neighbours_in_time(stick: Topology) -> None:
    graph = ToSpatioTemporalGraph(2)(sequence_of(stick, 3))
    assert edges(graph) == [
        (0, 1, 0), (0, 2, 1), (0, 3, 2),
        (1, 0, 0), (1, 2, 2), (1, 3, 1),
        (2, 0, 1), (2, 1, 2), (2, 3, 0), (2, 4, 1), (2, 5, 2),
        (3, 0, 2), (3, 1, 1), (3, 2, 0), (3, 4, 2), (3, 5, 1),
        (4, 2, 1), (4, 3, 2), (4, 5, 0),
        (5, 2, 2), (5, 3, 1), (5, 4, 0),
    ]  # fmt: skip


def test_a_window_of_all_frames_is_eq_13_without_self_loops(arm: Topology) -> None:
    graph = ToSpatioTemporalGraph(3)(sequence_of(arm, 3))
    a_plus_i = torch.tensor([[1, 1, 1], [1, 1, 0], [1, 0, 1]])
    expected = a_plus_i.repeat(3, 3) - torch.eye(9, dtype=torch.long)
    assert to_dense_adj(graph.edge_index)[0].long().tolist() == expected.tolist()


def test_a_window_longer_than_the_sequence_changes_nothing(arm: Topology) -> None:
    assert edges(ToSpatioTemporalGraph(99)(sequence_of(arm, 3))) == edges(ToSpatioTemporalGraph(3)(sequence_of(arm, 3)))


def test_one_frame_has_bones_only(stick: Topology) -> None:
    assert edges(ToSpatioTemporalGraph(5)(sequence_of(stick, 1))) == [(0, 1, 0), (1, 0, 0)]


def test_persons_are_not_linked(dot: Topology) -> None:
    graph = ToSpatioTemporalGraph(2)(sequence_of(dot, 2, persons=2))
    assert edges(graph) == [(0, 2, 1), (1, 3, 1), (2, 0, 1), (3, 1, 1)]


def test_nodes_come_frame_by_frame(stick: Topology) -> None:
    graph = ToSpatioTemporalGraph(1)(sequence_of(stick, 2, persons=2))
    assert graph.x.flatten().tolist() == list(range(8))
    assert graph.score.mul(8).tolist() == list(range(8))
    assert graph.frame.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert graph.joint.tolist() == [0, 1, 0, 1, 0, 1, 0, 1]
    assert graph.person.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert (graph.y.tolist(), graph.name, graph.num_nodes, graph.batch) == ([3], "clip", 8, None)


def test_graphs_of_a_batch_follow_one_another(dot: Topology) -> None:
    graph = ToSpatioTemporalGraph(2)(Batch.from_data_list([sequence_of(dot, 2), sequence_of(dot, 2, persons=2)]))
    assert graph.x.flatten().tolist() == [0, 1, 0, 1, 2, 3]
    assert graph.batch.tolist() == [0, 0, 1, 1, 1, 1] and graph.ptr.tolist() == [0, 2, 6]
    assert graph.person.tolist() == [0, 0, 1, 2, 1, 2]
    assert edges(graph) == [(0, 1, 1), (1, 0, 1), (2, 4, 1), (3, 5, 1), (4, 2, 1), (5, 3, 1)]


def test_x_is_unrolled_where_there_is_one(stick: Topology) -> None:
    sequence = sequence_of(stick, 2)
    sequence.x = sequence.pos.repeat(1, 1, 4)
    graph = ToSpatioTemporalGraph(1)(sequence)
    assert graph.x.shape == (4, 4) and graph.pos.shape == (4, 1)


def test_a_convolution_on_bones_is_that_of_the_static_graph(arm: Topology) -> None:
    torch.manual_seed(0)
    sequence, conv = sequence_of(arm, 4, persons=2), GCNConv(1, 5)
    graph = ToSpatioTemporalGraph(1)(sequence)
    unrolled = conv(graph.x, graph.edge_index).view(4, 6, 5)
    torch.testing.assert_close(unrolled, conv(sequence.pos, sequence.edge_index))


def test_no_window_is_refused() -> None:
    with pytest.raises(ValueError, match=r"window: expected 1 frame or more, got 0"):
        ToSpatioTemporalGraph(0)


def test_a_sequence_with_nothing_to_unroll_is_refused(stick: Topology) -> None:
    sequence = sequence_of(stick, 2)
    del sequence.pos
    with pytest.raises(
        ValueError, match=r"data: expected x or pos to unroll, got neither; build it with SkeletonSequenc"
    ):
        ToSpatioTemporalGraph(1)(sequence)
