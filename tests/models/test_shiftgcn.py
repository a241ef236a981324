from __future__ import annotations

from tg_skeleton import NTU25
from tg_skeleton.models import ShiftGCN


def test_offsets_along_joints_that_nothing_uses_are_the_difference_to_the_published_count() -> None:
    model = ShiftGCN(NTU25, 3, 60)
    offsets = sum(parameter.numel() for name, parameter in model.named_parameters() if name.endswith("offset"))
    assert offsets == 2 * (4 * 64 + 3 * 128 + 3 * 256) == 2_816
    assert sum(parameter.numel() for parameter in model.parameters()) == 693_107 - offsets


def test_the_second_shift_in_time_has_the_stride() -> None:
    strides = [(block.temporal[1].stride, block.temporal[4].stride) for block in ShiftGCN(NTU25, 3, 60).blocks]
    assert strides == [*[(1, 1)] * 4, (1, 2), *[(1, 1)] * 2, (1, 2), *[(1, 1)] * 2]


def test_norms_behind_the_shifts_know_the_joint() -> None:
    assert [block.spatial.norm.num_features for block in ShiftGCN(NTU25, 3, 60).blocks][:5] == [1600] * 4 + [3200]
