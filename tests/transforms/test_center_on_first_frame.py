import pytest
import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import CenterOnFirstFrame


def test_two_persons_share_the_first_ones_origin(stick: Topology) -> None:
    pos = torch.tensor([[[[1.0, 2.0], [3.0, 5.0]], [[4.0, 4.0], [5.0, 5.0]]]])
    out = CenterOnFirstFrame(joint=1)(SkeletonSequence.from_array(pos, stick)).pos
    assert out.tolist() == [[[-2.0, -3.0], [0.0, 0.0], [1.0, -1.0], [2.0, 0.0]]]


def test_the_origin_is_that_of_the_first_persons_first_real_frame(stick: Topology) -> None:
    pos = torch.tensor(
        [[[[0.0], [0.0]], [[7.0], [8.0]]], [[[2.0], [3.0]], [[0.0], [0.0]]], [[[5.0], [6.0]], [[1.0], [2.0]]]]
    )
    out = CenterOnFirstFrame(joint=0)(SkeletonSequence.from_array(pos, stick)).pos
    assert out[..., 0].tolist() == [[0.0, 0.0, 5.0, 6.0], [0.0, 1.0, 0.0, 0.0], [3.0, 4.0, -1.0, 0.0]]


def test_a_first_person_who_is_never_there_moves_nothing(stick: Topology) -> None:
    pos = torch.tensor([[[[0.0], [0.0]], [[7.0], [8.0]]]])
    out = CenterOnFirstFrame()(SkeletonSequence.from_array(pos, stick, keep_absent=True)).pos
    assert out[..., 0].tolist() == [[0.0, 0.0, 7.0, 8.0]]


def test_a_joint_that_is_zero_on_its_own_moves_with_its_body(stick: Topology) -> None:
    pos = torch.tensor([[[[0.0], [3.0]]]])
    assert CenterOnFirstFrame()(SkeletonSequence.from_array(pos, stick)).pos.flatten().tolist() == [-3.0, 0.0]


def test_a_negative_joint_is_refused() -> None:
    with pytest.raises(ValueError, match=r"joint: expected the index of a joint, 0 or more, got -1"):
        CenterOnFirstFrame(joint=-1)


def test_a_joint_that_the_smallest_body_lacks_is_refused(stick: Topology, arm: Topology) -> None:
    batch = Batch.from_data_list(
        [SkeletonSequence.from_array(torch.ones(1, topology.num_joints, 3), topology) for topology in (arm, stick)]
    )
    with pytest.raises(
        ValueError, match=r"joint: expected the index of a joint, got 2 for a body of 2 joints; .* 0\.\.1"
    ):
        CenterOnFirstFrame(joint=2)(batch)
