import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import SplitPersons


def two_persons(stick: Topology, first: list[float], second: list[float]) -> SkeletonSequence:
    """Joint a of each person from the table, joint b 0.5 further; 0 is absent."""
    a = torch.tensor([first, second]).t()[:, :, None]  # [T, M, 1]
    pos = torch.cat([a, a + 0.5 * a.ne(0)], dim=2)[..., None]
    return SkeletonSequence.from_array(pos, stick, score=pos[..., 0] / 10, y=7, name="pair")


def test_frames_of_two_become_frames_of_one_in_turn(stick: Topology) -> None:
    out = SplitPersons()(two_persons(stick, [1, 2, 3], [4, 0, 6]))
    assert out.pos[..., 0].tolist() == [[1.0, 1.5], [4.0, 4.5], [2.0, 2.5], [3.0, 3.5], [6.0, 6.5]]


def test_scores_go_with_their_frames(stick: Topology) -> None:
    out = SplitPersons()(two_persons(stick, [1, 2], [4, 0]))
    torch.testing.assert_close(out.score, torch.tensor([[0.1, 0.15], [0.4, 0.45], [0.2, 0.25]]))


def test_the_result_is_one_person(stick: Topology) -> None:
    out = SplitPersons()(two_persons(stick, [1, 2], [4, 5]))
    assert out.edge_index.tolist() == [[0, 1], [1, 0]]
    assert out.parent_index.tolist() == [0, 0]
    assert out.joint.tolist() == [0, 1]
    assert out.person.tolist() == [0, 0]
    assert (out.num_nodes, out.num_persons, out.num_frames, out.y.tolist(), out.name) == (2, 1, 4, [7], "pair")


def test_frames_without_anybody_are_dropped(stick: Topology) -> None:
    out = SplitPersons()(two_persons(stick, [0, 1, 0, 2], [0, 0, 3, 0]))
    assert out.pos[..., 0].tolist() == [[1.0, 1.5], [3.0, 3.5], [2.0, 2.5]]


def test_of_a_recording_without_anybody_one_frame_stays(stick: Topology) -> None:
    out = SplitPersons()(SkeletonSequence.from_array(torch.zeros(4, 2, 2, 3), stick, keep_absent=True))
    assert out.pos.tolist() == [[[0.0] * 3, [0.0] * 3]]


def test_one_person_who_is_always_there_stays_as_is(arm: Topology) -> None:
    sequence = SkeletonSequence.from_array(torch.arange(1.0, 19.0).view(2, 1, 3, 3), arm)
    out = SplitPersons()(sequence)
    assert all(torch.equal(out[key], sequence[key]) for key in ("pos", "edge_index", "parent_index", "joint", "person"))


def test_a_batch_of_unequal_results_is_refused(stick: Topology) -> None:
    batch = Batch.from_data_list([two_persons(stick, [1, 2], [4, 5]), two_persons(stick, [1, 2], [4, 0])])
    with pytest.raises(
        ValueError, match=r"one-person frames, got 3 to 4; apply SplitPersons to each sequence before batc"
    ):
        SplitPersons()(batch)
