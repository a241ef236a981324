import pytest
import torch
from torch_geometric.data import Batch
from torch_geometric.nn import GCNConv

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import PadPersons


def persons(topology: Topology, num: int, start: float = 1.0) -> SkeletonSequence:
    count = num * topology.num_joints
    pos = torch.arange(start, start + count).view(1, num, topology.num_joints, 1)
    return SkeletonSequence.from_array(pos, topology, score=pos[..., 0])


def test_zero_persons_are_appended(arm: Topology) -> None:
    out = PadPersons(2)(persons(arm, 1))
    assert out.pos.flatten().tolist() == [1, 2, 3, 0, 0, 0]
    assert out.score.flatten().tolist() == [1, 2, 3, 0, 0, 0]
    assert out.parent_index.tolist() == [1, 1, 0, 4, 4, 3]
    assert out.joint.tolist() == [0, 1, 2, 0, 1, 2]
    assert out.person.tolist() == [0, 0, 0, 1, 1, 1]
    assert out.edge_index.tolist() == [[1, 0, 0, 2, 4, 3, 3, 5], [0, 2, 1, 0, 3, 5, 4, 3]]


def test_nodes_are_inserted_in_each_graph_of_a_batch(stick: Topology) -> None:
    out = PadPersons(2)(Batch.from_data_list([persons(stick, 1), persons(stick, 2, 10.0), persons(stick, 1, 20.0)]))
    assert out.pos.flatten().tolist() == [1, 2, 0, 0, 10, 11, 12, 13, 20, 21, 0, 0]
    assert out.batch.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]
    assert out.ptr.tolist() == [0, 4, 8, 12]
    assert out.person.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert out.parent_index.tolist() == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 10, 10]
    assert out.edge_index.tolist() == [list(range(12)), [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10]]


def test_a_padded_batch_is_a_graph_like_any_other(stick: Topology) -> None:
    out = PadPersons(3)(Batch.from_data_list([persons(stick, 1), persons(stick, 2)]))
    assert out.num_nodes == 12 and out.num_graphs == 2 and out.num_persons == 6
    assert GCNConv(1, 4)(out.pos, out.edge_index).shape == (1, 12, 4)
    assert out.to_dense("pos").shape == (6, 1, 2, 1)


def test_a_padded_batch_refuses_to_be_taken_apart(stick: Topology) -> None:
    batch = Batch.from_data_list([persons(stick, 1), persons(stick, 2)])
    with pytest.raises(RuntimeError, match=r"Cannot reconstruct"):
        PadPersons(2)(batch).to_data_list()
    assert len(batch.to_data_list()) == 2


def test_drop_keeps_the_first_persons(stick: Topology) -> None:
    out = PadPersons(2, drop=True)(persons(stick, 3))
    assert out.pos.flatten().tolist() == [1, 2, 3, 4] and out.person.tolist() == [0, 0, 1, 1]


def test_more_persons_are_refused(stick: Topology) -> None:
    with pytest.raises(
        ValueError, match=r"num: expected at most 2 persons in a sequence, got 3; use PadPersons\(3\), or dr"
    ):
        PadPersons(2)(Batch.from_data_list([persons(stick, 1), persons(stick, 3)]))


def test_no_persons_are_refused() -> None:
    with pytest.raises(ValueError, match=r"num: expected 1 person or more, got 0"):
        PadPersons(0)
