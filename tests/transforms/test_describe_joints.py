"""Joints described, so that any skeletons fit into one batch."""

import pytest
import torch

from tg_skeleton import SkeletonSequence
from tg_skeleton.joint_places import joint_places
from tg_skeleton.topologies import COCO17, NTU25
from tg_skeleton.transforms import DescribeJoints


def test_places_and_depth() -> None:
    flat = DescribeJoints(COCO17)(SkeletonSequence.from_array(torch.ones(4, 2, 17, 2), COCO17))
    deep = DescribeJoints(NTU25)(SkeletonSequence.from_array(torch.ones(4, 1, 25, 3), NTU25))
    assert torch.equal(flat.place[:17, :-1], joint_places(COCO17)) and torch.equal(flat.place[:17], flat.place[17:])
    assert not flat.place[:, -1].any() and deep.place[:, -1].all()
    assert flat.pos.shape == (4, 34, 3) and not flat.pos[..., 2].any()


def test_scores_stay_and_the_absent_are_unseen_where_there_are_none() -> None:
    pos = torch.ones(2, 2, 17, 2)
    pos[1, 1] = 0.0
    made = DescribeJoints(COCO17)(SkeletonSequence.from_array(pos, COCO17)).score
    assert made.tolist() == [[1.0] * 34, [1.0] * 17 + [0.0] * 17]
    score = torch.full((2, 1, 17), 0.4)
    given = DescribeJoints(COCO17)(SkeletonSequence.from_array(torch.ones(2, 1, 17, 2), COCO17, score=score)).score
    assert torch.equal(given, score[:, 0])


def test_another_topology_is_refused() -> None:
    with pytest.raises(ValueError, match="topology: expected persons of 'COCO17'"):
        DescribeJoints(COCO17)(SkeletonSequence.from_array(torch.ones(2, 1, 25, 3), NTU25))
