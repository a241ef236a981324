import torch
from torch_geometric.data import Batch

from tg_skeleton import SkeletonSequence, Topology
from tg_skeleton.transforms import MinMaxNormalize


def test_axes_are_fitted_one_by_one_over_the_whole_sequence(stick: Topology) -> None:
    pos = torch.tensor([[[1.0, 10.0], [2.0, 30.0]], [[3.0, 20.0], [5.0, 50.0]]])
    out = MinMaxNormalize()(SkeletonSequence.from_array(pos, stick)).pos
    assert out.tolist() == [[[-1.0, -1.0], [-0.5, 0.0]], [[0.0, -0.5], [1.0, 1.0]]]


def test_absent_persons_neither_count_nor_move(stick: Topology) -> None:
    pos = torch.tensor([[[[4.0], [5.0]], [[0.0], [0.0]]], [[[0.0], [0.0]], [[6.0], [8.0]]]])
    out = MinMaxNormalize()(SkeletonSequence.from_array(pos, stick)).pos[..., 0]
    assert out.tolist() == [[-1.0, -0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]


def test_a_zero_joint_of_a_present_person_counts(stick: Topology) -> None:
    out = MinMaxNormalize()(SkeletonSequence.from_array(torch.tensor([[[0.0], [3.0]]]), stick)).pos
    assert out.flatten().tolist() == [-1.0, 1.0]


def test_an_axis_without_variation_becomes_zero(stick: Topology) -> None:
    pos = torch.tensor([[[7.0, 1.0], [7.0, 2.0]]])
    assert MinMaxNormalize()(SkeletonSequence.from_array(pos, stick)).pos.tolist() == [[[0.0, -1.0], [0.0, 1.0]]]


def test_each_recording_of_a_batch_has_its_own_extremes(stick: Topology) -> None:
    a = SkeletonSequence.from_array(torch.tensor([[[1.0], [3.0]]]), stick)
    b = SkeletonSequence.from_array(torch.tensor([[[[-10.0], [10.0]], [[0.0], [5.0]]]]), stick)
    out = MinMaxNormalize()(Batch.from_data_list([a, b])).pos.flatten()
    assert out.tolist() == [-1.0, 1.0, -1.0, 1.0, 0.0, 0.5]
