"""Joints by what they are."""

import pytest
import torch

from tg_skeleton import SkeletonSequence
from tg_skeleton.collate import collate
from tg_skeleton.joint_places import DESCRIBED, PLACE, joint_places
from tg_skeleton.topologies import COCO17, NTU25
from tg_skeleton.transforms import DescribeJoints


def test_joints_of_persons_have_their_place_and_whether_they_have_a_depth() -> None:
    flat = DescribeJoints(COCO17)(SkeletonSequence.from_array(torch.ones(4, 2, 17, 2), COCO17)).x
    deep = DescribeJoints(NTU25)(SkeletonSequence.from_array(torch.ones(4, 1, 25, 3), NTU25)).x
    assert flat.shape == (4, 34, DESCRIBED) and deep.shape == (4, 25, DESCRIBED)
    place = flat[2, :, PLACE]
    assert torch.equal(place[:17, :-1], joint_places(COCO17)) and torch.equal(place[:17], place[17:])
    assert not flat[..., PLACE.stop - 1].any() and deep[..., PLACE.stop - 1].all()
    assert torch.equal(flat[0, :, :4], torch.tensor([1.0, 1.0, 0.0, 1.0]).expand(34, 4))


def test_persons_are_numbered() -> None:
    x = DescribeJoints(COCO17)(SkeletonSequence.from_array(torch.ones(4, 2, 17, 2), COCO17)).x
    assert x[0, :, -1].tolist() == [0.0] * 17 + [1.0] * 17


def test_joints_that_were_not_seen_are_zeros() -> None:
    pos = torch.ones(2, 1, 17, 2)
    pos[1] = 0.0  # nobody
    score = torch.full((2, 1, 17), 0.4)
    score[0, 0, 3] = 0.0
    x = DescribeJoints(COCO17)(SkeletonSequence.from_array(pos, COCO17, score=score, keep_absent=True)).x
    assert x[0, 3, :4].tolist() == [0.0] * 4 and x[0, 4, :4].tolist() == [1.0, 1.0, 0.0, 1.0]
    assert not x[1, :, :4].any()


def test_a_batch_is_its_sequences() -> None:
    one, two = (SkeletonSequence.from_array(torch.rand(3, m, 25, 3), NTU25) for m in (1, 2))
    x = DescribeJoints(NTU25)(collate([one, two])).x
    alone = torch.cat([DescribeJoints(NTU25)(sequence).x for sequence in (one, two)], dim=1)
    assert torch.equal(x[..., :-1], alone[..., :-1])
    assert x[0, ::25, -1].tolist() == [0.0, 1.0, 2.0]


def test_another_topology_is_an_error() -> None:
    with pytest.raises(ValueError, match="COCO17"):
        DescribeJoints(COCO17)(SkeletonSequence.from_array(torch.ones(2, 1, 25, 3), NTU25))
